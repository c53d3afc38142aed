import http.server
import os

PORT = int(os.environ.get("PORT", "8000"))


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, text):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(text.encode())

    def do_GET(self):
        self.answer("notes\n")

    def do_POST(self):
        with open("notes.txt", "a") as notes:
            notes.write(self.rfile.read(int(self.headers["Content-Length"])).decode() + "\n")
        self.answer("saved\n")


http.server.HTTPServer(("", PORT), Handler).serve_forever()
