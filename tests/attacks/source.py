#!/usr/bin/env python3
"""P3, P5, P9: sources and peers that lie, without the log's key. Usage: source.py PHOTOSTAT [WORD]"""
import os
import subprocess
import time

from attack import ORIGIN, copy, differences, expect, main, scenario
from evil import Relay, Server, fetch, send
from hosts import PORT

# KiB resident of any command; a sanitizer takes several times as much for itself
LIMIT = (64 if "PHOTOSTAT_TEST_CLOCK_LIBRARY" in os.environ else 512) << 10


def case(world, name):
    """A copy of what holder one has, with the evil host as its first source and holder two as its second."""
    one = world.one
    copy(one.path("held"), one.path(name))
    world.set_sources(one, world.evil, world.two, folder=name)
    return name


def whole_by_the_second(world, name, statuses=(0,), seconds=60):
    """One sync ends, in its memory, and has everything; what it says."""
    done = world.one.photostat("hold", "sync", "-C", name, seconds=seconds)
    expect(done.status in statuses, f"{name}: exit {done.status}: {done.text}")
    expect(done.kib <= LIMIT, f"{name}: {done.kib >> 10} MiB resident")
    world.same_as_keeper(world.one, folder=name)
    return done.text


@scenario("a forged checkpoint, without the log's key", "each holder, at its next sync; a new one, when it begins; the witnesses, who do not cosign it", 1)
def forged(world):
    """Another log under the same name, at the address where the keeper's was asked for: whoever is in the middle can do that."""
    evil, one = world.evil, world.one
    world.grow()
    evil.must("init", "archive", "--origin", ORIGIN, "--quiet")
    for number in range(20):
        evil.write(f"forged {number}\n", "in", f"forged-{number}.txt")
    evil.must("deposit", "-C", "archive", "in", "--each-file", "--quiet")
    evil.serve("-C", "archive")
    world.set_sources(one, evil)
    done = world.sync(one, status=1)
    expect("is not signed by the key" in done.text, f"not told: {done.text}")
    world.detected(one)
    world.nothing_lost(one)
    # It does not keep the holder from the others.
    expect("is not signed by the key" in whole_by_the_second(world, case(world, "forged"), (1,)), "not told")
    world.reader.must("hold", "init", "new", evil.url, "--policy", "policy", status=1)
    expect(not os.path.exists(world.reader.path("new")), "a folder was made for a forged log")
    for holder in world.holders:
        evil.must("witness", "add", holder.read("vkey").strip(), holder.url + "witness/", "--name", holder.name, "-C", "archive")
    done = evil.must("witness", "submit", "-C", "archive", status=1)
    expect("received: 0 of 3" in done.text and done.text.count("(403)") == 3, f"cosigned: {done.text}")


def flip(where):
    """Another bit in each answer whose path has the word."""

    def change(path, body):
        at = len(body) - len(body) // 30 - 1
        return body[:at] + bytes([body[at] ^ 4]) + body[at + 1:] if where in path else body

    return change


@scenario("content, inventories or entries that do not match the log", "each holder, at its next sync, which takes them from another one", 1)
def mismatch(world):
    world.grow()
    for where, statuses in (("/content/", (0,)), ("/versions/", (0,)), ("/inventory.json", (0,)), ("/tile/entries/", (1,))):
        name = where.strip("/").replace("/", "-")
        with Relay(world.evil, world.keeper, change=flip(where)) as relay:
            said = whole_by_the_second(world, case(world, name), statuses)
            expect(any(where in path for path in relay.seen), f"nobody asked for {where}: {relay.seen}")
            expect(world.evil.address in said, f"{where}: not told: {said}")
            # With nobody else there it is not taken, and comes when there is.
            copy(world.one.path("held"), world.one.path("alone"))
            world.set_sources(world.one, world.evil, folder="alone")
            done = world.one.photostat("hold", "sync", "-C", "alone")
            expect(done.status in (1, 3), f"{where}: taken: {done.text}")
            world.one.must("audit", "-C", "alone", "--quiet")
        world.set_sources(world.one, world.keeper, folder="alone")
        world.sync(world.one, folder="alone")
        world.same_as_keeper(world.one, folder="alone")
    world.detected_at_once(world.one)


# ---- answers that do not end as they should ------------------------------------------------------------------------------------------------


