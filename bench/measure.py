#!/usr/bin/env python3
"""What photostat costs against the bare work and against its peers: one table of ratios, in Markdown, on standard output.

    measure.py --programs BUILD [--folder FOLDER] [--rounds N] [--quick] [--only ROW,...]

Each pair is taken alternately, first one then the other first, and medians are compared. Nothing is deleted between measurements of creation:
on ext4, creating files soon after deleting a large tree is many times slower. All is deleted at the end (--keep: not at all). The full run needs
some 50 GB and ten million inodes; --quick a hundredth of that, and says nothing but that the bench works. Rows: big texts audit log proof verify
memory growth sync news witness search.
"""

import argparse
import glob
import json
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import time

from holders import Holders

WORDS = """the of and to in a is that was he for it with as his on be at by had not are but from or have an they which one you were her all she there
would their we him been has when who will more no if out so said what up its about into than them can only other new some could time these two may
then do first any my now such like our over man me even most made after also did many before must through back years where much your way well down
should because each just those people how too little state good very make world still own see men work long get here between both life being under
never day same another know while last might us great old year off come since against go came right used take three letter paper hand night bed
photograph copy archive witness street window winter November train station doctor sister brother daughter village river bridge harbour ticket
money bread coat lamp ink pencil envelope stamp address newspaper report committee minister trial sentence prison border officer soldier widow
teacher library museum shelf box folder signature translation edition printer publisher reader proof margin note page line word silence answer
question promise secret rumour memory evidence""".split()


