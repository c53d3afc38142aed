import http.server
import os


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        open("uploads/a", "a").write("x")
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"kept")


http.server.HTTPServer(("", 8000), Handler).serve_forever()
