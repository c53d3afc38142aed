import http.server
import os
import tempfile


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        tempfile.NamedTemporaryFile(dir=tempfile.gettempdir(), delete=False).close()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"kept")


http.server.HTTPServer(("", 8000), Handler).serve_forever()
