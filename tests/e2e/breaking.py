"""
breaking.py FILE: a server of uploads without TLS, whose port FILE will say, and whose answers break off. The first piece of "refused" is not taken, and the reason never comes whole;
of "forgotten" it knows nothing any more when the digest comes, with the same reason, for it is a file by then; it takes no piece of "never" at all. With what came before for "busy" it is busy at first, whatever it is asked.
"""
import base64, hashlib, http.server, os, sys

asked = set()  # methods, for "busy"
uploads = {}  # by name: what came, and how often a piece was not taken


class Answers(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, length=0, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def break_off(self, status):
        self.answer(status, 1000)
        self.wfile.write(b'{"detail": "the ')
        self.close_connection = True

    def is_busy(self, name):
        if name != "busy" or self.command in asked:
            return False
        asked.add(self.command)
        self.answer(423, Retry_After="1")
        return True

    def do_POST(self):
        meta = dict(item.split(" ") for item in self.headers["Upload-Metadata"].split(","))
        name = base64.b64decode(meta["filename"]).decode()
        upload = uploads.setdefault(name, {"bytes": b"", "refused": 0})
        if not self.is_busy(name):
            self.answer(201, Location="/uploads/" + name, Upload_Offset=len(upload["bytes"]))

    def do_HEAD(self):
        name = os.path.basename(self.path)
        upload = uploads[name]
        if self.is_busy(name):
            return
        if self.path.startswith("/files/"):
            self.answer(200, ETag='"%s"' % hashlib.sha256(upload["bytes"]).hexdigest())
        else:
            self.answer(200, Upload_Offset=len(upload["bytes"]))

    def do_PATCH(self):
        name = os.path.basename(self.path)
        upload = uploads[name]
        piece = self.rfile.read(int(self.headers["Content-Length"]))
        if self.is_busy(name):
            return
        if self.headers["Upload-SHA256"]:
            self.break_off(404)
        elif name == "never" or (name == "refused" and not upload["refused"]):
            upload["refused"] += 1
            self.break_off(409)
        elif int(self.headers["Upload-Offset"]) != len(upload["bytes"]):
            self.answer(409)
        else:
            upload["bytes"] += piece
            self.answer(204, Upload_Offset=len(upload["bytes"]))


server = http.server.ThreadingHTTPServer(("localhost", 0), Answers)
with open(sys.argv[1] + ".new", "w") as f:
    f.write(str(server.server_address[1]))
os.rename(sys.argv[1] + ".new", sys.argv[1])
server.serve_forever()
