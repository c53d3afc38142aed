const path = require('path');
const cache = path.join(__dirname, 'node_modules', '.cache', 'shop');
require('fs').mkdirSync(cache, { recursive: true });
