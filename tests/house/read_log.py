#!/usr/bin/env python3
"""An independent reader of tiled logs, as any C2SP client would be: c2sp.org/tlog-tiles, tlog-checkpoint and signed-note, and nothing of
photostat's own. The standard library is all it needs, Ed25519 included (RFC 8032).

    read_log.py LOG VKEY [--size N] [--photostat] [--entries]

LOG is a folder with checkpoint and tile/. Every entry is read from the bundles, hashed, and compared with the level-0 tiles; every tile with
the one below it; the root is computed from the entries and once more from the tiles, and both are compared with the checkpoint, whose
signature VKEY verifies. With --size N the same for an earlier size (no root to compare with then, unless it is the checkpoint's). --photostat
also wants what photostat promises of its own logs: the log's signature first, cosignatures behind it, no extension lines, the key's name as
origin. --entries prints the entries.

Exit status: 0 all of it holds; 1 something does not, and one line says what; 2 usage.
"""

import argparse
import base64
import hashlib
import os
import re
import sys
import unicodedata

WIDTH = 256


class Refused(Exception):
    """Not what the specifications ask for."""


def need(condition, why):
    if not condition:
        raise Refused(why)


# ---- Ed25519, RFC 8032 section 5.1 ----------------------------------------------------------------------------------

FIELD = 2**255 - 19
GROUP = 2**252 + 27742317777372353535851937790883648493
CURVE = -121665 * pow(121666, -1, FIELD) % FIELD


def decompress(octets):
    number = int.from_bytes(octets, "little")
    y, odd = number % 2**255, number >> 255
    if y >= FIELD:
        return None
    u, v = (y * y - 1) % FIELD, (CURVE * y * y + 1) % FIELD
    x = u * pow(v, 3, FIELD) * pow(u * pow(v, 7, FIELD), (FIELD - 5) // 8, FIELD) % FIELD
    if v * x * x % FIELD != u:
        x = x * pow(2, (FIELD - 1) // 4, FIELD) % FIELD
    if v * x * x % FIELD != u or (x == 0 and odd):
        return None
    return (FIELD - x if x % 2 != odd else x), y


def plus(p, q):
    """Addition of affine points: slow, and short enough to be seen to be right."""
    (a, b), (c, d) = p, q
    product = CURVE * a * b * c * d % FIELD
    x = (a * d + b * c) * pow(1 + product, -1, FIELD) % FIELD
    y = (b * d + a * c) * pow(1 - product, -1, FIELD) % FIELD
    return x, y


def multiply(number, p):
    total = (0, 1)
    while number:
        if number & 1:
            total = plus(total, p)
        p = plus(p, p)
        number >>= 1
    return total


BASE = decompress((4 * pow(5, -1, FIELD) % FIELD).to_bytes(32, "little"))


def signature_is_good(public_key, message, signature):
    if len(public_key) != 32 or len(signature) != 64:
        return False
    key, commitment = decompress(public_key), decompress(signature[:32])
    response = int.from_bytes(signature[32:], "little")
    if key is None or commitment is None or response >= GROUP:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + public_key + message).digest(), "little") % GROUP
    return multiply(response, BASE) == plus(commitment, multiply(challenge, key))


# ---- notes and checkpoints ------------------------------------------------------------------------------------------


def unbase64(text):
    try:
        octets = base64.b64decode(text, validate=True)
    except ValueError as why:
        raise Refused("not base64: " + text) from why
    need(base64.b64encode(octets).decode() == text, "base64 in a form that is not canonical: " + text)
    return octets


def is_key_name(name):
    return name != "" and "+" not in name and not any(c.isspace() or unicodedata.category(c).startswith("Z") for c in name)


class Key:
    def __init__(self, text):
        parts = text.split("+", 2)
        need(len(parts) == 3 and is_key_name(parts[0]), "not a verifier key: " + text)
        material = unbase64(parts[2])
        need(len(material) == 33 and material[0] in (1, 4), "not an Ed25519 verifier key: " + text)
        self.name, self.kind, self.public_key = parts[0], material[0], material[1:]
        self.id = hashlib.sha256(self.name.encode() + b"\n" + material).digest()[:4]
        need(self.id.hex() == parts[1], "the key id does not fit name and key: " + text)


