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
            expect("another history" in done.text and "proven" in done.text, f"{letters}: {done.text}")
        world.detected(*world.holders)
        world.nothing_lost()
        world.convict(world.one)
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
    world.secretly(keeper, "for-two", "what two is told\n")
    expect(world.cosignatures("for-one") >= 2, "the first history is not witnessed")
    expect(world.cosignatures("for-two") == 0, "the second history is cosigned too")
    with Switchboard(keeper, {one.address: keeper.path("for-one"), two.address: keeper.path("for-two")}):
        world.set_sources(one, keeper)
        world.sync(one)
        world.attack()
        done = world.sync(two, status=1)
    expect(one.url.rstrip("/") in done.text, f"not told who shows another history: {done.text}")
    world.detected(two)
    world.convict(two)
    world.nothing_taken_away()


@scenario("rollback: an older archive put back, head and all", "the keeper himself, from a witness, before anything is written; each holder, at its next sync", 1)
def rollback(world):
    """As after a restore from last year's backup. The holders keep what they have; a keeper who goes on all the same makes another history."""
    keeper = world.keeper
    keeper.kill(keeper.served)
    conf = keeper.read("archive", "archive.conf")
    copy(keeper.path("archive"), keeper.path("was"))
    copy(keeper.path("early"), keeper.path("archive"))
    keeper.write(conf, "archive", "archive.conf")
    copy(keeper.path("archive"), keeper.path("older"))
    served = keeper.serve("-C", "archive")
    keeper.write("as if nothing had been\n", "more.txt")
    done = keeper.must("deposit", "-C", "archive", "more.txt", status=3)
    expect("an older copy was put back" in done.text, f"not told: {done.text}")
    for holder in world.holders:
        world.set_sources(holder, keeper)
        done = world.sync(holder)
        expect("older log" in done.text, f"not told: {done.text}")
    world.detected(*world.holders, keeper)
    world.nothing_lost()
    # He is given back what he lacks, in one command, by any holder.
    shutil.copy(world.reader.path("recovery.key"), keeper.path("recovery.key"))
    keeper.must("catch-up", "-C", "archive", "--from", world.one.url, "--key", "recovery.key")
    lacking = differences(keeper.path("was", "records"), keeper.path("archive", "records"))
    expect(not lacking, f"he has not got all back: {lacking}")
    keeper.must("deposit", "-C", "archive", "more.txt", "--quiet")
    for holder in world.holders:
        world.sync(holder)
    world.same_as_keeper()
    # Or he goes on from the older one, in secret.
    keeper.kill(served)
    done = world.secretly(keeper, "older", "going on\n")
    expect(done.status == 1 and "received: 0 of 3" in done.text, f"cosigned: {done.text}")
    keeper.serve("-C", "older")
    world.sync(world.one, status=1)
    world.convict(world.one)
    world.nothing_taken_away()


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
    expect("missing: 1 version " in done.text, f"not told: {done.text}")
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


@scenario("a stolen log key races the true log: the owner is first", "the witnesses, who cosign nothing of the thief's; each holder who is shown both", 0)
def thief_loses(world):
    """The thief has a copy of archive and key on a host of his own, and asks nobody before he writes."""
    keeper, evil, reader = world.keeper, world.evil, world.reader
    copy(keeper.path("archive"), evil.path("archive"))
    keeper.write("the owner's\n", "truth.txt")
    done = keeper.must("deposit", "-C", "archive", "truth.txt")
    expect("\nwitnessed: 3 of 3" in done.text, f"not witnessed: {done.text}")
    done = world.secretly(evil, "archive", "the thief's\n")
    expect(done.status == 1 and "received: 0 of 3" in done.text, f"cosigned: {done.text}")
    world.detected_at_once(keeper, 0)
    evil.serve("-C", "archive")
    for holder in world.holders:
        world.set_sources(holder, keeper)
        world.sync(holder)
        world.set_sources(holder, evil, keeper)
        done = world.sync(holder, status=1)
        expect(evil.url.rstrip("/") in done.text, f"not told: {done.text}")
        world.convict(holder)
    world.same_as_keeper()
    # The thief cannot change the key; who has the recovery key can, and the thief's signature is worth nothing from then on.
    evil.write(reader.read("recovery.key")[:-8] + "AAAAAA=\n", "guess.key")
    os.chmod(evil.path("guess.key"), 0o600)
    expect(evil.photostat("key", "rotate", "-C", "archive", "--recovery", "guess.key").status != 0, "a thief changed the key")
    shutil.copy(reader.path("recovery.key"), keeper.path("recovery.key"))
    done = keeper.must("key", "rotate", "-C", "archive", "--recovery", "recovery.key")
    expect("witnessed: " in done.text, f"the change is not witnessed: {done.text}")


