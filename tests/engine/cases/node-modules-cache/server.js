const fs = require('fs');
const http = require('http');
const greet = require('greet');
http.createServer((req, res) => {
  // as loaders do that keep what they compiled
  fs.mkdirSync('node_modules/.cache/loader', { recursive: true });
  fs.writeFileSync('node_modules/.cache/loader/a.json', '{}');
  res.end(greet() + '\n');
}).listen(3000);
