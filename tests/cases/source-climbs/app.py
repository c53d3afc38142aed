import os

above = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data")
os.makedirs(above, exist_ok=True)
open("../log/web.log", "a")
import http.server

http.server.HTTPServer(("", 8000), http.server.SimpleHTTPRequestHandler).serve_forever()
