import http.server
import yaml
SETTINGS = yaml.safe_load(open("relay.yml"))
PORT = int(SETTINGS["port"])

http.server.HTTPServer(("", PORT), http.server.SimpleHTTPRequestHandler).serve_forever()
