#!/usr/bin/env python3
"""Walks every page of the reading room, as a browser asks for it, beside things that are closed, embargoed, expunged or withdrawn (P6, P7).

    walk_test.py PHOTOSTAT [FOLDER OF photostat-extract]

Nothing of them may be in any answer; and what is closed is answered as what never was. Every page is well-formed, safe in its headers, without anything inline.
"""

import gzip
import html.parser
import http.client
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import urllib.parse
import zlib

PROGRAM = os.path.abspath(sys.argv[1])
VOID = {"br", "hr", "img", "input", "link", "meta", "wbr"}
failures = []


def check(condition, what):
    if not condition:
        failures.append(what)
        print(f"wrong: {what}")


class Page(html.parser.HTMLParser):
    """Collects links; finds what is not nested well, what is inline, ids given twice."""

    def __init__(self, path):
        super().__init__()
        self.path, self.links, self.stack, self.wrong, self.ids, self.fragments = path, [], [], [], set(), []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag not in VOID:
            self.stack.append(tag)
        for name in attributes:
            if name == "style" or name.startswith("on"):
                self.wrong.append(f"<{tag}> has {name}=")
        # The verifier that can be saved is one file: its own policy names its script and style by their digests.
        if not self.path.startswith("/verifier.html") and (tag == "style" or (tag == "script" and not attributes.get("src"))):
            self.wrong.append(f"inline <{tag}>")
        if tag == "img" and not attributes.get("alt"):
            self.wrong.append("<img> without alt")
        if "id" in attributes:
            if attributes["id"] in self.ids:
                self.wrong.append(f"id {attributes['id']} twice")
            self.ids.add(attributes["id"])
        for name in ("href", "src", "action"):
            if name in attributes:
                self.links.append(attributes[name])

    def handle_endtag(self, tag):
        if not self.stack or self.stack.pop() != tag:
            self.wrong.append(f"</{tag}> closes nothing")


class Server:
    def __init__(self, archive):
        self.process = subprocess.Popen([PROGRAM, "serve", "--json", "-C", archive, "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
        self.port = json.loads(self.process.stdout.readline())["port"]

    def get(self, path, method="GET", **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, headers={"Accept": "text/html,*/*;q=0.8", **headers})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, body

    def stop(self):
        self.process.terminate()
        self.process.wait()


def run(*arguments, may_fail=False):
    done = subprocess.run([PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, text=True)
    if done.returncode != 0 and not may_fail:
        sys.exit(f"photostat {' '.join(arguments)}: {done.stdout}{done.stderr}")
    return done.stdout


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def png(path, colour):
    """A picture of 300 by 200 pixels."""
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 300, 200, 8, 2, 0, 0, 0)) +
                   chunk(b"IDAT", zlib.compress((b"\0" + bytes(colour) * 300) * 200)) + chunk(b"IEND", b""))


# Words that stand in nothing that is open.
SECRETS = ["obfuscine", "vermilledge", "quorbital", "thrassenlied", "hidden-thing", "Zanzabar", "Mordaunt", "Umbrageous", "wexcombe", "plimthorpe", "brackenfold",
           "skeldergate", "nettlewick", "thornbury", "gorsefield", "marrowby", "cinderford", "dunmallard"]


