#!/usr/bin/env python3
"""Pictures that take long hold nobody else up: real sockets against `photostat serve` with workers that are slow.

    waiting_test.py PHOTOSTAT WORKERS
"""

import glob
import http.client
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import zlib

PROGRAM = os.path.abspath(sys.argv[1])
WORKERS = [os.path.abspath(path) for path in sys.argv[2:]]
SIDE = 640
failures = []


def check(condition, what):
    if not condition:
        failures.append(what)
        print(f"wrong: {what}", flush=True)


def png():
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    row = b"\0" + bytes(range(256)) * (SIDE * 3 // 256)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(row * SIDE)) + chunk(b"IEND", b""))


class Server:
    def __init__(self, archive, workers):
        environment = dict(os.environ, PHOTOSTAT_EXTRACT=workers)
        self.process = subprocess.Popen([PROGRAM, "serve", "--json", "-C", archive, "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True,
                                        env=environment)
        self.port = json.loads(self.process.stdout.readline())["port"]

    def ask(self, path, **headers):
        """Sent, and not waited for."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=120)
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{head}\r\n".encode())
        return connection

    def get(self, path, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        begun = time.monotonic()
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, time.monotonic() - begun, body

    def stop(self):
        self.process.terminate()
        return self.process.wait(timeout=60)


def answer_of(connection):
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    body = answer.read()
    connection.close()
    return answer.status, answer.headers, body


def slow_workers(folder, seconds):
    os.makedirs(folder, exist_ok=True)
    for program in WORKERS:
        path = os.path.join(folder, os.path.basename(program))
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\n/bin/sleep {seconds}\nexec '{program}' \"$@\"\n")
        os.chmod(path, 0o755)
    return folder


def region(i):
    return f"/iiif/box/1:scan.png/{i % 64},{i // 64},100,100/max/0/default.png"


def quick_beside(server, archive):
    """Two hundred pictures that take their time; the record's page does not."""
    status, _, body = server.get("/iiif/box/1:scan.png/info.json")
    check(status == 200 and json.loads(body)["width"] == SIDE, f"the picture's size: {status}")
    waiting = [server.ask(region(i)) for i in range(200)]
    slowest = 0
    for number in range(40):
        # Each another page, so that none is ready.
        status, seconds, _ = server.get(f"/r/box?n={number}", Accept="text/html")
        check(status == 200, f"the record's page beside slow pictures: {status}")
        slowest = max(slowest, seconds)
    check(slowest < 1, f"a record's page took {slowest:.2f} s beside slow pictures")
    answers = [answer_of(connection) for connection in waiting]
    wrong = [status for status, _, body in answers if status != 200 or not body.startswith(b"\x89PNG")]
    check(not wrong, f"{len(wrong)} of 200 pictures that were waited for: {wrong[:3]}")
    kept = len(glob.glob(f"{archive}/derived/images/*/*/*.png"))
    check(kept == 200, f"{kept} of 200 pictures were kept")


def made_once(server, log):
    """Who asks for the same waits for the same worker."""
    before = os.path.getsize(log)
    waiting = [server.ask("/iiif/box/1:scan.png/full/200,/0/default.jpg") for _ in range(50)]
    statuses = [answer_of(connection)[0] for connection in waiting]
    check(statuses == [200] * 50, f"the same picture for fifty: {statuses}")
    check(os.path.getsize(log) - before == 1, f"the same picture was made {os.path.getsize(log) - before} times")


def bounded(server):
    """Beyond what is waited for: 503, and when to come again. Who goes away while he waits harms nobody."""
    waiting = [server.ask(region(1000 + i)) for i in range(400)]
    for connection in waiting[:100]:
        connection.close()
    late = server.ask(region(5000))
    status, headers, _ = answer_of(late)
    check(status == 503 and headers.get("Retry-After", "").isdigit(), f"beyond the queue: {status} {headers.items()}")
    status, seconds, _ = server.get("/r/box?n=full", Accept="text/html")
    check(status == 200 and seconds < 1, f"a record's page beside a full queue: {status} in {seconds:.2f} s")
    return waiting[100:]


def manifest(server):
    status, _, body = server.get("/iiif/many/manifest")
    check(status == 200 and len(json.loads(body)["items"]) == 40, f"a manifest whose pages must all be measured: {status}")


def main():
    work = tempfile.mkdtemp(prefix="photostat-waiting-")
    archive = os.path.join(work, "archive")
    subprocess.run([PROGRAM, "init", archive, "--origin", "example.org/waiting", "--quiet"], check=True, stdout=subprocess.DEVNULL)
    os.makedirs(f"{work}/box")
    os.makedirs(f"{work}/many")
    picture = png()
    with open(f"{work}/box/scan.png", "wb") as file:
        file.write(picture)
    for number in range(40):
        with open(f"{work}/many/{number:02}.png", "wb") as file:
            file.write(picture + bytes([number]))
    for name in ("box", "many"):
        subprocess.run([PROGRAM, "deposit", "-C", archive, f"{work}/{name}", "--id", name, "--quiet"], check=True, stdout=subprocess.DEVNULL)
    workers = slow_workers(f"{work}/workers", 0.05)
    server = Server(archive, workers)
    try:
        quick_beside(server, archive)
        manifest(server)
        log = f"{archive}/derived/made"  # workers too write nowhere else
        open(log, "w", encoding="utf-8").close()
        for program in glob.glob(f"{workers}/*"):
            with open(program, encoding="utf-8") as file:
                script = file.read()
            with open(program, "w", encoding="utf-8") as file:
                file.write(script.replace("/bin/sleep", f"printf x >>'{log}'; /bin/sleep"))
        made_once(server, log)
        slow_workers(workers, 2)
        left = bounded(server)
    finally:
        begun = time.monotonic()
        status = server.stop()
        check(status in (0, 130, 143, -15), f"the server ended with {status} while many waited")
        check(time.monotonic() - begun < 20, "the server waited for all who waited")
    del left
    shutil.rmtree(work)
    print("\n".join(failures) or "fine")
    return 1 if failures else 0


sys.exit(main())
