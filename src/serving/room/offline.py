#!/usr/bin/env python3
"""Makes the verifier that can be saved: one HTML file with everything in it, which may run its own script and load nothing.

    offline.py OUT.html OUT.c TEMPLATE.html STYLE.css MODULE.js... PAGE.js

Of the modules each may import from those before it.
"""

import base64
import hashlib
import os
import re
import sys


def source(text):
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def main(html, c, template, style, *modules):
    names = [re.escape(os.path.basename(path)) for path in modules]
    template, style, *texts = (open(path, encoding="utf-8").read() for path in (template, style, *modules))
    script = ""
    # All become one module: what one exported the others now see; the page has a scope of its own.
    for number, text in enumerate(texts):
        before = "|".join(names[:number]) or "(?!)"
        text = re.sub(rf'^import \{{[\w, ]+\}} from "\./({before})";\n+', "", text, flags=re.M)
        if re.search(r"^import\b|\bimport\(", text, re.M):
            sys.exit(f"offline.py: {modules[number]} imports what does not stand before it")
        script += "{\n" + text + "}\n" if number == len(texts) - 1 else re.sub(r"^export ", "", text, flags=re.M)
    if re.search(r"</script|<!--", script, re.I) or "</style" in style:
        sys.exit("offline.py: script or style would end where it should not")
    csp = f"default-src 'none'; script-src {source(script)}; style-src {source(style)}; base-uri 'none'; form-action 'none'"
    for name, text in (("@CSP@", csp), ("@STYLE@", style), ("@SCRIPT@", script)):
        if template.count(name) != 1:
            sys.exit(f"offline.py: {name} must stand in the template once")
        before, after = template.split(name)
        template = before + text + after
    with open(html, "w", encoding="utf-8") as file:
        file.write(template)
    content = template.encode()
    lines = ['#include "room/offline.h"', "", "const unsigned char offline_page[] = {"]
    lines += ["\t" + ",".join(str(byte) for byte in content[at:at + 32]) + "," for at in range(0, len(content), 32)]
    lines += ["\t0};", f"const size_t offline_page_n = {len(content)};", f'const char offline_policy[] = "{csp}; frame-ancestors \'none\'";', ""]
    with open(c, "w", encoding="utf-8") as file:
        file.write("\n".join(lines))


if __name__ == "__main__":
    if len(sys.argv) < 6:
        sys.exit(__doc__)
    main(*sys.argv[1:])