def make(work):
    archive = os.path.join(work, "archive")
    run("init", archive, "--origin", "example.org/walk", "--title", "Walk", "--quiet")
    os.environ["PHOTOSTAT_ARCHIVE"] = archive
    letter = os.path.join(work, "letters")
    write(f"{letter}/open.txt", "Harbour, 3 May 1913\n\nDear Anna,\n\nthe ice is gone (1).\n\nYours,\n\nKarl\n\n(1) It came back.\n")
    write(f"{letter}/vermilledge.txt", "A page that is closed: obfuscine.\n")
    write(f"{letter}/brackenfold.txt", "A page that is expunged: skeldergate.\n")
    write(f"{work}/hidden.txt", "All of this is closed: quorbital.\n")
    write(f"{work}/later.txt", "Not before 2099: thrassenlied.\n")
    write(f"{work}/born.txt", "Closed from the beginning: wexcombe.\n")
    png(f"{letter}/a.png", (200, 0, 0))
    png(f"{letter}/thornbury.png", (0, 200, 0))
    png(f"{letter}/gorsefield.png", (0, 0, 200))
    os.makedirs(f"{work}/hidden")
    os.rename(f"{work}/hidden.txt", f"{work}/hidden/hidden.txt")
    png(f"{work}/hidden/p.png", (200, 200, 0))
    os.makedirs(f"{work}/marrowby")
    png(f"{work}/marrowby/p.png", (0, 200, 200))
    run("deposit", f"{work}/marrowby", "--id", "later-picture", "--meta", "title=marrowby", "--access", "embargo=2099-01-01")
    run("deposit", f"{work}/hidden", "--id", "hidden-thing", "--meta", "title=Umbrageous", "--meta", "creator=Mordaunt", "--meta", "spatial=Zanzabar",
        "--meta", "date=1666", "--meta", "language=tlh")
    run("deposit", letter, "--id", "letters", "--meta", "title=A letter <b>& more</b>", "--meta", "creator=Holm, Karl", "--meta", "date=1913-05-03",
        "--meta", "language=en", "--meta", "spatial=Harbour", "--meta", "relation=hidden-thing")
    run("edit", "letters", "description=The second word.")
    run("event", "letters", "--type", "custody", "--date", "1913~", "--agent", "Anna", "--note", "In a tin.", "--evidence", "hidden-thing")
    run("deposit", f"{letter}/open.txt", "--id", "letters/part", "--meta", "title=Part", "--meta", "isVersionOf=letters", "--meta", "isPartOf=letters")
    run("deposit", f"{letter}/open.txt", "--id", "letters/orphan", "--meta", "title=Orphan", "--meta", "isPartOf=hidden-thing")
    run("deposit", f"{work}/later.txt", "--id", "later", "--meta", "title=plimthorpe", "--access", "embargo=2099-01-01")
    run("deposit", f"{work}/born.txt", "--id", "born", "--meta", "title=nettlewick", "--access", "closed")
    write(f"{work}/cinderford.txt", "All of it is expunged: dunmallard.\n")
    png(f"{work}/cinderford.png", (9, 9, 9))
    for name in ("gone", "gone-closed"):
        run("deposit", f"{work}/cinderford.txt", f"{work}/cinderford.png", "--id", name)
    write(f"{work}/Ein Brief ans Meer.txt", "No title was given.\n")
    run("deposit", f"{work}/Ein Brief ans Meer.txt", "--id", "untitled")
    run("index", may_fail=True)
    with open(f"{archive}/archive.conf", encoding="utf-8") as file:
        conf = re.sub(r"(?m)^holders = .*", f'holders = {{"{HOLDER}"}}', file.read())
    with open(f"{archive}/archive.conf", "w", encoding="utf-8") as file:
        file.write(conf)
    return archive


HOLDER = "http://127.0.0.1:1/"  # where nobody is


def withdraw():
    run("expunge", "gone", "--authority", "Supreme Court", "--reason", "court-order", "--yes")
    run("access", "gone-closed", "closed", "--authority", "Board", "--reason", "privacy")
    run("expunge", "gone-closed", "--authority", "Supreme Court", "--reason", "court-order", "--yes")
    run("access", "hidden-thing", "closed", "--authority", "Board", "--reason", "privacy")
    run("access", "letters", "vermilledge.txt", "closed", "--authority", "Board", "--reason", "privacy")
    run("access", "letters", "thornbury.png", "closed", "--authority", "Board", "--reason", "privacy")
    run("expunge", "letters", "brackenfold.txt", "--authority", "Court", "--reason", "court-order", "--yes")
    run("expunge", "letters", "gorsefield.png", "--authority", "Court", "--reason", "court-order", "--yes")


# Of a picture, and of a record.
PICTURES = ("", "/info.json", "/full/max/0/default.jpg", "/full/!100,100/0/default.jpg", "/0,0,50,50/50,50/90/gray.png", "/full/max", "/full/9999,/0/default.jpg", "/x/y/z/a.b")
DOCUMENTS = ("manifest", "search?q=a", "search", "text/1", "text/2")


