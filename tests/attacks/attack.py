"""What the attacks on several hosts share: an archive with its keeper, three holders who are witnesses too, a reader, somebody evil; and how a scenario
is told: one line, that docs/attacks.md has as well."""
import filecmp
import os
import random
import re
import shutil
import sys
import threading
import time
import traceback

import hosts

ORIGIN = "archive.test/letters"
HOLDERS = ("one", "two", "three")
full = os.environ.get("PHOTOSTAT_TEST_FULL") == "1"
seed = int(os.environ.get("PHOTOSTAT_TEST_SEED", "1"))
chance = random.Random(seed)
scenarios = []


def scenario(attack, by, steps, lost="nothing"):
    """A function is a scenario: what is done, who detects it, after how many commands of theirs, what was lost. World.detected holds it to that."""

    def keep(function):
        function.row = (attack, by, str(steps), lost)
        scenarios.append(function)
        return function

    return keep


class Skipped(Exception):
    """A scenario that cannot be had here."""


def skip_scenario(why):
    raise Skipped(why)


def expect(fact, what):
    if not fact:
        raise AssertionError(what)


def differences(one, other, left_out=()):
    """Paths below two folders that are not the same, byte for byte."""
    found = []

    def compare(here):
        both = filecmp.dircmp(os.path.join(one, here), os.path.join(other, here), ignore=[], hide=[])
        names = [name for name in both.left_only + both.right_only + both.common_funny if name not in left_out]
        _, differ, unread = filecmp.cmpfiles(both.left, both.right, [name for name in both.common_files if name not in left_out], shallow=False)
        found.extend(os.path.join(here, name) for name in names + differ + unread)
        for name in both.common_dirs:
            if name not in left_out:
                compare(os.path.join(here, name))

    compare("")
    return found


def log_differences(one, other):
    """Of a copy of a log. Partial tiles of sizes that nobody asked for need not be there."""
    return [path for path in differences(one, other) if ".p/" not in path or os.path.exists(os.path.join(other, path))]


def copy(one, other):
    shutil.rmtree(other, ignore_errors=True)
    shutil.copytree(one, other, symlinks=True)


def at_once(*calls):
    """What they return; each may wait for long."""
    results = [None] * len(calls)

    def run(number):
        try:
            results[number] = calls[number]()
        except AssertionError as fault:
            results[number] = fault

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for result in results:
        if isinstance(result, AssertionError):
            raise result
    return results


