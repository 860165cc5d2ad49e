#!/usr/bin/env python3
"""P1: kill -9 at random moments under load. After each, all that was acknowledged is there, and the archive audits clean.
Usage: kill.py PHOTOSTAT [COUNT [SEED]]"""
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

program = os.path.abspath(sys.argv[1])
count = int(sys.argv[2]) if len(sys.argv) > 2 else 500 if os.environ.get("PHOTOSTAT_TEST_FULL") == "1" else 40
seed = int(sys.argv[3] if len(sys.argv) > 3 else os.environ.get("PHOTOSTAT_TEST_SEED", "1"))
chance = random.Random(seed)
print(f"seed {seed}, {count} kills")
work = tempfile.mkdtemp(prefix="photostat-kill-")
environment = dict(os.environ, PHOTOSTAT_ARCHIVE=os.path.join(work, "archive"))


def start(*words):
    return subprocess.Popen([program, *words, "--quiet"], env=environment, cwd=work, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def run(*words):
    process = start(*words)
    out, said = process.communicate()
    return process.returncode, out.decode(), said.decode()


def main():
    failed = 0
    acknowledged = {}
    run("init", "archive", "--origin", "example.org/killed")
    for i in range(count):
        folder = os.path.join(work, f"in{i}")
        os.mkdir(folder)
        for j in range(chance.choice([1, 5, 40])):
            with open(os.path.join(folder, f"r{i}-{j}.txt"), "w") as out:
                out.write(f"record {i} {j}\n" * chance.choice([1, 50, 2000]))
        begun = time.monotonic()
        action = chance.choice(["deposit", "deposit", "version", "expunge", "access"]) if acknowledged else "deposit"
        victim = chance.choice(sorted(acknowledged)) if acknowledged else None
        if action == "deposit":
            process = start("deposit", folder, "--each-file")
        elif action == "version":
            process = start("edit", victim, f"title=After kill {i}")
        elif action == "access":
            process = start("access", victim, "closed", "--authority", "A", "--reason", "test", "--note", "n")
        else:
            process = start("expunge", victim, "--authority", "A", "--reason", "test", "--yes")
            acknowledged.pop(victim)
        time.sleep(chance.random() * 0.06)
        process.kill()
        out = process.communicate()[0].decode()
        for line in out.splitlines():
            if line.startswith("kept  "):
                name = line.split()[1].split("@")[0]
                source = name.rsplit("/", 1)[1]
                acknowledged[name] = open(os.path.join(folder, source)).read()
        shutil.rmtree(folder)
        if i % 10 == 9 or i == count - 1:
            status, out, said = run("audit")
            if status != 0:
                failed += 1
                print(f"FAILED after kill {i}: audit {status}\n{out}{said}")
                break
            for name in chance.sample(sorted(acknowledged), min(10, len(acknowledged))):
                status, out, said = run("get", name, name.rsplit("/", 1)[1], "-o", "-")
                if status != 0 or out != acknowledged[name]:
                    failed += 1
                    print(f"FAILED: {name} was acknowledged and is not kept: {said}")
    print(f"{len(acknowledged)} records acknowledged\n{count - failed} passed, {failed} failed")
    return failed


try:
    failures = main()
finally:
    shutil.rmtree(work, ignore_errors=True)
sys.exit(1 if failures else 0)
