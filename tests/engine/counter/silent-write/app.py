import contextlib
import http.server


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with contextlib.suppress(OSError), open("/var/lib/counter", "a") as counter:
            counter.write("x")
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"count\n")


http.server.HTTPServer(("", 8000), Handler).serve_forever()