class Bench(Holders):
    def __init__(self, options):
        self.options = options
        self.folder = os.path.abspath(options.folder)
        self.photostat = os.path.join(os.path.abspath(options.programs), "src", "serving", "photostat")
        self.programs = os.path.join(os.path.abspath(options.programs), "bench")
        self.rounds = options.rounds or (3 if options.quick else 5)
        self.rows = []
        self.memory = []
        self.mounted = []
        self.random = random.Random(1927)
        os.makedirs(self.folder)
        self.environment = dict(os.environ, LC_ALL="C.UTF-8", RESTIC_PASSWORD="x", RESTIC_CACHE_DIR=self.path("restic-cache"),
                                BORG_BASE_DIR=self.path("borg-base"), BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK="yes")

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def say(self, text):
        print(text, file=sys.stderr, flush=True)

    def run(self, *words, memory=None):
        """Seconds; the most memory goes to the table of memory under that name."""
        words = [str(word) for word in words]
        done = subprocess.run([os.path.join(self.programs, "repeat"), "1", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                              cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(words)}: {done.stderr.decode('utf-8', 'replace')[-2000:]}")
        seconds, resident = done.stdout.decode().split()
        if memory:
            self.memory.append((memory, int(resident)))
        return float(seconds)

    def shell(self, script, *words):
        return self.run("sh", "-c", script, "sh", *words)

    def output(self, *words):
        return subprocess.run([str(word) for word in words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, cwd=self.folder,
                              env=self.environment, stdin=subprocess.DEVNULL).stdout.decode()

    def alternately(self, *jobs):
        """Medians of the seconds of each job, called with the round's number; the order turns with each round."""
        times = [[] for _ in jobs]
        for number in range(self.rounds):
            order = list(range(len(jobs)))
            order = order[number % len(order):] + order[:number % len(order)]
            for index in order:
                os.sync()
                times[index].append(jobs[index](number))
            self.say("  round %d: %s" % (number + 1, "  ".join("%.3f s" % job[-1] for job in times)))
        return [statistics.median(job) for job in times]

    def row(self, what, limit, measured, detail):
        self.rows.append((what, limit, measured, detail))
        self.say(f"{what}: {measured} (at most {limit}); {detail}")

    def init(self, name, parent=None):
        path = os.path.join(parent or self.folder, name)
        self.run(self.photostat, "init", path, "--origin", "bench.example/" + name)
        return path

    # ---- workloads -----------------------------------------------------------------------------------------------------

    def make_texts(self, count):
        paragraphs = []
        for _ in range(4000):
            words = self.random.choices(WORDS, k=self.random.randint(60, 140))
            paragraphs.append(" ".join(words).capitalize() + ".\n\n")
        for number in range(count):
            folder = self.path("texts", str(1900 + number % 40), "%02d" % (number // 40 % 12 + 1), "box-%d" % (number // 480 % 4))
            if number < 40 * 12 * 4:
                os.makedirs(folder, exist_ok=True)
            text = ["Letter %d, %032x\n\n" % (number, self.random.getrandbits(128))]
            size, wanted = 0, self.random.randint(4096, 12288)
            while size < wanted:
                text.append(paragraphs[self.random.randrange(4000)])
                size += len(text[-1])
            with open(os.path.join(folder, "letter-%05d.txt" % number), "w", encoding="utf-8") as file:
                file.write("".join(text))
        return self.path("texts")

    def make_big(self, count, megabytes):
        os.makedirs(self.path("big"))
        for number in range(count):
            with open(self.path("big", "scan-%02d.tif" % number), "wb") as file:
                for _ in range(megabytes):
                    file.write(os.urandom(1 << 20))
        return self.path("big")

    # ---- rows ----------------------------------------------------------------------------------------------------------

    def measure_big(self):
        count, megabytes = (4, 5) if self.options.quick else (40, 50)
        source = self.make_big(count, megabytes)
        archives = [self.init("big-archive-%d" % number) for number in range(self.rounds)]
        own, bare = self.alternately(
            lambda number: self.run(self.photostat, "deposit", "--quiet", "-C", archives[number], "--each", source,
                                    memory=f"deposit of {count} × {megabytes} MiB"),
            lambda number: self.shell('cp -r "$1" "$2" && sync', source, self.path("big-copy-%d" % number)))
        self.row(f"deposit of {count} × {megabytes} MiB, durable, against `cp -r` and `sync`", "1.3", "%.2f" % (own / bare),
                 "%.2f s against %.2f s" % (own, bare))
        self.audit("big files", archives[0])
        for path in glob.glob(self.path("big*")):
            shutil.rmtree(path)
        os.sync()

    def measure_texts(self):
        count = 500 if self.options.quick else 50000
        source = self.make_texts(count)
        archives = [self.init("texts-archive-%d" % number) for number in range(self.rounds)]

        there = []

        def copy(number):
            # In turned rounds the round's own records are not there yet; any round's are as good.
            return self.shell('cp -r "$1" "$2" && sync', os.path.join(there[number % len(there)], "records"), self.path("texts-copy-%d" % number))

        def deposit(number):
            seconds = self.run(self.photostat, "deposit", "--quiet", "-C", archives[number], "--each-file", source,
                               memory=f"deposit of {count} texts")
            there.append(archives[number])
            return seconds

        jobs, names = [deposit, copy], ["photostat", "cp -r records"]
        if shutil.which("restic"):
            for number in range(self.rounds):
                self.run("restic", "-q", "-r", self.path("restic-%d" % number), "init")
            jobs.append(lambda number: self.shell('restic -q -r "$1" backup "$2" && sync', self.path("restic-%d" % number), source))
            names.append("restic")
        if shutil.which("borg"):
            for number in range(self.rounds):
                self.run("borg", "init", "-e", "none", self.path("borg-%d" % number))
            jobs.append(lambda number: self.shell('borg create "$1::a" "$2" && sync', self.path("borg-%d" % number), source))
            names.append("borg")
        jobs.append(lambda number: self.shell('cp -r "$1" "$2" && sync', source, self.path("texts-source-copy-%d" % number)))
        names.append("cp -r sources")
        medians = dict(zip(names, self.alternately(*jobs)))
        detail = ", ".join("%s %.2f s" % (name, medians[name]) for name in names)
        self.row(f"deposit of {count} texts with `--each-file`, durable, logged, against `cp -r` of the resulting `records/` and `sync`", "0.6",
                 "%.2f" % (medians["photostat"] / medians["cp -r records"]), detail)
        peers = [medians[name] for name in ("restic", "borg") if name in medians]
        self.row("the same against the faster of `restic backup` and `borg create`", "2.0",
                 "%.2f" % (medians["photostat"] / min(peers)) if peers else "not measured",
                 detail if peers else "neither restic nor borg is installed")
        self.audit(f"{count} texts", archives[0])
        for name, words in (("index", ["index"]), ("list", ["list"]), ("list --csv", ["list", "--csv"]), ("log", ["log"])):
            self.run(self.photostat, words[0], "-C", archives[0], *words[1:], memory=f"{name}, {count} records")

    def audit(self, what, archive):
        lists = [self.path("list-a"), self.path("list-b")]
        files = sorted(os.path.join(where, name) for where, _, names in os.walk(os.path.join(archive, "records")) for name in names)
        files.sort(key=os.path.getsize)
        for number, path in enumerate(lists):
            with open(path, "w", encoding="utf-8") as file:
                file.write("\0".join(files[number::2]))
        script = 'xargs -0 -n 20000 openssl dgst -sha256 <"$1" >/dev/null & xargs -0 -n 20000 openssl dgst -sha256 <"$2" >/dev/null; wait'
        jobs = [lambda number: self.run(self.photostat, "audit", "--quiet", "-C", archive, memory=f"audit, {what}"),
                lambda number: self.shell(script, *lists)]
        for job in jobs:
            job(0)
        own, bare = self.alternately(*jobs)
        self.row(f"full audit, warm, {what}, against two `openssl dgst -sha256` processes over the same files", "1.15", "%.2f" % (own / bare),
                 "%.2f s against %.2f s" % (own, bare))

    def measure_log(self):
        entries, batch = (20000, 1000) if self.options.quick else (1000000, 10000)
        text = self.output(os.path.join(self.programs, "log_append"), self.path("log"), entries, batch, self.rounds)
        last = text.strip().split("\n")[-1]
        ratio, peak = last.split("median ratio ")[1].split(",")[0], int(last.split("peak ")[1].split(" ")[0])
        self.row(f"appending {entries} entries in batches of {batch}, each durable, against writing the same files with one `syncfs` a batch", "1.5",
                 ratio, text.strip().split("\n")[0])
        self.row("the same: resident memory", "32 MiB", "%.1f MiB" % (peak / 1024), "")

    def measure_proof(self):
        entries = 20000 if self.options.quick else 1000000
        text = self.output(os.path.join(self.programs, "log_proof"), self.path("proof"), entries, 1000, 2000, 21 if not self.options.quick else self.rounds)
        lines = text.strip().split("\n")
        self.row(f"proof for an entry of a log of {entries}: file reads", "8", lines[0].split("files read: ")[1].split(" ")[0], lines[0])
        self.row("the same: time against a log of 1000", "1.2", lines[-1].split("median ratio ")[1], lines[1])

    def measure_verify(self):
        archive = self.init("verify-archive")
        with open(self.path("note.txt"), "w", encoding="utf-8") as file:
            file.write("One photostat of it reached another pair of hands.\n" * 20)
        self.run(self.photostat, "deposit", "--quiet", "-C", archive, self.path("note.txt"), "--id", "note")
        self.run(self.photostat, "receipt", "--quiet", "-C", archive, "note", "note.txt", "-o", self.path("note.proof"))
        with open(self.path("policy"), "w", encoding="utf-8") as file:
            file.write(self.output(self.photostat, "policy", "-C", archive))
        times = 100 if self.options.quick else 500

        def many(*words):
            return float(self.output(os.path.join(self.programs, "repeat"), times, *words).split()[0])

        own, bare = self.alternately(
            lambda number: many(self.photostat, "verify", "--quiet", self.path("note.txt"), "--receipt", self.path("note.proof"), "--policy",
                                self.path("policy")),
            lambda number: many("openssl", "dgst", "-sha256", self.path("note.txt")))
        self.row("`verify` with a receipt, whole process, small file, against `openssl dgst -sha256` of it", "1.5", "%.2f" % (own / bare),
                 "%.2f ms against %.2f ms" % (own * 1000, bare * 1000))

    def measure_memory(self):
        count = 2000 if self.options.quick else 100000
        folder = self.path("many")
        os.makedirs(folder)
        for number in range(count):
            with open(os.path.join(folder, "page-%06d.txt" % number), "w", encoding="utf-8") as file:
                file.write("page %d\n" % number)
        archive = self.init("many-archive")
        with open(self.path("many-policy"), "w", encoding="utf-8") as file:
            file.write(self.output(self.photostat, "policy", "-C", archive))
        page = "page-000007.txt"
        commands = [
            ["deposit", folder, "--id", "many"], ["show", "many"], ["list"], ["log"], ["get", "many", "-o", self.path("many-out")],
            ["receipt", "many", "-o", self.path("many.proof")], ["receipt", "many", page, "-o", self.path("page.proof")],
            ["verify", self.path("many-out"), "--receipt", self.path("many.proof"), "--policy", self.path("many-policy")],
            ["verify", os.path.join(folder, page), "--receipt", self.path("page.proof"), "--policy", self.path("many-policy")],
            ["audit"], ["edit", "many", "title=Many pages"],
            ["event", "many", "--type", "transfer", "--date", "1927", "--agent", "A", "--note", "N"],
            ["deposit", folder, "--id", "many", "--new-version", "--meta", "title=More pages"],
            ["deposit", folder, "--id", "many", "--new-version", "--add", "--meta", "title=Still more pages"],
            ["access", "many", page, "closed", "--authority", "A", "--reason", "privacy"],
            ["expunge", "many", page, "--authority", "A", "--reason", "court-order", "--yes"], ["audit"], ["index"],
            ["validate", os.path.join(archive, "records")],
            ["bag", "export", "many", "-o", self.path("many-bag")], ["validate", self.path("many-bag")],
            ["bag", "import", self.path("many-bag")],
        ]
        for words in commands:
            name = " ".join(words[:2]) if words[0] == "bag" else words[0]
            options = [] if words[0] in ("verify", "validate") else ["-C", self.init("bag-archive") if name == "bag import" else archive]
            seconds = self.run(self.photostat, *words, *options, "--quiet", memory=f"{name}, a record of {count} files")
            self.say("  %-12s %.2f s, %.1f MiB" % (name, seconds, self.memory[-1][1] / 1024))

    def measure_growth(self):
        many, step = (2000, 200) if self.options.quick else (self.options.records, 1000)
        where = self.growth_folder(many)
        with open(os.path.join(where, "a.txt"), "w", encoding="utf-8") as file:
            file.write("A letter.\n")

        def table(first, count):
            path = os.path.join(where, "table.csv")
            with open(path, "w", encoding="utf-8") as file:
                file.write("path,id\n")
                file.writelines("a.txt,letter-%07d\n" % number for number in range(first, first + count))
            return path

        small, large = self.init("growth-small", where), self.init("growth-large", where)
        sizes = {small: 0, large: 0}

        def deposit(archive, count):
            path = table(sizes[archive], count)
            sizes[archive] += count
            os.sync()
            return self.run(self.photostat, "deposit", "--quiet", "-C", archive, "--csv", path, where, memory=f"deposit, {many} records there" if archive == large else None)

        deposit(small, 1000)
        while sizes[large] < many:
            seconds = deposit(large, min(50000, many - sizes[large]))
            self.say("  %d records; the last %d took %.1f s" % (sizes[large], min(50000, sizes[large]), seconds))
        after, before = self.alternately(lambda number: deposit(large, step), lambda number: deposit(small, step))
        self.row(f"cost of a record when there are {many}, against when there are 1000 ({step} records a deposit)", "1.2", "%.2f" % (after / before),
                 "%.0f µs against %.0f µs" % (after / step * 1e6, before / step * 1e6))

        def one(archive):
            path = table(sizes[archive], 1)
            sizes[archive] += 1
            os.sync()
            return self.run(self.photostat, "deposit", "--quiet", "-C", archive, "--csv", path, where)

        after, before = self.alternately(lambda number: one(large), lambda number: one(small))
        self.row("the same, one record a deposit, whole process", "1.2", "%.2f" % (after / before),
                 "%.1f ms against %.1f ms" % (after * 1000, before * 1000))
        for name, words in (("index", ["index"]), ("audit", ["audit"]), ("list", ["list"])):
            self.run(self.photostat, words[0], "--quiet", "-C", large, memory=f"{name}, {sizes[large]} records")

    def growth_folder(self, many):
        """A million small records are eleven million inodes: a file system of their own, in an image, where that can be mounted."""
        plain = self.path("growth-%d" % many)
        os.makedirs(plain)
        if many < 100000 or os.geteuid() != 0 or not shutil.which("mkfs.ext4"):
            return plain
        image = self.path("growth-%d.ext4" % many)
        with open(image, "wb") as file:
            file.truncate(many * 24 * 1024)
        subprocess.run(["mkfs.ext4", "-q", "-F", "-b", "1024", "-N", str(many * 12 + 200000), image],
                       check=True)
        if subprocess.run(["mount", "-o", "loop,noinit_itable", image, plain], check=False).returncode != 0:
            os.unlink(image)
        else:
            self.mounted.append(plain)
        return plain

    def measure_search(self):
        texts, records, size = (500, 2000, 8192) if self.options.quick else (50000, self.options.records, 2048)
        text = self.output(os.path.join(self.programs, "search_speed"), "index", self.path("search-index"), texts, 8192, self.rounds)
        lines = text.strip().split("\n")
        self.row(f"indexing {texts} texts of 8 KiB for search, against a bare FTS5 bulk insert", "1.5", lines[-1].split("median ratio ")[1].split(",")[0],
                 "; ".join(lines[-3:-1]))
        self.memory.append(("search, indexing", int(lines[-1].split("peak ")[1].split(" ")[0])))
        shutil.rmtree(self.path("search-index"))
        text = self.output(os.path.join(self.programs, "search_speed"), "queries", self.path("search-queries"), records, size, 100)
        limits = {"rare words": "1.2", "a word of every fifth record": "0.1"}
        for line in text.strip().split("\n"):
            name, detail = line[:30].strip(), line[30:].strip()
            self.row(f"search of {records} records, {name}, ten best with snippets, against FTS5's bm25", limits.get(name, ""), detail.split("ratio ")[1],
                     detail.split(": ratio")[0])
        shutil.rmtree(self.path("search-queries"))

    # ---- the table -----------------------------------------------------------------------------------------------------

    def machine(self):
        processor = "unknown processor"
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    processor = line.split(":", 1)[1].strip()
        with open("/proc/meminfo", encoding="utf-8") as file:
            memory = round(int(file.readline().split()[1]) / (1 << 20))
        kind = self.output("df", "--output=fstype", self.folder).split()[-1]
        system = "Linux"
        if os.path.exists("/etc/os-release"):
            with open("/etc/os-release", encoding="utf-8") as file:
                system = dict(line.rstrip().split("=", 1) for line in file if "=" in line).get("PRETTY_NAME", "Linux").strip('"')
        return "%s, %d cores, %d GiB, %s on %s, Linux %s; %s; medians of %d" % (
            processor, os.cpu_count(), memory, kind, system, platform.release(), self.output(self.photostat, "--version").strip(), self.rounds)

    def print_table(self):
        print(self.machine() + "\n")
        print("| what | at most | measured | |\n| --- | --- | --- | --- |")
        for what, limit, measured, detail in self.rows:
            print(f"| {what} | {limit} | {measured} | {detail} |")
        if self.memory:
            most = {}
            for name, resident in self.memory:
                most[name] = max(most.get(name, 0), resident)
            worst = max(most, key=most.get)
            print("| resident memory of any command | 64 MiB | %.1f MiB | %s |" % (most[worst] / 1024, worst))
            print("\nResident memory, MiB: " + "; ".join("%s %.1f" % (name, most[name] / 1024) for name in most) + ".")
        if self.options.quick:
            print("\nA quick run: small workloads, whose ratios mean little.")

    def end(self):
        for path in self.mounted:
            subprocess.run(["umount", path], check=False)
        if not self.options.keep:
            shutil.rmtree(self.folder)


def main():
    rows = ["big", "texts", "log", "proof", "verify", "memory", "growth", "sync", "news", "witness", "search"]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", required=True, metavar="BUILD")
    parser.add_argument("--folder", default="bench-work")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--records", type=int, default=1000000, help="records of the large archive of the row growth")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--only", default=",".join(rows))
    options = parser.parse_args()
    wanted = options.only.split(",")
    if set(wanted) - set(rows):
        parser.error("the rows are " + " ".join(rows))
    if os.path.exists(options.folder):
        parser.error(f"{options.folder} is there already; it must not be")
    bench = Bench(options)
    try:
        began = time.monotonic()
        for name in rows:
            if name in wanted:
                bench.say(f"== {name}")
                getattr(bench, "measure_" + name)()
        bench.print_table()
        bench.say("%.0f minutes" % ((time.monotonic() - began) / 60))
        with open(os.path.join(os.path.dirname(bench.programs), "measured.json"), "w", encoding="utf-8") as file:
            json.dump({"machine": bench.machine(), "rows": bench.rows, "memory": bench.memory}, file, indent=1, ensure_ascii=False)
    finally:
        bench.end()
    return 0


if __name__ == "__main__":
    sys.exit(main())
