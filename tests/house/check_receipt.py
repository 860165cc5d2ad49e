#!/usr/bin/env python3
"""An independent reader of photostat's entries, contents trees, openings and receipts.

Written from docs/format/*.md and the C2SP documents alone; the standard library is all it needs, Ed25519 included (RFC 8032).

    check_receipt.py --policy POLICY --receipt RECEIPT [FILE...]    exit 0: proven, 1: not
    check_receipt.py --vectors tests/vectors                        runs the vectors
"""

import argparse
import base64
import datetime
import hashlib
import json
import os
import re
import sys


class Refused(Exception):
    """Not what the format asks for, or not proven."""


def need(condition, why):
    if not condition:
        raise Refused(why)


# ---- Ed25519, RFC 8032 section 5.1 ---------------------------------------------------------------------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def point(data):
    """Decodes a point to extended coordinates; None if it is none."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


def add(a, b):
    e = (a[1] - a[0]) * (b[1] - b[0]) % P
    f = (a[1] + a[0]) * (b[1] + b[0]) % P
    g = 2 * a[3] * b[3] * D % P
    h = 2 * a[2] * b[2] % P
    return ((f - e) * (h - g) % P, (h + g) * (f + e) % P, (h - g) * (h + g) % P, (f - e) * (f + e) % P)


def times(number, a):
    out = (0, 1, 1, 0)
    while number:
        if number & 1:
            out = add(out, a)
        a = add(a, a)
        number >>= 1
    return out


BASE = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def ed25519(public, message, signature):
    if len(public) != 32 or len(signature) != 64:
        return False
    a, r = point(public), point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= ORDER:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    left, right = times(s, BASE), add(r, times(k, a))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


# ---- encodings -------------------------------------------------------------------------------------------------------


def u64(number):
    return number.to_bytes(8, "big")


def framed(fields):
    return b"".join(u64(len(f)) + f for f in (x.encode() if isinstance(x, str) else x for x in fields))


def H(*fields):
    return hashlib.sha256(framed(fields)).digest()


def unbase64(text):
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Refused("not base64") from error
    need(base64.b64encode(data).decode() == text, "base64 not in canonical form")
    return data


def number(text, most):
    need(re.fullmatch(r"0|[1-9][0-9]*", text, re.A) and int(text) <= most, "not a number in its range: " + text)
    return int(text)


# ---- entries: docs/format/entry.md --------------------------------------------------------------------------------------

LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
ORIGIN = re.compile(rf"{LABEL}(?:\.{LABEL})*(?::([1-9][0-9]{{0,4}}))?(?:/(?!\.{{1,2}}(?:/|\Z))[A-Za-z0-9._~-]+)*")
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}(?:/[a-z0-9][a-z0-9._-]{0,99})*")
UUID = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
HASH = re.compile(r"sha256:[0-9a-f]{64}")
DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
INDEX = 2**64 - 2
VERSION = LEAVES = 2**32 - 1


def origin(text):
    match = ORIGIN.fullmatch(text)
    need(match and len(text) <= 200 and text != "none" and (not match[1] or int(match[1]) <= 65535), "not an origin")


def vkey(text):
    """name, key id, type, public key"""
    name, key_id, rest = (text.split("+", 2) + ["", ""])[:3]
    data = unbase64(rest)
    need(name and len(data) == 33 and data[0] in (1, 4), "not a verifier key")
    need(not any(c.isspace() for c in name), "space in a key's name")
    need(hashlib.sha256(name.encode() + b"\n" + data).hexdigest()[:8] == key_id, "wrong key id")
    return name, bytes.fromhex(key_id), data[0], data[1:]


class Lines:
    def __init__(self, text):
        need(text.endswith("\n"), "no newline at the end")
        self.lines = text[:-1].split("\n")

    def next_is(self, key):
        return bool(self.lines) and self.lines[0].startswith(key + " ")

    def take(self, key, form=None):
        need(self.next_is(key), "should be " + key)
        value = self.lines.pop(0)[len(key) + 1 :]
        need(value and not re.search("[\0-\x1f\x7f-\x9f]", value), "empty, or a control character")
        need(form is None or form.fullmatch(value), key + " is not as it should be")
        return value


def take_time(lines):
    value = lines.take("time", re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z"))
    day(value[:10])
    return value


def day(value):
    need(re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value, re.A), "not a date")
    year = int(value[:4])
    try:
        # Python has no year 0; it is a leap year like 400.
        datetime.date(year or 400, int(value[5:7]), int(value[8:]))
    except ValueError as error:
        raise Refused("no such day") from error


def take_previous(lines, may_lack=True):
    value = lines.take("previous")
    return None if may_lack and value == "none" else number(value, INDEX)


def take_record(lines, entry):
    value = entry["record"] = lines.take("record")
    start = "https://" + entry["origin"] + "/r/"
    name = value[len(start) :] if value.startswith(start) else ""
    need(UUID.fullmatch(value) or (NAME.fullmatch(name) and len(name) <= 1000), "not a record of this archive")


def take_reason(lines):
    lines.take("reason", re.compile(r"[a-z][a-z0-9-]{0,63}"))


def take_grounds(lines):
    value = lines.take("authority")
    need(len(value.encode()) <= 500 and value == value.strip(" "), "authority too long, or spaces around it")
    take_reason(lines)
    value = lines.take("note")
    need(value == "none" or HASH.fullmatch(value), "note")


def take_key(lines, key, name=None):
    value = lines.take(key)
    parsed = vkey(value)
    need(parsed[2] == 1 and name in (None, parsed[0]), "not an Ed25519 key of that name")
    return value


def take_leaves(lines, key, words):
    out = []
    while not out or lines.next_is(key):
        parts = lines.take(key).split(" ")
        need(len(parts) == words and HASH.fullmatch(parts[-1]), key)
        version, first = number(parts[0], VERSION), number(parts[1], LEAVES - 1)
        end = number(parts[2], LEAVES) if words == 4 else first + 1
        need(version > 0 and end > first, key)
        need(not out or (version, first) >= (out[-1][0], out[-1][2]), "out of order, or overlapping")
        out.append((version, first, end, parts[-1]))
    return out


def take_origin_or_none(lines, key):
    value = lines.take(key)
    if value != "none":
        origin(value)


def parse_entry(data):
    need(len(data) <= 65535, "too long")
    try:
        lines = Lines(data.decode())
    except UnicodeDecodeError as error:
        raise Refused("not UTF-8") from error
    kind = lines.take("photostat.entry/v1")
    entry = {"kind": kind, "origin": lines.take("origin")}
    origin(entry["origin"])
    if kind == "genesis":
        take_time(lines)
        take_key(lines, "key", entry["origin"])
        take_key(lines, "recovery")
        take_origin_or_none(lines, "predecessor")
    elif kind == "version":
        take_record(lines, entry)
        entry["version"] = number(lines.take("version"), VERSION)
        need(entry["version"] > 0, "version 0")
        take_previous(lines)
        entry["time"] = take_time(lines)
        lines.take("inventory", DIGEST)
        entry["contents"] = bytes.fromhex(lines.take("contents", HASH)[7:])
    elif kind == "access":
        take_record(lines, entry)
        take_previous(lines)
        take_time(lines)
        if lines.take("access", re.compile("open|closed|embargo")) == "embargo":
            day(lines.take("until"))
        take_grounds(lines)
        if lines.next_is("leaf"):
            take_leaves(lines, "leaf", 3)
        else:
            lines.take("files", re.compile("all"))
    elif kind == "expunge":
        take_record(lines, entry)
        take_previous(lines, False)
        take_time(lines)
        take_grounds(lines)
        rewritten = []
        while not rewritten or lines.next_is("rewritten"):
            parts = lines.take("rewritten").split(" ")
            need(len(parts) == 3 and DIGEST.fullmatch(parts[2]), "rewritten")
            number(parts[1], INDEX)
            rewritten.append(number(parts[0], VERSION))
            need(rewritten[-1] > ([0] + rewritten)[-2], "rewritten out of order")
        need({leaf[0] for leaf in take_leaves(lines, "withheld", 4)} <= set(rewritten), "withheld, not rewritten")
    elif kind == "key":
        take_time(lines)
        entry["index"] = number(lines.take("index"), INDEX)
        need(entry["index"] > 0, "index 0")
        entry["root"] = bytes.fromhex(lines.take("root", HASH)[7:])
        entry["key"] = take_key(lines, "key", entry["origin"])
        entry["signatures"] = []
        for role in ("old", "new", "recovery"):
            signature = unbase64(lines.take("signature", re.compile(role + " [A-Za-z0-9+/=]+"))[len(role) + 1 :])
            need(len(signature) == 64, "signature")
            entry["signatures"].append(signature)
    elif kind == "end":
        take_time(lines)
        take_origin_or_none(lines, "successor")
        take_reason(lines)
    else:
        raise Refused("unknown kind")
    need(not lines.lines, "lines left over")
    return entry


# ---- contents: docs/format/contents.md ----------------------------------------------------------------------------------


def depth_of(n):
    depth = 0
    while 2**depth < n:
        depth += 1
    return depth


def ggm(value, first_bits):
    for bit in first_bits:
        value = H("photostat.ggm/v1", value, bytes([bit]))
    return value


def bits(value, count):
    return [value >> (count - 1 - i) & 1 for i in range(count)]


def leaf_hash(leaf, salt):
    return H("photostat.leaf/v1", leaf["kind"], salt, leaf["path"], u64(leaf["size"]), leaf["digest"])


def tree_hash(leaves):
    if not leaves:
        return H("photostat.empty/v1")
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return H("photostat.node/v1", tree_hash(leaves[:k]), tree_hash(leaves[k:]))


def contents_root(of, version, n, tree):
    return H("photostat.contents/v1", of["origin"], of["record"], u64(version), u64(n), tree)


# ---- openings: docs/format/disclosure.md -----------------------------------------------------------------------------------


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def bytes(self, n):
        need(len(self.data) - self.at >= n, "cut short")
        self.at += n
        return self.data[self.at - n : self.at]

    def u64(self):
        return int.from_bytes(self.bytes(8), "big")


def path_good(path):
    return 0 < len(path) <= 65535 and b"\0" not in path and all(s not in (b"", b".", b"..") for s in path.split(b"/"))


class Disclosure:
    """A parsed opening; root() is what it proves."""

    def __init__(self, data):
        need(len(data) <= 2**30, "too long")
        read = Reader(data)
        need(read.bytes(24) == b"photostat.disclosure/v1\n", "not a disclosure")
        self.n = read.u64()
        need(self.n <= LEAVES, "too many leaves")
        nodes, withheld, leaves = read.u64(), read.u64(), read.u64()
        need(41 * nodes + 48 * withheld + 20 * leaves <= len(data), "cut short")
        self.nodes = [(read.bytes(1)[0], read.u64(), read.bytes(32)) for _ in range(nodes)]
        self.withheld = [(read.u64(), read.u64(), read.bytes(32)) for _ in range(withheld)]
        self.leaves, before = {}, b""
        for _ in range(leaves):
            position, leaf = read.u64(), {"size": read.u64()}
            code = read.bytes(1)[0]
            need(code in (1, 2), "digest algorithm")
            leaf["digest"] = ("sha256:" + read.bytes(32).hex()) if code == 1 else ("sha512:" + read.bytes(64).hex())
            leaf["kind"] = read.bytes(read.bytes(1)[0])
            leaf["path"] = read.bytes(int.from_bytes(read.bytes(2), "big"))
            need(re.fullmatch(rb"[a-z][a-z0-9-]{0,31}", leaf["kind"]) and path_good(leaf["path"]), "kind or path")
            try:
                leaf["path"].decode()
            except UnicodeDecodeError as error:
                raise Refused("path not UTF-8") from error
            need(leaf["path"] > before, "paths out of order")
            need(position < self.n and position not in self.leaves, "position")
            self.leaves[position], before = leaf, leaf["path"]
        need(read.at == len(data), "bytes left over")
        self.depth = depth_of(self.n)
        self.opened = sorted(self.leaves)
        self.tree = self.read_tree()

    def read_tree(self):
        """Walks the blocks as the format says and takes nodes and subtrees as they are due."""
        nodes, withheld = iter(self.nodes), iter(self.withheld)

        def salted(i, h, salt):
            first = i << h
            if h == 0:
                return leaf_hash(self.leaves[first], salt)
            left = salted(2 * i, h - 1, ggm(salt, [0]))
            if (2 * i + 1) << (h - 1) >= self.n:
                return left
            return H("photostat.node/v1", left, salted(2 * i + 1, h - 1, ggm(salt, [1])))

        def walk(i, h, opened):
            first, end = i << h, min((i + 1) << h, self.n)
            if not opened:
                subtree = next(withheld, None)
                need(subtree and subtree[:2] == (first, end), "withheld subtrees do not fit")
                return subtree[2]
            if len(opened) == end - first:
                node = next(nodes, None)
                need(node and node[:2] == (self.depth - h, i), "nodes do not fit")
                return salted(i, h, node[2])
            middle = (2 * i + 1) << (h - 1)
            left = walk(2 * i, h - 1, [p for p in opened if p < middle])
            if middle >= self.n:
                return left
            return H("photostat.node/v1", left, walk(2 * i + 1, h - 1, [p for p in opened if p >= middle]))

        tree = walk(0, self.depth, self.opened) if self.n else H("photostat.empty/v1")
        need(next(nodes, None) is None and next(withheld, None) is None, "nodes or subtrees left over")
        return tree

    def root(self, of, version):
        return contents_root(of, version, self.n, self.tree)


# ---- C2SP: notes, checkpoints, policies, proofs ---------------------------------------------------------------------------


def parse_note(text):
    need(not re.search("[\0-\x09\x0b-\x1f]", text) and text.endswith("\n"), "not a note")
    body, blank, signatures = text.rpartition("\n\n")
    need(blank and signatures, "no signatures")
    out = []
    for line in signatures[:-1].split("\n"):
        match = re.fullmatch(r"\u2014 ([^ +]+) (\S+)", line)
        need(match, "not a signature line")
        data = unbase64(match[2])
        need(len(data) > 4, "signature too short")
        out.append((match[1], data[:4], data[4:]))
    return body + "\n", out


def signed(note, key):
    """None: no line of this key; else the time of a cosignature, or True. A line that does not verify is an error."""
    body, signatures = note
    name, key_id, kind, public = key
    lines = [data for n, i, data in signatures if (n, i) == (name, key_id)]
    if not lines:
        return None
    need(len(lines) == 1, "two lines of one key")
    if kind == 1:
        need(ed25519(public, body.encode(), lines[0]), "signature of " + name)
        return True
    stamp = int.from_bytes(lines[0][:8], "big")
    need(ed25519(public, f"cosignature/v1\ntime {stamp}\n{body}".encode(), lines[0][8:]), "cosignature of " + name)
    return stamp


def read_policy(text):
    logs, members, quorum = [], {}, None
    for line in text.split("\n"):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0] == "log":
            logs.append(vkey(words[1]))
        elif words[0] == "witness":
            members[words[1]] = vkey(words[2])
        elif words[0] == "group":
            k = {"all": len(words) - 3, "any": 1}.get(words[2]) or int(words[2])
            members[words[1]] = (k, words[3:])
        elif words[0] == "quorum":
            quorum = words[1]
        else:
            raise Refused("policy: " + line)
    need(quorum, "policy without quorum")
    return logs, members, quorum


def quorum_time(note, members, name):
    """The earliest time by which it was met; None if it is not."""
    member = members[name]
    if isinstance(member[0], str):
        return signed(note, member)
    k, names = member
    times_met = sorted(t for t in (quorum_time(note, members, n) for n in names) if t is not None)
    return times_met[k - 1] if len(times_met) >= k else None


def included(leaf, index, size, hashes, root):
    """RFC 9162 section 2.1.3.2."""
    need(index < size, "index beyond the tree")
    at, last, value = index, size - 1, leaf
    for h in hashes:
        need(last > 0, "proof too long")
        if at & 1 or at == last:
            value = hashlib.sha256(b"\1" + h + value).digest()
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            value = hashlib.sha256(b"\1" + value + h).digest()
        at, last = at >> 1, last >> 1
    need(last == 0 and value == root, "the entry is not in the log")


def parse_proof(text):
    head, blank, checkpoint = text.partition("\n\n")
    need(blank, "no checkpoint")
    lines = head.split("\n")
    need(lines.pop(0) == "c2sp.org/tlog-proof@v1", "not a tlog-proof")
    extra = unbase64(lines.pop(0)[6:]) if lines and lines[0].startswith("extra ") else None
    need(lines and lines[0].startswith("index "), "no index")
    index = number(lines.pop(0)[6:], INDEX)
    hashes = [unbase64(line) for line in lines]
    need(all(len(h) == 32 for h in hashes), "proof")
    return extra, index, hashes, checkpoint


# ---- receipts: docs/format/receipt.md ----------------------------------------------------------------------------------------


def check_receipt(data, policy_text):
    try:
        extra, index, hashes, checkpoint = parse_proof(data.decode())
    except UnicodeDecodeError as error:
        raise Refused("not UTF-8") from error
    need(extra is not None, "no entry in it")
    read = Reader(extra)
    fields = [read.bytes(read.u64()) for _ in range(4)]
    need(read.at == len(extra) and fields[0] == b"photostat.receipt/v1", "not a receipt of photostat")
    need(fields[1] in (b"version", b"file"), "scope")
    logs, members, quorum = read_policy(policy_text)
    note = parse_note(checkpoint)
    lines = note[0].split("\n")
    need(len(lines) >= 4, "not a checkpoint")
    size, root = number(lines[1], 2**63 - 1), unbase64(lines[2])
    for key in members.values():
        if isinstance(key[0], str):
            signed(note, key)
    need(any([key[0] == lines[0] and signed(note, key) for key in logs]), "not signed by a log of the policy")
    included(hashlib.sha256(b"\0" + fields[2]).digest(), index, size, hashes, root)
    entry = parse_entry(fields[2])
    need(entry["kind"] == "version" and entry["origin"] == lines[0], "not a version entry of this log")
    opening = Disclosure(fields[3])
    need(fields[1] == b"version" or len(opening.leaves) == 1, "a file's receipt opens one file")
    need(opening.root(entry, entry["version"]) == entry["contents"], "the files are not those that the entry commits to")
    met = quorum == "none" or quorum_time(note, members, quorum) is not None
    when = 0 if quorum == "none" or not met else quorum_time(note, members, quorum)
    return {
        "scope": fields[1].decode(),
        "record": entry["record"],
        "version": entry["version"],
        "index": index,
        "log_size": size,
        "total": opening.n,
        "files": [opening.leaves[p] for p in opening.opened],
        "quorum": met,
        "quorum_time": when,
    }


def check_files(receipt, names):
    """Every file that the receipt opens must be among those given."""
    lacking = [f for f in receipt["files"] if f["kind"] == b"file"]
    for name in names:
        with open(name, "rb") as file:
            data = file.read()
        digests = ("sha256:" + hashlib.sha256(data).hexdigest(), "sha512:" + hashlib.sha512(data).hexdigest())
        matching = [f for f in lacking if f["digest"] in digests and f["size"] == len(data)]
        need(matching, name + " is no file of the receipt")
        lacking = [f for f in lacking if f not in matching]
    need(not lacking, "not given: " + ", ".join(repr(f["path"].decode()) for f in lacking))


# ---- vectors --------------------------------------------------------------------------------------------------------------------


def load(folder, name):
    with open(os.path.join(folder, name, "vectors.json"), encoding="utf-8") as file:
        return json.load(file)


def accepts(function, *arguments):
    try:
        return function(*arguments)
    except Refused:
        return None


def check(condition, what, name):
    if not condition:
        sys.exit(f"vector {what}: {name}")


def run_entries(vectors):
    for v in vectors:
        data = v["text"].encode() if "text" in v else base64.b64decode(v["base64"])
        entry = accepts(parse_entry, data)
        check((entry is not None) == v["good"], "entry", v["name"])
        if not v["good"]:
            continue
        check(entry["kind"] == v["kind"], "entry", v["name"])
        check(hashlib.sha256(b"\0" + data).hexdigest() == v["log_leaf"], "entry", v["name"])
        if entry["kind"] == "key":
            message = framed(["photostat.key/v1", entry["origin"], u64(entry["index"]), entry["root"], entry["key"]])
            check(message.hex() == v["message"], "entry", v["name"])
            for key, signature in zip((v["old"], entry["key"], v["recovery"]), entry["signatures"]):
                check(ed25519(vkey(key)[3], message, signature), "entry", v["name"])
                check(not ed25519(vkey(key)[3], message + b"x", signature), "entry", v["name"])


def run_contents(vectors):
    for v in vectors:
        seed, leaves = bytes.fromhex(v["seed"]), v["leaves"]
        order, top = H("photostat.order/v1", seed), H("photostat.salts/v1", seed)
        check(order.hex() == v["order"] and top.hex() == v["salts_root"], "contents", v["name"])
        placed = sorted(leaves, key=lambda leaf: H("photostat.place/v1", order, leaf["path"]))
        hashes = []
        for position, leaf in enumerate(placed):
            salt = ggm(top, bits(position, depth_of(len(leaves))))
            hashes.append(leaf_hash(leaf, salt))
            check(H("photostat.place/v1", order, leaf["path"]).hex() == leaf["place"], "contents", v["name"])
            check(leaf["position"] == position and leaf["salt"] == salt.hex(), "contents", v["name"])
            check(leaf["hash"] == hashes[-1].hex(), "contents", v["name"])
        root = contents_root(v, v["version"], len(leaves), tree_hash(hashes))
        check(root.hex() == v["root"], "contents", v["name"])


def opening_proves(data, of):
    opening = Disclosure(data)
    need(opening.root(of, of["version"]).hex() == of["root"], "another root")
    return opening


def run_disclosures(vectors, contents):
    for v in vectors:
        of = next(c for c in contents if c["name"] == v["contents"])
        opening = accepts(opening_proves, base64.b64decode(v["bytes"]), of)
        check((opening is not None) == v["good"], "disclosure", v["contents"] + ": " + v["name"])
        if not v["good"]:
            continue
        known = {leaf["path"]: leaf for leaf in of["leaves"]}
        check(sorted(v["opens"]) == sorted(leaf["path"].decode() for leaf in opening.leaves.values()), "disclosure", v["name"])
        for position, leaf in opening.leaves.items():
            want = known[leaf["path"].decode()]
            check(want["position"] == position and want["size"] == leaf["size"], "disclosure", v["name"])
            check(want["digest"] == leaf["digest"] and want["kind"] == leaf["kind"].decode(), "disclosure", v["name"])


def run_receipts(folder, vectors):
    for v in vectors:
        with open(os.path.join(folder, "receipt", v["receipt"]), "rb") as file:
            data = file.read()
        with open(os.path.join(folder, "receipt", v["policy"]), encoding="utf-8") as file:
            policy = file.read()
        got = accepts(check_receipt, data, policy)
        check((got is not None) == v["good"], "receipt", v["name"])
        if not v["good"]:
            continue
        for key in ("scope", "record", "version", "index", "log_size", "total", "quorum", "quorum_time"):
            check(got[key] == v[key], "receipt", v["name"] + ", " + key)
        files = sorted(got["files"], key=lambda leaf: leaf["path"])
        check([leaf["path"].decode() for leaf in files] == [leaf["path"] for leaf in v["files"]], "receipt", v["name"])
        for leaf, want in zip(files, v["files"]):
            check(leaf["digest"] == want["digest"] and leaf["size"] == want["size"], "receipt", v["name"])


def run_vectors(folder):
    entries, contents = load(folder, "entry"), load(folder, "contents")
    disclosures, receipts = load(folder, "disclosure"), load(folder, "receipt")
    run_entries(entries)
    run_contents(contents)
    run_disclosures(disclosures, contents)
    run_receipts(folder, receipts)
    print(f"{len(entries)} entries, {len(contents)} trees, {len(disclosures)} openings, {len(receipts)} receipts: all as they should be")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--vectors", metavar="DIR")
    parser.add_argument("--policy")
    parser.add_argument("--receipt")
    parser.add_argument("files", nargs="*")
    options = parser.parse_args()
    if options.vectors:
        run_vectors(options.vectors)
        return 0
    if not options.policy or not options.receipt:
        parser.error("--policy and --receipt, or --vectors")
    with open(options.policy, encoding="utf-8") as file:
        policy = file.read()
    with open(options.receipt, "rb") as file:
        data = file.read()
    try:
        receipt = check_receipt(data, policy)
        check_files(receipt, options.files)
        need(receipt["quorum"], "the quorum is not met")
    except Refused as why:
        print("not proven:", why)
        return 1
    print(f"proven: {receipt['record']} version {receipt['version']}, entry {receipt['index']} of {receipt['log_size']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
