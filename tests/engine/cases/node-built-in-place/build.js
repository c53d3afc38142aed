const fs = require('fs');
fs.mkdirSync('.next/static', { recursive: true });
fs.writeFileSync('.next/BUILD_ID', 'abc');