class World:
    """keeper, one, two, three, reader, evil: each a host. The keeper's archive is in `archive`, a holder's copy in `held`, its witness in `witness`."""

    def __init__(self, program, extra=()):
        self.network = hosts.Network(program, "keeper", *HOLDERS, "reader", "evil", *extra)
        for host in self.network.hosts:
            setattr(self, host.name, host)
        self.holders = [self.network[name] for name in HOLDERS]
        self.begun, self.by = {}, []
        self.base = os.path.join(hosts.PLACE, "base")

    # ---- what there is before an attack

    def build(self):
        """An archive of some records, a long one and a closed one among them; three holders, entitled, who hold all of it and have cosigned it."""
        keeper = self.keeper
        done = keeper.must("init", "archive", "--origin", ORIGIN, "--title", "Letters")
        self.reader.write(re.search(r"PRIVATE\+KEY\+\S+", done.text).group() + "\n", "recovery.key")
        os.chmod(self.reader.path("recovery.key"), 0o600)
        for number in range(4):
            keeper.write(f"letter {number}\n", "in", f"letter-{number}.txt")
        keeper.must("deposit", "-C", "archive", "--each-file", "in", "--quiet")
        # Here a forger forks off: what comes later he tells otherwise.
        copy(keeper.path("archive"), keeper.path("early"))
        keeper.write("a letter that somebody regrets\n", "regret.txt")
        keeper.write(random.Random(5).randbytes(3 << 20), "scan.tif")
        keeper.write("for the family alone\n", "closed.txt")
        keeper.must("deposit", "-C", "archive", "regret.txt", "--quiet")
        keeper.must("deposit", "-C", "archive", "scan.tif", "--quiet")
        keeper.must("deposit", "-C", "archive", "closed.txt", "--access", "closed", "--quiet")
        keeper.must("edit", "-C", "archive", "letter-1.txt", "title=Letter", "--quiet")
        self.verifier = re.search(r'verifier = "(.+)"', keeper.read("archive", "archive.conf")).group(1)
        keeper.serve("-C", "archive")
        for holder in self.holders:
            key = holder.must("hold", "init", "held", keeper.url).text
            keeper.must("hold", "entitle", re.search(r"request key: (\S+)", key).group(1), "-C", "archive")
            self.set_sources(holder, keeper, *(other for other in self.holders if other is not holder))
            witness = holder.must("witness", "init", "witness", f"witness.test/{holder.name}", "--log", self.verifier, "--url", keeper.url)
            holder.write(witness.out.split("\n")[0], "vkey")
            keeper.must("witness", "add", holder.read("vkey"), holder.url + "witness/", "--name", holder.name, "-C", "archive")
        self.set_quorum(keeper.path("archive"), 2)
        for holder in self.holders:
            holder.serve("-C", "held", "--witness", "witness", "--witness-is-new")
        keeper.must("witness", "submit", "-C", "archive")
        self.reader.write(keeper.must("policy", "-C", "archive").out, "policy")
        keeper.must("receipt", "-C", "archive", "regret", "-o", "regret.tlog-proof")
        for name in ("regret.txt", "regret.tlog-proof"):
            shutil.copy(keeper.path(name), self.reader.path(name))
        for holder in self.holders:
            # The keeper alone: the others have nothing yet.
            holder.must("hold", "sync", "-C", "held")
            expect(not differences(keeper.path("archive", "records"), holder.path("held", "records")), "a holder has other records")
        self.network.stop()
        for host in self.network.hosts:
            copy(host.folder, os.path.join(self.base, host.name))

    def begin(self):
        """Everything as it was built, everybody serves."""
        self.network.stop()
        for host in self.network.hosts:
            for name in os.listdir(host.folder):
                path = host.path(name)
                shutil.rmtree(path) if os.path.isdir(path) and not os.path.islink(path) else os.unlink(path)
            shutil.copytree(os.path.join(self.base, host.name), host.folder, symlinks=True, dirs_exist_ok=True)
            host.environment.pop("LD_PRELOAD", None)
        self.by = []
        self.serve_keeper()
        for holder in self.holders:
            self.serve_holder(holder)
        self.attack()

    def serve_keeper(self, archive="archive"):
        self.keeper.served = self.keeper.serve("-C", archive)

    def serve_holder(self, holder, *words):
        """Its copy, and its witness, which asks the keeper's log whether it is behind, and knows when this returns."""
        holder.served = holder.serve("-C", "held", "--witness", "witness", *words)

    def set_sources(self, holder, *sources, folder="held"):
        named = ", ".join(f'"{source if isinstance(source, str) else source.url}"' for source in sources)
        conf = holder.read(folder, "holder.conf")
        holder.write(re.sub(r"^sources = .*$", f"sources = {{{named}}}", conf, flags=re.M), folder, "holder.conf")

    @staticmethod
    def set_quorum(archive, quorum):
        path = os.path.join(archive, "archive.conf")
        with open(path, encoding="utf-8") as file:
            conf = file.read()
        with open(path, "w", encoding="utf-8") as file:
            file.write(re.sub(r'^quorum = .*$', f'quorum = "{quorum}"', conf, flags=re.M))

    def forge(self, letters, name="forged", start="early", tell="another letter\n"):
        """The keeper's own program and key, on an archive that was put back to `start`: a history of its own, so many records longer. It submits to no
        witness."""
        keeper = self.keeper
        if not os.path.isdir(keeper.path(name)):
            copy(keeper.path(start), keeper.path(name))
        for number in range(letters):
            keeper.write(tell + str(number), "told", f"told-{number}.txt")
        keeper.must("deposit", "-C", name, "told", "--each-file", "--quiet")

    def grow(self):
        """New records, a long file among them, that two and three have, and one has not yet."""
        for number in range(4, 7):
            self.keeper.write(f"letter {number}\n" * 1000, "new", f"letter-{number}.txt")
        self.keeper.write(random.Random(6).randbytes(5 << 19), "new", "map.tif")
        self.keeper.must("deposit", "-C", "archive", "--each-file", "new", "--quiet")
        self.sync(self.two)
        self.sync(self.three)
        self.attack()

    # ---- what is held against an attack

    def attack(self):
        """From here on steps are counted, and everything good is kept to be compared."""
        self.begun = {host.name: host.commands for host in self.network.hosts}
        for holder in self.holders:
            copy(holder.path("held"), os.path.join(hosts.PLACE, "good", holder.name))

    def detected(self, *who):
        """Now it is known: how many commands each of those had to run since the attack."""
        self.by += [(host.name, host.commands - self.begun[host.name]) for host in who]

    def detected_at_once(self, host, steps=1):
        """Where a scenario makes many attacks, and each was met by the one command that followed it (by none: the server refused it)."""
        self.by += [(host.name, steps)]

    def nothing_lost(self, *which, folder="held"):
        """What the holders had they have, byte for byte, and it audits clean."""
        for holder in which or self.holders:
            good = os.path.join(hosts.PLACE, "good", holder.name)
            for part in ("records", "log"):
                changed = differences(os.path.join(good, part), holder.path(folder, part))
                expect(not changed, f"{holder.name}: {part} changed: {changed[:4]}")
            holder.must("audit", "-C", folder, "--quiet")

    def nothing_taken_away(self, *which):
        """Whatever came in addition: each file of the records that the holders had is there as it was, and it audits clean."""
        for holder in which or self.holders:
            good = os.path.join(hosts.PLACE, "good", holder.name, "records")
            for where, _, names in os.walk(good):
                for name in names:
                    old = os.path.join(where, name)
                    new = holder.path("held", "records", os.path.relpath(old, good))
                    if name.startswith("inventory.json") and os.path.basename(where)[0] != "v":
                        continue  # the root's copy is the newest version's
                    expect(os.path.exists(new) and filecmp.cmp(old, new, shallow=False), f"{holder.name}: {new} is not as it was")
            holder.must("audit", "-C", "held", "--quiet")

    def sync(self, holder, *words, status=0, folder="held", **more):
        return holder.must("hold", "sync", "-C", folder, *words, status=status, **more)

    def same_as_keeper(self, *which, folder="held"):
        """All that the keeper has, and nothing else; its checkpoint, though perhaps cosigned by others."""
        for holder in which or self.holders:
            changed = differences(self.keeper.path("archive", "records"), holder.path(folder, "records"))
            changed += log_differences(self.keeper.path("archive", "log"), holder.path(folder, "log"))
            expect(changed in ([], ["checkpoint"]), f"{holder.name}: not as the keeper has it: {changed[:4]}")
            texts = [host.read(where, "log", "checkpoint").split("\n\n")[0] for host, where in ((self.keeper, "archive"), (holder, folder))]
            expect(texts[0] == texts[1], f"{holder.name}: another checkpoint than the keeper's: {texts}")
            holder.must("audit", "-C", folder, "--quiet")

    def convict(self, holder, folder="held"):
        """What a sync kept of two histories: a file that the reader judges with nothing but the policy."""
        kept = sorted(os.listdir(holder.path(folder, "evidence")), key=lambda name: os.stat(holder.path(folder, "evidence", name)).st_mtime_ns)
        shutil.copy(holder.path(folder, "evidence", kept[-1]), self.reader.path("kept.evidence"))
        done = self.reader.must("verify", "--evidence", "kept.evidence", "--policy", "policy", status=1)
        expect(done.out.startswith("contradiction"), f"the evidence is no proof: {done.text}")

    def secretly(self, host, archive, text):
        """Deposits without a word to the witnesses, who would be asked first, then has it submitted to them. What comes of the submission."""
        conf = host.read(archive, "archive.conf")
        host.write(self.keeper.read("early", "archive.conf"), archive, "archive.conf")
        host.write(text, "secret.txt")
        host.must("deposit", "-C", archive, "secret.txt", "--quiet")
        host.write(conf, archive, "archive.conf")
        return host.photostat("witness", "submit", "-C", archive)

    def cosignatures(self, archive="archive"):
        return self.keeper.read(archive, "log", "checkpoint").count("\u2014 witness.test/")


