import os

shelf = os.path.join("/srv", "shelf")
os.makedirs(shelf, exist_ok=True)
open(file="/srv/shelf.log", mode="a")
os.open("/var/lock/shelf", os.O_CREAT)
import http.server

http.server.HTTPServer(("", 8000), http.server.SimpleHTTPRequestHandler).serve_forever()
