#!/usr/bin/env python3
"""Writes the vectors of this folder, the same bytes each time: make.py [--check]

With --check nothing is written; exit status 1 if a file is not what would be written. Trees, notes and keys are those of ../tlog/make.py, which
shares nothing with the C code.
"""

import hashlib
import json
import os
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(FOLDER, "..", "tlog"))
sys.dont_write_bytecode = True
from make import LOG, OTHER, ROTATED, W, b64, tree  # noqa: E402


def cover(at, end):
    """The fewest aligned complete subtrees over [at, end)."""
    found = []
    while at < end:
        width = 1
        while at % (2 * width) == 0 and at + 2 * width <= end:
            width *= 2
        found.append((at, at + width))
        at += width
    return found


def note(size, root, key=LOG, origin="example.org/log", more=""):
    text = "%s\n%d\n%s\n" % (origin, size, b64(root))
    return text + "\n" + key.line(text) + more.replace("COSIGNED", W[0].line(text, 1764000000))


def evidence(smaller, larger, hashes, keys=(LOG, LOG)):
    parts = ["photostat.evidence/v1\n"]
    for word, key, text in (("smaller", keys[0], smaller), ("larger", keys[1], larger)):
        parts.append("%s %s %d\n%s" % (word, key.vkey, len(text.encode()), text))
    return "".join(parts) + "hashes %d\n" % len(hashes) + "".join(b64(h) + "\n" for h in hashes)


def hashes(smaller, larger):
    return [tree(*piece) for piece in cover(0, smaller) + cover(smaller, larger)]


def other(size):
    """A root that the log's tree never had."""
    return hashlib.sha256(b"another history of %d" % size).digest()


def two(m, n, root=None):
    return evidence(note(m, root or other(m)), note(n, tree(0, n)), hashes(m, n) if m < n else [])


def vectors():
    seven = two(7, 12)
    line = "hashes %d\n" % len(hashes(7, 12))
    first = b64(hashes(7, 12)[0])
    rotated = evidence(note(7, other(7)), note(12, tree(0, 12), ROTATED), hashes(7, 12), (LOG, ROTATED))
    elsewhere = note(7, other(7), OTHER, "example.org/other")
    found = [("sizes-%d-%d" % pair, two(*pair), {"none": "proven", "log": "proven", "other": "shows nothing"})
             for pair in ((1, 2), (7, 12), (8, 16), (255, 257), (256, 65537), (69999, 70000), (0, 5))]
    found += [
        ("equal-sizes", two(12, 12), {"none": "proven", "log": "proven"}),
        ("cosigned", evidence(note(7, other(7), more="COSIGNED"), note(12, tree(0, 12)), hashes(7, 12)), {"none": "proven"}),
        ("no-hashes", evidence(note(7, other(7)), note(12, tree(0, 12)), []), {"none": "suspected", "log": "suspected"}),
        ("two-keys", rotated, {"none": "suspected", "log": "shows nothing", "both": "proven"}),
        ("one-history", two(7, 12, tree(0, 7)), {"none": "consistent", "log": "consistent"}),
        ("the-same-twice", two(12, 12, tree(0, 12)), {"none": "consistent"}),
        ("other-logs", evidence(elsewhere, note(12, tree(0, 12)), hashes(7, 12), (OTHER, LOG)), {"none": "other logs"}),
        ("another-key", evidence(note(7, other(7)), note(12, tree(0, 12)), hashes(7, 12), (LOG, ROTATED)), {"none": "shows nothing"}),
        ("another-name", evidence(note(7, other(7), OTHER), note(12, tree(0, 12)), hashes(7, 12), (OTHER, LOG)), {"none": "shows nothing"}),
        ("another-root", seven.replace(b64(tree(0, 12)), b64(other(12))), {"none": "shows nothing"}),
        ("another-hash", seven.replace(first, b64(other(1))), {"none": "shows nothing"}),
        ("hashes-of-another-history", evidence(note(7, other(7)), note(12, other(12)), hashes(7, 12)), {"none": "shows nothing"}),
    ]
    refused = [
        ("another-version", seven.replace("/v1", "/v2")), ("a-hash-lacks", seven.replace(line + first + "\n", line)),
        ("another-count", seven.replace(line + first + "\n", "hashes %d\n" % (len(hashes(7, 12)) - 1))),
        ("a-line-behind", seven + "\n"), ("cut", seven[:-1]), ("the-larger-first", evidence(note(12, tree(0, 12)), note(7, other(7)), [])),
        ("hashes-for-equal-sizes", two(12, 12).replace("hashes 0\n", "hashes 1\n%s\n" % first)),
        ("a-length-too-small", seven.replace("%d\nexample" % len(note(7, other(7)).encode()), "%d\nexample" % (len(note(7, other(7)).encode()) - 1), 1)),
        ("a-length-too-large", seven.replace("%d\nexample" % len(note(7, other(7)).encode()), "5000\nexample", 1)),
        ("a-witness-key", evidence(note(7, other(7)), note(12, tree(0, 12)), hashes(7, 12), (W[0], LOG))),
        ("no-hashes-line", seven[: seven.index("hashes ")]), ("carriage-returns", seven.replace("\n", "\r\n")),
        ("a-note-that-is-no-checkpoint", evidence("text\n\n" + LOG.line("text\n"), note(12, tree(0, 12)), hashes(7, 12))),
    ]
    return found, refused


def files():
    found, refused = vectors()
    made = {"log.policy": "log %s\nquorum none\n" % LOG.vkey, "other.policy": "log %s\nquorum none\n" % OTHER.vkey,
            "both.policy": "log %s\nlog %s\nquorum none\n" % (LOG.vkey, ROTATED.vkey)}
    rows = []
    for name, text, words in found:
        made[name + ".evidence"] = text
        rows += [{"evidence": name + ".evidence", "policy": None if p == "none" else p + ".policy", "word": w} for p, w in words.items()]
    for name, text in refused:
        made[name + ".evidence"] = text
        rows.append({"evidence": name + ".evidence", "policy": None, "word": "refused"})
    made["vectors.json"] = json.dumps(rows, indent=1) + "\n"
    return made


def main():
    check, differing = sys.argv[1:] == ["--check"], 0
    sys.setrecursionlimit(10000)
    for name, text in files().items():
        path = os.path.join(FOLDER, name)
        if not check:
            with open(path, "w", encoding="utf-8", newline="") as file:
                file.write(text)
            continue
        with open(path, encoding="utf-8", newline="") as file:
            if file.read() != text:
                print(path + " is not what is made today")
                differing = 1
    return differing


if __name__ == "__main__":
    sys.exit(main())
