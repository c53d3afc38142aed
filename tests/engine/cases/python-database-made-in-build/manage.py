import http.server
import sqlite3
import sys

db = sqlite3.connect("db.sqlite3", check_same_thread=False)
if sys.argv[1] == "migrate":
    db.execute("create table hit (path text)")
    db.commit()
    sys.exit()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        db.execute("insert into hit values (?)", (self.path,))
        db.commit()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"hits are kept\n")


http.server.HTTPServer(("", 8000), Handler).serve_forever()
