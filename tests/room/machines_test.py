#!/usr/bin/env python3
"""What programs ask the reading room for, asked of a running server: OAI-PMH, the JSON interface, feed, sitemaps, links, citations, TEI, bags; what is closed, under embargo
or expunged is in none of them (P6), and is answered as what never was (P7); every parameter is attacked.

    machines_test.py PHOTOSTAT SOURCE
"""

import hashlib
import http.client
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.parse
import xml.etree.ElementTree as ElementTree

PROGRAM, SOURCE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
WORK = tempfile.mkdtemp(prefix="photostat-machines-")
ORIGIN = "letters.example.org/archive"
BASE = f"https://{ORIGIN}/"
OAI = "{http://www.openarchives.org/OAI/2.0/}"
DC = "{http://purl.org/dc/elements/1.1/}"
SECRET = "Quisquilia"
failures = checks = 0


def check(yes, what):
    global failures, checks
    checks += 1
    if not yes:
        failures += 1
        print(f"FAILED: {what}", file=sys.stderr)
    return yes


def run(*words, status=0):
    done = subprocess.run([PROGRAM, *words], cwd=WORK, stdin=subprocess.DEVNULL, capture_output=True)
    if done.returncode != status:
        sys.exit(f"{words} ended with {done.returncode}: {done.stderr.decode()}")
    return done.stdout