class Note:
    def __init__(self, octets):
        try:
            whole = octets.decode("utf-8")
        except UnicodeDecodeError as why:
            raise Refused("the note is not UTF-8") from why
        need(not any(c < " " and c != "\n" for c in whole), "the note has control characters")
        at = whole.rfind("\n\n")
        need(at >= 0, "the note has no empty line")
        self.text = whole[: at + 1]
        need(whole.endswith("\n") and len(whole) > at + 2, "the note has no signatures, or does not end with a newline")
        self.signatures = []
        for line in whole[at + 2 : -1].split("\n"):
            match = re.fullmatch(r"\u2014 (\S+) (\S+)", line)
            need(match and is_key_name(match[1]), "not a signature line: " + line)
            signature = unbase64(match[2])
            need(len(signature) > 4, "a signature without a signature: " + line)
            self.signatures.append((match[1], signature[:4], signature[4:]))

    def verify(self, key):
        """The time of a cosignature, 0 for another good signature; None if the key has no line."""
        mine = [s for name, key_id, s in self.signatures if (name, key_id) == (key.name, key.id)]
        if not mine:
            return None
        need(len(mine) == 1, "two signatures of " + key.name)
        signature, message, time = mine[0], self.text.encode(), 0
        if key.kind == 4:
            need(len(signature) == 72, "a cosignature of a wrong length")
            time = int.from_bytes(signature[:8], "big")
            need(time < 2**63, "a cosignature's time is out of range")
            message = b"cosignature/v1\ntime %d\n" % time + message
            signature = signature[8:]
        need(signature_is_good(key.public_key, message, signature), "the signature of " + key.name + " does not verify")
        return time


class Checkpoint:
    def __init__(self, text):
        lines = text.split("\n")
        need(lines[-1] == "" and len(lines) >= 4 and "" not in lines[:-1], "the note is not a checkpoint")
        self.origin = lines[0]
        need(re.fullmatch("0|[1-9][0-9]*", lines[1], re.ASCII), "the checkpoint's size is not a number")
        self.size = int(lines[1])
        self.root = unbase64(lines[2])
        need(len(self.root) == 32, "the checkpoint's root is not a hash")
        self.extensions = lines[3:-1]


# ---- the tree: RFC 6962 section 2.1 ---------------------------------------------------------------------------------


def leaf_hash(entry):
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def tree_hash(hashes):
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return node_hash(tree_hash(hashes[:split]), tree_hash(hashes[split:]))


class Frontier:
    """The root of leaves that pass by: a stack of complete subtrees."""

    def __init__(self):
        self.stack = []

    def add(self, digest):
        height = 0
        while self.stack and self.stack[-1][0] == height:
            digest = node_hash(self.stack.pop()[1], digest)
            height += 1
        self.stack.append((height, digest))

    def root(self):
        if not self.stack:
            return tree_hash([])
        digest = self.stack[-1][1]
        for _, left in reversed(self.stack[:-1]):
            digest = node_hash(left, digest)
        return digest


# ---- tiles ----------------------------------------------------------------------------------------------------------


def tile_path(level, index, width):
    digits = "%03d" % index
    digits = "0" * (-len(digits) % 3) + digits
    groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
    path = "/".join(["tile", str(level)] + ["x" + g for g in groups[:-1]] + groups[-1:])
    return path if width == WIDTH else "%s.p/%d" % (path, width)


