const puppeteer = require('puppeteer')
const http = require('node:http')

http.createServer(async (request, response) => {
  const browser = await puppeteer.launch({ args: ['--no-sandbox'] })
  const page = await browser.newPage()
  await page.goto('https://example.org')
  response.end(await page.pdf())
  await browser.close()
}).listen(3000)