def pictures(server):
    """IIIF, after withdraw: what was shown a moment ago and lies in derived/ still is no longer there."""
    for suffix in PICTURES:
        for version in ("", "@1", "@2"):
            for absent in ("never-was-it", "xidden-thing"):
                alike(server, "hidden-thing", absent, f"/iiif/NAME{version}/1:p.png{suffix}")
            alike(server, "later-picture", "never-picture", f"/iiif/NAME{version}/1:p.png{suffix}")
            alike(server, "thornbury.png", "never-there1.png", f"/iiif/letters{version}/1:NAME{suffix}")
            alike(server, "gorsefield.png", "never-there2.png", f"/iiif/letters{version}/1:NAME{suffix}")
            for name in ("hidden-thing/1:p.png", "later-picture/1:p.png", "letters/1:thornbury.png", "letters/1:gorsefield.png"):
                record, picture = name.split("/")
                check(server.get(f"/iiif/{record}{version}/{picture}{suffix}")[0] == 404, f"{name}{suffix} is answered")
    for suffix in DOCUMENTS:
        alike(server, "hidden-thing", "never-was-it", f"/iiif/NAME/{suffix}")
        alike(server, "later-picture", "never-picture", f"/iiif/NAME/{suffix}")
        check(server.get(f"/iiif/hidden-thing/{suffix}")[0] == 404, f"{suffix} of what is closed is answered")
    for path in ("/iiif/letters/manifest", "/iiif/letters@1/manifest"):
        status, headers, body = server.get(path)
        check(status == 200 and len(json.loads(body)["items"]) == 1, f"{path} has other pages than the open one: {status}")
        check(not any(secret.encode() in body for secret in SECRETS), f"{path} tells of what is closed")
    check(server.get("/r/letters/pages/2")[0] == 404, "a page that is closed is counted")


def expunged(server):
    """That all of it is gone, and by whom and why, is said; of what was closed before, nothing (P6, P7)."""
    suffixes = ("", "@1", "/read", "/read/cinderford.txt", "/read/NAME", "/pages/1", "/pages/7", "/files/cinderford.txt", "/files/cinderford.png", "/files/NAME", "/receipt?file=cinderford.txt")
    for suffix in suffixes:
        for accept in ("text/html", "application/json"):
            if accept == "application/json" and suffix.startswith(("/read", "/pages")):
                continue
            status, headers, body = server.get(f"/r/gone{suffix}", Accept=accept)
            text = text_of(headers, body)
            check(status == 410, f"{suffix} of what is gone, as {accept}: {status}")
            check(("Supreme Court" in text and "court-order" in text) or (accept == "application/json" and suffix in ("", "@1")), f"{suffix} as {accept} says by whom and why")
            check("cinderford" not in re.sub("(files/|read/|file=)cinderford", "", text) and "dunmallard" not in text, f"{suffix} as {accept} tells what it was")
        alike(server, "gone-closed", "never-closed", f"/r/NAME{suffix}" if "NAME" not in suffix else f"/r/NAME{suffix.replace('NAME', 'x')}")
    for path in ("/iiif/NAME/1:cinderford.png/info.json", "/iiif/NAME/1:cinderford.png/full/max/0/default.jpg", "/iiif/NAME/1:x.png/info.json", "/iiif/NAME/manifest",
                 "/api/v1/records/NAME", "/api/v1/records/NAME@1"):
        status, headers, body = server.get(path.replace("NAME", "gone"))
        check(status == 410 and "Supreme Court" in text_of(headers, body), f"{path} of what is gone: {status}")
        alike(server, "gone-closed", "never-closed", path)
    for path in ("/", "/browse/recent", "/browse/arrangement", "/browse/titles", "/search?q=gone"):
        check("r/gone" not in text_of(*server.get(path)[1:]), f"{path} lists what is gone")
    check(json.loads(server.get("/api/v1/records/gone")[2])["expunctions"][0]["reason"] == "court-order", "the log's note, for programs")
    check(server.get("/r/gone/receipt")[0] == 410, "a receipt could prove nothing any more")
    check(server.get("/r/letters")[0] == 200, "what was expunged in part is there")


