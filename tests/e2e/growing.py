"""
growing.py FILE: a server without TLS, whose port FILE will say. Of a file it announces the beginning and its digest; then it sends all, with the digest of all ("grown"), or
as what was announced ("longer").
"""
import hashlib, http.server, os, sys

whole = bytes(i % 251 for i in range(3000))


def etag(data):
    return '"%s"' % hashlib.sha256(data).hexdigest()


class Answers(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, tag, length):
        self.send_response(status)
        self.send_header("ETag", tag)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def do_HEAD(self):
        self.answer(200, etag(whole[:1000]), 1000)

    def do_GET(self):
        if self.path.endswith("grown"):
            self.answer(200, etag(whole), len(whole))
        else:
            self.answer(206, etag(whole[:1000]), len(whole))
        self.wfile.write(whole)


server = http.server.ThreadingHTTPServer(("localhost", 0), Answers)
with open(sys.argv[1] + ".new", "w") as f:
    f.write(str(server.server_address[1]))
os.rename(sys.argv[1] + ".new", sys.argv[1])
server.serve_forever()
