import http.server
import json
with open("relay.json") as f:
    settings = json.load(f)

http.server.HTTPServer(("", settings["server"]["port"]), http.server.SimpleHTTPRequestHandler).serve_forever()
