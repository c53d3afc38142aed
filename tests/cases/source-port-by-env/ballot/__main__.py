import os
from http.server import HTTPServer, SimpleHTTPRequestHandler

HTTPServer(("", int(os.environ.get("LISTEN_ON", "9000"))), SimpleHTTPRequestHandler).serve_forever()
