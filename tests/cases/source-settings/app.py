import json
import logging.config

settings = json.load(open("settings.json"))
logging.config.fileConfig("logging.ini")
import http.server

http.server.HTTPServer(("", 8000), http.server.SimpleHTTPRequestHandler).serve_forever()
