import http.server
import logging
import os

os.makedirs("/var/log/shop", exist_ok=True)
logging.basicConfig(filename="/var/log/shop/app.log", level=logging.INFO)
logging.info("started")


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        logging.info("get %s", self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"shop\n")


http.server.HTTPServer(("", 8080), Handler).serve_forever()
