#!/usr/bin/env python3
"""P1: kill -9 at random moments under load. After each, all that was acknowledged is there, and the archive audits clean.
Usage: kill.py PHOTOSTAT [COUNT [SEED]]"""
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time

program = os.path.abspath(sys.argv[1])
full = os.environ.get("PHOTOSTAT_TEST_FULL") == "1"
count = int(sys.argv[2]) if len(sys.argv) > 2 else 500 if full else 40
seed = int(sys.argv[3] if len(sys.argv) > 3 else os.environ.get("PHOTOSTAT_TEST_SEED", "1"))
chance = random.Random(seed)
print(f"seed {seed}, {count} kills")
work = tempfile.mkdtemp(prefix="photostat-kill-")
archive = os.path.join(work, "archive")
environment = dict(os.environ, PHOTOSTAT_ARCHIVE=archive)
failed = 0


class Kept:
    """What the archive has acknowledged of one record: its bytes, and the least number of versions. `gone`: expunged, True once that was acknowledged,
    None while it is not known whether it came to pass."""

    def __init__(self, name, text):
        self.name, self.text, self.versions, self.gone = name, text, 1, False


kept = {}       # by id
attempted = {}  # text by name of the file: what a deposit tried
phases = {}     # where kills fell
timing = {}     # seconds that an action takes when it is left alone, by action


def fail(what):
    global failed
    failed += 1
    print(f"FAILED: {what}")


