#!/usr/bin/env python3
"""P3, P5: what a keeper, or a thief of his key, does to his own archive, and how others find out. Usage: keeper.py PHOTOSTAT [WORD]"""
import os
import shutil
import sqlite3

from attack import copy, differences, expect, log_differences, main, scenario
from evil import Switchboard


@scenario("the keeper's host is wiped", "everybody; any one holder gives all of it back in one command", 1)
def wiped(world):
    """Mirrored, cosigned, polled; then nothing is left at the keeper's but the recovery key in a drawer."""
    expect(world.cosignatures() == 3, "not all three witnesses have cosigned")
    for holder in world.holders:
        for other in world.holders:
            if other is not holder:
                done = holder.must("hold", "poll", "-C", "held", other.url, "--json")
                polled = done.lines("polled")[0]
                expect(polled["good"] >= 7 and polled["good"] + polled["closed"] == polled["asked"], f"{holder.name} polls {other.name}: {polled}")
    copy(world.keeper.path("archive"), world.reader.path("was"))
    world.keeper.stop()
    for name in os.listdir(world.keeper.folder):
        shutil.rmtree(world.keeper.path(name), ignore_errors=True)
    for holder in world.holders:
        world.attack()
        world.reader.must("hold", "restore", holder.url, "-o", "from-" + holder.name, "--key", "recovery.key")
        world.detected(world.reader)
        lacking = differences(world.reader.path("was", "records"), world.reader.path("from-" + holder.name, "records"))
        lacking += log_differences(world.reader.path("was", "log"), world.reader.path("from-" + holder.name, "log"))
        expect(not lacking, f"from {holder.name} came not all: {lacking[:4]}")
        world.reader.must("audit", "-C", "from-" + holder.name, "--quiet")
    world.reader.must("verify", "regret.txt", "--receipt", "regret.tlog-proof", "--policy", "policy")
    world.nothing_lost()


@scenario("a record rewritten, everything signed again", "each holder, at its next sync; the witnesses, when asked to cosign it", 1)
def rewritten(world):
    """The history after the fourth record is told again without a letter: shorter than what is held, as long, longer."""
    keeper = world.keeper
    keeper.kill(keeper.served)
    for letters in (1, 3, 9):
        shutil.rmtree(keeper.path("forged"), ignore_errors=True)
        world.forge(letters)
        served = keeper.serve("-C", "forged")
        world.attack()
        for holder in world.holders:
            world.set_sources(holder, keeper)
            done = world.sync(holder, status=1)
            expect("another history" in done.text or "another one than what is held" in done.text, f"{letters}: {done.text}")
        world.detected(*world.holders)
        world.nothing_lost()
        if letters < 9:
            world.convict(world.one, "held", keeper.read("forged", "log", "checkpoint"))
        else:  # who follows the longer one has the tiles that show it
            world.reader.must("hold", "init", "followed", keeper.url)
            world.reader.must("hold", "sync", "-C", "followed")
            world.convict(world.reader, "followed", world.one.read("held", "log", "checkpoint"))
        keeper.kill(served)
    # With the same witnesses: none of them cosigns it.
    shutil.copy(keeper.path("archive", "archive.conf"), keeper.path("forged", "archive.conf"))
    done = keeper.must("witness", "submit", "-C", "forged", status=1)
    expect("0 of 3" in done.text, f"cosigned: {done.text}")
    # A receipt from before is as good as ever, and holds for no other bytes.
    reader = world.reader
    reader.must("verify", "regret.txt", "--receipt", "regret.tlog-proof", "--policy", "policy")
    reader.write("a letter that nobody regrets\n", "other.txt")
    reader.must("verify", "other.txt", "--receipt", "regret.tlog-proof", "--policy", "policy", status=1)


@scenario("a split view: one history for one holder, another one for the others", "the holder who compares with another one, in the same sync", 1)
def split(world):
    """The keeper shows each of two holders a log that goes on from what it has. Nobody could find out alone."""
    keeper, one, two = world.keeper, world.one, world.two
    keeper.kill(keeper.served)
    copy(keeper.path("archive"), keeper.path("for-one"))
    copy(keeper.path("archive"), keeper.path("for-two"))
    keeper.write("what one is told\n", "told.txt")
    # Whom each history is submitted to: the quorum of two is not to be had for both.
    keeper.must("deposit", "-C", "for-one", "told.txt", "--quiet")
    keeper.write("what two is told\n", "told.txt")
    keeper.must("deposit", "-C", "for-two", "told.txt", "--quiet")
    expect(world.cosignatures("for-one") >= 2, "the first history is not witnessed")
    expect(world.cosignatures("for-two") == 0, "the second history is cosigned too")
    with Switchboard(keeper, {one.address: keeper.path("for-one"), two.address: keeper.path("for-two")}):
        world.set_sources(one, keeper)
        world.sync(one)
        world.attack()
        done = world.sync(two, status=1)
    expect(one.url.rstrip("/") in done.text, f"not told who shows another history: {done.text}")
    world.detected(two)
    world.convict(two, "held", one.read("held", "log", "checkpoint"))
    world.nothing_taken_away()


