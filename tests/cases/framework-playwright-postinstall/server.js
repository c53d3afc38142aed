const { chromium } = require('playwright')
const http = require('node:http')

http.createServer(async (request, response) => {
  const browser = await chromium.launch()
  response.end('ok')
  await browser.close()
}).listen(3000)
