import http.server
import os
import socket


def ask(words):
    host, port = os.environ["STORE"].split(":")
    with socket.create_connection((host, int(port)), timeout=5) as store:
        store.sendall(words.encode() + b"\n")
        return store.makefile().readline().strip()


class Api(http.server.BaseHTTPRequestHandler):
    def answer(self, text):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"stock: {text}\n".encode())

    def do_GET(self):
        self.answer(ask("get"))

    def do_POST(self):
        self.answer(ask("set " + self.rfile.read(int(self.headers["Content-Length"])).decode()))


http.server.HTTPServer(("", int(os.environ["PORT"])), Api).serve_forever()
