import http.server
import os
import sqlite3

path = os.environ["DATABASE_URL"].removeprefix("sqlite:///")
with sqlite3.connect(path) as db:
    db.execute("create table if not exists hit (path text)")


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with sqlite3.connect(path) as db:
            db.execute("insert into hit values (?)", (self.path,))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"shop open\n")


http.server.HTTPServer(("", 8000), Handler).serve_forever()
