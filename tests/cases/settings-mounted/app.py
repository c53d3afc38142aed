import http.server
import configparser
config = configparser.ConfigParser()
config.read("relay.ini")

http.server.HTTPServer(("", config.getint("server", "port")), http.server.SimpleHTTPRequestHandler).serve_forever()