def start(*words, json=True):
    return subprocess.Popen([program, *words, *(["--json"] if json else [])], env=environment, cwd=work, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def run(*words, json=True):
    process = start(*words, json=json)
    out, said = process.communicate()
    return process.returncode, out, said.decode(errors="replace")


def lines_of(out):
    """Whole lines alone: the last may be cut."""
    return [json.loads(line) for line in out.decode().split("\n")[:-1]]


def make_folder(i, amount):
    folder = os.path.join(work, f"in{i}")
    os.mkdir(folder)
    for j in range(amount):
        name = f"r{i}-{j}.txt"
        attempted[name] = f"record {i} {j}\n" * chance.choice([1, 50, 2000])
        with open(os.path.join(folder, name), "w") as out:
            out.write(attempted[name])
    return folder


def make_chain(i, amount):
    """A table whose rows are each part of the one before: every row wants a commit of its own."""
    folder = make_folder(i, amount)
    with open(os.path.join(folder, "table.csv"), "w") as out:
        out.write("path,id,isPartOf\n")
        for j in range(amount):
            out.write(f"r{i}-{j}.txt,r{i}-{j}.txt,{f'r{i}-{j - 1}.txt' if j else ''}\n")
    return folder


def choose(i):
    """(kind, words, victim, folder)"""
    alive = sorted(id for id, record in kept.items() if record.gone is False)
    kind = chance.choice(["deposit", "deposit", "deposit", "chain", "version", "edit", "access", "expunge"]) if alive else "deposit"
    victim = kept[chance.choice(alive)] if alive else None
    if kind == "deposit":
        folder = make_folder(i, chance.choice([1, 5, 40, 150]))
        return kind, ("deposit", folder, "--each-file"), None, folder
    if kind == "chain":
        folder = make_chain(i, 12)
        return kind, ("deposit", "--csv", os.path.join(folder, "table.csv")), None, folder
    if kind == "version":
        folder = make_folder(i, 3)
        return kind, ("deposit", folder, "--id", victim.name, "--new-version", "--add"), victim, folder
    if kind == "edit":
        return kind, ("edit", victim.name, f"title=After kill {i}"), victim, None
    if kind == "access":
        return kind, ("access", victim.name, "closed", "--authority", "A", "--reason", "test", "--note", "n"), victim, None
    return kind, ("expunge", victim.name, "--authority", "A", "--reason", "test", "--yes"), victim, None


def note_phase():
    """How far the killed command had come, by what it left in staging/."""
    left = [name for name in os.listdir(os.path.join(archive, "staging")) if name.startswith("batch-")]
    if not left:
        phase = "before the batch, or after it"
    elif not os.path.exists(os.path.join(archive, "staging", left[0], "intent")):
        phase = "staging"
    else:
        with open(os.path.join(archive, "log", "checkpoint")) as checkpoint:
            size = int(checkpoint.read().split("\n")[1])
        phase = "after the checkpoint" if size > int(left[0][6:]) else "publishing"
    phases[phase] = phases.get(phase, 0) + 1


def take(kind, out, victim, finished):
    for line in lines_of(out):
        if line["type"] == "deposited":
            name = line["id"].rsplit("/", 1)[1]
            if line["id"] not in kept:
                kept[line["id"]] = Kept(name, attempted[name])
            kept[line["id"]].versions = max(kept[line["id"]].versions, line["version"])
    if kind == "expunge":
        victim.gone = True if finished else None


def check(everything):
    status, out, said = run("audit")
    if status != 0:
        fail(f"audit exits {status}: {[line for line in lines_of(out) if line['type'] == 'finding'][:4]} {said}")
        return
    status, out, said = run("list")
    listed = {line["id"]: line for line in lines_of(out) if line["type"] == "record"}
    for id, record in kept.items():
        if id not in listed:
            fail(f"{id} was acknowledged and is not listed")
    some = sorted(kept)
    for id in some if everything else chance.sample(some, min(8, len(some))):
        record = kept[id]
        status, out, said = run("get", f"{record.name}@1", record.name, "-o", "-", json=False)
        if status == 0 and record.gone is True:
            fail(f"{id} was expunged and is still there")
        elif status == 0 and out.decode() != record.text:
            fail(f"{id} holds other bytes than were acknowledged")
        elif status != 0 and record.gone is False:
            fail(f"{id} was acknowledged and is not kept: {said}")
        status, out, said = run("log", record.name)
        if status != 0 or len([line for line in lines_of(out) if line.get("kind") == "version"]) < record.versions:
            fail(f"{id} was acknowledged with {record.versions} versions and has fewer: {said}")


def load(stop):
    """Somebody else who reads all the while."""
    while not stop.is_set():
        subprocess.run([program, "list", "--quiet"], env=environment, cwd=work, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.05)


def killed(process, seconds):
    try:
        process.wait(timeout=seconds)
        return False
    except subprocess.TimeoutExpired:
        process.kill()
        return True


def main():
    kills = in_time = i = 0
    run("init", "archive", "--origin", "example.org/killed")
    stop = threading.Event()
    reader = threading.Thread(target=load, args=(stop,))
    reader.start()
    while kills < count and failed == 0 and i < 4 * count:
        kind, words, victim, folder = choose(i)
        begun = time.monotonic()
        process = start(*words)
        # The first of a kind is left alone: that is how long it takes.
        reach = timing[kind] * 1.3 * chance.random() if kind in timing else 60
        # Output is read meanwhile, so that a full pipe holds nobody up.
        said = []
        drain = threading.Thread(target=lambda process=process, said=said: said.append(process.stdout.read()))
        drain.start()
        was_killed = killed(process, reach)
        drain.join()
        process.wait()
        process.stdout.close()
        error = process.stderr.read().decode(errors="replace")
        process.stderr.close()
        if was_killed:
            kills += 1
            note_phase()
            in_time += bool(lines_of(said[0]))
            if chance.random() < 0.25:  # and whoever recovers is killed as well
                killed(start("list"), chance.random() * 0.02)
        else:
            taken = time.monotonic() - begun
            timing[kind] = taken if kind not in timing else (timing[kind] + taken) / 2
            if process.returncode != 0:
                fail(f"{words} exits {process.returncode}: {error}")
        take(kind, said[0], victim, not was_killed)
        if folder:
            shutil.rmtree(folder)
        if i % 10 == 9:
            check(False)
        i += 1
    stop.set()
    reader.join()
    check(True)
    print(f"{kills} kills: " + ", ".join(f"{number} {phase}" for phase, number in sorted(phases.items())))
    print(f"{in_time} of them after something was acknowledged; {len(kept)} records acknowledged")
    print("seconds a command takes: " + ", ".join(f"{kind} {seconds:.3f}" for kind, seconds in sorted(timing.items())))
    if kills < count and failed == 0:
        fail("too few kills landed")
    if count >= 200 and (len(phases) < 4 or in_time == 0):
        fail("kills did not land in every phase")
    if count >= 200 and len(kept) < count // 4:  # a busy machine is killed early: fewer are acknowledged
        fail("too few records were acknowledged to say anything")
    print(f"{kills - failed} passed, {failed} failed")


try:
    main()
finally:
    shutil.rmtree(work, ignore_errors=True)
sys.exit(1 if failed else 0)