@scenario("rollback: an older archive put back, head and all", "each holder, at its next sync; the keeper himself, from the witnesses, when he submits", 1)
def rollback(world):
    """As after a restore from last year's backup. The holders keep what they have; going on from there is another history."""
    keeper = world.keeper
    keeper.kill(keeper.served)
    conf = keeper.read("archive", "archive.conf")
    copy(keeper.path("early"), keeper.path("archive"))
    keeper.write(conf, "archive", "archive.conf")
    served = keeper.serve("-C", "archive")
    for holder in world.holders:
        world.set_sources(holder, keeper)
        done = world.sync(holder)
        expect("older log" in done.text, f"not told: {done.text}")
    done = keeper.must("witness", "submit", "-C", "archive", status=1)
    expect("an older copy of the archive was put back" in done.text, f"not told: {done.text}")
    world.detected(*world.holders, keeper)
    world.nothing_lost()
    keeper.write("going on as if nothing had been\n", "more.txt")
    keeper.must("deposit", "-C", "archive", "more.txt", "--quiet")
    world.sync(world.one, status=1)
    world.nothing_lost()
    keeper.kill(served)


@scenario("rollback: an older log under the newer head", "the keeper's own program, at the next change", 1)
def rollback_log(world):
    keeper = world.keeper
    keeper.kill(keeper.served)
    copy(keeper.path("early", "log"), keeper.path("archive", "log"))
    keeper.write("more\n", "more.txt")
    done = keeper.must("deposit", "-C", "archive", "more.txt", status=3)
    expect("read-only" in done.text, f"it goes on: {done.text}")
    world.detected(keeper)
    world.nothing_lost()


@scenario("silent deletion of a record's files", "any holder's poll; the keeper's audit; a new holder's first sync", 1)
def deletion(world):
    keeper, one, reader = world.keeper, world.one, world.reader
    copy(keeper.path("archive", "records"), keeper.path("were"))
    gone = [os.path.join(where, name) for where, names, _ in os.walk(keeper.path("archive", "records")) for name in names if "regret" in name]
    expect(len(gone) == 1, f"{gone} are not one record")
    shutil.rmtree(gone[0])
    done = one.must("hold", "poll", "-C", "held", keeper.url, "--json", status=1)
    expect(done.lines("polled")[0]["missing"] == 1, f"not missed: {done.text}")
    done = keeper.must("audit", "-C", "archive", status=1)
    expect("regret" in done.text and "missing" in done.text, f"not named: {done.text}")
    reader.must("hold", "init", "new", keeper.url, "--policy", "policy")
    done = reader.must("hold", "sync", "-C", "new", status=1)
    expect("missing: 1 versions" in done.text, f"not told: {done.text}")
    world.detected(one, keeper)
    # And it comes back from whoever holds it.
    keeper.must("repair", "-C", "archive", "--from", one.url)
    expect(not differences(keeper.path("were"), keeper.path("archive", "records"), left_out=("logs",)), "it was not given back")
    world.set_sources(reader, keeper, one, folder="new")
    reader.must("hold", "sync", "-C", "new")
    world.nothing_lost()


def forget(archive, name):
    """Takes a record out of records/ and the catalogue, so that the program takes it for new: a keeper with a database tool can do that."""
    for where, names, _ in list(os.walk(os.path.join(archive, "records"))):
        for found in names:
            if name in found:
                shutil.rmtree(os.path.join(where, found))
    with sqlite3.connect(os.path.join(archive, "derived", "catalogue.sqlite")) as catalogue:
        (key,) = catalogue.execute("SELECT key FROM record WHERE id LIKE ?", (f"%/r/{name}",)).fetchone()
        for table in ("version", "file", "digest", "entry", "access"):
            catalogue.execute(f"DELETE FROM {table} WHERE record = ?", (key,))
        catalogue.execute("DELETE FROM record WHERE key = ?", (key,))


