"""A database of one number."""

import socketserver

stock = "0"


class Store(socketserver.StreamRequestHandler):
    def handle(self):
        global stock
        words = self.rfile.readline().decode().split()
        if words[0] == "set":
            stock = words[1]
        self.wfile.write(stock.encode() + b"\n")


socketserver.TCPServer(("", 5432), Store).serve_forever()
