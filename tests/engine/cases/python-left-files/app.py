import http.server
import os


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        for name in ["count", "log", "sub/dir/second.txt", "list/first.txt"]:
            open(name, "a").write("x")
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"kept")


http.server.HTTPServer(("", 8000), Handler).serve_forever()
