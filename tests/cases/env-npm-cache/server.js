require('http').createServer((q, r) => r.end('up')).listen(3000);
