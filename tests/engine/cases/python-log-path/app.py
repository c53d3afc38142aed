import http.server
import os


log = os.environ["LOG_PATH"]
os.makedirs(os.path.dirname(log), exist_ok=True)
open(log, "a").write("started\n")


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with open(os.environ["DATA_DIR"] + "/x.txt", "a") as f:
            f.write(self.path + "\n")
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"logged\n")


http.server.HTTPServer(("", int(os.environ.get("PORT", "8000"))), Handler).serve_forever()
