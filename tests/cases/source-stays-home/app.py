import os

os.chdir(os.path.dirname(os.path.abspath(__file__)))
open("trail", "a")
import http.server

http.server.HTTPServer(("", 8000), http.server.SimpleHTTPRequestHandler).serve_forever()
