#!/usr/bin/env python3
"""P1, P3, P5: nobody is evil, and things go wrong: cables, power, clocks, backups. Usage: trouble.py PHOTOSTAT [WORD]"""
import os
import shutil
import threading
import time

from attack import at_once, copy, differences, expect, full, main, scenario, skip_scenario

@scenario("a network in two for a long time, then one again", "the keeper, whose deposits are received, not witnessed; each holder who cannot reach him", 1)
def partition(world):
    """The keeper and one witness here, two holders there. Each side goes on with what it can have."""
    keeper, one, two, three = world.keeper, world.one, world.two, world.three
    keeper.write("before\n", "before.txt")
    keeper.must("deposit", "-C", "archive", "before.txt", "--quiet")
    world.sync(one)
    world.attack()
    world.network.part(one, two, world.reader)
    world.set_sources(one, keeper)
    world.set_sources(two, keeper, one)
    for number in range(8 if full else 1):
        keeper.write(f"meanwhile {number}\n" * 100, f"meanwhile-{number}.txt")
        done = at_once(lambda: keeper.must("deposit", "-C", "archive", f"meanwhile-{number}.txt"),
                       lambda: world.sync(one, status=3),
                       lambda: world.sync(two))[0]  # what one had before
        expect("received: 1 of 3" in done.text and "\nwitnessed" not in done.text, f"not told: {done.text}")
        if number == 0:
            world.detected(one, keeper)
    world.nothing_lost(one)
    world.sync(three)
    expect(not differences(one.path("held", "records"), two.path("held", "records")), "two has not what one has")
    one.must("hold", "poll", "-C", "held", two.url)
    world.reader.must("hold", "restore", two.url, "-o", "restored")
    world.network.join()
    done = keeper.must("witness", "submit", "-C", "archive")
    expect("witnessed: 3 of 3" in done.text, f"not witnessed after it: {done.text}")
    for holder in world.holders:
        world.sync(holder)
    world.same_as_keeper()
    world.nothing_taken_away()


@scenario("a cable pulled in the middle of a sync, and put back", "nobody needs to: it goes on", 0)
def pulled(world):
    keeper, one = world.keeper, world.one
    world.grow()
    done = []
    world.set_sources(one, keeper)
    if not keeper.narrow("8mbit"):
        skip_scenario("this kernel cannot make a narrow cable (tc, tbf)")
    syncing = threading.Thread(target=lambda: done.append(one.photostat("hold", "sync", "-C", "held", seconds=90)))
    syncing.start()
    time.sleep(1.5)
    one.cut()
    time.sleep(2)
    expect(not done, f"the sync was over before the cable was pulled: {done and done[0].text}")
    one.heal()
    syncing.join()
    expect(done[0].status == 0, f"it did not go on: {done[0].text}")
    world.same_as_keeper(one)
    world.detected_at_once(one, 0)


@scenario("clocks an hour apart", "the server that is asked for what is closed, which says both times", 1)
def clocks(world):
    """A holder whose clock is an hour ahead, then behind; a keeper and a witness likewise."""
    library = os.environ.get("PHOTOSTAT_TEST_CLOCK_LIBRARY")
    if not library:
        skip_scenario("no clock can be set without the preloaded library, which sanitizers do not bear")
    keeper, one, two, three = world.keeper, world.one, world.two, world.three
    keeper.write("for the family alone, too\n", "closed-too.txt")
    keeper.must("deposit", "-C", "archive", "closed-too.txt", "--access", "closed", "--quiet")
    world.grow()

    def wrong(host, seconds):
        host.environment["LD_PRELOAD"] = library
        host.environment["PHOTOSTAT_TEST_CLOCK"] = str(seconds)

    for seconds in (3600, -3600):
        copy(one.path("held"), one.path("tried"))
        wrong(one, seconds)
        world.set_sources(one, keeper, folder="tried")
        done = one.photostat("hold", "sync", "-C", "tried")
        expect(done.status != 0 and "set the clocks" in done.text, f"not told: {done.text}")
        # What is open comes from whom the holder is nobody.
        world.set_sources(one, keeper, two, folder="tried")
        one.photostat("hold", "sync", "-C", "tried")
        one.must("get", "-C", "tried", "letter-5.txt", "letter-5.txt", "-o", f"letter{seconds}.txt")
        one.environment.pop("LD_PRELOAD")
        world.sync(one, folder="tried")
        world.same_as_keeper(one, folder="tried")
    # A keeper in the past, a witness in the future, and back.
    wrong(keeper, -3600)
    wrong(three, 3600)
    three.kill(three.served)
    world.serve_holder(three)
    keeper.write("an hour ago\n", "hour.txt")
    done = keeper.must("deposit", "-C", "archive", "hour.txt")
    expect("witnessed: 3 of 3" in done.text, f"not witnessed: {done.text}")
    keeper.must("audit", "-C", "archive", "--quiet")
    keeper.environment.pop("LD_PRELOAD")
    three.environment.pop("LD_PRELOAD")
    three.kill(three.served)
    world.serve_holder(three)
    keeper.write("now\n", "now.txt")
    done = keeper.must("deposit", "-C", "archive", "now.txt")
    expect("witnessed: 3 of 3" in done.text, f"not witnessed: {done.text}")
    state = three.read("witness", "state", next(name for name in os.listdir(three.path("witness", "state")) if name.endswith(".state")))
    times = [int(line.split()[2]) for line in state.strip().split("\n")[2:]]
    expect(times == sorted(times) and times[-1] > time.time() + 3000, f"the witness's times run back: {times}")
    keeper.must("receipt", "-C", "archive", "now", "-o", "now.tlog-proof")
    for name in ("now.txt", "now.tlog-proof"):
        shutil.copy(keeper.path(name), world.reader.path(name))
    world.reader.must("verify", "now.txt", "--receipt", "now.tlog-proof", "--policy", "policy")
    for holder in world.holders:
        world.set_sources(holder, keeper)
        world.sync(holder)
    world.same_as_keeper()
    world.detected_at_once(one)


@scenario("a witness restored from a backup", "the witness itself, when it starts: from its own cosignature, which others have", 0)
def restored(world):
    keeper, one, two = world.keeper, world.one, world.two
    copy(two.path("witness"), two.path("backup"))
    copy(keeper.path("archive"), keeper.path("fork"))
    keeper.write("since the backup\n", "since.txt")
    done = keeper.must("deposit", "-C", "archive", "since.txt")
    expect("witnessed: 3 of 3" in done.text, f"not witnessed: {done.text}")
    world.sync(one)
    # It asks the log, learns that it was further, and goes on from there.
    two.kill(two.served)
    copy(two.path("backup"), two.path("witness"))
    world.serve_holder(two)
    keeper.write("and more\n", "more.txt")
    done = keeper.must("deposit", "-C", "archive", "more.txt")
    expect("witnessed: 3 of 3" in done.text, f"not witnessed: {done.text}")
    # The same with a keeper who shows it another history from where the backup was: it asks a holder.
    two.kill(two.served)
    copy(two.path("backup"), two.path("witness"))
    logs = os.listdir(two.path("witness", "logs"))
    known = two.read("witness", "logs", logs[0])
    two.write(known.replace(keeper.url, one.url), "witness", "logs", logs[0])
    keeper.kill(keeper.served)
    keeper.serve("-C", "fork")
    world.serve_holder(two)
    done = world.secretly(keeper, "fork", "another history\n")
    expect("received: 0 of 3" in done.text, f"cosigned: {done.text}")
    world.detected_at_once(two, 0)
    world.nothing_taken_away()


if __name__ == "__main__":
    main()
