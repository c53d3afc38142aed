// Lays its output out as `next build` does with `output: 'standalone'`.
const fs = require('fs');
fs.mkdirSync('.next/standalone/.next', { recursive: true });
fs.mkdirSync('.next/static/chunks', { recursive: true });
fs.copyFileSync('src/server.js', '.next/standalone/server.js');
fs.writeFileSync('.next/standalone/.next/BUILD_ID', 'abc');
fs.writeFileSync('.next/static/chunks/main.js', '// chunk\n');
