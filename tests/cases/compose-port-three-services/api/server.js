require("http").createServer((q, s) => s.end("api")).listen(3000);
