#!/usr/bin/env python3
"""What a reader sees of a text: every note has its sign and leads there and back, also where the source has none; tables have rows; what is transcribed is read instead of what was
recognised; pages lead to their pictures; a paragraph has a permanent address that works without scripts; what is not read yet is not called absent; and whatever a document is like, a page of it is bounded.

    place_test.py PHOTOSTAT
"""

import html
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import urllib.parse
import zipfile
import zlib

sys.dont_write_bytecode = True
from served import WORK, Server, check, failures, run  # noqa: E402

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
MOST = 16 << 20  # bytes of a page


def write(name, content):
    path = os.path.join(WORK, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode())


def write_docx(name):
    types = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
    cells = "".join(f"<w:tr>{''.join(f'<w:tc><w:p><w:r><w:t>{cell}</w:t></w:r></w:p></w:tc>' for cell in row)}</w:tr>" for row in (("what", "price"), ("rope", "three"), ("lamp", "twelve")))
    body = ('<w:p><w:r><w:t>Found by Anna</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r><w:r><w:t>, and copied</w:t></w:r><w:r><w:footnoteReference w:id="3"/></w:r></w:p>'
            f"<w:tbl>{cells}</w:tbl><w:p><w:r><w:t>After the table.</w:t></w:r></w:p>")
    notes = "".join(f'<w:footnote w:id="{i}"><w:p><w:r><w:t>Note {i}.</w:t></w:r></w:p></w:footnote>' for i in (2, 3))
    with zipfile.ZipFile(os.path.join(WORK, name), "w") as package:
        package.writestr("[Content_Types].xml", types)
        package.writestr("word/document.xml", f'<w:document xmlns:w="{W}"><w:body>{body}</w:body></w:document>')
        package.writestr("word/footnotes.xml", f'<w:footnotes xmlns:w="{W}">{notes}</w:footnotes>')


def write_pdf(name):
    """Its notes as programs that set type make them: small raised digits, at the page's foot apart from their notes."""
    def line(x, y, text, size=12):
        return f"BT /F {size} Tf {x} {y} Td ({text}) Tj ET "

    content = "BT /F 12 Tf 60 740 Td (Found by Anna) Tj /F 7 Tf 5 Ts (1) Tj /F 12 Tf 0 Ts ( in the tin box below the stairs, and copied) Tj /F 7 Tf 5 Ts (2) Tj /F 12 Tf 0 Ts (.) Tj ET "
    content += "".join(line(60, 700 - 15 * i, f"The lantern was lit at {i + 4} in the evening of that day, and burned.") for i in range(5))
    content += line(60, 124, "1", 7) + line(72, 120, "In pencil.") + line(60, 104, "2", 7) + line(72, 100, "In 1931.")
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
               "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Times-Roman >> >> >> >>",
               f"<< /Length {len(content)} >>\nstream\n{content}\nendstream"]
    write(name, "%PDF-1.4\n" + "".join(f"{i + 1} 0 obj\n{text}\nendobj\n" for i, text in enumerate(objects)) + "trailer << /Root 1 0 R >>\n")


def png():
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 400, 600, 8, 0, 0, 0, 0)) + chunk(b"IDAT", zlib.compress((b"\0" + b"\xff" * 400) * 600)) + chunk(b"IEND", b"")


def alto(word):
    return (f'<alto xmlns="http://www.loc.gov/standards/alto/ns-v4#"><Layout><Page ID="p" WIDTH="400" HEIGHT="600"><PrintSpace><TextBlock ID="b"><TextLine HPOS="10" VPOS="10" WIDTH="90" HEIGHT="20">'
            f'<String CONTENT="{word}" HPOS="10" VPOS="10" WIDTH="90" HEIGHT="20"/></TextLine></TextBlock></PrintSpace></Page></Layout></alto>')


def tei(body, head="<title>Zinc plates, a letter</title>"):
    return f'<TEI xmlns="http://www.tei-c.org/ns/1.0"><teiHeader><fileDesc><titleStmt>{head}</titleStmt></fileDesc></teiHeader><text><body>{body}</body></text></TEI>'


def make_archive():
    run("init", "a", "--origin", "place.example.org")
    write_docx("note.docx")
    write_pdf("foot.pdf")
    for number in (1, 2, 3):
        write(f"leaves/leaf{number}.png", png())
        write(f"leaves/leaf{number}.xml", alto(f"Leafword{number}"))
    write("letter.xml", tei("<p>She wrote<note>In pencil.</note> it down.</p>"))
    write("many.xml", tei("<p>" + "".join(f"<note>note{i} {'&amp; ' * 500000}</note>word " for i in range(12)) + "</p><p>the end</p>", "<title>Many</title>"))
    write("signs.xml", tei("<p>" + "<note>x</note>w " * 150000 + "</p>", "<title>Signs</title>"))
    write("wide.xml", tei('<pb n="1"/>' + "".join(f"<p>{'&amp; ' * 400}</p>" for _ in range(9000)) + '<pb n="2"/><p>behind</p>', "<title>Wide</title>"))
    write("wide.png", png())
    write("long.txt", "".join(f"Paragraph{i} " + "& " * 2450 + "\n\n" for i in range(1500)))
    for name in ("note.docx", "foot.pdf", "letter.xml", "many.xml", "signs.xml", "long.txt"):
        run("deposit", "--quiet", "-C", "a", name, "--id", name.split(".")[0])
    run("deposit", "--quiet", "-C", "a", "leaves", "--id", "leaves")
    run("deposit", "--quiet", "-C", "a", "wide.xml", "wide.png", "--id", "wide")


