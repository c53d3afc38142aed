import os
import sys

sys.path.insert(0, "/opt/vendor/lib")
with open("/opt/vendor/terms.txt") as terms:
    print(terms.read())
print(os.path.exists("/var/run/docker.pid"), open("/var/run/secrets/token", "rb"))
import http.server

http.server.HTTPServer(("", 8000), http.server.SimpleHTTPRequestHandler).serve_forever()
