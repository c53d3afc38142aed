const fs = require('fs');
const http = require('http');
const path = require('path');

http.createServer((req, res) => {
  if (req.method === 'POST') {
    req.pipe(fs.createWriteStream(path.join(__dirname, 'public', 'uploads', 'note.txt'))).on('finish', () => res.end('saved\n'));
    return;
  }
  res.end('guestbook\n');
}).listen(3000);
