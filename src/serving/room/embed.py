#!/usr/bin/env python3
"""Puts what the room's pages need into the program.

    embed.py assets OUT.c FILE...          files served as they are, with names that change with their content, and compressed
    embed.py words OUT.h OUT.c LANG.conf   the words of the interface, one file a language; the first one says which keys there are
"""

import gzip
import hashlib
import os
import re
import sys

TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml", ".html": "text/html; charset=utf-8",
    ".json": "application/json"}


def array(name, content):
    lines = [f"static const unsigned char {name}[] = {{"]
    lines += ["\t" + ",".join(str(byte) for byte in content[at:at + 32]) + "," for at in range(0, len(content), 32)]
    return lines + ["\t0};"]


def assets(out, paths):
    lines, rows = ['#include "room/assets.h"', ""], []
    contents = {os.path.basename(path): open(path, "rb").read() for path in paths}
    names = {}
    # Modules name one another as they lie in the source; served, each has the name of its content. So who is named comes first.
    waiting = sorted(contents)
    while waiting:
        ready = [name for name in waiting if not any(b"./" + other.encode() in contents[name] for other in waiting if other != name)]
        if not ready:
            sys.exit(f"embed.py: these name one another in a circle: {', '.join(waiting)}")
        for name in ready:
            content = contents[name]
            for other, served in names.items():
                content = content.replace(b"./" + other.encode(), b"./" + served.encode())
            contents[name] = content
            stem, ending = os.path.splitext(name)
            names[name] = f"{stem}-{hashlib.sha256(content).hexdigest()[:12]}{ending}"
            waiting.remove(name)
    for number, (name, content) in enumerate(sorted(contents.items())):
        packed = gzip.compress(content, 9, mtime=0)
        lines += array(f"plain_{number}", content) + array(f"packed_{number}", packed)
        rows.append(f'\t{{"{name}", "{names[name]}", "{TYPES[os.path.splitext(name)[1]]}", plain_{number}, {len(content)}, packed_{number}, {len(packed)}}},')
    lines += ["", "const struct asset assets[] = {", *rows, "\t{0}};", ""]
    with open(out, "w", encoding="utf-8") as file:
        file.write("\n".join(lines))


def read_words(path):
    words = {}
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if line.strip() == "" or line.startswith("#"):
                continue
            key, separator, text = line.partition("=")
            key = key.strip()
            if not separator or not re.fullmatch(r"[a-z0-9.-]+", key) or key in words:
                sys.exit(f"{path}:{number}: wants KEY = TEXT, each key once")
            words[key] = text.strip(" \t\r\n")  # other spaces are meant
    return words


def constant(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def words(header, source, paths):
    languages = [read_words(path) for path in paths]
    keys = sorted(languages[0])
    for path, found in zip(paths, languages):
        if sorted(found) != keys:
            sys.exit(f"{path}: lacks {sorted(set(keys) - set(found))}, has too many {sorted(set(found) - set(keys))}")
    with open(header, "w", encoding="utf-8") as file:
        file.write("/* Made by embed.py from assets/lang. */\n#ifndef PHOTOSTAT_ROOM_WORDS_H\n#define PHOTOSTAT_ROOM_WORDS_H\n\nenum word {\n")
        file.write("".join(f"\tWORD_{re.sub('[.-]', '_', key).upper()},\n" for key in keys))
        file.write(f"\tWORDS\n}};\n#define LANGUAGES {len(paths)}u\n")
        file.write("extern const char *const word_keys[WORDS]; /* in the order of their bytes */\n")
        file.write("extern const char *const word_texts[LANGUAGES][WORDS];\n\n#endif\n")
    with open(source, "w", encoding="utf-8") as file:
        file.write('#include "room/words.h"\n\nconst char *const word_keys[WORDS] = {\n')
        file.write("".join(f"\t{constant(key)},\n" for key in keys))
        file.write("};\nconst char *const word_texts[LANGUAGES][WORDS] = {\n")
        for found in languages:
            file.write("{\n" + "".join(f"\t{constant(found[key])},\n" for key in keys) + "},\n")
        file.write("};\n")


if __name__ == "__main__":
    if len(sys.argv) > 3 and sys.argv[1] == "assets":
        assets(sys.argv[2], sys.argv[3:])
    elif len(sys.argv) > 4 and sys.argv[1] == "words":
        words(sys.argv[2], sys.argv[3], sys.argv[4:])
    else:
        sys.exit(__doc__)
