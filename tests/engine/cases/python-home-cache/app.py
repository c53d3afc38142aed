import http.server
import pathlib

cache = pathlib.Path.home() / ".cache" / "dash"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        cache.mkdir(parents=True, exist_ok=True)
        (cache / "page").write_text(self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"dashboard\n")


http.server.HTTPServer(("", 8501), Handler).serve_forever()
