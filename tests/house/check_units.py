#!/usr/bin/env python3
"""check_units.py PHOTOSTAT FOLDER: systemd reads the units as they are meant, finds nothing wrong with them, and calls them well closed in; what they
run is a command with such options. Exit status 77 without systemd-analyze."""

import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

EXPOSURE = 25  # tenths, as systemd-analyze counts it: 0 nothing open, 100 all


def main():
    photostat, folder = os.path.abspath(sys.argv[1]), sys.argv[2]
    if not shutil.which("systemd-analyze"):
        print("skipped: systemd-analyze is not installed")
        return 77
    wrong = 0
    with tempfile.TemporaryDirectory() as place:
        for path in sorted(glob.glob(os.path.join(folder, "*.in")) + glob.glob(os.path.join(folder, "*.timer"))):
            with open(path, encoding="utf-8") as file:
                text = file.read()
            name = os.path.basename(path).removesuffix(".in").replace("@", "@copy")
            with open(os.path.join(place, name), "w", encoding="utf-8") as file:
                file.write(text.replace("@photostat@", photostat).replace("man:", "file:/"))
            for command in re.findall(r"^ExecStart=@photostat@ (.*)$", text, re.M):
                words = [word for word in command.split() if not word.startswith("$")]
                said = subprocess.run([photostat, *words[:1 + (not words[1].startswith("-"))], "--help"], capture_output=True, text=True, check=False)
                for option in re.findall(r"--[a-z-]+", command):
                    if said.returncode != 0 or option not in said.stdout + "--quiet":
                        print(f"{name}: photostat {command}: there is no {option}")
                        wrong += 1
        units = sorted(os.listdir(place))
        for unit in units:
            done = subprocess.run(["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", os.path.join(place, unit)], capture_output=True, text=True,
                                  check=False)
            if done.returncode != 0 or done.stderr.strip():
                print(f"{unit}: {done.stderr.strip() or done.stdout.strip()}")
                wrong += 1
            if unit.endswith(".service"):
                done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=%d" % EXPOSURE, os.path.join(place, unit)],
                                      capture_output=True, text=True, check=False)
                print(done.stdout.strip().split("\n")[-1])
                wrong += done.returncode != 0
    print("%d units, %d wrong" % (len(units), wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
