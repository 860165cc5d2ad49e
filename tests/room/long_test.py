#!/usr/bin/env python3
"""A text that is too long for one page is shown in pieces, which together are all of it; hits and notes lead to the piece in which they stand; as TEI it is refused
in words. A text of one endless line is shown as far as it goes.

    long_test.py PHOTOSTAT
"""

import html
import json
import os
import re
import shutil
import sys
import urllib.parse

sys.dont_write_bytecode = True
from served import WORK, Server, check, failures, run  # noqa: E402

PARAGRAPHS = 2400


def make_archive():
    run("init", "a", "--origin", "long.example.org")
    for name, text in (("long", "".join(f"Paragraph{i} " + "& " * 2450 + "\n\n" for i in range(PARAGRAPHS))), ("line", "word& " * 700000), ("short", "A letter.\n\nIts end.\n")):
        with open(os.path.join(WORK, f"{name}.txt"), "w", encoding="utf-8") as file:
            file.write(text)
        run("deposit", "--quiet", "-C", "a", f"{name}.txt", "--id", name)
    run("index", "--quiet", "-C", "a")


def turn(base, body, relation):
    found = re.search(rf'rel="{relation}" href="([^"]+)"', body)
    return urllib.parse.urljoin(base, html.unescape(found.group(1))) if found else None


def blocks(body):
    return [int(number) for number in re.findall(r'<p class="paragraph" id="p(\d+)"', body)]


def main():
    make_archive()
    server = Server()
    seen, pieces, target, last = [], [], "/r/long/read/long.txt", None
    while target is not None and len(pieces) < 100:
        status, body, _ = server.get(target)
        check(status == 200, f"{target}: {status}")
        check(len(body) < 16 << 20, f"a piece has {len(body)} bytes")
        check(last is None or turn(target, body, "prev") is not None, "a way back")
        seen += blocks(body)
        pieces.append(blocks(body))
        last, target = target, turn(target, body, "next")
    check(seen == list(range(1, PARAGRAPHS + 1)), f"{len(seen)} of {PARAGRAPHS} paragraphs, in {len(pieces)} pieces")
    check(len(pieces) > 2, f"{len(pieces)} pieces")
    for wanted in (1, 1200, PARAGRAPHS):
        check(wanted in blocks(server.get(f"/r/long/read/long.txt?at=p{wanted}")[1]), f"the piece with block {wanted}")
    for odd in ("page=0", "page=x", "page=99999", "at=p99999999", "at=%3Cscript%3E", "at="):
        status, body, _ = server.get(f"/r/long/read/long.txt?{odd}")
        check(status == 200 and blocks(body) == pieces[0], f"{odd}: {status}")
    hit = json.loads(server.get("/api/v1/search?q=paragraph1500")[1])["hits"][0]
    number = int(hit["block"][1:])
    check(number in blocks(server.get(urllib.parse.urldefrag(hit["url"]).url.replace("https://long.example.org", ""))[1]), f"a hit leads to its piece: {hit['url']}")
    link = re.search(r'class="title"[^>]* href="([^"#]+)#p(\d+)"', server.get("/search?q=paragraph1500")[1])
    check(link is not None and int(link.group(2)) in blocks(server.get(urllib.parse.urljoin("/search", html.unescape(link.group(1))))[1]), "so does one of the results page")
    status, body, _ = server.get("/r/line/read/line.txt")
    check(status == 200 and body.count("word&amp;") > 100000 and 'class="notice"' in body, f"one endless line: {status}")
    status, body, headers = server.get("/r/long/tei/long.txt")
    check(status == 413 and headers["Content-Type"].startswith("text/plain") and "too long" in body, f"as TEI: {status} {body[:100]}")
    status, body, _ = server.get("/r/short/read/short.txt")
    check(status == 200 and len(blocks(body)) == 2 and 'class="pieces"' not in body and 'class="notice"' not in body, "a short one is whole")
    check(server.get("/r/short/tei/short.txt")[0] == 200, "a short one as TEI")
    server.stop()


try:
    main()
finally:
    shutil.rmtree(WORK, ignore_errors=True)
sys.exit(1 if failures else 0)
