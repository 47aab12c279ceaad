"""
Read a capture of `sealwax connect --pcap` or `listen --pcap` as the formats say: blocks of pcapng, IP, TCP with checksums and sequence numbers. Prints for each flow its two
streams' SHA-256, from who began it and to him, and before that the secrets: "secrets N". Usage: capture.py FILE
"""
import hashlib, struct, sys

data = open(sys.argv[1], "rb").read()
at, secrets, flows, interfaces = 0, 0, {}, 0


def checksum(b):
    if len(b) % 2:
        b += b"\0"
    total = sum(struct.unpack("!%dH" % (len(b) // 2), b))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def packet(p):
    if p[0] >> 4 == 4:
        assert checksum(p[:20]) == 0 and struct.unpack("!H", p[2:4])[0] == len(p) and p[9] == 6
        a, b, tcp = p[12:16], p[16:20], p[20:]
    else:
        assert p[0] == 0x60 and struct.unpack("!H", p[4:6])[0] == len(p) - 40 and p[6] == 6
        a, b, tcp = p[8:24], p[24:40], p[40:]
    assert checksum(a + b + struct.pack("!HH", 6, len(tcp)) + tcp) == 0, "checksum of TCP"
    source, target, seq, ack, flags = struct.unpack("!HHIIH", tcp[:14])
    assert flags >> 12 == 5
    src, dst, flags = (a, source), (b, target), flags & 0x3F
    key = frozenset([src, dst])
    if flags == 2:  # SYN
        assert key not in flows
        flows[key] = {"first": src, src: [seq + 1, b""], dst: None, "over": 0}
        return
    flow = flows[key]
    if flags == 0x12:
        flow[src] = [seq + 1, b""]
    else:
        assert seq == flow[src][0], "a gap in the sequence numbers"
        flow[src] = [seq + len(tcp) - 20 + (flags & 1), flow[src][1] + tcp[20:]]
        flow["over"] += flags & 1
    assert ack == flow[dst][0], "an acknowledgement of what was not sent"


while at < len(data):
    kind, size = struct.unpack("=II", data[at : at + 8])
    body = data[at + 8 : at + size - 4]
    assert size % 4 == 0 and struct.unpack("=I", data[at + size - 4 : at + size])[0] == size
    if kind == 0x0A0D0D0A:
        assert at == 0 and body == struct.pack("=IHHq", 0x1A2B3C4D, 1, 0, -1)
    elif kind == 1:
        interfaces += 1
        assert body == struct.pack("=HHI", 101, 0, 0)
    elif kind == 10:
        what, length = struct.unpack("=II", body[:8])
        line = body[8 : 8 + length].decode("ascii")
        assert what == 0x544C534B and line.startswith("CLIENT_RANDOM ") and line.endswith("\n") and not body[8 + length :].strip(b"\0")
        secrets += 1
    else:
        assert kind == 6 and interfaces == 1
        _, _, _, kept, whole = struct.unpack("=5I", body[:20])
        assert kept == whole
        packet(body[20 : 20 + kept])
    at += size
assert at == len(data)
print("secrets", secrets)
for flow in flows.values():
    assert flow["over"] == 2, "a flow that does not end"
    ends = [k for k in flow if isinstance(k, tuple)]
    ends.sort(key=lambda e: e != flow["first"])
    print(*[hashlib.sha256(flow[e][1]).hexdigest() for e in ends])
