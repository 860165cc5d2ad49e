#!/usr/bin/env python3
"""P9, P10: who answers slowly, or asks slowly, holds nobody up. Usage: slow.py PHOTOSTAT [WORD]"""
import os
import random
import resource
import socket
import threading
import time

from attack import at_once, copy, expect, full, main, scenario
from evil import Relay, Server, fetch
from hosts import PORT

LIMIT = 100  # seconds: three times the half minute that a source may be silent, and some for a busy machine
CLIENTS = 200


def drip(request, body):
    """As it should be, but two bytes a second."""
    request.send_response(200)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    for byte in body:
        request.wfile.write(bytes([byte]))
        request.wfile.flush()
        time.sleep(0.5)


def silent(request, _):
    time.sleep(300)


@scenario("answers that come a byte now and then, or never", "each holder, in the same sync, after half a minute; a slow witness is not waited for once the others are a quorum", 1)
def answers(world):
    """Each place where an answer may be slow, all at once: a copy of what holder one has for each, with the slow source before a good one."""
    world.grow()
    one, evil = world.one, world.evil
    ways = [(where, how) for where in ("/checkpoint", "/tile/entries/", "/versions/", "/inventory.json", "/content/") for how in (drip, silent)]
    relays, calls = [], []

    def slow_source(number, where, how):
        def act(request):
            if where not in request.path:
                return False
            status, _, body = fetch(request, evil, world.keeper)
            how(request, body if status in (200, 206) else b"?")
            return True

        name = f"{how.__name__}-{number}"
        relays.append(Relay(evil, world.keeper, act=act, port=PORT + number).__enter__())
        copy(one.path("held"), one.path(name))
        world.set_sources(one, f"http://{evil.address}:{PORT + number}/", world.two, folder=name)

        def call():
            begun = time.monotonic()
            done = one.photostat("hold", "sync", "-C", name, seconds=LIMIT)
            took = time.monotonic() - begun
            expect(done.status == 0, f"{name}, {where}: exit {done.status}: {done.text}")
            expect(f":{PORT + number}" in done.text, f"{name}, {where}: not told: {done.text}")
            expect(took > 5, f"{name}, {where}: nothing was slow")
            return took

        calls.append(call)

    for number, (where, how) in enumerate(ways):
        slow_source(number, where, how)

    def slow_witness():
        world.keeper.must("witness", "add", world.evil_witness, f"http://{evil.address}:{PORT + 100}/", "--name", "evil", "-C", "archive")
        begun = time.monotonic()
        world.keeper.write("more\n", "more.txt")
        done = world.keeper.must("deposit", "-C", "archive", "more.txt")
        expect("\nwitnessed: 3 of 4" in done.text, f"not witnessed by the others: {done.text}")
        return time.monotonic() - begun

    took = at_once(*calls)
    with Server(evil, lambda request: drip(request, bytes(1000)), port=PORT + 100):
        deposit = slow_witness()
    for relay in relays:
        relay.shutdown()
        relay.socket.close()
    print(f"slow sources cost a sync {min(took):.0f} to {max(took):.0f} s; a deposit beside a slow witness takes {deposit:.1f} s")
    for number, (_, how) in enumerate(ways):
        expect(not os.path.exists(one.path(f"{how.__name__}-{number}", "staging", "take")), "something was left staged")
        one.must("audit", "-C", f"{how.__name__}-{number}", "--quiet")
    world.detected_at_once(one)
    world.nothing_lost(one)


class SlowClients:
    """Sockets that say a byte of a request now and then, or ask for much and read nothing of it, or send a body that does not come to its end."""

    HEADS = (b"GET /checkpoint HTTP/1.1\r\nHost: keeper\r\nX-Slow: " + b"a" * 500,
             b"POST /api/v1/poll HTTP/1.1\r\nHost: keeper\r\nContent-Length: 60000\r\n\r\n" + b"p" * 500)
    WHOLE = b"GET /api/v1/versions/0-256 HTTP/1.1\r\nHost: keeper\r\n\r\n" * 3

    def __init__(self, host, to, count, tell=True):
        self.sockets, self.going, self.gone, self.tell = [], True, 0, tell
        for number in range(count):
            one = host.connect(to)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            self.sockets.append((one, None if number % 3 == 2 else self.HEADS[number % 3]))
            if number % 3 == 2:
                one.sendall(self.WHOLE)
        self.thread = threading.Thread(target=self.go_on)
        self.thread.start()

    def go_on(self):
        at = 0
        while self.going:
            for one, words in self.sockets:
                try:
                    if words is not None:
                        one.sendall(words[at % len(words):at % len(words) + 1])
                except OSError:
                    self.gone += 1
            at += 1
            time.sleep(0.5)

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.going = False
        self.thread.join()
        for one, _ in self.sockets:
            one.close()


def fresh(world, name):
    world.reader.must("hold", "init", name, world.keeper.url, "--policy", "policy")
    begun = time.monotonic()
    world.reader.must("hold", "sync", "-C", name, seconds=LIMIT)
    took = time.monotonic() - begun
    world.reader.must("audit", "-C", name, "--quiet")
    return took


@scenario("200 slow clients while a holder syncs", "nobody needs to: the sync ends", 0)
def load(world):
    keeper = world.keeper
    for number in range(4000 if full else 600):
        keeper.write(f"page {number}\n" * 50, "many", f"page-{number}.txt")
    for number in range(4):
        keeper.write(random.Random(number).randbytes(10 << 20), "many", f"scan-{number}.tif")
    keeper.must("deposit", "-C", "archive", "--each-file", "many", "--quiet")
    without = fresh(world, "without")
    with SlowClients(world.evil, keeper, CLIENTS) as slow:
        time.sleep(1)
        beside = fresh(world, "beside")
        _, status = world.reader.ask(keeper, "GET", "/api/v1/status")
        expect(b'"type":"status"' in status, "nobody else is answered")
        expect(slow.gone < CLIENTS // 10, f"{slow.gone} of the slow clients were sent away: it was no load")
    print(f"a sync of {4004 if full else 604} records, 40 MiB in long files: {without:.1f} s; beside {CLIENTS} slow clients: {beside:.1f} s")
    world.detected_at_once(keeper, 0)
    world.nothing_lost()


@scenario("one address takes all connections that there are", "the server", 0)
def greedy(world):
    """More connections than it serves at once. From one address it takes a quarter of those."""
    keeper = world.keeper
    with SlowClients(world.evil, keeper, 1200) as slow:
        time.sleep(2)
        took = fresh(world, "beside")
        expect(slow.gone > 800, f"of 1200 connections {1200 - slow.gone} were taken")
    print(f"a sync beside 1200 connections from one address: {took:.1f} s")
    world.detected_at_once(keeper, 0)
    world.nothing_lost()


def prepare(world):
    world.evil_witness = world.evil.must("witness", "init", "witness", "witness.test/evil").out.split("\n")[0]
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096) if soft < 4096 else soft, hard))


if __name__ == "__main__":
    main(prepare=prepare)
