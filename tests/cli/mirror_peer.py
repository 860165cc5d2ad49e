#!/usr/bin/env python3
"""The other side of tlog-mirror, done over with the standard library alone: a client that may lie, and a mirror.

    mirror_peer.py push URL LOG                          brings the log in the folder LOG to the mirror at URL, as the specification says
    mirror_peer.py checkpoint URL LOG OLD                add-checkpoint once, from size OLD
    mirror_peer.py send URL LOG START END [WORD...]      add-entries once; words: packages=N ticket=BASE64 gzip wrong-entry wrong-proof no-proof
                                                         many-hashes long-entry trailing cut type=T origin=O bomb
    mirror_peer.py serve PORTFILE SECRET [MODE]          a mirror below /m/ in memory, for any log; modes: honest, small (a package a request),
                                                         stubborn, forgetful, lost, wrong, large-ticket, slow (half a minute an answer)
    mirror_peer.py key SECRET                            its verifier key

The client prints the status and the answer's lines. Exit status 0: what was asked was done, and cosigned where it should be.
"""

import base64
import gzip
import hashlib
import http.client
import http.server
import os
import struct
import sys
import time
import urllib.parse

HOUSE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "house")
sys.path.insert(0, HOUSE)
sys.dont_write_bytecode = True
import read_log as plain  # noqa: E402

WIDTH = 256
INFO = "text/x.tlog.mirror-info"


def b64(octets):
    return base64.b64encode(octets).decode()


# ---- trees ------------------------------------------------------------------------------------------------------------------------------


def root(leaves):
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return plain.node_hash(root(leaves[:split]), root(leaves[split:]))


def subproof(start, end, leaves, known=True):
    if start == 0 and end == len(leaves):
        return [] if known else [root(leaves)]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if end <= split:
        return subproof(start, end, leaves[:split], known) + [root(leaves[split:])]
    if start >= split:
        return subproof(start - split, end - split, leaves[split:], known) + [root(leaves[:split])]
    return subproof(0, end - split, leaves[split:], False) + [root(leaves[:split])]


def proves(start, end, subtree, size, tree, proof):
    """The iterative verification of the draft, 4.4.3."""
    first, second, last = start, end - 1, size - 1
    if second == last:
        while first != second:
            first, second, last = first >> 1, second >> 1, last >> 1
    else:
        while first != second and second & 1:
            first, second, last = first >> 1, second >> 1, last >> 1
    proof = list(proof)
    if first == second:
        one = other = subtree
    else:
        if not proof:
            return False
        one = other = proof.pop(0)
    for hash_ in proof:
        if last == 0:
            return False
        if second & 1 or second == last:
            if first < second:
                one = plain.node_hash(hash_, one)
            other = plain.node_hash(hash_, other)
            while not second & 1 and second:
                first, second, last = first >> 1, second >> 1, last >> 1
        else:
            other = plain.node_hash(other, hash_)
        first, second, last = first >> 1, second >> 1, last >> 1
    return last == 0 and one == subtree and other == tree


class Tree:
    """A log as it lies in a folder."""

    def __init__(self, folder):
        with open(os.path.join(folder, "checkpoint"), "rb") as file:
            self.note = file.read()
        lines = self.note.decode().split("\n")
        self.origin, self.size = lines[0], int(lines[1])
        self.entries = []
        for index in range((self.size + WIDTH - 1) // WIDTH):
            path = plain.tile_path("entries", index, min(WIDTH, self.size - index * WIDTH))
            with open(os.path.join(folder, path), "rb") as file:
                octets = file.read()
            while octets:
                (length,) = struct.unpack(">H", octets[:2])
                self.entries.append(octets[2 : 2 + length])
                octets = octets[2 + length :]
        self.leaves = [plain.leaf_hash(e) for e in self.entries]


# ---- the client ---------------------------------------------------------------------------------------------------------------------------


def post(url, path, body, headers):
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=60)
    connection.request("POST", parts.path + path, body, headers)
    answer = connection.getresponse()
    octets = answer.read()
    connection.close()
    return answer.status, answer.getheader("Content-Type"), octets, answer


def add_checkpoint(url, tree, old):
    proof = subproof(0, old, tree.leaves) if 0 < old < tree.size else []
    body = "old %d\n" % old + "".join(b64(h) + "\n" for h in proof) + "\n"
    return post(url, "add-checkpoint", body.encode() + tree.note, {"Content-Type": "text/plain"})


