import http.server
import os


os.makedirs("/data", exist_ok=True)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with open("/data/store.txt", "a") as f:
            f.write(self.path + "\n")
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"stored\n")


http.server.HTTPServer(("", int(os.environ.get("PORT", "8000"))), Handler).serve_forever()
