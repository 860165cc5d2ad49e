"""Hosts with addresses of their own on one machine: network namespaces, each with one end of a cable (a veth pair) whose other end is plugged into a
switch (a bridge). Programs run there as processes of their own, and sockets can be had there; cables are pulled and put back.

All of it lives in namespaces of the test's own (network, mounts, processes), and files in a tmpfs there: however the test ends, `kill -9` too, the
kernel takes everything away with it. `enter` must come first."""
import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

PLACE = "/run"  # hidden by a file system of the test's own: the namespaces' names (ip netns), and all that hosts write
NETWORK = "10.77.0."
PORT = 1927
NEW_NETWORK = 0x40000000  # CLONE_NEWNET
ENTERED = "PHOTOSTAT_TEST_HOSTS"
libc = ctypes.CDLL(None, use_errno=True)


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def enter():
    """Goes on in namespaces of its own: the program is begun again there."""
    if os.environ.get(ENTERED) == "1":
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2g,mode=0755", "hosts", PLACE], check=True)
        return
    for program, package in (("ip", "iproute2"), ("unshare", "util-linux"), ("nsenter", "util-linux")):
        if shutil.which(program) is None:
            skip(f"there is no {program} here; install {package}")
    words = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if os.geteuid() != 0:
        words += ["--user", "--map-root-user"]
    tried = subprocess.run(words + ["sh", "-c", "ip link add switch type bridge && mount -t tmpfs hosts /run && ip netns add one"],
                           capture_output=True, text=True)
    if tried.returncode != 0:
        skip("no network namespaces can be made here; root can: " + (tried.stderr.strip().split("\n")[-1] or "no reason was given"))
    os.environ[ENTERED] = "1"
    sys.stdout.flush()
    os.execvp(words[0], words + [sys.executable] + sys.argv)


def children(pid):
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                if int(file.read().rpartition(")")[2].split()[1]) == pid:
                    found.append(int(name))
        except (FileNotFoundError, ProcessLookupError):
            pass
    return found


def ip(*lines):
    subprocess.run(["ip", "-batch", "-"], input="\n".join(lines), text=True, check=True)


class Done:
    """What became of a command."""

    def __init__(self, status, out, said, kib):
        self.status, self.out, self.said, self.kib = status, out, said, kib  # kib: resident at most

    @property
    def text(self):
        return self.out + self.said

    def lines(self, kind):
        """The lines of one type that --json printed."""
        found = [json.loads(line) for line in self.out.split("\n") if line.startswith("{")]
        return [line for line in found if line["type"] == kind]