@scenario("a stolen log key races the true log: the thief is first", "the owner, from a witness, before anything is written", 1,
          "nothing; what the thief logged stays in the log for all to see")
def thief_wins(world):
    """The witnesses have cosigned the thief's. The owner takes it over, so that there is one history, and changes the key."""
    keeper, evil, reader = world.keeper, world.evil, world.reader
    copy(keeper.path("archive"), evil.path("archive"))
    done = world.secretly(evil, "archive", "the thief's\n")
    expect("witnessed: 3 of 3" in done.text, f"the thief is not witnessed: {done.text}")
    evil.serve("-C", "archive")
    keeper.write("the owner's\n", "truth.txt")
    done = keeper.must("deposit", "-C", "archive", "truth.txt", status=3)
    expect("has seen this log at 11 entries" in done.text, f"not told: {done.text}")
    world.detected(keeper)
    world.set_sources(world.one, evil)
    world.sync(world.one)
    shutil.copy(reader.path("recovery.key"), keeper.path("recovery.key"))
    keeper.must("catch-up", "-C", "archive", "--from", world.one.url, "--key", "recovery.key")
    expect("secret" in keeper.must("log", "-C", "archive").out, "the thief's entry is not shown")
    keeper.must("deposit", "-C", "archive", "truth.txt", "--quiet")
    keeper.must("audit", "-C", "archive", "--quiet")
    for holder in world.holders:
        world.set_sources(holder, keeper)
        world.sync(holder)
    world.same_as_keeper()
    world.nothing_taken_away()
    done = keeper.must("key", "rotate", "-C", "archive", "--recovery", "recovery.key")
    expect("witnessed: 3 of 3" in done.text, f"the change is not witnessed: {done.text}")


@scenario("two keepers started by mistake on one log", "the second, from a witness, before it writes; if it reaches none, when it submits; each holder who is shown both", 1)
def two_keepers(world):
    """A copy of the archive is started on a second host while the first goes on. Nobody means harm; what the second took in is not lost: it is deposited
    again at the first."""
    keeper, second, one = world.keeper, world.reader, world.one
    copy(keeper.path("archive"), second.path("archive"))
    copy(keeper.path("archive"), second.path("alone"))
    keeper.write("taken in by the first\n", "first.txt")
    second.write("taken in by the second\n", "second.txt")
    keeper.must("deposit", "-C", "archive", "first.txt", "--quiet")
    done = second.must("deposit", "-C", "archive", "second.txt", status=3)
    expect("has seen this log at 11 entries" in done.text, f"not told: {done.text}")
    world.detected(second)
    # Nobody can be asked where it is: then it takes it in, received and not witnessed.
    world.network.part(second)
    done = second.must("deposit", "-C", "alone", "second.txt")
    expect("received: 0 of 3" in done.text, f"not told: {done.text}")
    world.network.join()
    done = second.must("witness", "submit", "-C", "alone", status=1)
    expect("received: 0 of 3" in done.text and "refuses" in done.text, f"not told: {done.text}")
    second.serve("-C", "alone")
    world.sync(one)
    world.set_sources(one, second, keeper)
    done = world.sync(one, status=1)
    expect(second.url.rstrip("/") in done.text, f"not told: {done.text}")
    world.convict(one)
    # Settled: the second is given up, its document deposited at the first.
    shutil.copy(second.path("second.txt"), keeper.path("second.txt"))
    keeper.must("deposit", "-C", "archive", "second.txt", "--quiet")
    for holder in world.holders:
        world.set_sources(holder, keeper)
        world.sync(holder)
    world.same_as_keeper()
    world.nothing_taken_away()


if __name__ == "__main__":
    main()
