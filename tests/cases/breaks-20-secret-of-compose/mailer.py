from http.server import BaseHTTPRequestHandler, HTTPServer

key = open('/run/secrets/tls_key').read()
HTTPServer(('', 8025), BaseHTTPRequestHandler).serve_forever()
