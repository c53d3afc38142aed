import http.server
import pathlib
import sys

root = pathlib.Path.cwd() / "exports"
root.mkdir(exist_ok=True)
(root / "export.csv").write_text("a,b\n")


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(("venv " + sys.prefix + "\n").encode())


http.server.HTTPServer(("", int(sys.argv[2])), Handler).serve_forever()
