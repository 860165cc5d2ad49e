#!/usr/bin/env python3
"""A page that was scanned on its side or on its head is read as it stands upright, and its words have their boxes where they are on the picture as it lies there.

    turned_test.py PHOTOSTAT
"""

import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

PROGRAM = os.path.abspath(sys.argv[1])
WORK = tempfile.mkdtemp(prefix="photostat-turned-")
LINES = ["The keeper of the harbour light writes every evening", "what ships have passed, and whether the lantern burned", "without a fault until the morning. Nobody reads it,", "but he was told that it must be written, and so it is.",
         "In the winter of that year the lantern failed twice,", "and twice he rowed across the sound to fetch the oil.", "The book has a page for each of these nights, and on", "both of them there is a drawing of the boat.", "Somebody has cut out the third page with a knife."]
failures = []


def check(condition, what):
    if not condition:
        failures.append(what)
        print(f"wrong: {what}", flush=True)


def run(*words):
    done = subprocess.run([PROGRAM, *words], cwd=WORK, stdin=subprocess.DEVNULL, capture_output=True)
    if done.returncode != 0:
        sys.exit(f"{words} ended with {done.returncode}: {done.stderr.decode()}")


def page():
    """Rows of grey: a page that poppler draws."""
    content = "BT /F 15 Tf 60 740 Td 22 TL " + " ".join(f"({line}) Tj T*" for line in LINES) + " ET"
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
               "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Times-Roman >> >> >> >>",
               f"<< /Length {len(content)} >>\nstream\n{content}\nendstream"]
    pdf = "%PDF-1.4\n" + "".join(f"{i + 1} 0 obj\n{text}\nendobj\n" for i, text in enumerate(objects)) + "trailer << /Root 1 0 R >>\n"
    with open(os.path.join(WORK, "page.pdf"), "w", encoding="ascii") as file:
        file.write(pdf)
    grey = subprocess.run(["pdftoppm", "-r", "150", "-gray", "page.pdf"], cwd=WORK, capture_output=True, check=True).stdout
    width, height = (int(number) for number in grey.split(b"\n", 3)[1].split())
    return [grey[len(grey) - width * height + y * width:][:width] for y in range(height)]


def turn(rows):
    """A quarter, clockwise."""
    return [bytes(column) for column in zip(*reversed(rows))]


def write_png(name, rows):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    with open(os.path.join(WORK, name), "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 0, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows))) + chunk(b"IEND", b""))


def words(archive):
    """Of the one text that an archive has: each word with its box."""
    for folder, _, names in os.walk(os.path.join(WORK, archive, "derived", "text")):
        for name in names:
            if name.endswith(".json"):
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    lines = [json.loads(line) for line in file]
                blocks = [line for line in lines if "id" in line]
                return lines[1], [(blocks[box[0]]["text"].encode()[box[1]:box[1] + box[2]].decode(), box[3:]) for line in lines if "boxes" in line for box in line["boxes"]]
    return None, []


def is_dark(rows, box):
    x, y, width, height = box
    area = [row[x:x + width] for row in rows[y:y + height]]
    return area != [] and min(min(row, default=255) for row in area) < 100


def main():
    rows = page()
    for quarters in range(4):
        write_png(f"turned{quarters}.png", rows)
        run("init", f"a{quarters}", "--origin", "turned.example.org")
        run("deposit", "--quiet", "-C", f"a{quarters}", f"turned{quarters}.png", "--id", "turned", "--meta", "language=en")
        run("index", "--quiet", "-C", f"a{quarters}")
        shown, found = words(f"a{quarters}")
        wanted = " ".join(LINES).split()
        right = sum(word in wanted for word, _ in found)
        check(right > len(wanted) * 0.85, f"turned by {quarters} quarters: {right} of {len(wanted)} words are read")
        check(shown is not None and (shown["width"], shown["height"]) == (len(rows[0]), len(rows)), f"turned by {quarters} quarters: the page is {shown}")
        place = next((box for word, box in found if word == "keeper"), None)
        check(place is not None and is_dark(rows, place), f"turned by {quarters} quarters: keeper stands at {place}")
        if quarters in (1, 3):
            check(place is not None and place[3] > place[2], f"turned by {quarters} quarters: the box is {place}")
        check(all(is_dark(rows, box) for _, box in found), f"turned by {quarters} quarters: a box has nothing in it")
        rows = turn(rows)


try:
    if shutil.which("pdftoppm") is None:
        print("skipped: it wants pdftoppm")
        sys.exit(77)
    main()
finally:
    shutil.rmtree(WORK, ignore_errors=True)
sys.exit(1 if failures else 0)
