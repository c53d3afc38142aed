import http.server
import os
import pathlib
import sqlite3

path = pathlib.Path(os.environ["DATABASE_URL"].removeprefix("sqlite:///"))
path.parent.mkdir(parents=True, exist_ok=True)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        base = sqlite3.connect(path)
        base.execute("create table if not exists books (title text)")
        base.execute("insert into books values (?)", (self.path,))
        base.commit()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"shop\n")


http.server.HTTPServer(("", 8000), Handler).serve_forever()
