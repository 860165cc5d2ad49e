#!/usr/bin/env python3
"""Descriptors that are used up: slow readers do not get them all, and what cannot be read for want of one is never told to be absent, or left out of a list that
calls itself whole. Real sockets against `photostat serve`, whose limits are set from outside.

    descriptors_test.py PHOTOSTAT
"""

import html
import http.client
import os
import re
import resource
import shutil
import socket
import sys
import time

sys.dont_write_bytecode = True
import served  # noqa: E402
from served import WORK, check, failures, run  # noqa: E402

RECORDS = 30
HARD = 512


def make_archive():
    run("init", "a", "--origin", "few.example.org")
    os.mkdir(os.path.join(WORK, "letters"))
    for i in range(RECORDS - 1):
        with open(os.path.join(WORK, "letters", f"l{i}.txt"), "w", encoding="utf-8") as file:
            file.write(f"letter {i}\n")
    os.mkdir(os.path.join(WORK, "large"))
    with open(os.path.join(WORK, "large", "big.bin"), "wb") as file:
        file.write(os.urandom(1 << 20) * 8)
    run("deposit", "--quiet", "-C", "a", "--each-file", "letters", "large")


class Server(served.Server):
    def __init__(self):
        super().__init__(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (128, HARD)))
        self.kept = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def get(self, target, accept="text/html"):
        """Over the one connection, which has its descriptor."""
        self.kept.request("GET", target, headers={"Accept": accept})
        answer = self.kept.getresponse()
        return answer.status, answer.read().decode(errors="replace"), answer.headers

    def open_files(self):
        return {int(name) for name in os.listdir(f"/proc/{self.process.pid}/fd")}

    def leave(self, free):
        """So many numbers are left to it below the limit that it gets."""
        used, limit = self.open_files(), 0
        while free >= 0:
            free -= limit not in used
            limit += free >= 0
        resource.prlimit(self.process.pid, resource.RLIMIT_NOFILE, (limit, HARD))

    def stop(self):
        self.kept.close()
        self.process.terminate()
        check(self.process.wait(timeout=60) == 0, "the server ends well")


def named(body):
    return [html.unescape(name) for name in re.findall(r'class="title" href="(?:\.\./)*r/([^"]+)"', body)]


def slow_readers():
    server = Server()
    with open(f"/proc/{server.process.pid}/limits", encoding="ascii") as file:
        soft = int(re.search(r"Max open files\s+(\d+)", file.read()).group(1))
    check(soft == HARD, f"it may have {soft} files open, not the {HARD} that it could")
    status, body, _ = server.get("/browse/recent")
    names = named(body)
    check(status == 200 and len(names) == RECORDS, f"all {RECORDS} are listed, not {len(names)}")
    slow = []
    for _ in range(HARD // 2):
        reader = socket.socket()
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        reader.connect(("127.0.0.1", server.port))
        reader.sendall(b"GET /r/big.bin/bag.tar HTTP/1.1\r\nHost: x\r\n\r\n")
        slow.append(reader)
    before, most = -1, 0
    while before != most:  # until no more are taken
        before = most
        time.sleep(1)
        most = max(most, len(server.open_files()))
    check(most < HARD - 32, f"slow readers hold {most} of {HARD} descriptors")
    check(most > 100, f"slow readers are answered at all: {most} descriptors")
    for name in names:
        status = server.get(f"/r/{name}")[0]
        check(status == 200, f"beside slow readers {name} is answered {status}")
    for reader in slow:
        reader.close()
    server.stop()


def nothing_left():
    server = Server()
    check(server.get("/about")[0] == 200, "it answers")
    asked, later, lists = 0, 0, 0
    for free in range(16):
        server.leave(free)
        for target in [f"/r/l{free}.txt", f"/api/v1/records/l{free}.txt"]:
            status, _, headers = server.get(target)
            asked += status == 200
            later += status == 503
            check(status in (200, 503), f"with {free} descriptors {target} is answered {status}")
            check(status == 200 or "api" in target or headers["Retry-After"] is not None, f"{target}: when to come again is said")
        # What holders and programs ask for is the machine's lack as well, not a fault of what is kept.
        for target in [f"/r/l{free}.txt", f"/r/l{free}.txt/files/l{free}.txt", f"/r/l{free}.txt/receipt", "/checkpoint", "/tile/entries/000.p/31"]:
            status, _, headers = server.get(target, "*/*")
            check(status in (200, 404 if "tile" in target else 200, 503), f"with {free} descriptors {target} is answered {status} to a program")
            check(status != 503 or headers["Retry-After"] is not None, f"{target}: when to come again is said to a program")
        status, body, _ = server.get(f"/browse/recent?free={free}")
        count = re.search(r'<p class="count">([\d,]+)', body)
        lists += count is not None
        check(count is None or int(count.group(1)) == RECORDS, f"with {free} descriptors the lists count {count and count.group(1)} of {RECORDS}")
    check(later > 0, "descriptors were missing at all")
    check(asked > 0, "the last ones suffice for a record")
    resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (HARD, HARD))
    begun, count = time.monotonic(), 0
    while count != RECORDS and time.monotonic() - begun < 60:
        time.sleep(0.5)
        status, body, _ = server.get(f"/browse/recent?since={time.monotonic()}")
        count = len(named(body))
    check(count == RECORDS, f"once there are descriptors again, lists are whole: {count}")
    print(f"with few descriptors: {asked} answers, {later} times later, {lists} lists")
    check(server.get("/r/none")[0] == 404, "what is absent is absent")
    server.stop()


def main():
    make_archive()
    nothing_left()
    slow_readers()


try:
    main()
finally:
    shutil.rmtree(WORK, ignore_errors=True)
sys.exit(1 if failures else 0)
