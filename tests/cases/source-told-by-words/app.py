import os
import sys

os.makedirs(sys.argv[-1], exist_ok=True)
import http.server

http.server.HTTPServer(("", 8000), http.server.SimpleHTTPRequestHandler).serve_forever()
