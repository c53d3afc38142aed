import argparse
import http.server
import logging
import logging.handlers

args = argparse.ArgumentParser()
args.add_argument("--log-file")
log_file = args.parse_args().log_file
handler = logging.handlers.RotatingFileHandler(log_file, maxBytes=200, backupCount=3)
logging.basicConfig(level=logging.INFO, handlers=[handler])
for number in range(10):
    logging.info("line %d fills the log so that it rotates", number)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        logging.info("order %s", self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"order taken\n")


http.server.HTTPServer(("", 8080), Handler).serve_forever()
