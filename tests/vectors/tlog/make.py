#!/usr/bin/env python3
"""Writes the vectors of this folder, the same bytes each time: make.py [--check]

With --check nothing is written; exit status 1 if a file is not what would be written. It shares nothing with the C code: trees, notes and
policies are done over in the plainest way, and only the Ed25519 verification of tests/house/read_log.py is borrowed.
"""

import base64
import functools
import hashlib
import json
import os
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(FOLDER, "..", "..", "house"))
sys.dont_write_bytecode = True
import read_log as plain  # noqa: E402

DASH = "\u2014 "


def b64(octets):
    return base64.b64encode(octets).decode()


def octets(name, value):
    """A field of octets: as text where it is text, in hexadecimal elsewhere."""
    value = value.encode() if isinstance(value, str) else value
    try:
        text = value.decode("utf-8")
        if "\0" not in text:
            return {name: text}
    except UnicodeDecodeError:
        pass
    return {name + "_hex": value.hex()}


# ---- keys -------------------------------------------------------------------------------------------------------------


def compress(point):
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


class Key:
    def __init__(self, name, kind, seed):
        self.name, self.kind = name, kind
        self.secret = hashlib.sha256(("photostat test vector key " + seed).encode()).digest()
        digest = hashlib.sha512(self.secret).digest()
        self.scalar = (int.from_bytes(digest[:32], "little") & (1 << 254) - 8) | 1 << 254
        self.prefix = digest[32:]
        self.public = compress(plain.multiply(self.scalar, plain.BASE))
        material = bytes([kind]) + self.public
        self.id = hashlib.sha256(name.encode() + b"\n" + material).digest()[:4]
        self.vkey = "%s+%s+%s" % (name, self.id.hex(), b64(material))

    def sign(self, message):
        nonce = int.from_bytes(hashlib.sha512(self.prefix + message).digest(), "little") % plain.GROUP
        commitment = compress(plain.multiply(nonce, plain.BASE))
        challenge = int.from_bytes(hashlib.sha512(commitment + self.public + message).digest(), "little") % plain.GROUP
        signature = commitment + ((nonce + challenge * self.scalar) % plain.GROUP).to_bytes(32, "little")
        assert plain.signature_is_good(self.public, message, signature)
        return signature

    def line(self, text, time=0, spoil=False):
        message, head = text.encode(), b""
        if self.kind == 4:
            head = time.to_bytes(8, "big")
            message = b"cosignature/v1\ntime %d\n" % time + message
        signature = bytearray(head + self.sign(message))
        if spoil:
            signature[-1] ^= 1
        return raw_line(self.name, self.id + bytes(signature))


def raw_line(name, signature):
    return DASH + name + " " + b64(signature) + "\n"


LOG = Key("example.org/log", 1, "log")
ROTATED = Key("example.org/log", 1, "log, rotated")
OTHER = Key("example.org/other", 1, "other")
W = [Key("witness%d.example" % i, 4, "witness %d" % i) for i in range(1, 6)]
PQ_LINE = raw_line("pq.example", bytes.fromhex("01020304") + bytes(range(256)) * 9 + bytes(124))  # 8 + 2420 octets: an ML-DSA-44 cosignature


# ---- the tree: entry number i is the decimal number i ------------------------------------------------------------------


def entry(i):
    return b"%d" % i


@functools.lru_cache(None)
def tree(start, end):
    if end == start:
        return hashlib.sha256(b"").digest()
    if end - start == 1:
        return plain.leaf_hash(entry(start))
    split = 1 << (end - start - 1).bit_length() - 1
    return plain.node_hash(tree(start, start + split), tree(start + split, end))


def inclusion(index, start, end):
    if end - start == 1:
        return []
    split = start + (1 << (end - start - 1).bit_length() - 1)
    if index < split:
        return inclusion(index, start, split) + [tree(split, end)]
    return inclusion(index, split, end) + [tree(start, split)]