def packages(tree, start, end, words):
    at = start
    while at < end:
        to = min(end, at - at % WIDTH + WIDTH)
        entries = list(tree.entries[at:to])
        proof = subproof(at - at % WIDTH, to, tree.leaves[:end])
        if "wrong-entry" in words:
            entries[-1] = entries[-1][:-1] + b"?"
        if "wrong-proof" in words:
            proof = [hashlib.sha256(h).digest() for h in proof]
        if "no-proof" in words:
            proof = []
        if "many-hashes" in words:
            proof = [b"\0" * 32] * 64
        octets = b"".join(struct.pack(">H", len(e)) + e for e in entries)
        if "long-entry" in words:
            octets = struct.pack(">H", 65535) + b"x" * 65535 + octets
        yield octets + bytes([len(proof)]) + b"".join(proof)
        at = to


def value(words, name, otherwise):
    found = [w.split("=", 1)[1] for w in words if w.startswith(name + "=")]
    return found[0] if found else otherwise


def send(url, tree, start, end, words=()):
    origin = value(words, "origin", tree.origin).encode()
    ticket = base64.b64decode(value(words, "ticket", ""))
    body = struct.pack(">H", len(origin)) + origin + struct.pack(">QQH", start, end, len(ticket)) + ticket
    most = int(value(words, "packages", 1 << 60))
    for number, package in enumerate(packages(tree, start, end, words)):
        if number == most:
            break
        body += package
    headers = {"Content-Type": value(words, "type", "application/octet-stream")}
    if "trailing" in words:
        body += b"!"
    if "cut" in words:
        body = body[:-7]
    if "bomb" in words:
        # A quarter of a gigabyte of nothing, in a quarter of a megabyte.
        packer = gzip.zlib.compressobj(9, gzip.zlib.DEFLATED, 31)
        zeros = b"\0" * (1 << 20)
        body = packer.compress(body) + b"".join(packer.compress(zeros) for _ in range(256)) + packer.flush()
        headers["Content-Encoding"] = "gzip"
    elif "gzip" in words:
        body = gzip.compress(body)
        headers["Content-Encoding"] = "gzip"
    return post(url, "add-entries", body, headers)


def info(answer):
    status, kind, octets, _ = answer
    plain.need(status in (202, 409) and kind == INFO, "%d %s: %r" % (status, kind, octets[:200]))
    size, following, ticket, rest = octets.decode().split("\n")
    plain.need(rest == "", "the answer does not end with its third line")
    plain.unbase64(ticket)
    return int(size), int(following), ticket


def push(url, tree):
    answer = add_checkpoint(url, tree, 0)
    if answer[0] == 409:
        plain.need(answer[1] == "text/x.tlog.size", "409 without a size")
        answer = add_checkpoint(url, tree, int(answer[2]))
    plain.need(answer[0] == 200, "add-checkpoint: %d %r" % (answer[0], answer[2]))
    start, ticket = tree.size, ""
    for _ in range(100):
        answer = send(url, tree, start, tree.size, ["ticket=" + ticket, "packages=3", "gzip"])
        plain.need("gzip" in (answer[3].getheader("Accept-Encoding") or ""), "it does not say that it takes gzip")
        if answer[0] == 200:
            return answer
        size, start, ticket = info(answer)
        plain.need(size == tree.size, "it goes on with another size")
        start = min(start, tree.size)
    raise plain.Refused("it does not come to an end")


# ---- the mirror -----------------------------------------------------------------------------------------------------------------------------


class Signer:
    def __init__(self, name, seed):
        digest = hashlib.sha512(hashlib.sha256(seed.encode()).digest()).digest()
        self.scalar = (int.from_bytes(digest[:32], "little") & (1 << 254) - 8) | 1 << 254
        self.prefix = digest[32:]
        self.name = name
        self.public = self.compress(plain.multiply(self.scalar, plain.BASE))
        material = b"\x04" + self.public
        self.id = hashlib.sha256(name.encode() + b"\n" + material).digest()[:4]
        self.vkey = "%s+%s+%s" % (name, self.id.hex(), b64(material))

    @staticmethod
    def compress(point):
        return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")

    def cosign(self, text, time):
        message = b"cosignature/v1\ntime %d\n" % time + text
        nonce = int.from_bytes(hashlib.sha512(self.prefix + message).digest(), "little") % plain.GROUP
        commitment = self.compress(plain.multiply(nonce, plain.BASE))
        challenge = int.from_bytes(hashlib.sha512(commitment + self.public + message).digest(), "little") % plain.GROUP
        signature = commitment + ((nonce + challenge * self.scalar) % plain.GROUP).to_bytes(32, "little")
        return "\u2014 %s %s\n" % (self.name, b64(self.id + struct.pack(">Q", time) + signature))


