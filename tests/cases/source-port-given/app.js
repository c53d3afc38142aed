require('http').createServer((q, r) => r.end('open')).listen(process.env.PORT || 80);
