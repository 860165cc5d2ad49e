#!/usr/bin/env python3
"""What README.md shows of the program is what the program prints.

    check_readme.py README PHOTOSTAT ROOT [--update]

Blocks marked ```console are run from first to last in one shell, in an empty folder that has examples/ in it: lines that begin with "$ " are typed,
what follows is what they print, standard error included. A line "…" stands for any number of lines. What differs from run to run (times, digests,
keys, made-up origins, durations) is not compared. Commands that begin with ./scripts/ or sudo are not run, but the script must be there.
--update writes what was printed into README, where it differs. Exit status 1 if anything differs, 77 (skipped) if there is no README.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

ELISION = "…"
CHANGING = [
    (r"archive-[0-9a-f]{16}\.invalid", "ORIGIN"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME"),
    (r"holder-[0-9a-f]{8}", "HOLDER"),
    (r"\+[0-9a-f]{8}\+[A-Za-z0-9+/=]{20,}", "+KEY"),
    (r"\+[0-9a-f]{8}\b", "+ID"),
    (r"\b[0-9a-f]{16,}\b", "HEX"),
    (r"[A-Za-z0-9+/]{40,}={0,2}", "BASE64"),
    (r"\b\d+(\.\d+)? (ms|s|µs|[kMG]?B/s)\b", "SPEED"),
    (r"(/[\w.-]+)*/photostat-readme\.\w+", "FOLDER"),
]


def plain(line):
    for pattern, word in CHANGING:
        line = re.sub(pattern, word, line)
    return line.rstrip()


def blocks_of(lines):
    """(first line, line after the last) of each block's inside."""
    start = None
    for number, line in enumerate(lines):
        if start is None and line.startswith("```console"):
            start = number + 1
        elif start is not None and line.startswith("```"):
            yield start, number
            start = None


def commands_of(lines, start, end):
    """[command, first line of its output, line after it]; a command goes on in lines after a backslash."""
    commands = []
    number = start
    while number < end:
        if lines[number].startswith("$ "):
            command = lines[number][2:]
            while command.endswith("\\") and number + 1 < end:
                number += 1
                command += "\n" + lines[number]
            commands.append([command, number + 1, number + 1])
        elif commands:
            commands[-1][2] = number + 1
        number += 1
    return commands


def run(commands, photostat, root):
    """What each prints, in order."""
    mark = "-- end of the command --"
    with tempfile.TemporaryDirectory(prefix="photostat-readme.") as folder:
        shutil.copytree(os.path.join(root, "examples"), os.path.join(folder, "examples"))
        script = "".join(f"{{ {command}\n}} 2>&1\nprintf '%s\\n' '{mark}'\n" for command in commands)
        environment = dict(os.environ, PATH=os.path.dirname(os.path.abspath(photostat)) + ":" + os.environ["PATH"], LC_ALL="C.UTF-8")
        environment.pop("PHOTOSTAT_ARCHIVE", None)
        done = subprocess.run(["bash", "--norc", "-c", script], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              stdin=subprocess.DEVNULL, check=False, timeout=300)
    outputs = done.stdout.decode("utf-8", "replace").split(mark + "\n")
    return [output.split("\n")[:-1] if output.endswith("\n") else output.split("\n") for output in outputs[:-1]]


def matches(shown, printed):
    """Whether the lines shown are those printed, elisions filled."""
    if not shown:
        return not printed
    if shown[0] == ELISION:
        return any(matches(shown[1:], printed[skip:]) for skip in range(len(printed) + 1))
    return bool(printed) and plain(shown[0]) == plain(printed[0]) and matches(shown[1:], printed[1:])


def main(arguments):
    update = "--update" in arguments
    arguments = [argument for argument in arguments if argument != "--update"]
    if len(arguments) != 3:
        sys.stderr.write(__doc__)
        return 2
    readme, photostat, root = arguments
    if not os.path.exists(readme):
        print(f"skipped: there is no {readme}")
        return 77
    with open(readme, encoding="utf-8") as file:
        lines = file.read().split("\n")
    commands = [command for start, end in blocks_of(lines) for command in commands_of(lines, start, end)]
    typed, faults = [], []
    for command in commands:
        script = re.match(r"(?:sudo )?(?:\./)?(scripts/[\w-]+)", command[0])
        if script and not os.access(os.path.join(root, script.group(1)), os.X_OK):
            faults.append(f"there is no {script.group(1)}")
        if not script and not command[0].startswith(("sudo ", "git clone ")):
            typed.append(command)
    if not typed:
        faults.append("no command is shown with what it prints, in a block marked ```console")
    outputs = run([command[0] for command in typed], photostat, root)
    if len(outputs) != len(typed):
        faults.append(f"the shell stopped at: {typed[len(outputs)][0]}")
    for (command, start, end), printed in reversed(list(zip(typed, outputs))):
        shown = lines[start:end]
        while shown and not shown[-1].strip():
            shown.pop()
        while printed and not printed[-1].strip():
            printed.pop()
        if not matches(shown, printed):
            faults.append(f"line {start}: $ {command}\nis shown with:\n" + "\n".join(shown) + "\nand prints:\n" + "\n".join(printed) + "\n")
            lines[start:end] = printed + ([""] if end < len(lines) and lines[end - 1] == "" and end - 1 >= start else [])
    if update:
        with open(readme, "w", encoding="utf-8") as file:
            file.write("\n".join(lines))
        print(f"{len(faults)} differed")
        return 0
    for fault in reversed(faults):
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
