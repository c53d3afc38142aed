const fs = require('fs');
const http = require('http');
const path = require('path');

const file = path.join(__dirname, 'data', 'notes.txt');
fs.mkdirSync(path.dirname(file), { recursive: true });
fs.appendFileSync(file, 'started\n');

http.createServer((req, res) => {
  if (req.method === 'POST' && req.url === '/note') {
    let body = '';
    req.on('data', (part) => { body += part; });
    req.on('end', () => {
      fs.appendFileSync(file, body + '\n');
      res.end('saved\n');
    });
    return;
  }
  res.end('guestbook\n' + fs.readFileSync(file));
}).listen(process.env.PORT || 3000);