class Mirror:
    """One log. What is pending, and the entries."""

    def __init__(self, signer, mode):
        self.signer, self.mode = signer, mode
        self.size, self.root, self.text = 0, root([]), None
        self.leaves, self.mirrored, self.lost = [], 0, False
        self.ticket = b"t" * 65535 if mode == "large-ticket" else b"ticket"

    def add_checkpoint(self, body):
        head, _, note = body.partition(b"\n\n")
        lines = head.decode().split("\n")
        text = note[: note.index(b"\n\n") + 1]
        old, size = int(lines[0][4:]), int(text.split(b"\n")[1])
        tree = base64.b64decode(text.split(b"\n")[2])
        if old != self.size:
            return 409, "text/x.tlog.size", b"%d\n" % self.size
        proof = [base64.b64decode(line) for line in lines[1:]]
        if old and not (self.root == tree if old == size else proves(0, old, self.root, size, tree, proof)):
            return 422, "text/plain", b"not consistent\n"
        self.size, self.root, self.text = size, tree, text
        return 200, "text/plain", b""

    def where(self, status):
        return status, INFO, ("%d\n%d\n%s\n" % (self.size, len(self.leaves), b64(self.ticket))).encode()

    def add_entries(self, body, ticket_wanted):
        (n,) = struct.unpack(">H", body[:2])
        start, end, t = struct.unpack(">QQH", body[2 + n : 20 + n])
        ticket, body = body[20 + n : 20 + n + t], body[20 + n + t :]
        if self.text is None or (self.mode == "lost" and not self.lost):
            self.lost = True
            return 422, "text/plain", b"no checkpoint\n"
        if end != self.size or start > len(self.leaves) or (body and ticket != self.ticket):
            return self.where(409)
        if self.mode == "stubborn":
            return self.where(202)
        at, saved = start, 0
        while at < end and body:
            to = min(end, at - at % WIDTH + WIDTH)
            leaves = self.leaves[at - at % WIDTH : at]
            for _ in range(to - at):
                (n,) = struct.unpack(">H", body[:2])
                leaves.append(plain.leaf_hash(body[2 : 2 + n]))
                body = body[2 + n :]
            proof = [body[1 + 32 * i : 33 + 32 * i] for i in range(body[0])]
            body = body[1 + 32 * len(proof) :]
            if not proves(at - at % WIDTH, to, root(leaves), end, self.root, proof):
                return 422, "text/plain", b"the proof is wrong\n"
            self.leaves[at - at % WIDTH :] = leaves + self.leaves[to:]
            at, saved = to, saved + 1
            if self.mode == "small":
                break
        if self.mode == "forgetful" and len(self.leaves) > 600:
            self.leaves, self.mode = self.leaves[:256], "honest"
        if len(self.leaves) < end:
            return self.where(202) if saved else (400, "text/plain", b"nothing came\n")
        self.mirrored = end
        line = self.signer.cosign(self.text, 1800000000)
        if self.mode == "wrong":
            line = self.signer.cosign(self.text.replace(b"\n", b"\nx", 1), 1800000000)
        return 200, "text/plain", line.encode()


def serve(port_file, secret, mode):
    mirror = Mirror(Signer("mirror.example/" + secret, secret), mode)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            if mode == "slow":
                time.sleep(30)
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            if self.path == "/m/add-checkpoint":
                status, kind, octets = mirror.add_checkpoint(body)
            elif self.path == "/m/add-entries" and self.headers["Content-Type"] == "application/octet-stream":
                status, kind, octets = mirror.add_entries(body, True)
            else:
                status, kind, octets = 404, "text/plain", b"not here\n"
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(octets)))
            self.end_headers()
            self.wfile.write(octets)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    with open(port_file + ".new", "w", encoding="ascii") as file:
        file.write("%d\n" % server.server_address[1])
    os.rename(port_file + ".new", port_file)
    server.serve_forever()


def main():
    words = sys.argv[1:]
    if words[0] == "key":
        print(Signer("mirror.example/" + words[1], words[1]).vkey)
        return 0
    if words[0] == "serve":
        serve(words[1], words[2], words[3] if len(words) > 3 else "honest")
        return 0
    tree = Tree(words[2])
    if words[0] == "push":
        answer = push(words[1], tree)
    elif words[0] == "checkpoint":
        answer = add_checkpoint(words[1], tree, int(words[3]))
    else:
        answer = send(words[1], tree, int(words[3]), int(words[4]), words[5:])
    print(answer[0])
    sys.stdout.write(answer[2].decode())
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except plain.Refused as why:
        sys.stderr.write("mirror_peer: %s\n" % why)
        sys.exit(1)
