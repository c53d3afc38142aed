require("http").createServer((_, a) => a.end("ok")).listen(process.env.PORT);
