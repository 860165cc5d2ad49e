#!/usr/bin/env python3
"""P10: what is large costs time, not memory. One sparse file of 20 GB and one record of 100,000 files (a hundredth and 3,000 unless
PHOTOSTAT_TEST_FULL=1) go through every command; each stays under 64 MiB resident. Usage: large.py PHOTOSTAT [SANITIZERS]"""
import os
import shutil
import subprocess
import sys
import tempfile

LIMIT = 64 << 10  # KiB
program = os.path.abspath(sys.argv[1])
sanitized = len(sys.argv) > 2 and sys.argv[2] != "none"
full = os.environ.get("PHOTOSTAT_TEST_FULL") == "1"
size = 20 * 10**9 if full else 200 * 10**6
count = 100000 if full else 3000
faults = []


def photostat(*words, output=None):
    """Runs a command that must succeed, in the memory that it may take."""
    with open(output or os.devnull, "wb") as file:
        process = subprocess.Popen([program, *words, "--quiet"], stdout=file, stderr=subprocess.PIPE)
        complaint = process.stderr.read().decode("utf-8", "replace")
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
    name = " ".join(word if len(word) < 60 else "…" + word[-50:] for word in words)
    if status != 0:
        faults.append(f"{name}: status {status >> 8}: {complaint}")
    elif usage.ru_maxrss > LIMIT and not sanitized:
        faults.append(f"{name}: {usage.ru_maxrss >> 10} MiB resident")
    print(f"{usage.ru_maxrss / 1024:6.1f} MiB {usage.ru_utime + usage.ru_stime:6.1f} s  {name}", flush=True)


def expect(what, fact):
    if not fact:
        faults.append(what)


def sparse(archive, policy):
    with open("sparse.bin", "wb") as file:
        for at in (0, size // 2 + 12345, size - 1000):
            file.seek(at)
            file.write(b"here is something %d\n" % at)
        file.truncate(size)
    source = os.stat("sparse.bin")
    photostat("deposit", "-C", archive, "sparse.bin", "--id", "sparse")
    photostat("receipt", "-C", archive, "sparse", "sparse.bin", "-o", "sparse.proof")
    photostat("verify", "sparse.bin", "--receipt", "sparse.proof", "--policy", policy)
    photostat("audit", "-C", archive)
    photostat("get", "-C", archive, "sparse", "sparse.bin", "-o", "again.bin")
    again = os.stat("again.bin")
    expect(f"sparse.bin came back with {again.st_size} bytes", again.st_size == size)
    expect("sparse.bin came back changed", subprocess.run(["cmp", "-s", "sparse.bin", "again.bin"], check=False).returncode == 0)
    kept = [os.path.join(where, name) for where, _, names in os.walk(os.path.join(archive, "records")) for name in names if name == "sparse.bin"]
    expect("sparse.bin is not kept under its name, once", len(kept) == 1)
    if kept and source.st_blocks * 512 < size // 100:
        expect("the holes of sparse.bin were filled", os.stat(kept[0]).st_blocks * 512 < size // 10)
    os.unlink("again.bin")


def many(archive, policy):
    os.mkdir("many")
    for number in range(count):
        with open(f"many/page-{number:06}.txt", "w", encoding="utf-8") as file:
            file.write(f"page {number}\n")
    page = "page-000007.txt"
    photostat("deposit", "-C", archive, "many", "--id", "many")
    photostat("show", "-C", archive, "many", "--json")
    photostat("list", "-C", archive, "--csv")
    photostat("log", "-C", archive)
    photostat("get", "-C", archive, "many", "-o", "many-out")
    photostat("receipt", "-C", archive, "many", "-o", "many.proof")
    photostat("receipt", "-C", archive, "many", page, "-o", "page.proof")
    photostat("verify", "many-out", "--receipt", "many.proof", "--policy", policy)
    photostat("verify", "many/" + page, "--receipt", "page.proof", "--policy", policy)
    photostat("edit", "-C", archive, "many", "title=Many pages")
    photostat("event", "-C", archive, "many", "--type", "transfer", "--date", "1927", "--agent", "A", "--note", "N")
    with open("many/" + page, "a", encoding="utf-8") as file:
        file.write("again\n")
    photostat("deposit", "-C", archive, "many", "--id", "many", "--new-version")
    photostat("deposit", "-C", archive, "many", "--id", "many", "--new-version")
    with open("many/" + page, "a", encoding="utf-8") as file:
        file.write("and again\n")
    photostat("deposit", "-C", archive, "many", "--id", "many", "--new-version", "--add")
    photostat("access", "-C", archive, "many", page, "closed", "--authority", "A", "--reason", "privacy")
    photostat("audit", "-C", archive)
    photostat("expunge", "-C", archive, "many", page, "--authority", "A", "--reason", "court-order", "--yes")
    photostat("audit", "-C", archive)
    photostat("index", "-C", archive)
    photostat("validate", os.path.join(archive, "records"))
    photostat("bag", "export", "-C", archive, "many", "-o", "many-bag")
    photostat("validate", "many-bag")
    photostat("init", "second", "--origin", "example.org/second")
    photostat("bag", "import", "-C", "second", "many-bag")
    photostat("audit", "-C", "second")


def main():
    work = tempfile.mkdtemp(prefix="photostat-large.")
    try:
        if shutil.disk_usage(work).free < 10 * 10**9:
            print(f"skipped: {work} has less than 10 GB left")
            return 77
        os.chdir(work)
        photostat("init", "archive", "--origin", "example.org/large")
        photostat("policy", "-C", "archive", output="policy")
        sparse("archive", "policy")
        many("archive", "policy")
    finally:
        os.chdir("/")
        shutil.rmtree(work)
    for fault in faults:
        print("FAILED:", fault)
    return 1 if faults else 0


sys.exit(main())
