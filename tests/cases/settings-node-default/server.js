const http = require("http");
const config = require("./config.json");

http.createServer((req, res) => res.end("relay")).listen(process.env.PORT || config.port);