def read_notes(server):
    for name, count in (("note", 2), ("letter", 1), ("foot", 2)):
        body = server.get(f"/r/{name}/read")[1]
        signs = re.findall(r'<a class="reference" role="doc-noteref" href="#(n\d+)" id="(from-n\d+)">([^<]+)</a>', body)
        backs = re.findall(r'<aside class="note" id="(n\d+)"[^>]*><a class="label" href="#(from-n\d+)"', body)
        check(len(signs) == count and sorted(backs) == sorted((note, back) for note, back, _ in signs), f"{name}: {signs} and back {backs}")
    rows = [re.findall(r'<p class="cell"[^>]*>([^<]*)</p>', row) for row in re.findall(r"<tr>(.*?)</tr>", server.get("/r/note/read")[1], re.S)]
    check(rows == [["what", "price"], ["rope", "three"], ["lamp", "twelve"]], f"rows {rows}")
    body = server.get("/r/letter/read")[1]
    check(re.search(r"<h1[^>]*>Zinc plates, a letter</h1>", body) is not None, "the title that the text has itself")


def read_leaves(server):
    body = server.get("/r/leaves/read")[1]
    check("Leafword1" in body and re.findall(r'<nav class="texts".*?</nav>', body, re.S)[0].count("<li>") == 3, "the transcription is read, once a leaf")
    for number in (1, 2, 3):
        body = server.get(f"/r/leaves/read/leaf{number}.xml")[1]
        check(re.search(rf'<a class="page" href="[^"]*/pages/{number}"[^>]*>page {number}</a>', body) is not None, f"leaf {number} leads to its picture")
        check(('rel="next"' in body) == (number < 3) and ('rel="prev"' in body) == (number > 1), f"leaf {number} leads to those beside it")
        check(f">page {number}</" in server.get(f"/r/leaves/pages/{number}")[1], f"beside its picture leaf {number} has its number")


def read_places(server):
    status, body, _ = server.get("/r/long/read/long.txt?cite=1&at=p1400")
    link = re.search(r'id="p1400"[^>]*>.*?<a class="here" href="([^"]+)"', body, re.S)
    check(status == 200 and link is not None, "a paragraph has a link")
    place = urllib.parse.urljoin("/r/long/read/long.txt", html.unescape(link.group(1)))
    said = re.search(r'<dd class="address">([^<]+)</dd>', body)
    check(said is not None and html.unescape(said.group(1)) == "https://place.example.org" + place, f"cited as {said and said.group(1)}, linked as {place}")
    check(place.startswith("/r/long@1/") and place.endswith("#p1400"), place)
    check(f"{html.unescape(said.group(1))}." in html.unescape(body), "the citation ends with it")
    check('id="p1400"' in server.get(urllib.parse.urldefrag(place).url)[1], "the server finds it without a script")


def read_bounded(server):
    for target in ("/r/many/read", "/r/signs/read", "/r/wide/pages/1"):
        status, body, _ = server.get(target)
        check(status == 200 and len(body) < MOST, f"{target}: {status}, {len(body)} bytes")
    # What does not fit beside its block stands where it is, and is reached from there.
    target, seen, links = "/r/many/read", set(), set()
    for _ in range(60):
        status, body, _ = server.get(target)
        check(status == 200 and len(body) < MOST, f"{target}: {status}, {len(body)} bytes")
        seen |= set(re.findall(r'<aside class="note" id="(n\d+)"', body))
        links |= set(re.findall(r'class="reference"[^>]* href="([^"]+)"', body))
        found = re.search(r'rel="next" href="([^"]+page=[^"]+)"', body)
        if found is None:
            break
        target = urllib.parse.urljoin(target, html.unescape(found.group(1)))
    check(len(seen) == 12, f"{len(seen)} of 12 notes")
    for link in links:
        at = urllib.parse.urljoin("/r/many/read/many.xml", html.unescape(link))
        check(f'id="{at.split("#")[1]}"' in server.get(at.split("#")[0])[1], f"{link} leads to its note")


def main():
    make_archive()
    server = Server()
    status, body, headers = server.get("/r/long/read/long.txt")
    check(status == 503 and headers["Retry-After"] is not None and "read out of its file" in body, f"not read yet: {status}")
    check(server.get("/r/long/read/none.txt")[0] == 404, "what is not there")
    server.stop()
    run("index", "--quiet", "-C", "a")
    server = Server()
    read_notes(server)
    read_leaves(server)
    read_places(server)
    read_bounded(server)
    hits = json.loads(server.get("/api/v1/search?q=leafword2")[1])["hits"]
    check(len(hits) == 1 and "leaf2.xml" in json.dumps(hits), f"search: {hits}")
    hits = json.loads(server.get("/api/v1/search?q=title:zinc")[1])["hits"]
    check([hit["title"] for hit in hits] == ["Zinc plates, a letter"], f"by the title that the text has itself: {hits}")
    server.stop()


try:
    main()
finally:
    shutil.rmtree(WORK, ignore_errors=True)
sys.exit(1 if failures else 0)
