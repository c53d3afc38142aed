import configparser
import http.server

config = configparser.ConfigParser()
config.read("config.ini")


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"configured\n")


http.server.HTTPServer(("", config.getint("server", "port")), Handler).serve_forever()
