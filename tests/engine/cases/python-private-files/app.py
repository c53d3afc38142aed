import sys
import http.server
import pathlib


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        pathlib.Path("spool/last").write_text(self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"spooled\n")


print(open(sys.argv[1]).read())
http.server.HTTPServer(("", 8000), Handler).serve_forever()
