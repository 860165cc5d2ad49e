#!/usr/bin/env python3
"""tests/house/read_log.py: takes good logs of several sizes, and none with any one file changed, cut or gone. read_log_check.py ROOT"""

import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
ROOT = sys.argv[1]
READER = os.path.join(ROOT, "tests", "house", "read_log.py")
sys.path.insert(0, os.path.join(ROOT, "tests", "vectors", "tlog"))
import make  # noqa: E402

VKEY = make.LOG.vkey


def files_of(size):
    files, level = {}, 0
    while size >> 8 * level:
        count = size >> 8 * level
        shapes = [(i, 256) for i in range(count // 256)] + ([(count // 256, count % 256)] if count % 256 else [])
        for index, width in shapes:
            files[make.plain.tile_path(level, index, width)] = make.tile_octets(level, index, width)
            if level == 0:
                files[make.plain.tile_path("entries", index, width)] = make.bundle_octets(index, width)
        level += 1
    text = "example.org/log\n%d\n%s\n" % (size, make.b64(make.tree(0, size)))
    files["checkpoint"] = (text + "\n" + make.LOG.line(text)).encode()
    return files


def judge(files, vkey=VKEY, *options):
    with tempfile.TemporaryDirectory() as folder:
        for path, octets in files.items():
            path = os.path.join(folder, path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(octets)
        done = subprocess.run([sys.executable, READER, folder, vkey, *options], capture_output=True, check=False)
    if done.returncode == 1:
        assert done.stderr.count(b"\n") == 1 and b"Traceback" not in done.stderr, done.stderr
    return done.returncode


def main():
    for size in (0, 1, 255, 256, 257, 700):
        assert judge(files_of(size), VKEY, "--photostat") == 0, size
    good = files_of(700)
    assert judge(good, VKEY, "--size", "300") == 1  # no partial tile of that size, and none full that stands for it at level 1
    earlier = {**good, **{p: o for p, o in files_of(300).items() if p.endswith("/1")}}
    assert judge(earlier, VKEY, "--size", "300") == 0  # the others from their full tiles
    assert judge(good, make.OTHER.vkey) == 1 and judge(good, make.ROTATED.vkey) == 1 and judge(good, "rubbish") == 1
    for path, octets in good.items():
        flipped = bytearray(octets)
        flipped[len(octets) // 2] ^= 1
        assert judge({**good, path: bytes(flipped)}) == 1, path
        assert judge({**good, path: octets[:-1]}) == 1, path
        assert judge({**good, path: octets + b"\0"}) == 1, path
        assert judge({p: o for p, o in good.items() if p != path}) == 1, path
    text = "example.org/log\n700\n%s\nextension\n" % make.b64(make.tree(0, 700))
    extended = {**good, "checkpoint": (text + "\n" + make.LOG.line(text)).encode()}
    assert judge(extended) == 0 and judge(extended, VKEY, "--photostat") == 1
    cosigned = {**good, "checkpoint": good["checkpoint"] + make.PQ_LINE.encode()}
    assert judge(cosigned) == 0 and judge(cosigned, VKEY, "--photostat") == 0
    text, line = good["checkpoint"].decode().split("\n\n")
    before = {**good, "checkpoint": (text + "\n\n" + make.PQ_LINE + line).encode()}
    assert judge(before) == 0 and judge(before, VKEY, "--photostat") == 1
    print("read_log.py: good")


main()
