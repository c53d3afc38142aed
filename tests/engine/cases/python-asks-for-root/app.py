import http.server
import os


if os.geteuid() != 0:
    raise SystemExit("please run as root")


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with open("state.txt", "a") as f:
            f.write(self.path + "\n")
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"root it is\n")


http.server.HTTPServer(("", int(os.environ.get("PORT", "8000"))), Handler).serve_forever()
