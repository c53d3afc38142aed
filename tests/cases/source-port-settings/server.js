const { port } = require('./config.json');
require('http').createServer((q, r) => r.end('up')).listen(port);
