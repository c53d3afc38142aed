const https = require('https');
const relay = process.env.RELAY_PORT || 443;
/*
 * app.listen(80) was long ago
 */
require('http').createServer((q, r) => {
  https.get({ host: 'example.org', port: 443 }, (answer) => answer.pipe(r)); // .listen(80)
}).listen(config.port);