def consistency(size, start, end, whole=True):
    if size == end:
        return [] if whole else [tree(start, end)]
    split = start + (1 << (end - start - 1).bit_length() - 1)
    if size <= split:
        return consistency(size, start, split, whole) + [tree(split, end)]
    return consistency(size, split, end, False) + [tree(start, split)]


def is_subtree(start, end):
    width = 1
    while width < end - start:
        width *= 2
    return start < end and start % width == 0


def subtree(start, end, first, last, whole=True):
    """That the leaves [start, end) are a subtree of those of [first, last)."""
    if (start, end) == (first, last):
        return [] if whole else [tree(first, last)]
    split = first + (1 << (last - first - 1).bit_length() - 1)
    if end <= split:
        return subtree(start, end, first, split, whole) + [tree(split, last)]
    if start >= split:
        return subtree(start, end, split, last, whole) + [tree(first, split)]
    assert start == first
    return subtree(split, end, split, last, False) + [tree(first, split)]


def make_tree():
    sizes = list(range(0, 18)) + [63, 64, 65, 255, 256, 257, 1000, 65535, 65536, 65537, 70000]
    places = [(n, i) for n in range(1, 10) for i in range(n)]
    places += [(n, i) for n in (256, 257, 1000, 65537, 70000) for i in (0, 1, n // 2, n - 2, n - 1)]
    pairs = [(m, n) for n in range(1, 10) for m in range(1, n + 1)]
    pairs += [(m, n) for m, n in zip((1, 128, 255, 256, 257, 1000, 65535, 65536, 69999), (70000, 256, 256, 257, 1000, 65537, 65536, 70000, 70000))]
    ranges = [(a, b, n) for n in range(1, 9) for b in range(1, n + 1) for a in range(b) if is_subtree(a, b)]
    ranges += [(0, 256, 256), (0, 255, 70000), (0, 256, 257), (256, 257, 257), (256, 300, 300), (256, 300, 512), (512, 768, 70000), (69888, 70000, 70000),
               (69888, 69999, 70000), (65536, 65537, 70000), (65280, 65536, 65537), (0, 65536, 70000), (0, 69999, 70000), (65536, 70000, 70000)]
    return {
        "about": "The tree of RFC 6962 with SHA-256; entry number i is the number i in ASCII decimals.",
        "roots": [{"size": n, "root": b64(tree(0, n))} for n in sizes],
        "inclusion": [{"size": n, "index": i, "proof": [b64(h) for h in inclusion(i, 0, n)]} for n, i in places],
        "consistency": [{"size1": m, "size2": n, "proof": [b64(h) for h in consistency(m, 0, n)]} for m, n in pairs],
        "subtrees": [{"start": a, "end": b, "size": n, "root": b64(tree(a, b)), "proof": [b64(h) for h in subtree(a, b, 0, n)]} for a, b, n in ranges],
    }


# ---- tiles ------------------------------------------------------------------------------------------------------------


def tile_octets(level, index, width):
    span = 256**level
    return b"".join(tree((index * 256 + i) * span, (index * 256 + i + 1) * span) for i in range(width))


def bundle_octets(index, width):
    entries = [entry(index * 256 + i) for i in range(width)]
    return b"".join(len(e).to_bytes(2, "big") + e for e in entries)


def tiles_of(size):
    """All partial tiles and bundles of a log of this size, and the last full one of each level."""
    found, level = [], 0
    while size >> 8 * level:
        count = size >> 8 * level
        shapes = ([(count // 256 - 1, 256)] if count >= 256 else []) + ([(count // 256, count % 256)] if count % 256 else [])
        for index, width in shapes:
            kinds = [(level, tile_octets)] + ([("entries", lambda _, i, w: bundle_octets(i, w))] if level == 0 else [])
            for name, make in kinds:
                found.append({"path": plain.tile_path(name, index, width), "sha256": hashlib.sha256(make(level, index, width)).hexdigest()})
        level += 1
    return found


def make_tiles():
    good = [(0, 0, 256), (0, 999, 256), (0, 1000, 1), (3, 1234067, 256), (63, 5, 255), ("entries", 70007, 99), (0, 2**64 - 1, 256)]
    bad = ["", "tile", "tile/0", "tile/0/", "tile/0/0", "tile/0/00", "tile/0/0000", "tile/0/1000", "tile/0/x000/000", "tile/0/x001", "tile/0/x001/",
           "tile/0/001/002", "tile/00/000", "tile/01/000", "tile/64/000", "tile/-1/000", "tile/+1/000", "tile/Entries/000", "tile/0/000.p",
           "tile/0/000.p/", "tile/0/000.p/0", "tile/0/000.p/00", "tile/0/000.p/01", "tile/0/000.p/256", "tile/0/000.p/-1", "tile/0/000.p/1/2",
           "tile/0/x001.p/1", "tile/0/000/", "/tile/0/000", "tile//0/000", "tile/0/ 00", "tile/0/00a", "tile/0/X001/000", "tile/0/xx01/000",
           "tile/0/x018/x446/x744/x073/x709/x551/616", "tile/0/000\n", "tile/0/000 "]
    return {
        "about": "Paths of tiles, and the SHA-256 of tiles and entry bundles of logs whose entry number i is the number i in ASCII decimals.",
        "paths": [{"level": str(l), "index": str(i), "width": w, "path": plain.tile_path(l, i, w)} for l, i, w in good],
        "refused": bad,
        "logs": [{"size": n, "tiles": tiles_of(n)} for n in (0, 1, 2, 255, 256, 257, 511, 65535, 65536, 65537, 70000)],
    }


# ---- notes --------------------------------------------------------------------------------------------------------------

TEXT = "example.org/log\n1000\n%s\n" % b64(tree(0, 1000))


def verdict(key, outcome, time=0):
    """What verifying with this key says: "signed", "absent" or "refused"."""
    found = {"vkey": key.vkey, "outcome": outcome}
    if outcome == "signed" and key.kind == 4:
        found["time"] = str(time)
    return found


def make_notes():
    log, w = LOG.line(TEXT), W[0].line(TEXT, 1764000000)
    stranger = raw_line(LOG.name, b"\1\2\3\4" + bytes(64))
    namesake = raw_line("example.org/else", LOG.id + bytes(64))
    short = raw_line(LOG.name, LOG.id + bytes(63))
    long = raw_line(LOG.name, LOG.id + bytes(65))
    head = TEXT + "\n"
    unpadded = raw_line("x", bytes(5)).replace("=", "")
    other_spelling = DASH + "x AAAAAAB=\n"
    good = [
        ("one signature", head + log, [verdict(LOG, "signed"), verdict(ROTATED, "absent"), verdict(W[0], "absent")]),
        ("with a cosignature", head + log + w, [verdict(LOG, "signed"), verdict(W[0], "signed", 1764000000)]),
        ("an unknown key of a known name", head + stranger + log, [verdict(LOG, "signed")]),
        ("an unknown key of a known id", head + namesake + log, [verdict(LOG, "signed")]),
        ("a post-quantum cosignature of an unknown key", head + PQ_LINE + log, [verdict(LOG, "signed")]),
        ("only strangers", head + stranger + namesake, [verdict(LOG, "absent")]),
        ("a known key twice, both good", head + log + log, [verdict(LOG, "refused")]),
        ("a known key twice, one bad", head + log + LOG.line(TEXT, 0, True), [verdict(LOG, "refused")]),
        ("a known key's signature spoilt", head + LOG.line(TEXT, 0, True), [verdict(LOG, "refused")]),
        ("a known key's signature cut", head + short, [verdict(LOG, "refused")]),
        ("a known key's signature with an octet more", head + long, [verdict(LOG, "refused")]),
        ("another text", head.replace("1000", "1001") + log + w, [verdict(LOG, "refused"), verdict(W[0], "refused"), verdict(OTHER, "absent")]),
        ("a cosignature at time 0", head + W[0].line(TEXT, 0), [verdict(W[0], "signed", 0)]),
        ("a cosignature at the last time", head + W[0].line(TEXT, 2**63 - 1), [verdict(W[0], "signed", 2**63 - 1)]),
        ("a cosignature later than the last time", head + W[0].line(TEXT, 2**63), [verdict(W[0], "refused")]),
        ("empty lines in the text", "\n\na\n\n\n" + LOG.line("\n\na\n\n"), [verdict(LOG, "signed")]),
        ("a signature line in the text", "a\n\n" + stranger + "\n" + LOG.line("a\n\n" + stranger), [verdict(LOG, "signed")]),
        ("sixteen signatures", head + "".join(raw_line("x", bytes([i]) * 68) for i in range(15)) + log, [verdict(LOG, "signed")]),
    ]
    refused = [
        ("nothing", b""), ("no signatures", head), ("no empty line", TEXT + log), ("no text", "\n" + log),
        ("no newline at the end", head + log[:-1]), ("an empty line at the end", head + log + "\n"),
        ("a hyphen for the dash", head + log.replace("\u2014", "-")), ("two spaces behind the dash", head + log.replace(DASH, DASH + " ")),
        ("no signature behind the name", head + DASH + "x\n"), ("no key name", head + DASH + " AAAAAAA=\n"),
        ("a plus in a name", head + DASH + "x+y AAAAAAA=\n"), ("a no-break space in a name", head + DASH + "x\u00a0y AAAAAAA=\n"),
        ("base64 without padding", head + unpadded), ("base64 with other unused bits", head + other_spelling),
        ("URL-safe base64", head + DASH + "x __8AAAA=\n"), ("a space behind base64", head + DASH + "x AAAAAAA= \n"),
        ("only a key id", head + DASH + "x AAAAAA==\n"), ("less than a key id", head + DASH + "x AAA=\n"),
        ("a tab", head.replace("log\n", "log\t\n", 1) + log), ("carriage returns", (head + log).replace("\n", "\r\n")),
        ("a NUL", (head + log).encode().replace(b"1000", b"1\0000")), ("not UTF-8", (head + log).encode().replace(b"1000", b"1\xff00")),
        ("overlong UTF-8", (head + log).encode().replace(b"1000", b"1\xc0\x8000")), ("rubbish behind", head + log + "rubbish\n"),
    ]
    vkeys = [LOG.vkey, W[0].vkey, Key("a\u00f1/\u2603", 1, "names").vkey]
    name, key_id, rest = LOG.vkey.split("+", 2)
    bad_vkeys = ["", name, name + "+" + key_id, name + "+" + key_id + "+", "+".join([name, key_id.upper(), rest]),
                 "+".join([name, key_id[1:], rest]), "+".join([name + "x", key_id, rest]), "+".join([name, "00000000", rest]), "+" + key_id + "+" + rest,
                 "+".join(["a b", key_id, rest]), LOG.vkey + "=", LOG.vkey[:-1], LOG.vkey + "\n", " " + LOG.vkey,
                 name + "+" + key_id + "+" + b64(b"\2" + LOG.public), name + "+" + key_id + "+" + b64(b"\1" + LOG.public[:31]),
                 name + "+" + key_id + "+" + b64(b"\1" + LOG.public + b"\0")]
    return {
        "about": "Signed notes. Each key of a note says on its own: signed, absent, or refused (the whole note).",
        "notes": [dict(octets("note", n), name=d, keys=k) for d, n, k in good],
        "refused": [dict(octets("note", n), name=d) for d, n in refused],
        "vkeys": vkeys,
        "refused_vkeys": bad_vkeys,
    }


def make_checkpoints():
    root = b64(tree(0, 5))
    good = [("o\n5\n%s\n" % root, "o", 5, ""), ("o\n0\n%s\n" % b64(tree(0, 0)), "o", 0, ""),
            ("an origin + with \u00e9\n18446744073709551615\n%s\n" % root, "an origin + with \u00e9", 2**64 - 1, ""),
            ("o\n5\n%s\nextension\n x \n" % root, "o", 5, "extension\n x \n")]
    bad = ["", "o", "o\n", "\n5\n%s\n" % root, "o\n5\n", "o\n5\n\n", "o\n05\n%s\n" % root, "o\n00\n%s\n" % root, "o\n+5\n%s\n" % root,
           "o\n-1\n%s\n" % root, "o\n5 \n%s\n" % root, "o\n\n%s\n" % root, "o\n18446744073709551616\n%s\n" % root, "o\n5\n%s" % root,
           "o\n5\n%s\n\n" % root, "o\n5\n%s\nx\n\ny\n" % root, "o\n5\n%s\nx" % root, "o\n5\n%s\n" % root[:-1], "o\n5\n%s\n" % b64(tree(0, 5)[:31]),
           "o\n5\n%s\n" % b64(tree(0, 5) + b"\0"), "o\n5\n%s \n" % root, "o\n5\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=\n"]
    return {
        "about": "Note texts that are checkpoints, and such that are not.",
        "checkpoints": [{"text": t, "origin": o, "size": str(n), "root": b64(tree(0, 0)) if n == 0 else root, "extension": x} for t, o, n, x in good],
        "refused": [octets("text", t) for t in bad],
    }


# ---- proofs -------------------------------------------------------------------------------------------------------------


def proof_text(index, size, extra=b"", hashes=None, note=None):
    lines = ["c2sp.org/tlog-proof@v1"] + (["extra " + b64(extra)] if extra else []) + ["index %d" % index]
    lines += [b64(h) for h in (inclusion(index, 0, size) if hashes is None else hashes)]
    text = "example.org/log\n%d\n%s\n" % (size, b64(tree(0, size)))
    return "\n".join(lines) + "\n\n" + (text + "\n" + LOG.line(text) + W[0].line(text, 1764000000) if note is None else note)


def make_proofs():
    good = [(0, 1, b""), (0, 2, b"x"), (4, 5, b""), (2, 5, bytes(range(256))), (999, 1000, b""), (65536, 70000, b"\xff" * 5000), (3, 70000, b"")]
    whole = proof_text(2, 5, b"ABC")
    bad = [
        ("another version", whole.replace("@v1", "@v2")), ("no first line", whole.split("\n", 1)[1]), ("carriage returns", whole.replace("\n", "\r\n")),
        ("extra without data", whole.replace("extra QUJD", "extra ")), ("extra twice", whole.replace("extra QUJD\n", "extra QUJD\n" * 2)),
        ("extra behind the index", whole.replace("extra QUJD\n", "").replace("index 2\n", "index 2\nextra QUJD\n")),
        ("extra in other base64", whole.replace("QUJD", "QUJ=")), ("extra with a space behind", whole.replace("QUJD", "QUJD ")),
        ("no index", whole.replace("index 2\n", "")), ("index with a zero in front", whole.replace("index 2", "index 02")),
        ("a negative index", whole.replace("index 2", "index -2")), ("an index beyond 64 bits", whole.replace("index 2", "index 18446744073709551616")),
        ("a short hash", whole.replace(b64(inclusion(2, 0, 5)[0]), b64(b"short"))), ("too many hashes", proof_text(2, 5, b"", [tree(0, 1)] * 65)),
        ("no empty line", whole.replace("\n\nexample", "\nexample")), ("two empty lines", whole.replace("\n\nexample", "\n\n\nexample")),
        ("no checkpoint", whole[: whole.index("\n\n") + 2]), ("a note that is no checkpoint", proof_text(2, 5, note="text\n\n" + LOG.line("text\n"))),
        ("no signatures", whole[: whole.index(DASH)]), ("cut", whole[:-1]),
    ]
    wrong = [
        ("another index", 3, proof_text(2, 5).replace("index 2", "index 3")), ("an index beyond the tree", 2, proof_text(2, 5).replace("index 2", "index 5")),
        ("a hash left out", 2, proof_text(2, 5, b"", inclusion(2, 0, 5)[1:])), ("a hash too many", 2, proof_text(2, 5, b"", inclusion(2, 0, 5) + [tree(0, 1)])),
        ("two hashes swapped", 2, proof_text(2, 5, b"", inclusion(2, 0, 5)[::-1])), ("another entry", 1, proof_text(2, 5)),
    ]
    return {
        "about": "Proofs: those that parse and prove entry number i (the number i in ASCII decimals), those that parse and do not prove the entry given, those that are refused.",
        "proofs": [{"index": str(i), "size": str(n), **octets("extra", x), "proof": proof_text(i, n, x)} for i, n, x in good],
        "wrong": [{"name": d, "entry": str(i), "proof": t} for d, i, t in wrong],
        "refused": [dict(octets("proof", t), name=d) for d, t in bad],
    }


# ---- policies -----------------------------------------------------------------------------------------------------------


def make_policies():
    log, other = "log %s\n" % LOG.vkey, "log %s\n" % OTHER.vkey
    witness = ["witness w%d %s\n" % (i + 1, k.vkey) for i, k in enumerate(W)]
    duplicate = Key("another.name", 4, "witness 1")
    nested = log + "".join(witness) + "group a 2 w1 w2 w3\ngroup b any w4 w5\ngroup both all a b\nquorum both\n"

    def note(*signers, origin="example.org/log"):
        text = "%s\n1000\n%s\n" % (origin, b64(tree(0, 1000)))
        return text + "\n" + "".join(k.line(text, t, s == "spoil") for k, t, s in [tuple(x) + ("",) * (3 - len(x)) for x in signers])

    def case(name, policy, checkpoint, outcome, witnesses=0, quorum=False, time=0):
        found = {"name": name, **octets("policy", policy), "note": checkpoint, "outcome": outcome}
        if outcome == "signed":
            found.update(witnesses=witnesses, quorum=quorum, time=str(time))
        return found

    L = (LOG, 0)
    cases = [
        case("no witness wanted", log + "quorum none\n", note(L), "signed", 0, True),
        case("no witness wanted, one there", log + witness[0] + "quorum none\n", note(L, (W[0], 7)), "signed", 1, True),
        case("one wanted, none there", log + witness[0] + "quorum w1\n", note(L), "signed"),
        case("one wanted and there", log + witness[0] + "quorum w1\n", note(L, (W[0], 7)), "signed", 1, True, 7),
        case("another one there", log + witness[0] + witness[1] + "quorum w1\n", note(L, (W[1], 7)), "signed", 1),
        case("a stranger's cosignature", log + witness[0] + "quorum w1\n", note(L, (W[1], 7)), "signed"),
        case("nested, met; the time of the last that was needed", nested, note(L, (W[0], 50), (W[1], 40), (W[2], 30), (W[3], 45), (W[4], 60)), "signed", 5, True, 45),
        case("nested, met just so", nested, note(L, (W[0], 50), (W[2], 30), (W[4], 20)), "signed", 3, True, 50),
        case("nested, one of two and one of one", nested, note(L, (W[0], 50), (W[4], 20)), "signed", 2),
        case("nested, all of one group and none of the other", nested, note(L, (W[0], 1), (W[1], 2), (W[2], 3)), "signed", 3),
        case("the log spoilt", nested, note((LOG, 0, "spoil"), (W[0], 1)), "refused"),
        case("a witness spoilt", nested, note(L, (W[0], 1, "spoil"), (W[1], 2), (W[2], 3), (W[3], 4)), "refused"),
        case("a stranger spoilt", log + "quorum none\n", note(L, (W[0], 1, "spoil")), "signed", 0, True),
        case("a witness twice", nested, note(L, (W[0], 1), (W[0], 2)), "refused"),
        case("not signed by a log", nested, note((W[0], 1)), "refused"),
        case("signed by another log of the policy", log + other + "quorum none\n", note((OTHER, 0)), "refused"),
        case("signed by both", log + other + "quorum none\n", note((OTHER, 0), L), "signed", 0, True),
        case("signed by the right one, another log's line spoilt", log + other + "quorum none\n", note(L, (OTHER, 0, "spoil")), "refused"),
        case("a rotated key", log + "log %s\nquorum none\n" % ROTATED.vkey, note((ROTATED, 0)), "signed", 0, True),
        case("no log at all", "quorum none\n", note(L), "refused"),
    ]
    good = ["quorum none\n", " \t\n# comment\n  # another \u00e9\nquorum\tnone \n", nested, log + "quorum none\n" + other,
            log.replace("\n", " https://example.org/\n") + witness[0].replace("\n", "\thttps://w/\n") + "quorum w1\n",
            b"witness \xff\xfe " + W[0].vkey.encode() + b"\nquorum \xff\xfe\n",
            witness[0].replace("w1", "K") + witness[1].replace("w2", "\u212a") + "group g 2 K \u212a\nquorum g\n",
            witness[0].replace("w1", "all", 1) + "group any all all\nquorum any\n"]
    bad = [
        (1, ""), (2, log), (1, "quorum none"), (2, log + "quorum none"), (2, "quorum none\nquorum none\n"), (1, "quorum\n"), (1, "quorum none x\n"),
        (1, "quorum w1\n" + witness[0]), (1, "Quorum none\n"), (1, "lag " + LOG.vkey + "\nquorum none\n"), (1, "log\nquorum none\n"),
        (1, "log %s a b\nquorum none\n" % LOG.vkey), (1, "log %s\nquorum none\n" % W[0].vkey), (1, "witness w %s\nquorum w\n" % LOG.vkey),
        (1, "witness %s\nquorum none\n" % W[0].vkey), (1, "witness w %s a b\nquorum none\n" % W[0].vkey), (2, log + log + "quorum none\n"),
        (2, witness[0] + "witness again %s\nquorum w1\n" % W[0].vkey), (2, witness[0] + "witness again %s\nquorum w1\n" % duplicate.vkey),
        (2, witness[0] + witness[1].replace("w2", "w1") + "quorum w1\n"), (1, witness[0].replace("w1", "none") + "quorum none\n"),
        (2, witness[0] + "group none any w1\nquorum none\n"), (2, witness[0] + "group w1 any w1\nquorum w1\n"), (2, witness[0] + "group g any none\nquorum g\n"),
        (2, witness[0] + "group g any\nquorum g\n"), (2, witness[0] + "group g 0 w1\nquorum g\n"), (2, witness[0] + "group g 2 w1\nquorum g\n"),
        (2, witness[0] + "group g 1.0 w1\nquorum g\n"), (2, witness[0] + "group g any w1 w1\nquorum g\n"), (2, witness[0] + "group g any g\nquorum g\n"),
        (3, witness[0] + "group g any w1\ngroup h any w1\nquorum h\n"), (2, witness[0] + "group g any w2\n" + witness[1] + "quorum g\n"),
        (1, "quorum none\r\n"), (2, "#\n#\x0b\nquorum none\n"), (1, "# \x7f\nquorum none\n"), (1, b"#\0\nquorum none\n"),
        (1, "log %s\nquorum none\n" % LOG.vkey[:-1]),
    ]
    return {
        "about": "Policies that are good, such that are not with the number of the line to be named, and what checkpoints are worth under some.",
        "good": [octets("policy", p) for p in good],
        "refused": [dict(octets("policy", p), line=n) for n, p in bad],
        "checks": cases,
    }


def main():
    check, differing = sys.argv[1:] == ["--check"], 0
    sys.setrecursionlimit(10000)
    for name, make in (("tree", make_tree), ("tiles", make_tiles), ("notes", make_notes), ("checkpoints", make_checkpoints), ("proofs", make_proofs),
                       ("policies", make_policies)):
        path = os.path.join(FOLDER, name + ".json")
        text = json.dumps(make(), indent=1, ensure_ascii=True) + "\n"
        if not check:
            with open(path, "w", encoding="ascii") as file:
                file.write(text)
            continue
        with open(path, encoding="ascii") as file:
            if file.read() != text:
                print(path + " is not what is made today")
                differing = 1
    return differing


if __name__ == "__main__":
    sys.exit(main())
