import http.server, os
open('/var/lib/app/state', 'a').write('x')
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(s):
        s.send_response(200); s.end_headers(); s.wfile.write(f"uid={os.getuid()} home={os.environ.get('HOME')}\n".encode())
    def log_message(s, *a): pass
http.server.HTTPServer(('', int(os.environ.get('PORT', '8000'))), H).serve_forever()
