from http.server import BaseHTTPRequestHandler, HTTPServer

key = open('/etc/mailer/tls.key').read()
HTTPServer(('', 8025), BaseHTTPRequestHandler).serve_forever()
