const { mkdirSync } = require('fs');
mkdirSync('/etc/shop', { recursive: true });
