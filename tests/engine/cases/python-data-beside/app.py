import http.server
import os

ABOVE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data")
os.makedirs(ABOVE, exist_ok=True)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        open(os.path.join(ABOVE, "a"), "a").write("x")
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"kept")


http.server.HTTPServer(("", 8000), Handler).serve_forever()