def main(extra=(), prepare=None):
    """Runs the scenarios of a file, or those whose attack has the word that is given; Usage: FILE PHOTOSTAT [WORD]"""
    hosts.enter()
    print(f"seed {seed}")
    world = World(os.path.abspath(sys.argv[1]), extra)
    passed = failed = 0
    begun = time.monotonic()
    world.build()
    if prepare is not None:
        prepare(world)
    print(f"an archive, its keeper, three holders and witnesses: {time.monotonic() - begun:.1f} s", flush=True)
    for run in scenarios:
        attack, by, steps, lost = run.row
        if len(sys.argv) > 2 and sys.argv[2] not in attack:
            continue
        begun = time.monotonic()
        try:
            world.begin()
            run(world)
            expect(world.by, "it was not detected")
            expect(str(max(count for _, count in world.by)) == steps, f"it was detected after {world.by} commands, not {steps}")
        except Skipped as why:
            print(f"skipped: {attack}: {why}")
        except Exception as fault:  # whatever it is, the next scenario begins anew
            failed += 1
            print(f"FAILED: {attack}")
            traceback.print_exception(fault)
        else:
            passed += 1
            print(f"| {attack} | {by} | {steps} | {lost} | {time.monotonic() - begun:.1f} s", flush=True)
    world.network.stop()
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)
