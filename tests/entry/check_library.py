"""The shared library is what it says: it needs libcrypto and libc alone, shows photostat_verify_* alone, and pkg-config finds it.

check_library.py LIBRARY PKGCONFIG_FOLDER SANITIZER
"""

import os
import re
import shutil
import subprocess
import sys

library, folder, sanitizer = sys.argv[1:]


def output(*command, **more):
    return subprocess.run(command, check=True, capture_output=True, text=True, **more).stdout


dynamic = output("readelf", "-d", library)
needed = set(re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic))
soname = re.findall(r"\(SONAME\).*\[(.*)\]", dynamic)
if soname != ["libphotostat-verify.so.0"]:
    sys.exit(f"its soname is {soname}")
if sanitizer != "none":
    print("SKIPPED what it needs: built with a sanitizer, it needs the sanitizer's library too")
# The dynamic loader is libc's own: it gives a thread its variables.
elif {n for n in needed if not n.startswith("ld-linux")} != {"libcrypto.so.3", "libc.so.6"}:
    sys.exit(f"it needs {sorted(needed)}, not libcrypto and libc alone")

symbols = [line.split() for line in output("nm", "-D", "--defined-only", library).splitlines()]
names = {parts[2].split("@")[0] for parts in symbols if parts[1] != "A"}
foreign = {name for name in names if not name.startswith("photostat_verify_")}
if foreign:
    sys.exit(f"it exports {sorted(foreign)}")
header = os.path.join("src", "knowledge", "verify", "photostat-verify.h")
with open(header, encoding="utf-8") as file:
    text = re.sub(r"/\*.*?\*/|^typedef.*?;", "", file.read(), flags=re.S | re.M)
declared = {name for name in re.findall(r"\b(photostat_verify_\w+)\(", text)}
if declared != names:
    sys.exit(f"declared and exported differ: {sorted(declared ^ names)}")

if shutil.which("pkg-config") is None:
    print("SKIPPED pkg-config: not installed")
else:
    environment = dict(os.environ, PKG_CONFIG_PATH=folder)
    libraries = output("pkg-config", "--libs", "photostat-verify", env=environment)
    private = output("pkg-config", "--print-requires-private", "photostat-verify", env=environment)
    if "-lphotostat-verify" not in libraries or "libcrypto" not in private or "-lcrypto" in libraries:
        sys.exit(f"pkg-config says {libraries!r} and requires {private!r}")
print(f"needs {', '.join(sorted(needed))}; exports {len(names)} functions")