def truncated(request, body):
    request.send_response(200)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body[:len(body) * 2 // 3])
    request.close_connection = True


def endless(request, body):
    request.send_response(200)
    request.send_header("Transfer-Encoding", "chunked")
    request.end_headers()
    piece = b"%x\r\n" % len(body) + body + b"\r\n"
    while True:
        request.wfile.write(piece)


def gigantic(request, body):
    request.send_response(200)
    request.send_header("Content-Length", str(1 << 62))
    request.end_headers()
    request.wfile.write(body)
    while True:
        request.wfile.write(bytes(1 << 16))


def more_files(request, body):
    """Versions as they are, but the first file comes again and again."""
    start = body.index(b"\nfile ") + 1
    size, path = (int(word) for word in body[start:body.index(b"\n", start)].split()[1:])
    block = body[start:body.index(b"\n", start) + 1 + path + 1 + size + 1]
    request.send_response(200)
    request.send_header("Transfer-Encoding", "chunked")
    request.end_headers()
    request.wfile.write(b"%x\r\n" % start + body[:start] + b"\r\n")
    block *= 100
    while True:
        request.wfile.write(b"%x\r\n" % len(block) + block + b"\r\n")


def long_file(request, body):
    """Versions as they are up to the first file, which is said to be of 4 EiB."""
    start = body.index(b"\nfile ") + 1
    end = body.index(b"\n", start)
    path = int(body[start:end].split()[2])
    gigantic(request, body[:start] + b"file %d %d" % (1 << 62, path) + body[end:end + 1 + path + 1])


def instead(where, how, world):
    """Answers of the keeper, but those to paths with the word end in that way."""

    def act(request):
        if where not in request.path:
            return False
        status, _, body = fetch(request, world.evil, world.keeper)
        how(request, body if status in (200, 206) else b"?")
        return True

    return act


@scenario("endless, truncated and gigantic answers", "each holder, at its next sync, which goes on with another one, in 64 MiB and on a disk that is not filled", 1)
def answers(world):
    world.grow()
    one = world.one
    ways = [(where, how) for where in ("/checkpoint", "/tile/entries/", "/versions/", "/inventory.json", "/content/") for how in (truncated, endless, gigantic)]
    for where, how in ways + [("/versions/", more_files), ("/versions/", long_file)]:
        name = f"{how.__name__}-{where.strip('/').replace('/', '-')}"
        # A disk of its own, which is soon full.
        os.makedirs(one.path("disk"))
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m", "disk", one.path("disk")], check=True)
        try:
            case(world, "disk/" + name)
            with Relay(world.evil, world.keeper, act=instead(where, how, world)) as relay:
                whole_by_the_second(world, "disk/" + name)
                expect(any(where in path for path in relay.seen), f"nobody asked for {where}: {relay.seen}")
            left = os.listdir(one.path("disk", name, "incoming")) if os.path.isdir(one.path("disk", name, "incoming")) else []
            expect(not left, f"{name}: left in incoming/: {left}")
        finally:
            subprocess.run(["umount", one.path("disk")], check=True)
            os.rmdir(one.path("disk"))
    world.detected_at_once(world.one)


# ---- elsewhere ----------------------------------------------------------------------------------------------------------------------------------


@scenario("redirects to elsewhere", "each holder, at its next sync; nobody goes there", 1)
def redirects(world):
    """Elsewhere is a service that only the holder reaches, on its own host."""
    world.grow()
    one = world.one
    world.keeper.must("witness", "add", world.evil_witness, world.evil.url, "--name", "evil", "-C", "archive")
    for where in ("/checkpoint", "/tile/entries/", "/versions/", "/content/"):

        def act(request, where=where):
            if where not in request.path:
                return False
            request.send_response(302)
            request.send_header("Location", f"http://{one.address}:8080{request.path}")
            request.send_header("Content-Length", "0")
            request.end_headers()
            return True

        with Server(one, lambda request: send(request, 200, "text/plain", b"internal\n"), port=8080) as elsewhere:
            with Relay(world.evil, world.keeper, act=act) as relay:
                whole_by_the_second(world, case(world, "redirected-" + where.strip("/").replace("/", "-")))
                expect(any(where in path for path in relay.seen), f"nobody asked for {where}: {relay.seen}")
            with Server(world.evil, lambda request: act(request, "/")) as server:
                one.must("hold", "poll", "-C", "held", world.evil.url, status=1)
                done = world.keeper.photostat("witness", "submit", "-C", "archive")
                expect("refuses (302)" in done.text, f"not told: {done.text}")
                expect(len(server.seen) >= 2, "nobody came")
            expect(not elsewhere.seen, f"somebody went there: {elsewhere.seen}")
    world.detected_at_once(world.one)


# ---- holders who are none --------------------------------------------------------------------------------------------------------------------------


@scenario("a holder that claims all and has not", "any other holder's poll; whoever restores from it, and goes on with others", 1)
def claims(world):
    """It kept the log, the inventories and the sizes; the bytes are gone. Its status says that it knows everything."""
    three, one, reader = world.three, world.one, world.reader
    for where, _, names in os.walk(three.path("held", "records")):
        for name in names:
            if f"{os.sep}content{os.sep}" in os.path.join(where, name) and not name.startswith("photostat."):
                os.truncate(os.path.join(where, name), os.path.getsize(os.path.join(where, name)))
                with open(os.path.join(where, name), "r+b") as file:
                    size = file.seek(0, os.SEEK_END)
                    file.seek(0)
                    file.write(bytes(size))
    _, status = one.ask(three, "GET", "/api/v1/status")
    expect(b'"known":10' in status and b'"without":0' in status, f"it claims: {status}")
    done = one.must("hold", "poll", "-C", "held", three.url, "--json", status=1)
    polled = done.lines("polled")[0]
    expect(polled["wrong"] == polled["asked"] - polled["closed"] > 0, f"not all found: {polled}")
    world.detected(one)
    reader.must("hold", "restore", three.url, "-o", "again", "--key", "recovery.key", status=1)
    world.set_sources(reader, three, one, folder="again")
    done = reader.must("hold", "sync", "-C", "again", "--key", "recovery.key")
    lacking = differences(world.keeper.path("archive", "records"), reader.path("again", "records"))
    expect(not lacking, f"not given back: {lacking}: {done.text}")
    # Its own operator finds it, and mends it from the others.
    three.must("audit", "-C", "held", "--quiet", status=1)
    three.must("repair", "-C", "held")
    three.must("audit", "-C", "held", "--quiet")
    world.nothing_lost(world.one, world.two)


@scenario("requests replayed, or passed on to another server", "the server that is asked, at once", 0)
def replayed(world):
    """Somebody on the way takes down what an entitled holder asks, and asks the same from another host; and replays a submission to a witness."""
    keeper, one, evil = world.keeper, world.one, world.evil
    # One of the closed ones is not held any more: it is asked for again, signed.
    copy(one.path("held"), one.path("asking"))
    keeper.write("for the family alone, too\n", "closed-too.txt")
    keeper.must("deposit", "-C", "archive", "closed-too.txt", "--access", "closed", "--quiet")
    world.set_sources(one, evil, folder="asking")
    with Relay(evil, keeper, signed=True) as relay:
        done = one.photostat("hold", "sync", "-C", "asking")
        expect(done.status != 0 and "not known to be that" in done.text, f"passed on: {done.text}")
        heads = [(method, path, head) for method, path, head, _ in relay.heads if any("Signature-Input" in line for line in head)]
        expect(heads, "nothing was signed")
    # Known to the keeper under the name of the one in the middle, as a front server's is: then it counts, once.
    keeper.kill(keeper.served)
    keeper.served = keeper.serve("-C", "archive", "--name", f"{evil.address}:{PORT}")
    with Relay(evil, keeper, signed=True) as relay:
        time.sleep(1.1)  # what is signed in the second in which a server began may be older than it
        one.must("hold", "sync", "-C", "asking")
        heads = [(method, path, head) for method, path, head, _ in relay.heads if "/versions/" in path]
    for method, path, head in heads:
        for target in (keeper, world.two):
            status, body = evil.ask(target, method, path, head)
            expect(b"for the family alone" not in body, f"{target.name} gives what is closed to a replayed request")
            expect(status == (401 if target is keeper else 200) or (target is not keeper and status == 404), f"{target.name} answers {status}")
    # A submission that was taken down: the witness does not go back.
    with Relay(evil, world.two) as relay:
        conf = keeper.read("archive", "archive.conf")
        keeper.write(conf.replace(world.two.url, evil.url), "archive", "archive.conf")
        keeper.write("one more\n", "more.txt")
        keeper.must("deposit", "-C", "archive", "more.txt", "--quiet")
        keeper.write("and more\n", "and-more.txt")
        keeper.must("deposit", "-C", "archive", "and-more.txt", "--quiet")
        submitted = [(path, body) for method, path, _, body in relay.heads if method == "POST"]
    expect(len(submitted) >= 2, f"{len(submitted)} submissions")
    before = world.two.read("witness", "state", os.listdir(world.two.path("witness", "state"))[0])
    status, body = evil.ask(world.two, "POST", submitted[0][0], body=submitted[0][1])
    expect(status == 409, f"the witness answers {status} to an old submission: {body}")
    expect(before == world.two.read("witness", "state", os.listdir(world.two.path("witness", "state"))[0]), "its state changed")
    world.detected_at_once(keeper, 0)
    world.nothing_taken_away()


def prepare(world):
    world.evil_witness = world.evil.must("witness", "init", "witness", "witness.test/evil").out.split("\n")[0]


if __name__ == "__main__":
    main(prepare=prepare)