class Host:
    def __init__(self, network, name):
        self.network, self.name = network, name
        self.address = NETWORK + str(len(network.hosts) + 1)
        self.url = f"http://{self.address}:{PORT}/"
        self.folder = os.path.join(PLACE, "photostat", name)
        self.commands = 0  # of the program that people ran here
        self.environment = dict(os.environ)
        self.processes = []
        os.makedirs(self.folder)
        subprocess.run(["ip", "netns", "add", name], check=True)
        ip(f"link add {name} type veth peer name wire netns {name}", f"link set {name} master {network.switch} up")
        subprocess.run(["ip", "-netns", name, "-batch", "-"], text=True, check=True,
                       input=f"link set lo up\naddr add {self.address}/24 dev wire\nlink set wire up")

    # ---- its cable

    def cut(self):
        """Pulls the cable: nobody reaches it, and it reaches nobody."""
        ip(f"link set {self.name} down")

    def heal(self):
        ip(f"link set {self.name} up")

    def narrow(self, rate):
        """What leaves this host leaves it at so many bits a second; False: this kernel cannot."""
        words = ["tc", "-netns", self.name, "qdisc", "replace", "dev", "wire", "root", "tbf", "rate", str(rate), "burst", "32k", "latency", "400ms"]
        return subprocess.run(words, capture_output=True, check=False).returncode == 0

    def widen(self):
        subprocess.run(["tc", "-netns", self.name, "qdisc", "del", "dev", "wire", "root"], capture_output=True, check=False)

    def plug(self, switch):
        ip(f"link set {self.name} master {switch} up")

    # ---- processes

    def start(self, *words, **more):
        """A process on this host; its output is read by who asks for it."""
        more.setdefault("stdout", subprocess.PIPE)
        more.setdefault("stderr", subprocess.PIPE)
        process = subprocess.Popen(["nsenter", f"--net={PLACE}/netns/{self.name}", *words], cwd=self.folder, env=self.environment,
                                   stdin=subprocess.DEVNULL, text=True, **more)
        self.processes.append(process)
        return process

    def photostat(self, *words, seconds=120):
        """Runs a command here, to its end."""
        self.commands += 1
        process = self.start(self.network.program, *words)
        said = []
        reader = threading.Thread(target=lambda: said.append(process.stderr.read()))
        reader.start()
        late = threading.Timer(seconds, process.kill)
        late.start()
        out = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        late.cancel()
        reader.join()
        process.returncode = os.waitstatus_to_exitcode(status)
        self.forget(process)
        if process.returncode == -signal.SIGKILL:
            raise AssertionError(f"{self.name}: photostat {' '.join(words)}: not over after {seconds} s\n{out}{said[0]}")
        return Done(process.returncode, out, said[0], usage.ru_maxrss)

    def must(self, *words, status=0, **more):
        """A command whose exit status is known."""
        done = self.photostat(*words, **more)
        if done.status != status:
            raise AssertionError(f"{self.name}: photostat {' '.join(words)}: exit {done.status} instead of {status}\n{done.text}")
        return done

    def serve(self, *words):
        """photostat serve at the host's address; returns when it listens."""
        log = open(os.path.join(self.folder, "served"), "a", encoding="utf-8")
        process = self.start(self.network.program, "serve", "--json", "--listen", f"{self.address}:{PORT}", *words, stderr=log)
        log.close()
        if not process.stdout.readline().startswith("{"):
            raise AssertionError(f"{self.name}: serve {' '.join(words)}\n{self.read('served')}")
        return process

    def kill(self, process, number=signal.SIGKILL):
        """When this returns, what it had begun is over too, by itself: a server's indexer would still write into the folders that are made anew."""
        begun = children(process.pid)
        process.send_signal(number)
        process.wait()
        self.forget(process)
        # An orphan is this process's child, the first of its namespace.
        late = time.monotonic() + 60
        while begun:
            begun = [pid for pid in begun if os.waitpid(pid, os.WNOHANG)[0] == 0]
            if begun and time.monotonic() > late:
                raise AssertionError(f"{self.name}: what a killed server had begun still runs after 60 s: {begun}")
            time.sleep(0.01 if begun else 0)

    def forget(self, process):
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
        self.processes.remove(process)

    def stop(self):
        """Ends all that runs here."""
        for process in list(self.processes):
            self.kill(process)

    # ---- files

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def read(self, *names):
        with open(self.path(*names), encoding="utf-8") as file:
            return file.read()

    def write(self, text, *names):
        path = self.path(*names)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        return path

    # ---- sockets of the test's own process

    def socket(self, listen=None):
        """A TCP socket that lives here: it is made by a thread that went there. `listen`: a port."""
        made = []

        def make():
            there = os.open(f"{PLACE}/netns/{self.name}", os.O_RDONLY)
            if libc.setns(there, NEW_NETWORK) != 0:
                made.append(OSError(ctypes.get_errno(), "setns"))
            else:
                made.append(socket.socket())
            os.close(there)

        thread = threading.Thread(target=make)
        thread.start()
        thread.join()
        if isinstance(made[0], OSError):
            raise made[0]
        if listen is not None:
            made[0].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made[0].bind((self.address, listen))
            made[0].listen(512)
        return made[0]

    def connect(self, other, port=PORT, seconds=30):
        one = self.socket()
        one.settimeout(seconds)
        one.connect((other.address, port))
        return one

    def ask(self, other, method, path, headers=(), body=b"", port=PORT):
        """One request from here, byte for byte as it is given: status, body."""
        with self.connect(other, port) as one:
            head = [f"{method} {path} HTTP/1.1", *headers]
            if not any(line.lower().startswith("host:") for line in headers):
                head.append(f"Host: {other.address}:{port}")
            head += [f"Content-Length: {len(body)}"] if body else []
            one.sendall("\r\n".join(head + ["Connection: close", "", ""]).encode() + body)
            answer = b""
            while piece := one.recv(65536):
                answer += piece
        head, _, rest = answer.partition(b"\r\n\r\n")
        return int(head.split()[1]), rest


class Network:
    """A switch, and the hosts on it."""

    def __init__(self, program, *names):
        self.program, self.switch, self.hosts = program, "switch", []
        for switch in (self.switch, "other"):
            ip(f"link add {switch} type bridge forward_delay 0", f"link set {switch} up")
        for name in names:
            self.hosts.append(Host(self, name))
        self.wait()

    def __getitem__(self, name):
        return next(host for host in self.hosts if host.name == name)

    def wait(self):
        """Until all cables carry: the first host reaches every other one."""
        for host in self.hosts[1:]:
            for _ in range(200):
                try:
                    self.hosts[0].connect(host, 9, seconds=1)
                except ConnectionRefusedError:
                    break
                except OSError:
                    time.sleep(0.02)

    def part(self, *some):
        """These hosts reach one another, and nobody else does."""
        for host in some:
            host.plug("other")

    def join(self):
        """One network again."""
        for host in self.hosts:
            host.plug(self.switch)
        self.wait()

    def stop(self):
        for host in self.hosts:
            host.stop()
            host.widen()
            host.plug(self.switch)
