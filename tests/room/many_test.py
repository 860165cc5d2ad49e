#!/usr/bin/env python3
"""Lists of an archive so large that the server fills them beside it: they come, they are whole, pieces follow one another, and what is closed later leaves them
at once (P6), with what is new and what was opened coming in. PHOTOSTAT_TEST_MANY: how many records, else 6,000; it prints what pages took and the server's memory.

    many_test.py PHOTOSTAT
"""

import csv
import html
import json
import os
import re
import shutil
import sys
import time
import urllib.parse

sys.dont_write_bytecode = True
import served  # noqa: E402
from served import WORK, check, failures, run  # noqa: E402

MANY = int(os.environ.get("PHOTOSTAT_TEST_MANY", "6000"))
BASE = "https://many.example.org/"


def make_archive():
    run("init", "a", "--origin", "many.example.org", "--title", "Many")
    os.mkdir(os.path.join(WORK, "files"))
    with open(os.path.join(WORK, "many.csv"), "w", newline="", encoding="utf-8") as table:
        writer = csv.writer(table)
        writer.writerow(["path", "id", "title", "creator", "spatial", "language", "created", "referenceCode"])
        for i in range(MANY):
            with open(os.path.join(WORK, "files", f"{i}.txt"), "w", encoding="utf-8") as file:
                file.write(f"letter {i}\n")
            writer.writerow([f"{i}.txt", f"l/{i}", f"Letter {i}", f"Person {i % 50}", f"Place {i % 20}", "de", f"{1850 + i % 100}", f"L {i}"])
    run("deposit", "--quiet", "-C", "a", "--csv", "many.csv", "files")


