require('http').createServer((q, r) => r.end('open')).listen(80);