@scenario("one version of a record logged a second time, with other content", "each holder's audit after its next sync", 2)
def logged_twice(world):
    """The log only grows, and every signature is right. The copies keep the first and go on."""
    keeper, one, reader = world.keeper, world.one, world.reader
    keeper.must("list", "-C", "archive")
    forget(keeper.path("archive"), "regret")
    keeper.write("a letter that nobody regrets\n", "regret.txt")
    keeper.must("deposit", "-C", "archive", "regret.txt", "--quiet")
    keeper.write("one more\n", "more.txt")
    keeper.must("deposit", "-C", "archive", "more.txt", "--quiet")
    world.set_sources(one, keeper)
    one.must("hold", "sync", "-C", "held")
    done = one.must("audit", "-C", "held", status=1)
    expect("regret" in done.text, f"not named: {done.text}")
    world.detected(one)
    one.must("get", "-C", "held", "regret", "regret.txt", "-o", "regret.txt")
    expect(one.read("regret.txt") == "a letter that somebody regrets\n", "what was held is another letter now")
    one.must("get", "-C", "held", "more", "more.txt", "-o", "more.txt")
    # Who begins with that log is not stopped either: it has what there is to be had.
    reader.must("hold", "init", "new", keeper.url)
    reader.must("hold", "sync", "-C", "new", status=1)
    reader.must("get", "-C", "new", "more", "more.txt", "-o", "more.txt")
    world.set_sources(reader, keeper, world.two, folder="new")
    reader.photostat("hold", "sync", "-C", "new")
    reader.must("verify", "regret.txt", "--receipt", "regret.tlog-proof", "--policy", "policy")


def race(world, thief_first):
    """A thief has a copy of archive and key. He and the owner go on at the same time, from two hosts, to the same witnesses."""
    keeper, evil = world.keeper, world.evil
    copy(keeper.path("archive"), evil.path("archive"))
    world.evil.write("the thief's\n", "lie.txt")
    world.keeper.write("the owner's\n", "truth.txt")
    for host, name in ((evil, "lie.txt"), (keeper, "truth.txt")) if thief_first else ((keeper, "truth.txt"), (evil, "lie.txt")):
        done = host.must("deposit", "-C", "archive", name)
        first = host is (evil if thief_first else keeper)
        expect(("\nwitnessed: " in done.text) == first, f"{host.name}: {done.text}")
    world.detected(keeper if thief_first else evil)
    evil.serve("-C", "archive")
    # Whoever has followed one of them is shown the other.
    for holder in world.holders:
        world.set_sources(holder, keeper)
        world.sync(holder)
        world.set_sources(holder, evil, keeper)
        done = world.sync(holder, status=1)
        expect(evil.url.rstrip("/") in done.text, f"not told: {done.text}")
    world.convict(world.one, "held", evil.read("archive", "log", "checkpoint"))
    world.same_as_keeper()


@scenario("a stolen log key races the true log: the owner's checkpoint is cosigned first", "the witnesses, who cosign nothing of the thief's; each holder who is shown both", 1)
def thief_loses(world):
    race(world, False)
    # The thief cannot change the key; who has the recovery key can, and the thief's signature is worth nothing from then on.
    keeper, reader = world.keeper, world.reader
    shutil.copy(reader.path("recovery.key"), world.evil.path("guess.key"))
    world.evil.write(world.evil.read("guess.key")[:-8] + "AAAAAA=\n", "guess.key")
    os.chmod(world.evil.path("guess.key"), 0o600)
    expect(world.evil.photostat("key", "rotate", "-C", "archive", "--recovery", "guess.key").status != 0, "a thief changed the key")
    shutil.copy(reader.path("recovery.key"), keeper.path("recovery.key"))
    done = keeper.must("key", "rotate", "-C", "archive", "--recovery", "recovery.key")
    expect("witnessed: " in done.text, f"the change is not witnessed: {done.text}")


@scenario("a stolen log key races the true log: the thief's checkpoint is cosigned first", "the owner, whose deposit no witness cosigns", 1)
def thief_wins(world):
    race(world, True)


@scenario("two keepers started by mistake on one log", "the second of them, whose deposit no witness cosigns; each holder who is shown both", 1)
def two_keepers(world):
    """A copy of the archive is started on a second host while the first goes on. Nobody means harm; what the second took in is not lost: it is deposited
    again at the first."""
    keeper, second = world.keeper, world.reader
    copy(keeper.path("archive"), second.path("archive"))
    keeper.write("taken in by the first\n", "first.txt")
    second.write("taken in by the second\n", "second.txt")
    keeper.must("deposit", "-C", "archive", "first.txt", "--quiet")
    done = second.must("deposit", "-C", "archive", "second.txt")
    expect("received: 0 of 3" in done.text and "refuses" in done.text, f"not told: {done.text}")
    world.detected(second)
    second.serve("-C", "archive")
    world.set_sources(world.one, second, keeper)
    done = world.sync(world.one, status=1)
    expect(keeper.url.rstrip("/") in done.text, f"not told: {done.text}")
    world.convict(world.one, "held", keeper.read("archive", "log", "checkpoint"))
    # Settled: the second is given up, its document deposited at the first.
    shutil.copy(second.path("second.txt"), keeper.path("second.txt"))
    keeper.must("deposit", "-C", "archive", "second.txt", "--quiet")
    world.set_sources(world.two, keeper)
    world.sync(world.two)
    world.same_as_keeper(world.two)
    world.nothing_taken_away()


if __name__ == "__main__":
    main()
