#!/usr/bin/env python3
"""P2: thousands of random edits of an archive on disk. Each must be found by audit, with the right file (and record) named; afterwards, undone, the
archive must audit clean again. Usage: mutate.py PHOTOSTAT [COUNT [SEED]]"""
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile

program = os.path.abspath(sys.argv[1])
count = int(sys.argv[2]) if len(sys.argv) > 2 else 5000 if os.environ.get("PHOTOSTAT_TEST_FULL") == "1" else 300
seed = int(sys.argv[3] if len(sys.argv) > 3 else os.environ.get("PHOTOSTAT_TEST_SEED", "1"))
chance = random.Random(seed)
print(f"seed {seed}, {count} edits")
work = tempfile.mkdtemp(prefix="photostat-mutate-")
archive = os.path.join(work, "archive")
environment = dict(os.environ, PHOTOSTAT_ARCHIVE=archive)


def photostat(*words, good=(0,)):
    done = subprocess.run([program, *words, "--quiet"], env=environment, cwd=work, capture_output=True)
    if done.returncode not in good:
        sys.exit(f"photostat {' '.join(words)}: exit {done.returncode}\n{done.stdout.decode()}{done.stderr.decode()}")
    return done


def write(name, data):
    path = os.path.join(work, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as out:
        out.write(data)


def build():
    """A mixed archive: one file, pages, versions, notes, closed, embargoed, expunged, levels; more than one bundle of entries."""
    photostat("init", archive, "--origin", "example.org/mutated")
    for i in range(300):
        write(f"many/{i % 7}/text{i}.txt", f"Text number {i}.\n".encode() * (1 + i % 5))
    photostat("deposit", "many", "--each-file")
    for i in range(4):
        write(f"pages/{i}.bin", chance.randbytes(3000 + i))
    write("pages/deep/er/note.txt", b"A note between the pages.\n")
    write("pages/empty.txt", b"")
    photostat("deposit", "pages", "--meta", "title=Pages", "--meta", "creator=Anna", "--meta", "date=1913~", "--meta", "language=de-AT")
    photostat("deposit", "many/1/text1.txt", "--id", "part", "--meta", "isPartOf=pages", "--meta", "title=A part")
    write("pages/0.bin", chance.randbytes(2500))
    photostat("deposit", "pages", "--id", "pages", "--new-version")
    photostat("edit", "pages", "title=Pages, again")
    photostat("access", "pages", "1.bin", "closed", "--authority", "Keeper", "--reason", "privacy", "--note", "the donor asked")
    write("secret.txt", b"Not for everybody.\n")
    photostat("deposit", "secret.txt", "--access", "embargo=2999-01-01")
    write("doomed/keep.txt", b"This stays.\n")
    write("doomed/gone.txt", b"This goes.\n")
    photostat("deposit", "doomed")
    photostat("expunge", "doomed", "gone.txt", "--authority", "Court", "--reason", "court-order", "--yes", "--note", "ordered")
    photostat("list")


def audit():
    done = photostat("audit", "--json", good=(0, 1, 3))
    lines = [json.loads(line) for line in done.stdout.decode().splitlines()]
    findings = [line for line in lines if line["type"] == "finding" and line["word"] != "expunged"]
    return done.returncode, findings, done.stderr.decode()


def files_below(*tops):
    found = []
    for top in tops:
        for folder, folders, names in os.walk(os.path.join(archive, top)):
            found += [os.path.join(folder, name) for name in names]
    return sorted(found)


def read(path):
    with open(path, "rb") as source:
        return source.read()


def put(path, data):
    with open(path, "wb") as out:
        out.write(data)


def below(path):
    return os.path.relpath(path, archive)


class Edit:
    """One edit: what it did, which paths must be named (any one of them), how to undo it, and the one record that must be named, if that is known."""

    def __init__(self, what, named, undo, record=None):
        self.what, self.named, self.undo, self.record = what, named, undo, record


def flip(path):
    data = bytearray(read(path))
    if not data:
        return None
    whole = bytes(data)
    at = chance.randrange(len(data))
    data[at] ^= 1 << chance.randrange(8)
    put(path, bytes(data))
    return Edit(f"flip a bit at {at} of {below(path)}", [below(path)], lambda: put(path, whole))


def cut(path):
    data = read(path)
    if not data:
        return None
    left = chance.randrange(len(data))
    put(path, data[:left])
    return Edit(f"cut {below(path)} to {left}", [below(path)], lambda: put(path, data))


def grow(path):
    data = read(path)
    put(path, data + chance.randbytes(1 + chance.randrange(20)))
    return Edit(f"grow {below(path)}", [below(path)], lambda: put(path, data))


def garble(path):
    data = read(path)
    if len(data) < 2:
        return None
    a = chance.randrange(len(data))
    b = min(len(data), a + 1 + chance.randrange(64))
    new = data[:a] + chance.randbytes(b - a) + data[b:]
    if new == data:
        return None
    put(path, new)
    return Edit(f"garble {a}-{b} of {below(path)}", [below(path)], lambda: put(path, data))


def remove(path):
    data = read(path)
    os.unlink(path)
    return Edit(f"remove {below(path)}", [below(path)], lambda: put(path, data))


def rename(path):
    other = path + ".bak"
    os.rename(path, other)
    return Edit(f"rename {below(path)}", [below(path)], lambda: os.rename(other, path))


def empty(path):
    data = read(path)
    if not data:
        return None
    put(path, b"")
    return Edit(f"empty {below(path)}", [below(path)], lambda: put(path, data))


def link(path):
    other = os.path.join(work, "aside")
    os.rename(path, other)
    os.symlink(other, path)

    def undo():
        os.unlink(path)
        os.rename(other, path)

    return Edit(f"put a link in the place of {below(path)}", [below(path)], undo)


def swap(path):
    other = chance.choice(files_below("records", "log"))
    first, second = read(path), read(other)
    if first == second:
        return None
    put(path, second)
    put(other, first)

    def undo():
        put(path, first)
        put(other, second)

    return Edit(f"swap {below(path)} and {below(other)}", [below(path), below(other)], undo)


def add(path):
    new = os.path.join(os.path.dirname(path), chance.choice(["added.txt", "inventory.json.bak", ".hidden", "v9x"]))
    if os.path.exists(new):
        return None
    put(new, b"I was not here.\n")
    return Edit(f"add {below(new)}", [below(new)], lambda: os.unlink(new))


def add_folder(path):
    new = os.path.join(os.path.dirname(path), "added")
    if os.path.exists(new):
        return None
    os.mkdir(new)
    return Edit(f"add the empty folder {below(new)}", [below(new)], lambda: os.rmdir(new))


def object_of(path):
    parts = below(path).split("/")
    if parts[0] != "records" or len(parts) < 4 or len(parts[1]) != 3:
        return None
    return os.path.join(archive, *parts[:3])


def remove_folder(path):
    target = chance.choice([object_of(path), os.path.dirname(path)])
    if target is None or os.path.relpath(target, archive) in ("log", "records", "log/tile"):
        return None
    aside = os.path.join(work, "aside")
    os.rename(target, aside)
    return Edit(f"remove the folder {below(target)}", [below(target)], lambda: os.rename(aside, target))


def older_inventory(path):
    """The inventory and sidecar of version 1 in the place of the root's."""
    top = os.path.dirname(object_of(os.path.join(archive, next(p for p in map(below, files_below("records")) if "pages" in p))) + "/x")
    saved = {}
    for name in ("inventory.json", "inventory.json.sha256"):
        saved[name] = read(os.path.join(top, name))
        put(os.path.join(top, name), read(os.path.join(top, "v1", name)))

    def undo():
        for name, data in saved.items():
            put(os.path.join(top, name), data)

    return Edit("put the first inventory back as the newest", [below(os.path.join(top, "inventory.json"))], undo)


def copied_object(path):
    """A record's whole folder under another name."""
    source = object_of(path)
    if source is None:
        return None
    copy = source + "-copy"
    shutil.copytree(source, copy)
    return Edit(f"copy {below(source)}", [below(copy)], lambda: shutil.rmtree(copy))


def swapped_objects(path):
    first, second = object_of(path), object_of(chance.choice(files_below("records")))
    if first is None or second is None or first == second:
        return None

    def exchange():
        aside = os.path.join(work, "aside")
        os.rename(first, aside)
        os.rename(second, first)
        os.rename(aside, second)

    exchange()
    return Edit(f"swap {below(first)} and {below(second)}", [below(first), below(second)], exchange)


def rolled_back(path):
    """The whole of records/ and log/ as it was before the last deposits."""
    old = os.path.join(work, "old")
    aside = os.path.join(work, "newer")
    os.mkdir(aside)
    for name in ("records", "log"):
        os.rename(os.path.join(archive, name), os.path.join(aside, name))
        shutil.copytree(os.path.join(old, name), os.path.join(archive, name), symlinks=True)

    def undo():
        for name in ("records", "log"):
            shutil.rmtree(os.path.join(archive, name))
            os.rename(os.path.join(aside, name), os.path.join(archive, name))
        os.rmdir(aside)

    return Edit("put the whole older archive back", ["log/checkpoint"], undo)


def rolled_back_log(path):
    old, log, aside = os.path.join(work, "old", "log"), os.path.join(archive, "log"), os.path.join(work, "newer-log")
    os.rename(log, aside)
    shutil.copytree(old, log)

    def undo():
        shutil.rmtree(log)
        os.rename(aside, log)

    return Edit("put the older log back", ["log/checkpoint"], undo)


def catalogue_edits():
    """Edits of the catalogue: SQL, and whether it tells which record it hurts. ?1 is the record's key."""
    return [
        ("UPDATE record SET title = title || 'x' WHERE key = ?1", True),
        ("UPDATE record SET creator = 'Somebody else' WHERE key = ?1", True),
        ("UPDATE record SET date = '1999', ranges = NULL WHERE key = ?1", True),
        ("UPDATE record SET language = 'tlh' WHERE key = ?1", True),
        ("UPDATE record SET level = 'fonds', sort = 'a', reference = 'a' WHERE key = ?1", True),
        ("UPDATE record SET parent = 999 WHERE key = ?1", True),
        ("UPDATE record SET state = 1 - min(state, 1), until = 0 WHERE key = ?1", True),
        ("UPDATE record SET restricted = 1 - restricted WHERE key = ?1", True),
        ("UPDATE record SET files = files + 1 WHERE key = ?1", True),
        ("UPDATE record SET id = id || 'x' WHERE key = ?1", False),
        ("UPDATE record SET last_index = last_index + 1 WHERE key = ?1", True),
        ("UPDATE version SET time = time + 1 WHERE record = ?1", True),
        ("UPDATE version SET entry = entry + 1 WHERE record = ?1 AND version = 1", True),
        ("UPDATE version SET inventory = (SELECT inventory FROM version WHERE record <> ?1 LIMIT 1) WHERE record = ?1", True),
        ("UPDATE version SET expunged = 1 - expunged WHERE record = ?1", True),
        ("DELETE FROM version WHERE record = ?1", True),
        ("INSERT INTO entry VALUES(?1, 1000)", True),
        ("INSERT INTO access VALUES(?1, 1, '', 0, 0)", True),
        ("UPDATE file SET path = path || 'x' WHERE record = ?1", True),
        ("UPDATE file SET digest = (SELECT digest FROM file WHERE record <> ?1 LIMIT 1) WHERE record = ?1", True),
        ("DELETE FROM file WHERE record = ?1", True),
        ("DELETE FROM digest WHERE record = ?1", True),
        ("INSERT INTO digest VALUES(77, ?1)", True),
        ("INSERT INTO language VALUES('tlh', ?1)", True),
        ("INSERT INTO range VALUES(0, 7, 7, ?1)", True),
        ("INSERT INTO words(rowid, title, creator) VALUES(?1, 'forged', '')", True),
        ("DELETE FROM record WHERE key = ?1", False),
        ("UPDATE access SET state = 0 WHERE entry = (SELECT max(entry) FROM access)", False),
        ("DELETE FROM access", False),
        ("DELETE FROM entry", False),
        ("DELETE FROM language", False),
        ("DELETE FROM range", False),
        ("UPDATE parent SET id = id || 'x'", False),
        ("INSERT INTO words(words) VALUES('delete-all')", False),
        ("UPDATE position SET root = zeroblob(32)", False),
        ("UPDATE position SET size = size + 1", False),
    ]


def catalogue(path):
    """Something that the catalogue says, edited by hand."""
    name = "derived/catalogue.sqlite"
    file = os.path.join(archive, name)
    sql, told = chance.choice(catalogue_edits())
    database = sqlite3.connect(file)
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    key, record = chance.choice(database.execute("SELECT key, id FROM record ORDER BY key").fetchall())
    database.close()
    whole = read(file)
    database = sqlite3.connect(file)
    database.execute("PRAGMA synchronous=OFF")
    changes = database.total_changes
    database.execute(sql, (key,) if "?1" in sql else ())
    database.commit()
    changed = database.total_changes > changes or "delete-all" in sql
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()

    def undo():
        for end in ("-wal", "-shm"):
            if os.path.exists(file + end):
                os.unlink(file + end)
        put(file, whole)

    if not changed:
        undo()
        return None
    return Edit(f"{sql}, {record}", [name], undo, record if told else None)


common = [flip, flip, flip, cut, grow, garble, remove, rename, empty, link, swap, add, add_folder, remove_folder, copied_object, swapped_objects]
rare = [older_inventory, rolled_back, rolled_back_log]
common += [catalogue, catalogue]


def names(finding, wanted):
    """Does the finding name the path, or a folder or file of it?"""
    got = finding.get("path", "")
    if isinstance(got, dict):
        return False
    return got == wanted or got.startswith(wanted + "/") or wanted.startswith(got + "/") and got.count("/") >= 2


def main():
    build()
    shutil.copytree(os.path.join(archive), os.path.join(work, "old"), symlinks=True)
    write("after.txt", b"After the copy.\n")
    photostat("deposit", "after.txt")
    photostat("list")
    status, findings, said = audit()
    if status != 0 or findings:
        sys.exit(f"a fresh archive does not audit clean: {findings} {said}")
    failed = tried = 0
    while tried < count:
        kind = chance.choice(rare) if chance.random() < 0.03 else chance.choice(common)
        edit = kind(chance.choice(files_below("records", "log")))
        if edit is None:
            continue
        tried += 1
        status, findings, said = audit()
        problem = None
        if status not in (1,):
            problem = f"exit status {status}"
        elif not any(names(finding, wanted) for finding in findings for wanted in edit.named):
            problem = "not named"
        elif edit.record is not None and {finding.get("id") for finding in findings} != {edit.record}:
            problem = f"not the record {edit.record} alone is named"
        elif any(not finding.get("next") for finding in findings):
            problem = "does not say what to do"
        elif kind in (flip, cut, grow, garble, empty) and len({json.dumps(f.get("path")) for f in findings}) > 1:
            problem = "other files are named as well"
        if problem:
            failed += 1
            print(f"FAILED: {edit.what}: {problem}\n  {findings[:4]}\n  {said}")
        edit.undo()
    status, findings, said = audit()
    if status != 0:
        failed += 1
        print(f"FAILED: not clean after all was undone: {findings[:4]} {said}")
    print(f"{tried - failed} passed, {failed} failed")
    return failed


try:
    failures = main()
finally:
    shutil.rmtree(work, ignore_errors=True)
sys.exit(1 if failures else 0)