class Server(served.Server):
    def get(self, target):
        begun = time.monotonic()
        status, body, _ = super().get(target)
        self.took = time.monotonic() - begun
        return status, body

    def memory(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return int(re.search(r"VmHWM:\s+(\d+)", file.read()).group(1))

    def bytes_read(self):
        """From files, in or out of the page cache."""
        with open(f"/proc/{self.process.pid}/io", encoding="ascii") as file:
            return int(re.search(r"rchar: (\d+)", file.read()).group(1))


def names(body):
    return re.findall(r'class="title" href="(?:\.\./)*r/([^"]+)"', body)


def turn(body, relation):
    found = re.search(rf'rel="{relation}" href="([^"]+)"', body)
    return "/browse/" + os.path.basename(html.unescape(found.group(1)).split("?")[0]) + "?" + html.unescape(found.group(1)).split("?", 1)[1] if found else None


def counted(body):
    found = re.search(r'<p class="count">([\d,]+)', body)
    return int(found.group(1).replace(",", "")) if found else None


def programs(server):
    """What lists for programs cost. Counted in bytes and pieces: a machine may be slow."""
    costs = []
    for offset in (0, 1000, 2000):
        before = server.bytes_read()
        status, body = server.get(f"/api/v1/search?language=de&offset={offset}&limit=1")
        costs.append(server.bytes_read() - before)
        check(status == 200 and len(json.loads(body)["records"]) == 1 and ("next" in json.loads(body)) == (offset < 2000), f"from {offset} on: {status}")
        print(f"{server.took * 1e3:7.1f} ms, {costs[-1]} bytes read  offset {offset}", flush=True)
    check(costs[2] - costs[0] < 2000 * 64, f"what is passed over is read: {costs} bytes")
    looked, target = 0, "/api/v1/records?under=l/0"
    while target is not None:
        status, body = server.get(target)
        piece = json.loads(body)
        looked += 1
        check(status == 200 and piece["records"] == [] and looked < MANY, f"nothing is part of that: {status}")
        target = piece["next"].replace(BASE[:-1], "") if "next" in piece else None
    check(looked >= MANY // 2000, f"a piece in which there is nothing looks at all of {MANY} records")


def main():
    make_archive()
    server = Server()
    begun = time.monotonic()
    while True:
        status, body = server.get(f"/browse/recent?try={time.monotonic()}")
        check(status == 200 and server.took < 5, f"a page waited {server.took:.1f} s for lists that are not there yet")
        if names(body) or time.monotonic() - begun > 900:
            break
        time.sleep(0.2)
    print(f"{MANY} records: lists after {time.monotonic() - begun:.1f} s", flush=True)
    check(counted(body) == MANY, f"the newest: {counted(body)} of {MANY}")
    check(names(body) == [f"l/{i}" for i in range(MANY - 1, MANY - 51, -1)], "the newest come first")
    # To and fro.
    target, seen = "/browse/people?is=Person%207", []
    while target is not None:
        status, body = server.get(target)
        check(counted(body) == len(range(7, MANY, 50)), "as many as have that name")
        seen += names(body)
        last, target = body, turn(body, "next")
        if len(seen) > 1000:
            break
    check(seen == [f"l/{i}" for i in range(7, MANY, 50)][:len(seen)] and (len(seen) == len(range(7, MANY, 50)) or len(seen) > 1000), "by number, each once")
    status, body = server.get(turn(last, "prev"))
    check(names(body) == seen[-len(names(last)) - 50:-len(names(last))], "the piece before")
    for target in ("/", "/browse/people", "/browse/places", "/browse/places?is=Place%203", "/browse/languages?is=de", "/browse/dates", "/browse/dates?from=1900&to=1903",
                   "/browse/arrangement", "/browse/recent", f"/browse/recent?after={urllib.parse.quote(BASE + 'r/l/' + str(MANY // 2))}", f"/r/l/{MANY // 2}"):
        times = []
        for i in range(3):
            status, body = server.get(target + ("&" if "?" in target else "?") + f"try={i}")
            times.append(server.took)
        check(status == 200 and len(body) > 1000, f"{target}: {status}, {len(body)} bytes")
        print(f"{min(times) * 1e3:7.1f} ms  {target}", flush=True)
    check(counted(server.get("/browse/dates?from=1900&to=1903")[1]) == len([i for i in range(MANY) if 1900 <= 1850 + i % 100 <= 1903]), "as many as are of those years")
    programs(server)
    # What is closed is nowhere, at the next request.
    run("access", "-C", "a", "l/57", "closed", "--authority", "the keeper", "--reason", "privacy")
    for target in ("/browse/people?is=Person%207", f"/browse/people?is=Person%207&after={urllib.parse.quote(BASE + 'r/l/7')}"):
        status, body = server.get(target)
        check("l/57" not in names(body) and counted(body) == len(range(7, MANY, 50)) - 1, f"what was closed is in {target}")
    check(counted(server.get("/browse/recent")[1]) == MANY - 1, "what was closed is counted")
    # A place in a list that is no longer there is told from one that never was by nothing.
    closed, never = (server.get(f"/browse/recent?after={urllib.parse.quote(BASE + 'r/' + name)}")[1] for name in ("l/57", "l/x"))
    check(names(closed) == names(never) and len(names(closed)) == 50, "a closed place and none")
    run("access", "-C", "a", "l/57", "open", "--authority", "the keeper", "--reason", "court-order")
    check("l/57" in names(server.get("/browse/people?is=Person%207")[1]), "what was opened again is not listed")
    with open(os.path.join(WORK, "new.txt"), "w", encoding="utf-8") as file:
        file.write("new\n")
    run("deposit", "-C", "a", "new.txt", "--id", "new", "--meta", "title=New", "--meta", "creator=Somebody else")
    check(names(server.get("/browse/recent")[1])[0] == "new", "what is new is not there at once")
    print(f"{server.took * 1e3:7.1f} ms  with what is new; the server's memory at most {server.memory()} KiB", flush=True)
    check("Somebody else" in server.get(f"/browse/people?after={urllib.parse.quote('Person 9')}")[1], "a new name")
    check(not [name for name in os.listdir(os.path.join(WORK, "a", "derived")) if name.startswith("lists")], "the lists' file has a name")
    if "ASAN_OPTIONS" not in os.environ:  # a sanitizer keeps what was freed
        check(server.memory() < 128 * 1024, "the server's memory")
    check(server.stop() == 0, "the server's end")


try:
    main()
finally:
    shutil.rmtree(WORK, ignore_errors=True)
print("all well" if not failures else f"{len(failures)} failures")
sys.exit(1 if failures else 0)
