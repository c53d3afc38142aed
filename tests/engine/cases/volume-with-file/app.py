import http.server


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with open("/data/conf/visits.cfg", "a") as f:
            f.write(self.path + "\n")
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"visits\n")


http.server.HTTPServer(("", 8000), Handler).serve_forever()
