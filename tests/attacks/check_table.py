#!/usr/bin/env python3
"""docs/attacks.md names every scenario there is, as it was held to what happened, and no other. Usage: check_table.py DOC [--update]"""
import sys

import attack
import keeper, source, trouble, kills, slow  # noqa: E401 - each adds its scenarios, in this order

BEGIN = "| attack | detected by | commands | what was lost |"


def main():
    rows = [BEGIN, "| --- | --- | --- | --- |"] + [f"| {' | '.join(run.row)} |" for run in attack.scenarios]
    with open(sys.argv[1], encoding="utf-8") as file:
        lines = file.read().split("\n")
    start = lines.index(BEGIN)
    end = next(number for number in range(start, len(lines)) if not lines[number].startswith("|"))
    if len(sys.argv) > 2 and sys.argv[2] == "--update":
        with open(sys.argv[1], "w", encoding="utf-8") as file:
            file.write("\n".join(lines[:start] + rows + lines[end:]))
        return 0
    here = lines[start:end]
    for row in rows:
        if row not in here:
            print(f"FAILED: not in {sys.argv[1]}: {row}")
    for row in here:
        if row not in rows:
            print(f"FAILED: no such scenario: {row}")
    print(f"{len(attack.scenarios)} scenarios in {len({run.__module__ for run in attack.scenarios})} files")
    return 0 if here == rows else 1


sys.exit(main())
