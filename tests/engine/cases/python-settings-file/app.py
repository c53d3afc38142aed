import http.server
import os
import json

SHELF = json.load(open("settings.json"))["shelf"]
os.makedirs(SHELF, exist_ok=True)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        open(os.path.join(SHELF, "a"), "a").write("x")
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"kept")


http.server.HTTPServer(("", 8000), Handler).serve_forever()
