import http.server
import pathlib

state = pathlib.Path("state")
state.mkdir(exist_ok=True)


class Handler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        (state / "hits").open("a").write(self.path + "\n")
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"counted\n")


http.server.HTTPServer(("", 8000), Handler).serve_forever()
