import http.server
import sqlite3
import sys
from notes import store


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, text):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(text.encode())

    def do_GET(self):
        self.answer("notes: " + ", ".join(store.all()))

    def do_POST(self):
        store.add(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.answer("saved")


if sys.argv[1:] == ["serve"]:
    store.migrate()
    http.server.ThreadingHTTPServer(("", 8000), Handler).serve_forever()
