const fs = require("fs");
require("http").createServer((q, s) => s.end(fs.readFileSync("/srv/app/notes/notes.txt"))).listen(3000);
