#!/usr/bin/env python3
"""What photostat-extract reads of ../shared/corpus against what xml.etree counts in the same files, by rules written down twice.

    corpus_check.py PHOTOSTAT-EXTRACT CORPUS

Exit status 1 if anything differs, 77 (skipped) without the corpus.
"""

import collections
import glob
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

TEI = "{http://www.tei-c.org/ns/1.0}"
XML_ID = "{http://www.w3.org/XML/1998/namespace}id"


def extract(program, path):
    """(head, pages, blocks, words a page) as photostat.text/v1 has them."""
    with open(path, "rb") as file:
        done = subprocess.run([program, "0", "120", str(1 << 30), "text", "", os.path.basename(path), ""], stdin=file, stdout=subprocess.PIPE, check=False, env={})
    lines = done.stdout.decode("utf-8").split("\n")
    lines = [json.loads(line) for line in lines if line]
    if done.returncode != 0 or len(lines) < 2:
        raise SystemExit(f"{path}: {done.stdout[:300]!r}, exit status {done.returncode}")
    head = lines[1]
    rest = lines[2:]
    pages, rest = rest[:head["pages"]], rest[head["pages"]:]
    blocks, boxes = rest[:head["blocks"]], rest[head["blocks"]:]
    return head, pages, blocks, {line["words"]: line["boxes"] for line in boxes}


def words(element):
    return re.sub(r"[ \t\r\n]+", " ", "".join(element.itertext())).strip(" ")


def below(element, name, without=()):
    """Descendants of that name, those inside elements called `without` left out."""
    found = []
    for child in element:
        tag = child.tag.removeprefix(TEI) if isinstance(child.tag, str) else ""
        if tag in without:
            continue
        if tag == name:
            found.append(child)
        found += below(child, name, without)
    return found


def marks(blocks, kind, parts):
    return [mark for block in blocks if block["part"] in parts for mark in block.get("marks", []) if mark[0] == kind]


def shown(element):
    """Whether a reader sees anything of it: its own words, what it writes as a sign, or a reference without words."""
    if words(element) != "":
        return True
    return any(child.tag in (TEI + "gap", TEI + "c", TEI + "ref") for child in element.iter())


