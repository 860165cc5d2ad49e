#!/usr/bin/env python3
"""P1, P5: kill -9 in each phase of a sync, and at random moments while it goes on; of the server that it asks; of a witness that is asked.
Usage: kills.py PHOTOSTAT"""
import os
import re
import shutil
import time

from attack import chance, copy, expect, full, main, scenario

PHASES = ("entries", "after the checkpoint", "versions", "a long file", "publishing", "after the commit")
ROUNDS = 20 if full else 1  # through all phases
TRIES = 20                  # to meet one that is over in no time


def phase_of(folder):
    """How far a sync has come, by what stands in its folder."""
    if os.path.exists(os.path.join(folder, "staging", "take", "intent")):
        return "publishing"
    try:
        if os.listdir(os.path.join(folder, "incoming")):
            return "a long file"
    except FileNotFoundError:
        pass
    if os.path.isdir(os.path.join(folder, "staging", "take")):
        return "versions"
    if not os.path.exists(os.path.join(folder, "log", "checkpoint")):
        return "entries" if os.path.isdir(os.path.join(folder, "log", "tile")) else "at the beginning"
    with open(os.path.join(folder, "held"), encoding="utf-8") as held:
        complete = int(re.search(r"^complete (\d+)$", held.read(), re.M).group(1))
    return "after the commit" if complete > 0 else "after the checkpoint"


def end(host, process):
    """What a process that was not waited for says; it is over."""
    said = process.communicate()
    host.processes.remove(process)
    return said[0] + said[1]


def kill_in(host, wanted):
    """A sync from nothing, killed as soon as it is seen in that phase. In which phase it was killed indeed."""
    for _ in range(TRIES):
        copy(host.path("empty"), host.path("tried"))
        process = host.start(host.network.program, "hold", "sync", "-C", "tried", "--quiet")
        while process.poll() is None and phase_of(host.path("tried")) != wanted:
            pass
        process.kill()
        end(host, process)
        if phase_of(host.path("tried")) == wanted:
            return
    raise AssertionError(f"no sync could be killed in the phase: {wanted}")


def sound(host):
    """What is there audits clean, unless nothing is there yet."""
    if os.path.exists(host.path("tried", "log", "checkpoint")):
        host.must("audit", "-C", "tried", "--quiet")


@scenario("kill -9 in every phase of a sync, of the server that it asks, of a witness that is asked", "the next command, which goes on from there", 1)
def kills(world):
    keeper, one, two = world.keeper, world.one, world.two
    for number in range(300):
        keeper.write(f"page {number}\n" * 20, "many", f"page-{number}.txt")
    for number in range(2):
        keeper.write(chance.randbytes(6 << 20), "many", f"scan-{number}.tif")
    keeper.must("deposit", "-C", "archive", "--each-file", "many", "--quiet")
    one.must("hold", "init", "empty", keeper.url)
    shutil.copy(one.path("held", "keys", "request.key"), one.path("empty", "keys", "request.key"))
    copy(one.path("empty"), one.path("tried"))
    begun = time.monotonic()
    world.sync(one, folder="tried")
    takes = time.monotonic() - begun
    further = 0
    for _ in range(ROUNDS):
        for wanted in PHASES:
            kill_in(one, wanted)
            sound(one)
            # Whoever goes on is killed as well, or loses the server.
            process = one.start(world.network.program, "hold", "sync", "-C", "tried", "--quiet")
            time.sleep(chance.random() * takes)
            if chance.random() < 0.5:
                process.kill()
            else:
                keeper.kill(keeper.served)
            further += process.poll() is None
            end(one, process)
            if keeper.served not in keeper.processes:
                world.serve_keeper()
            sound(one)
            world.sync(one, folder="tried")
            world.same_as_keeper(one, folder="tried")
    for number in range(5 * ROUNDS):
        keeper.write(f"witnessed {number}\n", "more.txt")
        process = keeper.start(world.network.program, "deposit", "-C", "archive", "more.txt", "--id", f"more-{number}")
        time.sleep(chance.random() * 0.15)
        two.kill(two.served)
        said = end(keeper, process)
        expect(process.returncode == 0, f"a deposit failed because a witness died: {said}")
        world.serve_holder(two)
    done = keeper.must("witness", "submit", "-C", "archive")
    expect("witnessed: 3 of 3" in done.text, f"a witness that was killed does not go on: {done.text}")
    print(f"{ROUNDS * len(PHASES)} syncs killed, each phase {ROUNDS} times; {further} more while they went on; a witness {5 * ROUNDS} times")
    world.detected_at_once(one)
    world.nothing_lost(one)


if __name__ == "__main__":
    main()
