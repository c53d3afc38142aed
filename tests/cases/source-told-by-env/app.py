import os

os.makedirs(os.environ["BASE"] + "/spare", exist_ok=True)
import http.server

http.server.HTTPServer(("", 8000), http.server.SimpleHTTPRequestHandler).serve_forever()
