"""The rows of the bench that are about holders: what following an archive costs, and being polled; a witness's answers (measure.py has the rest)."""

import os
import shutil
import socket
import statistics
import subprocess
import time


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Holders:
    """Mixed into Bench."""

    def serving(self, archive):
        """A process that serves the archive, and its URL."""
        port = free_port()
        server = subprocess.Popen([self.photostat, "serve", "-C", archive, "--listen", "127.0.0.1:%d" % port, "--quiet"],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, env=self.environment)
        self.wait_for(port)
        return server, "http://127.0.0.1:%d/" % port

    def wait_for(self, port):
        for _ in range(12000):  # a first reader catalogues what was deposited before it listens
            try:
                with socket.create_connection(("127.0.0.1", port), 1):
                    return
            except OSError:
                time.sleep(0.05)
        raise SystemExit("nobody listens at port %d" % port)

    def end_serving(self, server, name):
        """The most memory that it had goes to the table."""
        with open("/proc/%d/status" % server.pid, encoding="utf-8") as file:
            for line in file:
                if line.startswith("VmHWM:"):
                    self.memory.append((name, int(line.split()[1])))
        server.terminate()
        server.wait()

    def hold(self, name, url, parent=None):
        path = os.path.join(parent or self.folder, name)
        self.run(self.photostat, "hold", "init", path, url, "--quiet")
        return path

    def against_rsync(self, what, limit, archive, name):
        server, url = self.serving(archive)
        port = free_port()
        with open(self.path("rsyncd.conf"), "w", encoding="utf-8") as file:
            file.write("port = %d\naddress = 127.0.0.1\nuse chroot = no\nuid = %d\ngid = %d\n[records]\npath = %s\n" %
                       (port, os.getuid(), os.getgid(), os.path.join(archive, "records")))
        daemon = subprocess.Popen(["rsync", "--daemon", "--no-detach", "--config=" + self.path("rsyncd.conf")], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        self.wait_for(port)
        holders = [self.hold("%s-holder-%d" % (name, number), url) for number in range(self.rounds)]
        own, bare = self.alternately(
            lambda number: self.run(self.photostat, "hold", "sync", "-C", holders[number], "--quiet", memory="hold sync, " + what),
            lambda number: self.run("rsync", "-a", "rsync://127.0.0.1:%d/records/" % port, self.path("%s-rsync-%d" % (name, number)) + "/"))
        daemon.terminate()
        daemon.wait()
        self.end_serving(server, "serve, sync of " + what)
        self.row(f"first sync of {what}, durable, every byte verified, against `rsync -a` of the same tree from a daemon", limit, "%.2f" % (own / bare),
                 "%.2f s against %.2f s" % (own, bare))

    def measure_sync(self):
        if not shutil.which("rsync"):
            self.say("rsync is not installed")
            return
        count = 500 if self.options.quick else 50000
        source = self.path("texts") if os.path.isdir(self.path("texts")) else self.make_texts(count)
        archive = self.init("sync-texts")
        self.run(self.photostat, "deposit", "--quiet", "-C", archive, "--each-file", source)
        self.against_rsync("%d small records" % count, "1.3", archive, "texts")
        count, megabytes = (4, 5) if self.options.quick else (40, 50)
        source = self.make_big(count, megabytes)
        archive = self.init("sync-big")
        self.run(self.photostat, "deposit", "--quiet", "-C", archive, "--each", source)
        self.against_rsync("%d × %d MiB" % (count, megabytes), "1.3", archive, "big")

    def measure_news(self):
        """Ten new records, and a poll, in a large archive and in a small one."""
        many, few, polled = (2000, 200, 500) if self.options.quick else (self.options.records, 1000, 10000)
        where = self.growth_folder(many * 2)
        with open(os.path.join(where, "a.txt"), "w", encoding="utf-8") as file:
            file.write("A letter.\n")
        table = os.path.join(where, "table.csv")
        sides = {}
        for size in (few, polled, many):
            archive = self.init("news-%d" % size, where)
            for first in range(0, size, 50000):
                self.add_rows(table, archive, where, first, min(50000, size - first))
            server, url = self.serving(archive)
            holder = self.hold("news-holder-%d" % size, url, where)
            self.run(self.photostat, "hold", "sync", "-C", holder, "--quiet")
            sides[size] = [archive, server, url, holder, size]

        def sync(side):
            archive, holder = side[0], side[3]
            self.add_rows(table, archive, where, side[4], 10)
            side[4] += 10
            os.sync()
            return self.run(self.photostat, "hold", "sync", "-C", holder, "--quiet", memory="hold sync, up to %d records there" % many)

        own, bare = self.alternately(lambda number: sync(sides[many]), lambda number: sync(sides[few]))
        self.row(f"sync of 10 new records where there are {many}, against where there are {few}", "1.5", "%.2f" % (own / bare),
                 "%.1f ms against %.1f ms" % (own * 1000, bare * 1000))

        def poll(side):
            return self.run(self.photostat, "hold", "poll", "-C", side[3], side[2], "--quiet")

        own, bare = self.alternately(lambda number: poll(sides[many]), lambda number: poll(sides[polled]))
        self.row(f"a poll of 256 versions of {many} records, against one of {polled}", "1.2", "%.2f" % (own / bare),
                 "%.1f ms against %.1f ms" % (own * 1000, bare * 1000))
        for size, side in sides.items():
            self.end_serving(side[1], "serve, %d records" % size)

    def add_rows(self, table, archive, where, first, count):
        with open(table, "w", encoding="utf-8") as file:
            file.write("path,id\n")
            file.writelines("a.txt,letter-%07d\n" % number for number in range(first, first + count))
        self.run(self.photostat, "deposit", "--quiet", "-C", archive, "--csv", table, where)

    def measure_witness(self):
        requests = 80 if self.options.quick else 4000
        text = self.output(os.path.join(self.programs, "witness_load"), self.path("witness"), requests, self.rounds)
        lines = text.strip().split("\n")
        ratios = [float(line.rsplit(" ", 1)[1]) for line in lines[:-1]]
        self.row(f"{requests} `add-checkpoint` requests of 8 logs answered, state fsynced, against as many appends of 200 bytes with an fsync", "2.0",
                 "%.2f" % statistics.median(ratios), lines[0].rsplit(":", 1)[0])
