const http = require('http');
http.createServer((req, res) => res.end('fixed port\n')).listen(80, '0.0.0.0');
