const fs = require('fs');
const path = require('path');
const paint = require('../lib/paint');
fs.mkdirSync(path.join(__dirname, '..', 'uploads'), { recursive: true });
require('http').createServer((q, r) => r.end(paint())).listen(3000);
