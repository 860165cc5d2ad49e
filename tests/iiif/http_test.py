#!/usr/bin/env python3
"""IIIF over HTTP, as the specifications have it: Image API 3.0, Presentation API 3.0, Content Search API 2.0.

    http_test.py PHOTOSTAT

The pictures are made here: each pixel says where it stands.
"""

import base64
import http.client
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import urllib.parse
import zlib

PROGRAM = os.path.abspath(sys.argv[1])
WIDTH, HEIGHT = 600, 400
failures = []


def check(condition, what):
    if not condition:
        failures.append(what)
        print(f"wrong: {what}")


def pixel(x, y, page=0):
    return bytes((x % 256, y % 256, (x // 256) * 16 + (y // 256) + 100 * page))


def rows(page=0):
    return [b"".join(pixel(x, y, page) for x in range(WIDTH)) for y in range(HEIGHT)]


def png():
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows()))) + chunk(b"IEND", b""))


def tiff(pages):
    """Pages of rows of RGB, each with the orientation that EXIF gives such a number; not compressed."""
    out, link = bytearray(b"II*\0\0\0\0\0"), 4
    for lines, orientation in pages:
        width, height, strip = len(lines[0]) // 3, len(lines), len(out)
        out += b"".join(lines)
        out += b"\0" * (len(out) % 2)
        bits = len(out)
        out += struct.pack("<HHH", 8, 8, 8)
        struct.pack_into("<I", out, link, len(out))
        tags = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 3, bits), (259, 3, 1, 1), (262, 3, 1, 2), (273, 4, 1, strip), (274, 3, 1, orientation), (277, 3, 1, 3), (278, 4, 1, height),
                (279, 4, 1, width * height * 3)]
        out += struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags)
        link = len(out)
        out += b"\0\0\0\0"
    return bytes(out)


def flat(width, height, shade):
    return [bytes((shade, 0, 0)) * width] * height


# 120 by 90, grey: light up to the 64th column, dark from there.
JPEG_2000 = base64.b64decode("""
AAAADGpQICANCocKAAAAFGZ0eXBqcDIgAAAAAGpwMiAAAAAtanAyaAAAABZpaGRyAAAAWgAAAHgAAwcHAAAAAAAPY29scgEAAAAAABAAAADtanAyY/9P/1EALwAAAAAAeAAAAFoAAAAAAAAAAAAAAI
AAAACAAAAAAAAAAAAAAwcBAQcBAQcBAf9SAA0BAgABAQAEBAAAiP9cAAVCQAD/ZAAlAAFDcmVhdGVkIGJ5IE9wZW5KUEVHIHZlcnNpb24gMi41LjD/kAAKAAAAAABzAAH/k+fsI/2DH4Cf2CoUAFyv
/3/piV7EDgAAAAAAAAMJCX/8QfAAAAAAAAAGEhL/fxFQVK//f+g6YBNkAAAAAAAAAAMJCX//fxQAXK//exV0KxFQVK//f/6Rq5oAAAAAAABhIS//f4CA/9k=
""")