def known(server, archive):
    """The log page says what is known of holders, and asks nobody."""
    text = text_of(*server.get("/log")[1:])
    check(HOLDER in text and "without an answer that could be used" in text, "a holder who did not answer")
    with open(f"{archive}/log/checkpoint", encoding="utf-8") as file:
        size = int(file.read().split("\n")[1])
    for seen, words in ((size, "as far as the log here"), (size - 1, "1 entry behind the log here"), (size - 3, "3 entries behind the log here")):
        with open(f"{archive}/derived/holders", "w", encoding="utf-8") as file:
            file.write(f"photostat.holders/v1\n1700000000 {seen} 1700000000 {HOLDER}\n")
        text = text_of(*server.get("/log")[1:])
        check(f"showed the log with {seen} entries" in text and "2023" in text and words in text and "could be used" not in text, f"a holder who has seen {seen} entries")
    for rubbish in ("", "photostat.holders/v1\n1 x y http://\n\n- - -\n", "photostat.holders/v1\n0 - - " + HOLDER + "\n"):
        with open(f"{archive}/derived/holders", "w", encoding="utf-8") as file:
            file.write(rubbish)
        check("was never asked" in text_of(*server.get("/log")[1:]), f"what is forgotten: {rubbish!r}")


def in_words(server):
    text = text_of(*server.get("/r/untitled")[1:])
    check("<h1 dir=\"auto\">Ein Brief ans Meer.txt</h1>" in text, "a record without a title is called as its file was")
    check("It was given no title; this is what the file" in text and "given no title" not in text_of(*server.get("/r/letters")[1:]), "and that it has none is said")
    check("given no title" not in text_of(*server.get("/r/gone")[1:]), "of what was expunged nobody can say that")
    check("Ein Brief ans Meer.txt. Walk. https://" in text and "“Ein Brief ans Meer" not in text, "it is cited without the quotation marks of a title")
    check("<title>Ein Brief ans Meer.txt</title>" in text_of(*server.get("/feed")[1:]), "in the feed too")
    check(b"TI  - [Ein Brief ans Meer.txt]\r\n" in server.get("/r/untitled/citation.ris")[2], "in brackets, where programs read it")
    check("Ein Brief ans Meer.txt</a>" in text_of(*server.get("/browse/arrangement")[1:]), "in lists too")
    check(">plain text<" in text and ">reiner Text<" in text_of(*server.get("/r/untitled?ui=de")[1:]), "kinds of files are words")
    check(len(re.findall(r'<a class="permalink" href="[^"]*r/untitled(?:@1)?">https://example.org/walk/r/untitled', text)) == 2, "permanent addresses are links")
    found = text_of(*server.get("/search?q=title")[1:])
    if ">Kinds</h3>" in found:
        check(">plain text</a>" in found and ">text/plain</a>" not in found, "kinds in words where results are narrowed")
        check(re.search("type(%3A|:)%22text(%2F|/)plain%22", found), "and the query still says which")
    else:
        print("skipped: facets, for there is no index here")


def text_of(headers, body):
    if headers.get("content-encoding") == "gzip":
        body = gzip.decompress(body)
    return body.decode("utf-8", "replace")


