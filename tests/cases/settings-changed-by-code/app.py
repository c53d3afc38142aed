import http.server
import configparser
config = configparser.ConfigParser()
config.read("relay.ini")
config.set("server", "port", "81")

http.server.HTTPServer(("", config.getint("server", "port")), http.server.SimpleHTTPRequestHandler).serve_forever()
