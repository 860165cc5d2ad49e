"""Common to the tests beside this file that serve an archive `a`: a folder of their own, the program in it, what went wrong. The program is their first argument."""

import http.client
import json
import os
import subprocess
import sys
import tempfile

PROGRAM = os.path.abspath(sys.argv[1])
WORK = tempfile.mkdtemp(prefix="photostat-room-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
failures = []


def check(condition, what):
    if not condition:
        failures.append(what)
        print(f"wrong: {what}", flush=True)


def run(*words):
    done = subprocess.run([PROGRAM, *words], cwd=WORK, stdin=subprocess.DEVNULL, capture_output=True)
    if done.returncode != 0:
        sys.exit(f"{words} ended with {done.returncode}: {done.stderr.decode()}")


class Server:
    def __init__(self, **more):
        self.process = subprocess.Popen([PROGRAM, "serve", "--no-index", "-C", "a", "--listen", "127.0.0.1:0", "--json"], cwd=WORK, stdout=subprocess.PIPE, **more)
        self.port = json.loads(self.process.stdout.readline())["port"]

    def get(self, target):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        connection.request("GET", target, headers={"Accept": "text/html"})
        answer = connection.getresponse()
        body = answer.read().decode()
        connection.close()
        return answer.status, body, answer.headers

    def stop(self):
        self.process.terminate()
        return self.process.wait(timeout=60)
