const port = process.env.PORT || 80;
require('http').createServer((q, r) => r.end('open')).listen(port);
