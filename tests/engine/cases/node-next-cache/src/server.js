// Keeps optimized images in .next/cache, as the image optimizer does.
const fs = require('fs');
const http = require('http');
http.createServer((req, res) => {
  if (req.url.startsWith('/_next/image')) {
    fs.mkdirSync('.next/cache/images', { recursive: true });
    fs.writeFileSync('.next/cache/images/' + Date.now(), 'webp');
    res.end('optimized');
    return;
  }
  res.end('build ' + fs.readFileSync('.next/BUILD_ID'));
}).listen(process.env.PORT, process.env.HOSTNAME);