def write(name, text):
    path = os.path.join(WORK, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(text if isinstance(text, bytes) else text.encode())
    return path


def make_archive():
    run("init", "a", "--origin", ORIGIN, "--title", "Letters & <Papers>")
    write("fonds.txt", "the fonds\n")
    run("deposit", "-C", "a", "fonds.txt", "--id", "fonds/one", "--meta", "title=The fonds", "--meta", "level=fonds")
    for i in range(130):
        write(f"many/letter-{i:03}.txt", f"letter {i}\n")
    run("deposit", "-C", "a", "--each", "many", "--meta", f"isPartOf={BASE}r/fonds/one", "--meta", "title=A letter <&>\"'", "--meta", "language=de",
        "--meta", "creator=Joffe, Adolf")
    write("two/a ä#?.txt", "one\n")
    write("two/b.txt", f"{SECRET}\n")
    run("deposit", "-C", "a", "two", "--id", "two", "--meta", "title=Two files", "--meta", "created=1927-11-16", "--meta", "license=https://creativecommons.org/licenses/by/4.0/")
    run("access", "-C", "a", "two", "b.txt", "closed", "--authority", "the keeper", "--reason", "privacy")
    write("hidden.txt", f"{SECRET} hidden\n")
    run("deposit", "-C", "a", "hidden.txt", "--id", "hidden", "--meta", f"title={SECRET} hidden", "--meta", f"isPartOf={BASE}r/two")
    run("access", "-C", "a", "hidden", "closed", "--authority", "the keeper", "--reason", "privacy")
    write("later.txt", f"{SECRET} later\n")
    run("deposit", "-C", "a", "later.txt", "--id", "later", "--meta", f"title={SECRET} later")
    run("access", "-C", "a", "later", "embargo=2999-01-01", "--authority", "the keeper", "--reason", "privacy")
    write("gone/gone.txt", f"{SECRET} gone\n")
    write("gone/stays.txt", "stays\n")
    run("deposit", "-C", "a", "gone", "--id", "gone", "--meta", "title=Expunged in part")
    run("expunge", "-C", "a", "gone", "gone.txt", "--authority", "a court", "--reason", "order", "--yes")
    # Of these nothing is left: one as a whole, one file by file, so that its description stays; one that was closed before; one that has a new version since.
    for name in ("erased", "emptied", "erased-closed", "revived"):
        write(f"{name}/{name}.txt", f"{SECRET} {name}\n")
        run("deposit", "-C", "a", name, "--id", name, "--meta", f"title={'What was emptied' if name == 'emptied' else SECRET}")
        if name == "erased-closed":
            run("access", "-C", "a", name, "closed", "--authority", "the keeper", "--reason", "privacy")
        run("expunge", "-C", "a", name, *(["emptied.txt"] if name == "emptied" else []), "--authority", "a court", "--reason", "order", "--yes")
    write("revived.txt", "what may be read\n")
    run("deposit", "-C", "a", "revived.txt", "--id", "revived", "--new-version", "--meta", "title=Revived")
    write("closed-fonds.txt", "x\n")
    run("deposit", "-C", "a", "closed-fonds.txt", "--id", "closed-fonds", "--meta", f"title={SECRET} fonds", "--meta", "level=fonds")
    write("child.txt", "child\n")
    run("deposit", "-C", "a", "child.txt", "--id", "child", "--meta", f"isPartOf={BASE}r/closed-fonds", "--meta", "title=Child of what is closed")
    run("access", "-C", "a", "closed-fonds", "closed", "--authority", "the keeper", "--reason", "privacy")


class Server:
    def __init__(self):
        self.process = subprocess.Popen([PROGRAM, "serve", "-C", "a", "--listen", "127.0.0.1:0", "--json"], cwd=WORK, stdout=subprocess.PIPE)
        self.port = json.loads(self.process.stdout.readline())["port"]

    def get(self, target, headers={}, method="GET", content=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        if content is not None:
            connection.putheader("Content-Length", str(len(content)))
        connection.endheaders(content)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, body

    def stop(self):
        self.process.terminate()
        check(self.process.wait(30) in (0, 130, -15), "the server ends well")


def xml(body, what):
    try:
        return ElementTree.fromstring(body)
    except ElementTree.ParseError as error:
        check(False, f"{what} is no XML: {error}: {body[:300]}")
        return ElementTree.Element("none")


def ask_oai(server, query):
    status, headers, body = server.get(f"/oai?{query}")
    check(status == 200 and headers["content-type"].startswith("text/xml"), f"oai?{query}: {status} {headers.get('content-type')}")
    root = xml(body, f"oai?{query}")
    children = [child.tag for child in root]
    check(root.tag == OAI + "OAI-PMH" and children[:2] == [OAI + "responseDate", OAI + "request"] and len(children) >= 3, f"oai?{query}: {children}")
    check(root.findtext(OAI + "request") == BASE + "oai", "the request element holds the base URL")
    check(SECRET.encode() not in body, f"oai?{query}: tells what is closed")
    return root


def errors(root):
    return sorted({error.get("code") for error in root.iter(OAI + "error")})


def test_oai(server):
    root = ask_oai(server, "verb=Identify")
    identify = root.find(OAI + "Identify")
    check([child.tag[len(OAI):] for child in identify] ==
          ["repositoryName", "baseURL", "protocolVersion", "adminEmail", "earliestDatestamp", "deletedRecord", "granularity"], "Identify's elements in their order")
    check(identify.findtext(OAI + "repositoryName") == "Letters & <Papers>" and identify.findtext(OAI + "deletedRecord") == "transient", "Identify")
    check(re.fullmatch(r"\S+@(\S+\.)+\S+", identify.findtext(OAI + "adminEmail")) is not None, "adminEmail")
    check(root.find(OAI + "request").attrib == {"verb": "Identify"}, "the request's attributes")
    # 3.6 of the specification, and each verb's own list of errors.
    letter = urllib.parse.quote(BASE + "r/letter-000.txt", safe="")
    wrong = [
        ("", "badVerb"), ("verb=", "badVerb"), ("verb=identify", "badVerb"), ("verb=Identify&verb=Identify", "badVerb"), ("verb=Identify&verb=ListSets", "badVerb"),
        ("x=1", "badVerb"), ("verb=%00", "badArgument"), ("verb=%ff", "badArgument"), ("verb=%zz", "badArgument"), ("verb=%4", "badArgument"), ("verb=Identify&x=1", "badArgument"),
        ("verb=Identify&from=2020-01-01", "badArgument"), ("verb=ListMetadataFormats&identifier=" + urllib.parse.quote(BASE + "r/absent", safe=""), "idDoesNotExist"),
        ("verb=ListMetadataFormats&identifier=" + urllib.parse.quote(BASE + "r/hidden", safe=""), "idDoesNotExist"),
        ("verb=ListMetadataFormats&metadataPrefix=oai_dc", "badArgument"), ("verb=ListSets&resumptionToken=x%20y", "badResumptionToken"),
        ("verb=ListSets&resumptionToken=zzz", "badResumptionToken"), ("verb=ListSets&metadataPrefix=oai_dc", "badArgument"),
        ("verb=GetRecord", "badArgument"), ("verb=GetRecord&metadataPrefix=oai_dc", "badArgument"), (f"verb=GetRecord&identifier={letter}", "badArgument"),
        (f"verb=GetRecord&identifier={letter}&metadataPrefix=marc", "cannotDisseminateFormat"),
        ("verb=GetRecord&identifier=absent&metadataPrefix=oai_dc", "idDoesNotExist"), (f"verb=GetRecord&identifier={letter}&metadataPrefix=oai_dc&x=1", "badArgument"),
        (f"verb=GetRecord&identifier={letter}&identifier={letter}&metadataPrefix=oai_dc", "badArgument"),
    ]
    for name in ("hidden", "later", "closed-fonds", "erased-closed", "absent", "two%40%00", "letter-000.txt@1"):
        wrong.append((f"verb=GetRecord&metadataPrefix=oai_dc&identifier={urllib.parse.quote(BASE + 'r/', safe='')}{name}", "badArgument" if "%00" in name else "idDoesNotExist"))
    for verb in ("ListRecords", "ListIdentifiers"):
        wrong += [
            (f"verb={verb}", "badArgument"), (f"verb={verb}&metadataPrefix=marc", "cannotDisseminateFormat"), (f"verb={verb}&metadataPrefix=oai_dc&identifier=x", "badArgument"),
            (f"verb={verb}&metadataPrefix=oai_dc&from=yesterday", "badArgument"), (f"verb={verb}&metadataPrefix=oai_dc&from=2020-02-30", "badArgument"),
            (f"verb={verb}&metadataPrefix=oai_dc&from=2020-01-01&until=2020-01-02T00:00:00Z", "badArgument"),
            (f"verb={verb}&metadataPrefix=oai_dc&from=2020-01-02&until=2020-01-01", "badArgument"), (f"verb={verb}&metadataPrefix=oai_dc&until=1999-01-01", "noRecordsMatch"),
            (f"verb={verb}&metadataPrefix=oai_dc&from=2990-01-01", "noRecordsMatch"), (f"verb={verb}&metadataPrefix=oai_dc&set=absent", "noRecordsMatch"),
            (f"verb={verb}&metadataPrefix=oai_dc&set=closed-fonds", "noRecordsMatch"), (f"verb={verb}&metadataPrefix=oai_dc&set=hidden", "noRecordsMatch"),
            (f"verb={verb}&metadataPrefix=oai_dc&set=..%2F..", "noRecordsMatch"), (f"verb={verb}&metadataPrefix=oai_dc&set=", "noRecordsMatch"),
            (f"verb={verb}&resumptionToken=1~~~&metadataPrefix=oai_dc", "badArgument"),
            (f"verb={verb}&metadataPrefix=oai_dc&metadataPrefix=oai_dc", "badArgument"),
        ]
        for token in ("", "x", "0~~~", "-1~~~", "01~~~", "1", "1~", "1~~", "99999999999999999999~~~", "9223372036854775808~~~", "1~2020~~", "1~~~..", "1~~~%2F", "1~~~~~~", "9223372036854775807~~~",
                      "1~~~absent", "1~~~a" + "b" * 2000, "1~2990-01-01T00:00:00Z~~", "1%20or%201=1", "%27%22%3C%3E%26"):
            wrong.append((f"verb={verb}&resumptionToken={token}", "badResumptionToken"))
    for query, code in wrong:
        root = ask_oai(server, query)
        check(errors(root) == [code], f"oai?{query}: {errors(root)}, not {code}")
        if code in ("badVerb", "badArgument"):
            check(root.find(OAI + "request").attrib == {}, f"oai?{query}: attributes of a wrong request")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for content, code in ((b"verb=Identify", None), (f"verb=GetRecord&metadataPrefix=oai_dc&identifier={letter}".encode(), None), (b"", "badVerb"), (b"verb=%00", "badArgument"),
                          (b"verb=Identify&verb=Identify", "badVerb"), (b"x=" + b"y" * 8000, "badVerb"), (bytes(range(256)), "badArgument")):
        status, _, body = server.get("/oai", form, "POST", content)
        check(status == 200 and errors(xml(body, "a form")) == ([code] if code else []), f"POST {content[:40]}: {status} {body[:300]}")
    check(server.get("/oai", form, "POST", b"x" * 100000)[0] == 413, "a form that is too long")
    check(errors(ask_oai(server, "")) == ["badVerb"], "a form leaves nothing behind")
    for target in ("/feed", "/api/v1/records", "/r/two/citation.bib"):
        check(server.get(target, form, "POST", b"x=1")[0] in (404, 405, 413), f"POST {target}")
    absent, hidden = (server.get(f"/oai?verb=GetRecord&metadataPrefix=oai_dc&identifier={BASE}r/{name}")[2] for name in ("absentx", "hidden"))
    same = [re.sub(rb"<responseDate>.*?</responseDate>|absentx|hidden", b"", body) for body in (absent, hidden)]
    check(same[0] == same[1], "absent and closed are answered in the same bytes")

    def harvest(verb, query):
        token, got, rounds = None, [], 0
        while True:
            rounds += 1
            root = ask_oai(server, f"verb={verb}&" + (f"resumptionToken={urllib.parse.quote(token)}" if token else query))
            if not check(errors(root) == [] and rounds < 50, f"{verb}: {errors(root)}"):
                return got
            headers = list(root.iter(OAI + "header"))
            check(0 < len(headers) <= 100, "pieces are bounded and never empty")
            got += [(header.findtext(OAI + "identifier"), header.findtext(OAI + "datestamp"), [s.text for s in header.findall(OAI + "setSpec")]) for header in headers]
            deleted.update(header.findtext(OAI + "identifier") for header in headers if header.get("status") == "deleted")
            for record in root.iter(OAI + "record"):
                check((record.find(OAI + "metadata") is None) == (record.find(OAI + "header").get("status") == "deleted"), "what is deleted has no metadata, and nothing else lacks them")
            tokens = [element.text for element in root.iter(OAI + "resumptionToken")]
            if rounds > 1 and not tokens:
                check(False, "the last piece lacks its empty token")
            token = tokens[0] if tokens else None
            if not token:
                return got

    gone, deleted = {BASE + "r/erased", BASE + "r/emptied"}, set()
    wanted = sorted([*gone, BASE + "r/revived", BASE + "r/fonds/one", BASE + "r/two", BASE + "r/gone", BASE + "r/child"] + [f"{BASE}r/letter-{i:03}.txt" for i in range(130)])
    for verb in ("ListIdentifiers", "ListRecords"):
        got = harvest(verb, "metadataPrefix=oai_dc")
        check(sorted(identifier for identifier, _, _ in got) == wanted, f"{verb} lists what is open, each once: {len(got)}")
        check(deleted == gone, f"{verb} tells as deleted what was expunged, and nothing else: {deleted}")
        deleted.clear()
        check(all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", stamp) for _, stamp, _ in got), "datestamps")
    sets = {identifier: of for identifier, _, of in got}
    check(sets[BASE + "r/letter-000.txt"] == ["fonds!one"] and sets[BASE + "r/child"] == [] and sets[BASE + "r/two"] == [], "sets of records")
    check(len(harvest("ListIdentifiers", "metadataPrefix=oai_dc&set=fonds!one")) == 130, "a set, harvested in pieces")
    root = ask_oai(server, "verb=ListSets")
    check([s.findtext(OAI + "setSpec") for s in root.iter(OAI + "set")] == ["fonds!one"], "sets are what is open and has parts")
    today = time.strftime("%Y-%m-%d", time.gmtime())
    check(len(harvest("ListIdentifiers", f"metadataPrefix=oai_dc&from=2020-01-01&until=2990-01-01")) == len(wanted), "from and until")
    stamps = [stamp for _, stamp, _ in got]
    check(len(harvest("ListIdentifiers", f"metadataPrefix=oai_dc&from={max(stamps)}")) == sum(stamp == max(stamps) for stamp in stamps), f"from is kept to the second ({today})")
    check(len(harvest("ListIdentifiers", f"metadataPrefix=oai_dc&until={min(stamps)}")) == sum(stamp == min(stamps) for stamp in stamps), "until too")
    root = ask_oai(server, f"verb=GetRecord&metadataPrefix=oai_dc&identifier={letter}")
    values = {child.tag[len(DC):]: child.text for child in root.iter() if child.tag.startswith(DC)}
    stamps = dict((identifier, stamp) for identifier, stamp, _ in got)
    for name in ("erased", "emptied"):
        root = ask_oai(server, f"verb=GetRecord&metadataPrefix=oai_dc&identifier={BASE}r/{name}")
        header = root.find(f".//{OAI}header")
        check(header is not None and header.get("status") == "deleted" and root.find(f".//{OAI}metadata") is None, f"GetRecord of {name}, which was expunged")
        log = json.loads(server.get(f"/api/v1/records/{name}")[2])
        check(header.findtext(OAI + "datestamp") == log["expunctions"][-1]["claimedTime"] == stamps[BASE + "r/" + name], f"{name}: deleted when it was expunged")
        check(errors(ask_oai(server, f"verb=ListMetadataFormats&identifier={BASE}r/{name}")) == [], f"formats of {name}")
    check(values["title"] == "A letter <&>\"'" and values["creator"] == "Joffe, Adolf" and values["language"] == "de" and values["relation"] == BASE + "r/fonds/one"
          and values["identifier"] == BASE + "r/letter-000.txt", f"oai_dc: {values}")
    root = ask_oai(server, f"verb=GetRecord&metadataPrefix=oai_dc&identifier={BASE}r/child")
    check(not [child for child in root.iter(DC + "relation")], "what is part of something closed does not name it")


def test_arrangement_of_what_is_closed(server):
    """Anybody can write a token, and ask for a set: what is part of something closed, or has nothing but closed parts, looks like any other."""
    for verb in ("ListIdentifiers", "ListRecords"):
        answers = [ask_oai(server, f"verb={verb}&resumptionToken=1~~~{name}") for name in ("closed-fonds", "hidden", "later", "absent-fonds")]
        check(all(errors(root) == ["badResumptionToken"] for root in answers), f"a token of our own hand for a closed set: {[errors(root) for root in answers]}")
        check(len({root.findtext(OAI + "error") for root in answers}) == 1, "in the same words as for an absent one")
        answers = [ask_oai(server, f"verb={verb}&metadataPrefix=oai_dc&set={name}") for name in ("closed-fonds", "two", "absent-fonds")]
        check(all(errors(root) == ["noRecordsMatch"] for root in answers), f"sets: {[errors(root) for root in answers]}")
    sets = [one.text for one in ask_oai(server, "verb=ListSets").iter(OAI + "setSpec")]
    check(sets == ["fonds!one"], f"what has closed parts alone is no set: {sets}")
    for headers in ({"Accept": "application/json"}, {}, {"Accept": "*/*"}):
        for name in ("child", "child@1"):
            status, _, body = server.get(f"/r/{name}", headers)
            check(status == 200 and b"Child of what" in body and b"closed-fonds" not in body, f"/r/{name} {headers}: names what is closed: {body[:300]}")


def test_api(server):
    status, headers, body = server.get("/api/v1/openapi.json")
    description = json.loads(body)
    check(status == 200 and headers["content-type"] == "application/json" and description["openapi"].startswith("3.1"), "openapi.json")
    got, target = [], "/api/v1/records?limit=40"
    while target:
        status, headers, body = server.get(target)
        check(status == 200 and SECRET.encode() not in body and len(body) < 200000, target)
        piece = json.loads(body)
        check(set(piece) <= set(description["paths"]["/api/v1/records"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]["properties"]), "members as described")
        row = description["components"]["schemas"]["Row"]
        for one in piece["records"]:
            check(set(row["required"]) <= set(one) <= set(row["properties"]), f"a row's members: {sorted(one)}")
        got += [one["id"] for one in piece["records"]]
        check(len(piece["records"]) <= 40, "limit")
        target = piece.get("next", "").replace(BASE[:-1], "") or None
    check(len(got) == len(set(got)) == 135 and not any("erased" in one or "emptied" in one for one in got), f"records lists all that is open, each once: {len(got)}")
    check(len(json.loads(server.get("/api/v1/records?under=fonds/one&limit=200")[2])["records"]) == 130, "under")
    check(json.loads(server.get("/api/v1/records?under=closed-fonds")[2])["records"] == [] == json.loads(server.get("/api/v1/records?under=absent")[2])["records"], "under what is closed")
    for bad in ("limit=0", "limit=201", "limit=-1", "limit=1e3", "limit=", "after=x", "after=-1", "after=99999999999999999999", "since=now", "x=1", "limit=1&limit=2", "%00=1", "under=%ff", "limit=%zz",
                "a=1&" * 20, "under=" + "x" * 9000):
        status, _, body = server.get(f"/api/v1/records?{bad}")
        check(status == 400 and json.loads(body)["type"] == "error", f"records?{bad[:40]}: {status}")
    for odd in ("after=9223372036854775807", "since=2990-01-01", "under=" + "x" * 4000, "under=%2E%2E%2Fetc", "under='%20or%201=1"):
        status, _, body = server.get(f"/api/v1/records?{odd}")
        check(status == 200 and json.loads(body)["records"] == [], f"records?{odd[:40]}: {status} {body[:100]}")
    got, target = [], "/api/v1/search?title=letter&creator=JOFFE&language=de&limit=50"
    while target:
        piece = json.loads(server.get(target)[2])
        got += [one["id"] for one in piece["records"]]
        target = piece.get("next", "").replace(BASE[:-1], "") or None
    check(len(got) == len(set(got)) == 130, f"search, in pieces: {len(got)}")
    for query, wanted in (("date=1927", ["two"]), ("date=1927-11-17/..", []), (f"title={SECRET}", []), ("title=hidden", []), ("title=emptied", []), ("title=revived", ["revived"]), ("under=closed-fonds", []), ("under=absent", []), ("title=child", ["child"]),
                          ("title=%22%20OR%20*", []), ("title=NEAR(", []), ("language=%25", [])):
        status, _, body = server.get(f"/api/v1/search?{query}")
        check(status == 200 and [one["id"] for one in json.loads(body)["records"]] == [BASE + "r/" + name for name in wanted], f"search?{query[:40]}: {status} {body[:200]}")
    for bad in ("title=" + "x" * 5000, "date=yesterday", "offset=2001", "q=x&offset=10001", "offset=-1", "limit=0", "limit=201", "q=", "q=x&title=a", "q=x&limit=101", "q=x&facets=1", "title=a&title=b", "title=%ff", "title=" + "+".join(f"w{i}" for i in range(40))):
        status, _, body = server.get(f"/api/v1/search?{bad}")
        check(status == 400 and json.loads(body)["type"] == "error", f"search?{bad[:40]}: {status}")
    status, _, body = server.get("/api/v1/records/two")
    record = json.loads(body)
    schema = description["components"]["schemas"]["Record"]
    check(status == 200 and set(schema["required"]) <= set(record) <= set(schema["properties"]), f"a record's members: {sorted(record)}")
    check([file["path"] for file in record["files"]] == ["a ä#?.txt"] and "receipt" not in record and SECRET.encode() not in body and b"b.txt" not in body, "files that are open")
    status, _, content = server.get(record["files"][0]["url"].replace(BASE[:-1], ""))
    check(status == 200 and content == b"one\n" and "sha256:" + hashlib.sha256(content).hexdigest() == record["files"][0]["digest"], "a file's URL, and its digest")
    status, _, receipt = server.get(record["files"][0]["receipt"].replace(BASE[:-1], ""))
    check(status == 200 and receipt.startswith(b"c2sp.org/tlog-proof@v1\n"), f"a file's receipt: {status}")
    check(json.loads(server.get("/api/v1/records/letter-001.txt@1")[2])["version"] == 1, "a version")
    answers = set()
    for name in ("hidden", "later", "closed-fonds", "absent", "hidden@1", "absent@1", "letter-000.txt@2", "letter-000.txt@0", "letter-000.txt@x", "%ff", "a%00b", "..", "../../etc/passwd", "x" * 5000, "two@99999999999", "%3Cscript%3E"):
        status, _, body = server.get(f"/api/v1/records/{name}")
        if "%00" not in name:
            answers.add((status, body))
    check(len(answers) == 1 and answers.pop()[0] == 404, f"absent and closed are answered alike: {len(answers)} answers")


def test_lists(server):
    status, headers, body = server.get("/feed")
    atom = "{http://www.w3.org/2005/Atom}"
    root = xml(body, "feed")
    check(status == 200 and headers["content-type"].startswith("application/atom+xml") and SECRET.encode() not in body, "feed")
    check(all(root.find(atom + name) is not None for name in ("id", "title", "updated", "author")), "what a feed must have")
    entries = root.findall(atom + "entry")
    check(0 < len(entries) <= 30 and all(all(entry.find(atom + name) is not None for name in ("id", "title", "updated")) for entry in entries), "entries")
    check(entries[0].findtext(atom + "id") == BASE + "r/child@1", "the newest first")
    ids = [entry.findtext(atom + "id") for entry in entries]
    check(not any(word in one for one in ids for word in ("hidden", "later", "closed", "erased", "emptied")), "nothing closed or expunged is new")
    check(BASE + "r/revived@2" in ids and BASE + "r/revived@1" not in ids, "what came after is")
    site = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    index = xml(server.get("/sitemap.xml")[2], "sitemap.xml")
    parts = [loc.text for loc in index.iter(site + "loc")]
    check(parts == [BASE + "sitemap.xml?after=0"], f"the index of sitemaps: {parts}")
    body = server.get("/sitemap.xml?after=0")[2]
    urls = [loc.text for loc in xml(body, "a sitemap").iter(site + "loc")]
    check(len(urls) == 135 and BASE + "r/two" in urls and not any("erased" in one or "emptied" in one for one in urls) and BASE + "r/revived" in urls and BASE + "r/hidden" not in urls, f"a sitemap has what is open: {len(urls)}")
    for bad in ("after=1", "after=10000", "after=x", "after=9223372036854770000", "after=99999999999999999999", "x=1", "after=0&after=0", "after=%00"):
        check(server.get(f"/sitemap.xml?{bad}")[0] == 404, f"sitemap.xml?{bad}")
    status, _, body = server.get("/robots.txt")
    check(status == 200 and f"Sitemap: {BASE}sitemap.xml\n".encode() in body and b"Disallow: /archive/api/\n" in body, "robots.txt")
    status, _, body = server.get("/policy")
    check(status == 200 and body == run("policy", "-C", "a"), "policy")
    status, headers, body = server.get("/verifier.html")
    hashes = re.findall(rb"sha256-[A-Za-z0-9+/=]{44}", body)
    check(status == 200 and all(one.decode() in headers["content-security-policy"] for one in hashes) and len(hashes) == 2 and "unsafe" not in headers["content-security-policy"],
          "the verifier has a policy of its own, by hash")
    check(re.search(rb"\b(src|href|action)=|@import|url\(|\bfetch\(|XMLHttpRequest|WebSocket|import\(", body) is None, "the verifier loads nothing and sends nothing")


def test_record(server):
    page = {"Accept": "text/html"}
    status, headers, body = server.get("/r/two", page)
    links = headers.get("link", "")
    check(status == 200 and f'<{BASE}r/two@1>; rel="cite-as"' in links, f"cite-as: {links[:200]}")
    check('rel="license"' in links and 'rel="type"' in links and links.count('rel="describedby"') == 4, "license, type, describedby")
    check(f"<{BASE}r/two@1/files/a%20%C3%A4%23%3F.txt>; rel=\"item\"; type=\"text/plain\"" in links and "b.txt" not in links, f"items: {links}")
    text = body.decode()
    check(SECRET not in text and "b.txt" not in text, "what is closed is not on the page")
    check('id="proof"' in text and "receipt?file=a%20%C3%A4%23%3F.txt" in text and 'id="proof-policy"' in text, "the proof panel")
    check(ORIGIN in text and "no witness" in text, "who vouches is said")
    check("“Two files.” November 16, 1927." in text and f"{BASE}r/two@1" in text, "citation and permalink")
    for suffix, begins in (("citation.bib", b"@misc{two-1,"), ("citation.ris", b"TY  - "), ("citation.json", b"[{\"id\":\"two-1\""), ("citation.chicago.txt", "“Two files.”".encode()), ("citation.mla.txt", "“Two files.”".encode())):
        status, headers, body = server.get(f"/r/two/{suffix}")
        check(status == 200 and body.startswith(begins), f"{suffix}: {status} {body[:60]}")
        check(server.get(f"/r/two@1/{suffix}")[2] == body, f"{suffix} of a version")
        for name in ("hidden", "later", "absent"):
            check(server.get(f"/r/{name}/{suffix}")[0] == 404, f"{suffix} of {name}")
    for name in ("hidden", "later", "absent"):
        for suffix in ("bag.tar", "tei/hidden.txt", "tei/later.txt", "receipt?file=hidden.txt"):
            check(server.get(f"/r/{name}/{suffix}")[0] == 404, f"{suffix} of {name}")
    for odd in ("tei/", "tei/../../archive.conf", "tei/b.txt", "tei/%ff", "bag.tar/x", "citation.", "citation.bib/x", "bag.tar%00"):
        check(server.get(f"/r/two/{odd}")[0] in (400, 404), f"r/two/{odd}")


def take_bag(server, name, folder):
    status, headers, body = server.get(f"/r/{name}/bag.tar")
    if not check(status == 200 and headers["content-type"] == "application/x-tar", f"bag.tar of {name}: {status}"):
        return []
    archive = tarfile.open(fileobj=io.BytesIO(body))
    names = archive.getnames()
    check(len({one.split("/")[0] for one in names}) == 1 and all(member.isfile() for member in archive), f"one folder, files alone: {names}")
    archive.extractall(os.path.join(WORK, folder), filter="data") if hasattr(tarfile, "data_filter") else archive.extractall(os.path.join(WORK, folder))
    bag = os.path.join(WORK, folder, names[0].split("/")[0])
    run("validate", bag)
    check(SECRET.encode() not in body, f"the bag of {name} tells what is closed")
    return bag, sorted(one.split("/", 1)[1] for one in names)


def test_bags(server):
    bag, names = take_bag(server, "two", "bag-two")
    check(names == ["archive.policy", "bag-info.txt", "bagit.txt", "data/a ä#?.txt", "data/photostat.json", "manifest-sha256.txt", "manifest-sha512.txt", "tagmanifest-sha256.txt", "tagmanifest-sha512.txt"],
          f"what is open of two: {names}")
    check("Photostat-Partial: only what is open to the public, and names nothing else" in open(os.path.join(bag, "bag-info.txt")).read(), "that something lacks is said")
    check("b.txt" not in open(os.path.join(bag, "data/photostat.json")).read(), "the description names no closed file")
    bag, names = take_bag(server, "letter-007.txt", "bag-letter")
    check("receipt.tlog-proof" in names and open(os.path.join(bag, "data/letter-007.txt")).read() == "letter 7\n", f"a bag that is whole: {names}")
    told = run("verify", os.path.join(bag, "data"), "--receipt", os.path.join(bag, "receipt.tlog-proof"), "--policy", os.path.join(bag, "archive.policy"))
    check(told.startswith(b"same") and b"verified: the keeper of" in told, "what a bag brings along proves it")
    take_bag(server, "gone", "bag-gone")


def test_altered(server):
    """A file that rots on the disk is never handed out as if it were whole."""
    for folder, _, files in os.walk(os.path.join(WORK, "a/records")):
        for name in files:
            if name == "letter-009.txt":
                path = os.path.join(folder, name)
    os.chmod(path, 0o644)
    with open(path, "r+b") as file:
        file.write(b"X")
    try:
        status, _, body = server.get("/r/letter-009.txt/bag.tar")
        broken = False
    except (http.client.HTTPException, ConnectionError):
        broken = True
    check(broken, "a bag of an altered file breaks off")


make_archive()
server = Server()
try:
    for test in (test_oai, test_arrangement_of_what_is_closed, test_api, test_lists, test_record, test_bags, test_altered):
        test(server)
finally:
    server.stop()
    shutil.rmtree(WORK, ignore_errors=True)
print(f"{checks} checks, {failures} failed")
sys.exit(1 if failures else 0)