def letter(program, path):
    head, pages, blocks, _ = extract(program, path)
    root = ElementTree.parse(path).getroot()
    body = root.find(f"{TEI}text/{TEI}body")
    every = {"letter", "notes"}
    counts = {}

    counts["title"] = head["title"], words(root.find(f".//{TEI}titleStmt/{TEI}title[@level='a']"))
    counts["language"] = head["language"], root.find(f".//{TEI}language").get("ident")
    counts["source"] = head["source"], "tei"
    counts["cut"] = head["cut"], False
    notes = [note for note in below(body, "note") if shown(note)]
    counts["notes"] = sum(block["kind"] == "note" for block in blocks), len(notes)
    counts["references"] = sorted(mark[3] for mark in marks(blocks, "reference", every)), sorted(f"n{n + 1}" for n in range(len(notes)))
    persons = [e for e in below(body, "rs") if e.get("type") == "person" and words(e)] + [e for e in below(body, "persName") if words(e)]
    counts["persons"] = (sorted({mark[3] for mark in marks(blocks, "person", every)}), sorted({e.get("ref") for e in persons}))
    places = [e for e in below(body, "rs") if e.get("type") == "place" and words(e)] + [e for e in below(body, "placeName") if words(e)]
    counts["places"] = (sorted({mark[3] for mark in marks(blocks, "place", every)}), sorted({e.get("ref") for e in places}))
    counts["person marks"] = len(marks(blocks, "person", every)), len(persons)
    counts["place marks"] = len(marks(blocks, "place", every)), len(places)
    dates = [e for e in below(body, "date") if shown(e)]
    counts["date marks"] = len(marks(blocks, "date", every)), len(dates)
    counts["dates"] = (sorted(mark[3] for mark in marks(blocks, "date", every) if len(mark) > 3),
                       sorted(e.get("when") for e in dates if e.get("when") and re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", e.get("when"))))
    counts["deleted"] = len(marks(blocks, "deleted", every)), sum(1 for e in below(body, "del") if shown(e))
    counts["added"] = len(marks(blocks, "added", every)), sum(1 for e in below(body, "add") if shown(e))
    # Facsimiles: every graphic and what page breaks name besides, each once; each break leads to the page of its image.
    images = [e.get("url") for e in root.findall(f"{TEI}facsimile/{TEI}graphic")]
    breaks = [e.get("facs") for e in below(body, "pb")]
    wanted = list(dict.fromkeys(name for name in images + breaks if name))
    counts["images"] = [page["image"] for page in pages if page["image"]], wanted
    targets = [pages[mark[4] - 1]["image"] for mark in marks(blocks, "page", every) if len(mark) > 4]
    counts["page breaks"] = sorted(targets), sorted(facs or "" for facs in breaks)
    # The letter's pieces: paragraphs of postscripts, salutations but those of closers, signatures, datelines.
    kinds = collections.Counter(block["kind"] for block in blocks if block["part"] == "letter")
    counts["signatures"] = kinds["signature"], sum(1 for e in below(body, "signed", ("note",)) if shown(e))
    counts["salutations"] = kinds["salutation"], sum(1 for e in below(body, "salute", ("note", "closer")) if shown(e))
    counts["postscript"] = bool(kinds["postscript"]), any(shown(p) for e in below(body, "postscript") for p in e.findall(TEI + "p"))
    # The words themselves, in their order: those of the body without its notes and without white space.
    text = "".join(block["text"] for block in blocks if block["part"] == "letter")
    counts["words"] = re.sub(r"[\s.&%\[…\]]", "", text), re.sub(r"[\s.&%\[…\]]", "", "".join(without_notes(body)))
    # Who wrote to whom, where and when.
    front = {}
    for block in blocks:
        if block["part"] == "front":
            front.setdefault(block.get("label"), []).append(block)
    for action in root.findall(f".//{TEI}correspAction"):
        block = front[action.get("type")].pop(0)
        for kind, name in (("person", "persName"), ("place", "placeName")):
            counts[f"{action.get('type')} {name}"] = (sorted(mark[3] for mark in block["marks"] if mark[0] == kind and len(mark) > 3),
                                                     sorted(e.get("ref") for e in action.findall(TEI + name) if e.get("ref") and words(e)))
        for date in action.findall(TEI + "date"):
            if date.get("when") and not date.get("evidence"):
                counts[f"{action.get('type')} date"] = [mark[3] for mark in block["marks"] if mark[0] == "date"], [date.get("when")]
    # Everybody whom the back matter lists stands there once, by the name that the text's marks have.
    people = [e for e in root.findall(f"{TEI}text/{TEI}back//{TEI}person") if e.get(XML_ID)]
    listed = {mark[3] for mark in marks(blocks, "person", {"back"}) if len(mark) > 3}
    counts["listed"] = sorted("#" + e.get(XML_ID) for e in people if "#" + e.get(XML_ID) not in listed), []
    return counts


def without_notes(element):
    if element.text:
        yield element.text
    for child in element:
        if child.tag != TEI + "note":
            yield from without_notes(child)
            # An empty reference shows what it points at.
            if child.tag == TEI + "ref" and not words(child):
                yield child.get("target", "")
        if child.tail:
            yield child.tail


def alto(program, path):
    head, pages, blocks, boxes = extract(program, path)
    root = ElementTree.parse(path).getroot()
    name = root.tag.split("}")[0] + "}"
    strings = [s.get("CONTENT") for s in root.iter(name + "String")]
    page = root.find(f".//{name}Page")
    line_ends = [[s.get("CONTENT") for s in line.iter(name + "String")] for line in root.iter(name + "TextLine")]
    joined = "".join(block["text"] for block in blocks)
    hyphens = re.compile(r"[\s\-¬=]")
    counts = {
        "source": (head["source"], "alto"),
        "size": ((pages[0]["width"], pages[0]["height"]), (int(page.get("WIDTH")), int(page.get("HEIGHT")))),
        "image": (pages[0]["image"], root.find(f".//{name}fileName").text),
        "boxes": (len(boxes.get(1, [])), sum(len(s.split()) for s in strings)),
        "lines": (len([m for b in blocks for m in b.get("marks", []) if m[0] == "line"]), sum(1 for line in line_ends if any(s.strip() for s in line))),
        "words": (hyphens.sub("", joined), hyphens.sub("", "".join(strings))),
    }
    texts = [block["text"].encode() for block in blocks]
    outside = [box for box in boxes.get(1, []) if box[3] + box[5] > pages[0]["width"] or box[4] + box[6] > pages[0]["height"] or
               not texts[box[0]][box[1]:box[1] + box[2]].strip()]
    counts["boxes that stand off the page"] = outside, []
    return counts


def language(program, path):
    head, _, blocks, _ = extract(program, path)
    root = ElementTree.parse(path).getroot()
    verses = [e for e in root.iter("seg") if words(e)]
    found = [block for block in blocks if block["part"] == "body"]
    return {
        "verses": (len(found), len(verses)),
        "words": (sum(len(block["text"].split()) for block in found), sum(len(words(e).split()) for e in verses)),
        "labels": ([block.get("label") for block in found][:200], [e.get("id").split(".")[-1] for e in verses][:200]),
        "first": (found[0]["text"], words(verses[0])),
        "title": (head["title"], words(root.find(".//h.title"))),
        "language": (bool(head["language"]), True),
    }


def main(arguments):
    program, corpus = arguments
    if not os.path.isdir(corpus):
        print(f"skipped: {corpus} is not here")
        return 77
    findings, totals = 0, collections.Counter()
    for folder, check in (("letters-tei", letter), ("handwritten-letter", alto), ("typed-pages", alto), ("languages", language)):
        paths = sorted(glob.glob(glob.escape(os.path.join(corpus, folder)) + "/*.xml"))
        if not paths:
            print(f"{folder}: no files")
            findings += 1
        for path in paths:
            for what, (got, wanted) in check(program, path).items():
                totals[folder, what] += 1
                if got != wanted:
                    findings += 1
                    print(f"{path}: {what}: got {str(got)[:300]}, not {str(wanted)[:300]}")
    for (folder, what), count in totals.items():
        print(f"{folder}: {what}: {count} compared")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
