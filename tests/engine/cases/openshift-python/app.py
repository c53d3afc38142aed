import http.server
import os
import pathlib

data = pathlib.Path(os.environ["DATA_DIR"])
cache = pathlib.Path.home() / ".cache"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        for folder in (data, cache):
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "last").write_text(self.path)
        pathlib.Path("here.txt").write_text(self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"notes\n")


http.server.HTTPServer(("", 8000), Handler).serve_forever()