def look(server, path, seen_kinds):
    status, headers, body = server.get(path)
    text = text_of(headers, body)
    for secret in SECRETS:
        check(secret.lower() not in text.lower(), f"{path} tells of {secret}")
    if not headers.get("content-type", "").startswith("text/html"):
        return status, []
    page = Page(path)
    page.feed(text)
    for wrong in page.wrong:
        check(False, f"{path}: {wrong}")
    check(not page.stack, f"{path}: left open: {page.stack}")
    policy = headers.get("content-security-policy", "")
    check("default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy, f"{path}: its policy is {policy!r}")
    check(headers.get("x-content-type-options") == "nosniff" and headers.get("referrer-policy") == "no-referrer", f"{path}: headers")
    seen_kinds.add(re.sub(r"\d+", "N", path.split("?")[0]))
    for link in page.links:
        if link.startswith("#"):
            check(link[1:] in page.ids, f"{path}: {link} leads nowhere")
    return status, [link for link in page.links if not link.startswith(("#", "http:", "https:", "mailto:", "data:"))]


def crawl(server, most=3000):
    waiting, seen, kinds = ["/"], set(), set()
    while waiting and len(seen) < most:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        status, links = look(server, path, kinds)
        check(status == (410 if re.match(r"/(r|api/v1/records)/gone(@1)?($|\?)", path) else 200), f"{path}, which a page links to: {status}")
        for link in links:
            target = urllib.parse.urljoin(f"http://x{path}", link)
            parts = urllib.parse.urlsplit(target)
            following = parts.path + (f"?{parts.query}" if parts.query else "")
            # the log's own files name everything that was ever logged, and are not the room's
            if parts.netloc == "x" and not parts.path.startswith("/tile/"):
                waiting.append(following)
    return seen, kinds


def alike(server, closed, absent, path):
    """What is closed and what never was get the same answer, but for the name that was asked for."""
    for method, asked in (("GET", {}), ("HEAD", {}), ("GET", {"Accept": "application/json"}), ("GET", {"Range": "bytes=0-3"}), ("GET", {"If-None-Match": "*"}), ("POST", {})):
        answers = []
        for name in (closed, absent):
            status, headers, body = server.get(path.replace("NAME", name), method, **asked)
            text = text_of(headers, body).replace(urllib.parse.quote(name), "NAME").replace(name, "NAME")
            # what depends on the name that was asked for, or on the clock
            kept = {key: value.replace(urllib.parse.quote(name), "NAME") for key, value in headers.items() if key not in ("date", "etag", "content-length")}
            answers.append((status, kept, text))
        check(answers[0] == answers[1], f"{method} {path} {asked}: {closed} and {absent} are answered differently: {answers[0][:2]} {answers[1][:2]}")


def main():
    if len(sys.argv) > 2:
        os.environ["PHOTOSTAT_EXTRACT"] = os.path.abspath(sys.argv[2])
    work = tempfile.mkdtemp(prefix="photostat-pages-")
    try:
        archive = make(work)
        server = Server(archive)
        # While it is open it is shown: else the test would find nothing in anything.
        status, headers, body = server.get("/r/hidden-thing")
        check(status == 200 and b"Mordaunt" in body, "the record is shown while it is open")
        check(b"Mordaunt" in server.get("/browse/people")[2], "and in lists")
        check(b"vermilledge" in server.get("/r/letters")[2], "and its files")
        etag = server.get("/r/letters")[1]["etag"]
        check(server.get("/r/letters", **{"If-None-Match": etag})[0] == 304, "the same page is not sent twice")
        drawn = server.get("/iiif/letters/1:a.png/info.json")[0] == 200
        if drawn:
            for path in ("letters@1/1:thornbury.png", "letters@1/1:gorsefield.png", "hidden-thing@1/1:p.png", "letters/1:thornbury.png"):
                for suffix in ("/info.json", "/full/max/0/default.jpg", "/0,0,50,50/50,50/90/gray.png"):
                    check(server.get(f"/iiif/{path}{suffix}")[0] == 200, f"{path}{suffix} is shown while it is open")
            check(len(json.loads(server.get("/iiif/letters/manifest")[2])["items"]) == 3, "three pages while they are open")
        else:
            print("skipped: pictures, for photostat-extract-pictures is not here")
        check("was never asked" in text_of(*server.get("/log")[1:]), "a holder who was never asked")
        check(server.get("/r/gone")[0] == 200, "what will be gone is there")
        withdraw()
        expunged(server)
        known(server, archive)
        in_words(server)
        # The very next answer knows.
        check(server.get("/r/hidden-thing")[0] == 404, "what was closed is shown from the cache")
        check(b"Mordaunt" not in server.get("/browse/people")[2], "what was closed is listed from the cache")
        check(server.get("/r/letters", **{"If-None-Match": etag})[0] == 200, "an old page is taken for the new one")
        seen, kinds = crawl(server)
        print(f"{len(seen)} pages, {len(kinds)} kinds")
        for kind in ("/", "/log", "/log/N", "/about", "/browse/people", "/browse/places", "/browse/dates", "/browse/languages", "/browse/arrangement",
                     "/browse/recent", "/r/letters", "/r/letters@N", "/compare"):
            check(kind in kinds, f"no page of the kind {kind} was met")
        if server.get("/r/letters/read/open.txt")[0] == 200:
            check("/r/letters/read/open.txt" in seen, "the text was not met")
        else:
            print("skipped: reading views, for photostat-extract is not here")
        for language in ("de", "ru", "fr", "en"):
            for path in ("/", "/r/letters", "/log", "/about", "/nothing", "/browse/dates"):
                status, _ = look(server, f"{path}?ui={language}", kinds)
                check(status == (404 if path == "/nothing" else 200), f"{path}?ui={language}: {status}")
            text = text_of(*server.get("/", **{"Accept-Language": f"xx, {language};q=0.8, en;q=0.1"})[1:])
            check(f'<html lang="{language}"' in text, f"Accept-Language: {language} is not followed")
        if drawn:
            pictures(server)
        # what guessers ask
        for path in ("/r/NAME", "/r/NAME@1", "/r/NAME/read", "/r/NAME/read/hidden.txt", "/r/NAME/pages/1", "/r/NAME/files/hidden.txt", "/r/NAME/receipt",
                     "/compare?a=NAME&b=letters", "/compare?a=letters&b=NAME/hidden.txt", "/search?q=NAME"):
            for absent in ("never-was-it", "xidden-thing"):
                alike(server, "hidden-thing", absent, path)
                alike(server, "later", "never", path)
        for path in ("/r/letters/files/NAME", "/r/letters/read/NAME", "/r/letters@1/files/NAME", "/r/letters@1/read/NAME", "/compare?a=letters/NAME&b=letters/part"):
            alike(server, "vermilledge.txt", "never-there1.txt", path)
            alike(server, "brackenfold.txt", "never-there2.txt", path)
        for path in ("/browse/people?is=NAME", "/browse/places?is=NAME", "/browse/languages?is=NAME"):
            for secret in ("Mordaunt", "Zanzabar", "tlh"):
                alike(server, secret, "Q" + secret[1:], path)
        alike(server, "1666", "1667", "/browse/dates?from=NAME&to=NAME")
        # what is hostile
        for path in ("/r/" + "a/" * 4000, "/r/letters/read/" + "%2e%2e/" * 50, "/search?q=" + "%3Cscript%3E" * 20, "/browse/dates?from=-1&to=99999999999999999999",
                     "/log?page=99999999999", "/log/18446744073709551615", "/log/x", "/browse/people?page=0", "/compare?a=" + "x" * 3000 + "&b=%00", "/assets/../../archive.conf",
                     "/r/letters?ui=%22%3E%3Cscript%3E", "/%ff%fe", "/r/letters/pages/999999999999"):
            status, headers, body = server.get(path)
            check(status in (200, 400, 404), f"{path[:60]}: {status}")
            check(b"<script>" not in body, f"{path[:60]}: what was typed is not escaped")
        check(b"&lt;b&gt;&amp; more" in server.get("/r/letters")[2], "a title is not escaped as it should be")
        status, headers, body = server.get("/r/letters", **{"Accept-Encoding": "gzip"})
        check(headers.get("content-encoding") == "gzip" and b"A letter" in gzip.decompress(body), "no page comes compressed")
        check(json.loads(server.get("/r/letters", Accept="application/json")[2])["id"].endswith("/r/letters"), "programs get JSON as before")
        # served under a prefix, every link still leads below it
        text = text_of(*server.get("/r/letters/part")[1:])
        check(not re.search(r'(?:href|src|action)="/', text), "a link is not relative")
        server.stop()
    finally:
        shutil.rmtree(work)
    print("all well" if not failures else f"{len(failures)} findings")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
