"""late.py PORT ROOT CERT KEY FILE: begin a handshake, go on when FILE is there, and ask for the inbox; prints begun, and then served or refused."""
import os
import socket
import ssl
import sys
import time

port, root, cert, key, file = sys.argv[1:]
context = ssl.create_default_context(cafile=root)
context.load_cert_chain(cert, key)
context.maximum_version = ssl.TLSVersion.TLSv1_2
context.set_ciphers("ALL:@SECLEVEL=1")
wire = socket.create_connection(("127.0.0.1", int(port)))
wire.settimeout(60)
came, goes = ssl.MemoryBIO(), ssl.MemoryBIO()
tls = context.wrap_bio(came, goes, server_hostname="localhost")


def until_done(step):
    while True:
        try:
            done = step()
            wire.sendall(goes.read())
            return done
        except ssl.SSLWantReadError:
            wire.sendall(goes.read())
            data = wire.recv(16384)
            came.write(data) if data else came.write_eof()


try:
    tls.do_handshake()
except ssl.SSLWantReadError:
    wire.sendall(goes.read())
came.write(wire.recv(16384))  # the server is at it
print("begun", flush=True)
limit = time.monotonic() + 60
while not os.path.exists(file) and time.monotonic() < limit:
    time.sleep(0.02)
try:
    until_done(tls.do_handshake)
    tls.write(b"GET /messages HTTP/1.1\r\nHost: localhost\r\n\r\n")
    answer = until_done(lambda: tls.read(4096))
    print("served" if answer else "refused", answer)
except (ssl.SSLError, OSError) as error:
    print("refused", error)