def pixels(body):
    """Width, height and rows of a PNG of eight bits."""
    at, data = 8, b""
    while at < len(body):
        length, kind = struct.unpack(">I4s", body[at:at + 8])
        content = body[at + 8:at + 8 + length]
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack(">IIBB", content[:10])
        elif kind == b"IDAT":
            data += content
        at += length + 12
    step = {0: 1, 2: 3, 4: 2, 6: 4}[colour]
    assert depth == 8
    data, out, before = zlib.decompress(data), [], bytearray(width * step)
    for y in range(height):
        kind, row = data[y * (width * step + 1)], bytearray(data[y * (width * step + 1) + 1:(y + 1) * (width * step + 1)])
        for i in range(len(row)):
            left, up, corner = row[i - step] if i >= step else 0, before[i], before[i - step] if i >= step else 0
            guess = left + up - corner
            paeth = min((left, up, corner), key=lambda one: abs(guess - one))
            row[i] = (row[i] + (0, left, up, (left + up) // 2, paeth)[kind]) % 256
        out.append(bytes(row))
        before = row
    return width, height, step, out


def jpeg_size(body):
    at = 2
    while at < len(body):
        kind, length = body[at + 1], struct.unpack(">H", body[at + 2:at + 4])[0]
        if kind in (0xC0, 0xC2):
            height, width = struct.unpack(">HH", body[at + 5:at + 9])
            return width, height
        at += 2 + length
    return None


class Server:
    def __init__(self, archive):
        self.process = subprocess.Popen([PROGRAM, "serve", "--json", "-C", archive, "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
        self.port = json.loads(self.process.stdout.readline())["port"]

    def get(self, path, method="GET", **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, body

    def stop(self):
        self.process.terminate()
        self.process.wait()


ALTO = """<?xml version="1.0"?><alto xmlns="http://www.loc.gov/standards/alto/ns-v4#"><Description><MeasurementUnit>pixel</MeasurementUnit></Description>
<Layout><Page ID="p" WIDTH="1200" HEIGHT="800" PHYSICAL_IMG_NR="1"><PrintSpace><TextBlock ID="b" HPOS="100" VPOS="100" WIDTH="500" HEIGHT="100">
<TextLine HPOS="100" VPOS="100" WIDTH="500" HEIGHT="40"><String HPOS="100" VPOS="100" WIDTH="200" HEIGHT="40" CONTENT="Harbour"/><SP/><String HPOS="340" VPOS="100" WIDTH="200" HEIGHT="40" CONTENT="lights"/></TextLine>
<TextLine HPOS="100" VPOS="160" WIDTH="500" HEIGHT="40"><String HPOS="100" VPOS="160" WIDTH="240" HEIGHT="40" CONTENT="tonight"/></TextLine></TextBlock></PrintSpace></Page></Layout></alto>
"""
TEI = f"""<TEI xmlns="http://www.tei-c.org/ns/1.0"><facsimile><surface ulx="0" uly="0" lrx="{2 * WIDTH}" lry="{2 * HEIGHT}"><graphic url="leaf.png"/><zone xml:id="l1" ulx="100" uly="200" lrx="300" lry="240"/>
<zone xml:id="l2" points="100,250 390,252 390,290 100,290"/></surface></facsimile><text><body><pb facs="leaf.png"/><p><lb facs="#l1"/>Zinnober<lb facs="#l2"/>leuchtet <hi>weithin</hi></p></body></text></TEI>
"""
NAME = "scans/a page, 100%.png"
LEAVES = [((300, 200), 1), ((90, 260), 1), ((320, 110), 6), ((75, 75), 1)]  # the third lies on its side
SCAN = "/iiif/box/1:" + urllib.parse.quote(NAME, safe="")


def many_words(word, count):
    """A page that says one thing again and again, each on a line of its own."""
    lines = "".join(f'<TextLine HPOS="100" VPOS="{10 * i}" WIDTH="50" HEIGHT="8"><String HPOS="100" VPOS="{10 * i}" WIDTH="50" HEIGHT="8" CONTENT="{word}"/></TextLine>'
                    for i in range(count))
    return ALTO[:ALTO.index("<TextLine")].replace('HEIGHT="800"', f'HEIGHT="{10 * count}"') + lines + ALTO[ALTO.rindex("</TextBlock>"):]


def make(work):
    archive = os.path.join(work, "archive")
    subprocess.run([PROGRAM, "init", archive, "--origin", "example.org/iiif", "--quiet"], check=True, stdout=subprocess.DEVNULL)
    os.environ["PHOTOSTAT_ARCHIVE"] = archive
    os.makedirs(f"{work}/box/scans")
    with open(f"{work}/box/{NAME}", "wb") as file:
        file.write(png())
    with open(f"{work}/box/scans/a page, 100%.xml", "w", encoding="utf-8") as file:
        file.write(ALTO)
    with open(f"{work}/box/two.tif", "wb") as file:
        file.write(tiff([(rows(0), 1), (rows(1), 1)]))
    with open(f"{work}/box/broken.png", "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\nnothing follows")
    os.makedirs(f"{work}/long")
    for number in range(1, 4):
        with open(f"{work}/long/p{number}.png", "wb") as file:
            file.write(png() + bytes([number]))
        with open(f"{work}/long/p{number}.xml", "w", encoding="utf-8") as file:
            file.write(many_words("herring", 600))
    os.makedirs(f"{work}/zones")
    with open(f"{work}/zones/leaf.png", "wb") as file:
        file.write(png())
    with open(f"{work}/zones/leaf.xml", "w", encoding="utf-8") as file:
        file.write(TEI)
    os.makedirs(f"{work}/leaves")
    with open(f"{work}/leaves/1.jp2", "wb") as file:
        file.write(JPEG_2000)
    with open(f"{work}/leaves/2.tif", "wb") as file:
        file.write(tiff([(flat(*size, 60 + 40 * i), turned) for i, (size, turned) in enumerate(LEAVES)]))
    for more in (["deposit", f"{work}/long", "--id", "long"], ["deposit", f"{work}/box", "--id", "box", "--meta", "title=A box"], ["deposit", f"{work}/leaves", "--id", "leaves"], ["deposit", f"{work}/zones", "--id", "zones"], ["index"]):
        subprocess.run([PROGRAM, *more], check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return archive


def images(server):
    status, headers, body = server.get(f"{SCAN}/info.json")
    info = json.loads(body)
    check(status == 200 and (info["width"], info["height"]) == (WIDTH, HEIGHT), f"info.json: {status} {body[:200]}")
    check(info["id"] == "https://example.org/iiif/iiif/box@1/1:scans%2Fa%20page%2C%20100%25.png", f"its id is {info['id']}")
    check(headers["content-type"] == 'application/ld+json;profile="http://iiif.io/api/image/3/context.json"', headers["content-type"])
    check(headers["access-control-allow-origin"] == "*" and headers["cross-origin-resource-policy"] == "cross-origin", "viewers elsewhere cannot read it")
    check(server.get(f"{SCAN}/info.json", Accept="application/json")[1]["content-type"] == "application/json", "Accept is not followed")
    check(server.get(f"{SCAN}/info.json", **{"If-None-Match": headers["etag"]})[0] == 304, "info.json is sent twice")
    status, headers, _ = server.get(SCAN)
    check(status == 303 and urllib.parse.urljoin(f"http://x{SCAN}", headers["location"]) == f"http://x{SCAN}/info.json", f"base URI: {status} {headers.get('location')}")

    status, headers, body = server.get(f"{SCAN}/300,250,50,40/max/0/default.png")
    width, height, step, found = pixels(body)
    check((status, width, height, step) == (200, 50, 40, 3) and found[7][9 * 3:10 * 3] == pixel(309, 257), "a region is another one")
    check('rel="canonical"' in headers["link"] and "/300,250,50,40/max/0/default.png>" in headers["link"] and "level2.json" in headers["link"], headers["link"])
    check(headers["content-type"] == "image/png", headers["content-type"])
    status, again, body = server.get(f"{SCAN}/300,250,50,40/max/0/default.png", **{"If-None-Match": headers["etag"]})
    check(status == 304 and body == b"" and again["etag"] == headers["etag"], "a picture is sent twice")
    check(server.get(f"{SCAN}/300,250,50,40/50,40/360/color.png")[1]["etag"] == headers["etag"], "two requests of one picture have two tags")
    check(server.get(f"{SCAN}/301,250,50,40/max/0/default.png")[1]["etag"] != headers["etag"], "two pictures have one tag")
    for path, size in (("full/max/0/default.jpg", (600, 400)), ("full/300,/0/default.jpg", (300, 200)), ("full/!90,90/90/gray.jpg", (60, 90)),
                       ("square/100,100/0/default.jpg", (100, 100)), ("pct:50,50,100,100/pct:50/0/default.jpg", (150, 100))):
        status, headers, body = server.get(f"{SCAN}/{path}")
        check(status == 200 and jpeg_size(body) == size, f"{path}: {status} {jpeg_size(body) if status == 200 else body}")
    check(server.get(f"{SCAN}/full/max/0/default.jpg", method="HEAD")[2] == b"", "HEAD")
    # a server before us may have decoded the slashes
    check(server.get("/iiif/box/1:scans/a%20page,%20100%25.png/info.json")[0] == 200, "slashes that came decoded are not understood")
    for page in (1, 2):
        status, headers, body = server.get(f"/iiif/box/{page}:two.tif/10,20,30,30/max/0/default.png")
        check(status == 200 and pixels(body)[3][0][:3] == pixel(10, 20, page - 1), f"page {page} of a TIFF: {status}")
    check(server.get("/iiif/box/3:two.tif/info.json")[0] == 404, "a page that there is none of")


def errors(server):
    for path, wanted in (("full/601,/0/default.jpg", 400), ("full/^601,/0/default.jpg", 501), ("full/^max/0/default.jpg", 501), ("full/max/45/default.jpg", 400),
                         ("full/max/!90/default.jpg", 400), ("full/max/0/bitonal.jpg", 400), ("full/max/0/default.gif", 400), ("600,0,1,1/max/0/default.jpg", 400),
                         ("0,0,0,10/max/0/default.jpg", 400), ("full/0,0/0/default.jpg", 400), ("-1,0,10,10/max/0/default.jpg", 400), ("full/max/0", 400), ("full", 400),
                         ("full/max/0/default", 400), ("pct:nan,0,1,1/max/0/default.jpg", 400), ("0,0,99999999999999999999,1/max/0/default.jpg", 200),
                         ("full/max/0/" + "x" * 3000 + ".jpg", 400), ("%00/max/0/default.jpg", 400), ("full%2Fmax/0/0/default.jpg", 400), ("full/max/0/default.jpg%0d%0aX:1", 400)):
        status, headers, body = server.get(f"{SCAN}/{path}")
        check(status == wanted, f"{path[:60]}: {status}, not {wanted}")
        check("x" not in headers, f"{path[:60]}: a header came in")
    for path in ("/iiif", "/iiif/", "/iiif//", "/iiif/box", "/iiif/box/", "/iiif/nothing/1:a.png/info.json", "/iiif/box/1:nothing.png/full/max/0/default.jpg", "/iiif/box/0:two.tif/info.json",
                 "/iiif/box/99999999999:two.tif/info.json", "/iiif/box/1:../two.tif/info.json", "/iiif/box/1:%2e%2e%2fphotostat.json/info.json", "/iiif/box/1:photostat.json/info.json",
                 "/iiif/box/1:photostat.seed/info.json", "/iiif/box/two.tif/info.json", "/iiif/box/1:broken.png/info.json", "/iiif/box/1:broken.png/full/max/0/default.jpg", "/iiif/box@2/manifest",
                 "/iiif/box/1:two.tif%00/info.json", "/iiif/box/1:%/info.json", "/iiif/box/text/0", "/iiif/box/text/99", "/iiif/" + "a/" * 3000 + "manifest", "/iiif/" + "1:/" * 3000, "/iiif/%ff/manifest"):
        status, _, _ = server.get(path)
        check(status == 404 or (status == 400 and path.endswith(("%00/info.json", "%/info.json"))), f"{path[:60]}: {status}, not 404")
    check(server.get("/")[0] == 200, "it is served no longer")


def documents(server):
    status, headers, body = server.get("/iiif/box/manifest")
    manifest = json.loads(body)
    check(status == 200 and manifest["id"] == "https://example.org/iiif/iiif/box/manifest" and manifest["label"] == {"none": ["A box"]}, f"manifest: {status}")
    check(headers["content-type"] == 'application/ld+json;profile="http://iiif.io/api/presentation/3/context.json"' and headers["access-control-allow-origin"] == "*", "its headers")
    check([(item["width"], item["height"]) for item in manifest["items"]] == [(WIDTH, HEIGHT)] * len(manifest["items"]), "what cannot be shown is a page")
    services = [item["items"][0]["items"][0]["body"]["service"][0]["id"].replace("https://example.org/iiif/", "/") for item in manifest["items"]]
    for service in services:
        check(server.get(f"{service}/info.json")[0] == 200, f"{service} is not there")
    scan = [i for i, service in enumerate(services) if "scans%2F" in service][0]
    canvas = manifest["items"][scan]["id"]
    status, headers, body = server.get("/iiif/box/search?q=Harbour%20lights")
    hits = json.loads(body)["items"]
    check([hit["target"] for hit in hits] == [f"{canvas}#xywh=50,50,100,20", f"{canvas}#xywh=170,50,100,20"] or [hit["target"] for hit in hits] == [f"{canvas}#xywh=50,50,220,20"],
          f"hits stand at {[hit['target'] for hit in hits]}")
    check(headers["content-type"] == 'application/ld+json;profile="http://iiif.io/api/search/2/context.json"', headers["content-type"])
    check(json.loads(server.get("/iiif/box/search?q=absent")[2])["items"] == [] and json.loads(server.get("/iiif/box/search")[2])["items"] == [], "hits of nothing")
    lines = json.loads(server.get(manifest["items"][scan]["annotations"][0]["id"].replace("https://example.org/iiif/", "/"))[2])["items"]
    check([line["body"]["value"] for line in lines] == ["Harbour lights", "tonight"], f"its lines are {lines}")
    number = canvas.rsplit("/", 1)[1]
    page = server.get(f"/r/box/pages/{number}?q=tonight", Accept="text/html")[2].decode()
    check('viewBox="0 0 1200 800"' in page and 'textLength="240"' in page and '<rect x="100" y="160" width="240" height="40">' in page, "no words over the picture")


def cut_search(server):
    """What is too much for one answer is in those that follow, each hit once."""
    path, canvases, answers = "/iiif/long/search?q=herring", {}, []
    while path is not None and len(answers) < 5:
        answers.append(json.loads(server.get(path)[2]))
        for hit in answers[-1]["items"]:
            canvas = hit["target"].split("#")[0]
            canvases[canvas] = canvases.get(canvas, 0) + 1
        path = answers[-1]["next"]["id"].replace("https://example.org/iiif/", "/") if "next" in answers[-1] else None
    check(len(canvases) == 3 and set(canvases.values()) == {600}, f"{sum(canvases.values())} of 1800 hits in {len(answers)} answers")
    check(len(answers) == 2 and [one["partOf"]["type"] for one in answers if "partOf" in one] == ["AnnotationCollection"] * 2, "a search that was cut does not say so")
    check(all(one["partOf"]["first"]["id"] == answers[0]["id"] for one in answers if "partOf" in one), "its pages do not belong together")
    for more in ("&from=3", "&from=4", "&from=99999", "&from=0", "&from=-1"):
        hits = json.loads(server.get(f"/iiif/long/search?q=herring{more}")[2])["items"]
        check(len(hits) == {"&from=3": 600, "&from=4": 0}.get(more, 1200 if more != "&from=99999" else len(hits)), f"{more}: {len(hits)} hits")


def zones(server):
    """What a TEI links to zones of a picture is found on it, as words of ALTO are."""
    manifest = json.loads(server.get("/iiif/zones/manifest")[2])
    check([(item["width"], item["height"]) for item in manifest["items"]] == [(WIDTH, HEIGHT)], "one canvas")
    canvas = manifest["items"][0]["id"]
    for query, wanted in (("Zinnober", "50,100,100,20"), ("weithin", "131,125,63,20")):
        hits = [hit["target"] for hit in json.loads(server.get(f"/iiif/zones/search?q={query}")[2])["items"]]
        check(hits == [f"{canvas}#xywh={wanted}"], f"{query} stands at {hits}")
    page = server.get("/r/zones/pages/1?q=leuchtet", Accept="text/html")[2].decode()
    check(f'viewBox="0 0 {2 * WIDTH} {2 * HEIGHT}"' in page and '<rect x="100" y="250"' in page, "no hit over the picture")


def leaves(server):
    """JPEG 2000, and every page of a TIFF: each a canvas of its own, of its own size, which is that of its picture."""
    manifest = json.loads(server.get("/iiif/leaves/manifest")[2])
    wanted = [(120, 90)] + [size if turned == 1 else size[::-1] for size, turned in LEAVES]
    items = manifest["items"]
    check([(item["width"], item["height"]) for item in items] == wanted, f"canvases are {[(item['width'], item['height']) for item in items]}, not {wanted}")
    check(len({item["id"] for item in items}) == len(wanted), "canvases have names of their own")
    for number, (item, size) in enumerate(zip(items, wanted)):
        painted = item["items"][0]["items"][0]
        check(painted["target"] == item["id"] and (painted["body"]["width"], painted["body"]["height"]) == size, f"leaf {number}: painted is {painted['body']}")
        service = painted["body"]["service"][0]["id"].replace("https://example.org/iiif/", "/")
        check(service == ("/iiif/leaves@1/1:1.jp2" if number == 0 else f"/iiif/leaves@1/{number}:2.tif"), f"leaf {number} is served as {service}")
        info = json.loads(server.get(f"{service}/info.json")[2])
        check((info["width"], info["height"]) == size, f"leaf {number}: info.json says {info['width']} by {info['height']}")
        status, headers, body = server.get(painted["body"]["id"].replace("https://example.org/iiif/", "/"))
        check(status == 200 and headers["content-type"] == "image/jpeg" and jpeg_size(body) == size, f"leaf {number} is painted with {status}")
        status, _, body = server.get(f"{service}/full/max/0/default.png")
        width, height, step, found = pixels(body)
        check((status, width, height) == (200, *size), f"leaf {number} is {width} by {height}")
        for x, y in ((0, 0), (size[0] - 1, size[1] - 1)):
            shade = (200 if x == 0 else 40) if number == 0 else 60 + 40 * (number - 1)
            check(abs(found[y][x * step] - shade) <= 4, f"leaf {number} at {x},{y} is {found[y][x * step]}, not {shade}")
        check(server.get(f"/r/leaves/pages/{number + 1}", Accept="text/html")[0] == 200, f"leaf {number} has a page of its own")
    status, _, body = server.get("/iiif/leaves/1:1.jp2/50,10,30,20/15,10/90/default.png")
    width, height, step, found = pixels(body)
    check((status, width, height) == (200, 10, 15) and found[1][0] > 150 > 100 > found[13][0], f"a part of a JPEG 2000, made smaller and turned: {status} {width} by {height}")
    for page in ("2:1.jp2", "5:2.tif", "0:2.tif"):
        check(server.get(f"/iiif/leaves/{page}/info.json")[0] == 404, f"{page} is there")


def main():
    work = tempfile.mkdtemp(prefix="photostat-iiif-")
    try:
        server = Server(make(work))
        try:
            images(server)
            errors(server)
            documents(server)
            cut_search(server)
            leaves(server)
            zones(server)
        finally:
            server.stop()
    finally:
        shutil.rmtree(work)
    print("all well" if not failures else f"{len(failures)} findings")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