class Log:
    def __init__(self, folder, size):
        self.folder, self.size = folder, size

    def read(self, path):
        full = os.path.join(self.folder, path)
        need(not os.path.islink(full), path + ": a symbolic link")
        try:
            with open(full, "rb") as file:
                return file.read()
        except FileNotFoundError:
            return None
        except OSError as why:
            raise Refused("%s: %s" % (path, why)) from why

    def fetch(self, level, index, width):
        """The octets of a tile or bundle; of the full one in place of a partial one that was deleted. And its width."""
        octets = self.read(tile_path(level, index, width))
        if octets is not None:
            return octets, width
        octets = self.read(tile_path(level, index, WIDTH)) if width < WIDTH else None
        need(octets is not None, tile_path(level, index, width) + ": missing")
        return octets, WIDTH

    def hashes(self, level, index, width):
        octets, there = self.fetch(level, index, width)
        need(len(octets) == 32 * there, tile_path(level, index, there) + ": %d octets" % len(octets))
        return [octets[32 * i : 32 * i + 32] for i in range(width)]

    def entries(self, index, width):
        octets, there = self.fetch("entries", index, width)
        path, found, at = tile_path("entries", index, there), [], 0
        while at < len(octets):
            need(at + 2 <= len(octets), path + ": ends within a length")
            length = int.from_bytes(octets[at : at + 2], "big")
            at += 2 + length
            need(at <= len(octets), path + ": ends within an entry")
            found.append(octets[at - length : at])
        need(len(found) == there, path + ": %d entries" % len(found))
        return found[:width]

    def widths(self, level):
        """Index and width of every tile of a level that a log of this size has."""
        count = self.size >> (8 * level)
        for index in range(count // WIDTH):
            yield index, WIDTH
        if count % WIDTH:
            yield count // WIDTH, count % WIDTH

    def root_from_tiles(self):
        """From the right edge alone: each level's partial tile holds what the level above does not cover."""
        digest, level = None, 0
        while self.size >> (8 * level):
            count = self.size >> (8 * level)
            hashes = self.hashes(level, count // WIDTH, count % WIDTH) if count % WIDTH else []
            width = 1
            while hashes:
                # From the right: the smallest complete subtree first.
                if len(hashes) & width:
                    subtree = tree_hash(hashes[-width:])
                    digest = subtree if digest is None else node_hash(subtree, digest)
                    del hashes[-width:]
                width *= 2
            level += 1
        return tree_hash([]) if digest is None else digest

    def check(self, show):
        frontier, above = Frontier(), []
        for index, width in self.widths(0):
            leaves = self.hashes(0, index, width)
            for i, entry in enumerate(self.entries(index, width)):
                need(leaf_hash(entry) == leaves[i], "entry %d does not hash to its leaf" % (index * WIDTH + i))
                if show:
                    sys.stdout.write("entry %d\n" % (index * WIDTH + i))
                    sys.stdout.flush()
                    sys.stdout.buffer.write(entry + b"\n")
                    sys.stdout.buffer.flush()
            for leaf in leaves:
                frontier.add(leaf)
            if width == WIDTH:
                above.append(tree_hash(leaves))
        level = 1
        while above:
            below, above = above, []
            for index, width in self.widths(level):
                hashes = self.hashes(level, index, width)
                need(hashes == below[index * WIDTH : index * WIDTH + width], tile_path(level, index, width) + ": not the roots of the tiles below")
                if width == WIDTH:
                    above.append(tree_hash(hashes))
            level += 1
        need(frontier.root() == self.root_from_tiles(), "entries and tiles lead to different roots")
        return frontier.root()


def run(options):
    key = Key(options.vkey)
    octets = Log(options.log, 0).read("checkpoint")
    need(octets is not None, "checkpoint: missing")
    note = Note(octets)
    checkpoint = Checkpoint(note.text)
    need(note.verify(key) is not None, "the checkpoint is not signed by " + key.name)
    need(checkpoint.origin == key.name, "the checkpoint is of " + checkpoint.origin + ", not of " + key.name)
    if options.photostat:
        need(key.kind == 1 and note.signatures[0][:2] == (key.name, key.id), "the log's Ed25519 signature does not stand first")
        need(not checkpoint.extensions, "the checkpoint has extension lines")
    size = checkpoint.size if options.size is None else options.size
    need(size <= checkpoint.size, "the checkpoint's size is %d" % checkpoint.size)
    root = Log(options.log, size).check(options.entries)
    need(size != checkpoint.size or root == checkpoint.root, "the root is not that of the checkpoint")
    print("%s: %d entries, root %s" % (checkpoint.origin, size, base64.b64encode(root).decode()))


def main():
    parser = argparse.ArgumentParser(description="Reads a tiled log as a C2SP client and checks all of it.")
    parser.add_argument("log")
    parser.add_argument("vkey")
    parser.add_argument("--size", type=int)
    parser.add_argument("--photostat", action="store_true")
    parser.add_argument("--entries", action="store_true")
    options = parser.parse_args()
    try:
        run(options)
    except Refused as why:
        print("%s: %s" % (options.log, why), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
