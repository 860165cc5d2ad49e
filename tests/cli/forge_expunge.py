#!/usr/bin/env python3
"""A keeper who lies in an expunge entry: what the log's last entry expunged of a record is changed afterwards, and the log signed again with his key. A log of
less than 256 entries, the key in the open.

    forge_expunge.py ARCHIVE RECORD replace|drop|add|hide|retitle|tell

replace: 1.txt has other bytes. drop: 2.txt is gone, and the entry does not say so, but the proof has it still. add: there is one more file. hide: the entry names
less than was taken. retitle: photostat.json has another title. tell: the inventories have another message of it."""

import base64
import glob
import hashlib
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "house"))
from read_log import BASE, FIELD, GROUP, multiply  # noqa: E402


def compress(point):
    x, y = multiply(1, point)
    return (y % FIELD | (x % FIELD & 1) << 255).to_bytes(32, "little")


def sign(seed, message):
    secret = hashlib.sha512(seed).digest()
    scalar = int.from_bytes(secret[:32], "little") & ~7 & ~(1 << 255) | 1 << 254
    public = compress(multiply(scalar, BASE))
    nonce = int.from_bytes(hashlib.sha512(secret[32:] + message).digest(), "little") % GROUP
    once = compress(multiply(nonce, BASE))
    challenge = int.from_bytes(hashlib.sha512(once + public + message).digest(), "little") % GROUP
    return once + ((nonce + challenge * scalar) % GROUP).to_bytes(32, "little")


def root(hashes):
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + root(hashes[:split]) + root(hashes[split:])).digest()


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, content):
    with open(path, "wb") as file:
        file.write(content)


def change_inventory(inventory, how, folder):
    """One inventory, of any version, as the liar wants it; and the files that he puts beside it."""
    if how == "tell":
        inventory["versions"]["v1"]["message"] = "nothing to see here"
        return {}
    if how == "retitle":
        written = {}
        for before, (path, *_) in list(inventory["manifest"].items()):
            if not path.endswith("/photostat.json"):
                continue
            text = read(os.path.join(folder, path)).replace(b'"Bundle"', b'"Forged"')
            forged = hashlib.sha256(text).hexdigest()
            written[path] = text
            for one in (inventory["manifest"], *[version["state"] for version in inventory["versions"].values()]):
                if before in one:
                    one[forged] = one.pop(before)
        return written
    states = [version["state"] for version in inventory["versions"].values()]
    digest = {path: found for state in states for found, paths in state.items() for path in paths if path.endswith(".txt")}
    forged = hashlib.sha256(b"forged\n").hexdigest()
    maps = [inventory["manifest"], *states]
    if how == "replace":
        for one in maps:
            one[forged] = one.pop(digest["1.txt"])
        return {inventory["manifest"][forged][0]: b"forged\n"}
    if how == "drop":
        for one in maps:
            del one[digest["2.txt"]]
    if how == "add":
        inventory["manifest"][forged] = ["v1/content/more.txt"]
        for state in states:
            state[forged] = ["more.txt"]
        return {"v1/content/more.txt": b"forged\n"}
    return {}


def main():
    archive, record, how = sys.argv[1:]
    (folder,) = [found for found in glob.glob(os.path.join(glob.escape(archive), "records", "*", "*")) if found.endswith("%2f" + record)]
    checkpoint = os.path.join(archive, "log", "checkpoint")
    text = read(checkpoint).decode().split("\n\n")[0] + "\n"
    origin, size = text.split("\n")[0], int(text.split("\n")[1])
    bundle = os.path.join(archive, "log", "tile", "entries", f"000.p/{size}")
    level = os.path.join(archive, "log", "tile", "0", f"000.p/{size}")
    entries, rest = [], read(bundle)
    while rest:
        length = int.from_bytes(rest[:2], "big")
        entries.append(rest[2 : 2 + length])
        rest = rest[2 + length :]
    entry = entries[-1].decode()
    for number in range(1, 1 + len(glob.glob(os.path.join(glob.escape(folder), "v*")))):
        path = os.path.join(folder, f"v{number}", "inventory.json")
        before = read(path)
        inventory = json.loads(before)
        for name, content in change_inventory(inventory, how, folder).items():
            if os.path.exists(os.path.join(folder, name)):
                os.unlink(os.path.join(folder, name))
            write(os.path.join(folder, name), content)
        after = before if how == "hide" else json.dumps(inventory, sort_keys=True).encode()
        digest = hashlib.sha256(after).hexdigest()
        entry = entry.replace(hashlib.sha256(before).hexdigest(), digest)
        for place in (os.path.join(folder, f"v{number}"), folder):
            write(os.path.join(place, "inventory.json"), after)
            write(os.path.join(place, "inventory.json.sha256"), f"{digest} inventory.json\n".encode())
    if how == "drop":
        os.unlink(os.path.join(folder, "v1", "content", "2.txt"))
    if how == "hide":
        lines = entry.split("\n")
        last = max(at for at, line in enumerate(lines) if line.startswith("withheld 1 "))
        entry = "\n".join(lines[:last] + lines[last + 1 :])
    entries[-1] = entry.encode()
    write(bundle, b"".join(len(one).to_bytes(2, "big") + one for one in entries))
    hashes = [hashlib.sha256(b"\0" + one).digest() for one in entries]
    write(level, b"".join(hashes))
    text = f"{origin}\n{size}\n{base64.b64encode(root(hashes)).decode()}\n"
    key = read(os.path.join(archive, "keys", "log.key")).decode().strip().split("+", 4)
    signature = base64.b64encode(bytes.fromhex(key[3]) + sign(base64.b64decode(key[4])[1:], text.encode())).decode()
    write(checkpoint, f"{text}\n— {origin} {signature}\n".encode())
    os.unlink(os.path.join(archive, "keys", "head"))


main()
