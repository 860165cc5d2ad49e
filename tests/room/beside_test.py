#!/usr/bin/env python3
"""Beside a server texts are read and the search index is fed; the server itself writes nowhere but below derived/ (P6, P9).

    beside_test.py PHOTOSTAT
"""

import fcntl
import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

PROGRAM = os.path.abspath(sys.argv[1])
failures = []


def check(condition, what):
    if not condition:
        failures.append(what)
        print(f"wrong: {what}", flush=True)


def run(*words, **more):
    return subprocess.run([PROGRAM, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, **more)


class Server:
    def __init__(self, archive, *more):
        self.process = subprocess.Popen([PROGRAM, "serve", "--json", "-C", archive, "--listen", "127.0.0.1:0", *more], stdout=subprocess.PIPE, text=True)
        self.said = json.loads(self.process.stdout.readline())
        self.port = self.said["port"]

    def get(self, path, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, body

    def found(self, words):
        status, body = self.get("/api/v1/search?facets=true&q=" + urllib.parse.quote(words))
        return [hit["id"].rsplit("/", 1)[-1] for hit in json.loads(body)["hits"]] if status == 200 else status

    def stop(self):
        self.process.terminate()
        return self.process.wait(timeout=60)


def wait_for(question, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if question():
            return True
        time.sleep(0.2)
    return False


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(word) for word in file.read().split()]


def deposit(archive, work, name, text, *more):
    path = os.path.join(work, name + ".txt")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    done = run("deposit", "-C", archive, path, "--id", name, "--quiet", *more)
    check(done.returncode == 0, f"deposit of {name} while serving: {done.stderr}")


def follows(server, archive, work):
    """What is deposited is found, words of its text too; what is closed is not, in no count, and not after it was closed while serving."""
    check(wait_for(lambda: server.found("harbour") == ["early"]), f"what was there before is found: {server.found('harbour')}")
    deposit(archive, work, "late", "The lighthouse keeper wrote of the harbour every evening.\n", "--meta", "title=Evenings")
    check(wait_for(lambda: server.found("lighthouse") == ["late"]), f"what was deposited while serving is found: {server.found('lighthouse')}")
    deposit(archive, work, "hidden", "The lighthouse of Zanzibar.\n", "--access", "closed", "--meta", "title=Zanzibar")
    deposit(archive, work, "after", "Semaphore.\n")
    check(wait_for(lambda: server.found("semaphore") == ["after"]), "what was deposited after it")
    _, body = server.get("/api/v1/search?facets=true&q=lighthouse")
    check(b"anzibar" not in body and json.loads(body)["total"] == 1, f"what is closed is in no answer and no count: {body}")
    check(server.found("zanzibar") == [], "what is closed is not found")
    check(run("access", "-C", archive, "late", "closed", "--authority", "the keeper", "--reason", "privacy").returncode == 0, "closing while serving")
    check(server.found("lighthouse") == [], "what was closed a moment ago is not found")
    status, body = server.get("/about", Accept="text/html")
    check(status == 200, "about")
    check(wait_for(lambda: json.loads(run("index", "--state", "-C", archive).stdout)["state"] == "idle"), "its state is told")
    status, body = server.get("/api/v1/indexing")
    state = json.loads(body)
    check(status == 200 and state["state"] == "idle" and set(state) == {"v", "type", "state", "position", "size"}, f"what readers are told of it: {body}")


def first_feed(work):
    """While the search index is made for the first time, which may take long, it is told that somebody reads. Here another process keeps it waiting."""
    archive = os.path.join(work, "first")
    run("init", archive, "--origin", "first.example.org")
    deposit(archive, work, "only", "A windmill.\n")
    os.makedirs(os.path.join(archive, "derived"), exist_ok=True)
    with open(os.path.join(archive, "derived", "search.lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        server = Server(archive)
        check(wait_for(lambda: json.loads(server.get("/api/v1/indexing")[1])["state"] == "reading", 20), f"during the first feed: {server.get('/api/v1/indexing')[1]}")
    check(wait_for(lambda: server.found("windmill") == ["only"]), "then it is found")
    check(server.stop() == 0, "its end")


def harmless(server, archive, work):
    """Others at the same time."""
    done = []
    jobs = [threading.Thread(target=lambda: done.append(run("index", "-C", archive, "--quiet"))) for _ in range(2)]
    jobs += [threading.Thread(target=lambda i=i: deposit(archive, work, f"many-{i}", f"Number{i} of many barometers.\n")) for i in range(4)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    check([one.returncode for one in done] == [0, 0], f"photostat index beside the server: {[(one.returncode, one.stderr) for one in done]}")
    check(wait_for(lambda: len(server.found("barometers")) == 4), f"all that was deposited meanwhile is found: {server.found('barometers')}")
    check(run("audit", "-C", archive, "--quiet").returncode == 0, "audit after all that")


def opened_to_write(pid, folder):
    wrong = []
    for number in os.listdir(f"/proc/{pid}/fd"):
        try:
            path = os.readlink(f"/proc/{pid}/fd/{number}")
            with open(f"/proc/{pid}/fdinfo/{number}", encoding="ascii") as file:
                flags = int(next(line for line in file if line.startswith("flags:")).split()[1], 8)
        except OSError:
            continue
        if path.startswith(folder + "/") and not path.startswith(folder + "/derived/") and flags & 3:
            wrong.append(path)
    return wrong


def only_reads(server, archive):
    pid = server.process.pid
    server.get("/", Accept="text/html")
    for one in [pid, *children_of(pid)]:
        check(not opened_to_write(one, archive), f"opened to write: {opened_to_write(one, archive)}")
        with open(f"/proc/{one}/status", encoding="ascii") as file:
            check("NoNewPrivs:\t1" in file.read() or not server.said["landlock"], f"process {one} has given up nothing")
    keys = os.path.realpath(f"{archive}/keys")
    for one in [pid, *children_of(pid)]:
        held = [os.readlink(f"/proc/{one}/fd/{number}") for number in os.listdir(f"/proc/{one}/fd") if os.path.lexists(f"/proc/{one}/fd/{number}")]
        check(not [path for path in held if path.startswith(keys + "/")], "no key is open")


def comes_back(server):
    """The process beside is started again, and ends with the server."""
    pid = server.process.pid
    first = children_of(pid)
    check(len(first) == 1, f"one process beside: {first}")
    with open(f"/proc/{first[0]}/stat", encoding="ascii") as file:
        check(int(file.read().rsplit(")", 1)[1].split()[16]) == 10, "it is nice to the rest")
    os.kill(first[0], 9)
    check(wait_for(lambda: children_of(pid) not in ([], first)), "it is started again")
    child = children_of(pid)[0]
    server.process.kill()
    server.process.wait()
    check(wait_for(lambda: not os.path.exists(f"/proc/{child}"), 20), "it ends when the server is killed")


def main():
    work = tempfile.mkdtemp(prefix="photostat-beside-")
    archive = os.path.join(os.path.realpath(work), "archive")
    run("init", archive, "--origin", "example.org/beside", "--quiet")
    deposit(archive, work, "early", "A letter from the harbour.\n")
    server = Server(archive)
    if not server.said["landlock"]:
        print("skipped: this kernel has no Landlock, so nothing is given up")
    try:
        follows(server, archive, work)
        harmless(server, archive, work)
        only_reads(server, archive)
        comes_back(server)
    finally:
        if server.process.poll() is None:
            server.stop()
    quiet = Server(archive, "--no-index")
    check(children_of(quiet.process.pid) == [], "--no-index: nothing beside")
    check(quiet.stop() in (0, 130, 143, -15), "it ends")
    first_feed(os.path.realpath(work))
    shutil.rmtree(work)
    print("\n".join(failures) or "fine")
    return 1 if failures else 0


sys.exit(main())
