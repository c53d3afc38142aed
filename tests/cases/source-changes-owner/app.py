import os

os.chown("app.py", 1000, 1000)
import http.server

http.server.HTTPServer(("", 8000), http.server.SimpleHTTPRequestHandler).serve_forever()
