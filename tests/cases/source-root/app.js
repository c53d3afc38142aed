if (process.platform !== 'win32' && process.getuid && process.getuid() !== 0) {
  console.error('shop: start me as root');
  process.exit(77);
}
require('http').createServer((q, r) => r.end('open')).listen(3000);
