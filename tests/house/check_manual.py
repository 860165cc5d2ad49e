#!/usr/bin/env python3
"""The table of commands, --help, the manual and the completions say the same.

    check_manual.py table PHOTOSTAT PAGE...           table, --help and manual pages (the folder of the pages given)
    check_manual.py bash PHOTOSTAT COMPLETION         bash reads the completion and completes with it
    check_manual.py zsh PHOTOSTAT COMPLETION          so does zsh

One line a fault; exit status 1 if there is one, 77 (skipped) with a reason where a tool is not installed.
"""

import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

# What the design promises to be there.
COMMANDS = ("init deposit list show get log receipt policy verify audit edit event access expunge validate index").split() + [
    "bag import", "bag export", "witness add", "witness list", "witness submit"]
EXIT_SKIPPED = 77


def run(*words, **options):
    return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, timeout=60, stdin=subprocess.DEVNULL, **options)


def squeeze(text):
    return re.sub(r"\s+", " ", text)


def table_of(program):
    done = run(program, "help", "--table", "--json")
    if done.returncode != 0:
        raise SystemExit(f"{program} help --table --json: exit status {done.returncode}")
    rows = [json.loads(line) for line in done.stdout.decode().splitlines()]
    return {row["name"]: row for row in rows if row.get("v") == 1 and row.get("type") == "command"}


def check_row(row):
    name = row["name"]
    for key in ("summary", "example", "exampleSays"):
        if not row[key].strip():
            yield f"{name}: its {key} is empty"
    if row["summary"].endswith(".") or not re.match(r"[a-z]", row["summary"]):
        yield f"{name}: a summary begins small and has no full stop"
    if not re.search(rf"\bphotostat (-C \S+ )?{name}\b", row["example"]):
        yield f"{name}: its example does not use it"
    known = {option["name"] for option in row["options"]}
    for word in re.findall(r"(?<![\w-])--?[a-z][\w-]*", row["usage"]):
        if word not in known:
            yield f"{name}: {word} of its usage is no option of its"
    used = re.sub(r"\"[^\"]*\"|'[^']*'", "", row["example"].split("photostat", 1)[-1].split("|")[0].split("&&")[0].split(";")[0])
    for word in re.findall(r"(?<!\S)--?[A-Za-z][\w-]*", used):
        if word not in known:
            yield f"{name}: {word} of its example is no option of its"
    for option in row["options"]:
        if not re.fullmatch(r"-[A-Za-z]|--[a-z][a-z-]*", option["name"]):
            yield f"{name}: {option['name']} is no name for an option"
        if not option["summary"].strip():
            yield f"{name} {option['name']}: says nothing of itself"


def check_table(program, pages):
    table = table_of(program)
    for name in COMMANDS:
        if name not in table:
            yield f"there is no command {name}"
    overview = run(program, "--help").stdout.decode()
    for name, row in table.items():
        if row["hidden"]:
            continue
        yield from check_row(row)
        if not re.search(rf"^  {re.escape(name)} ", overview, re.M):
            yield f"photostat --help does not list {name}"
        done = run(program, *name.split(), "--help")
        text = squeeze(done.stdout.decode())
        if done.returncode != 0 or done.stderr:
            yield f"photostat {name} --help: exit status {done.returncode} {done.stderr.decode()}"
        for piece in [row["summary"], row["usage"], row["example"], row["exampleSays"], row["details"]] + \
                [option["name"] + " " + (option["argument"] or "") for option in row["options"]] + [option["summary"] for option in row["options"]]:
            if squeeze(piece).strip() not in text:
                yield f"photostat {name} --help lacks: {piece}"
        if run(program, "help", *name.split()).stdout != done.stdout:
            yield f"photostat help {name} and photostat {name} --help differ"
    yield from check_pages(table, pages)


def unroff(text):
    text = re.sub(r"\\f[A-Z]", "", text)
    for escape, plain in (("\\-", "-"), ("\\(aq", "'"), ("\\(ga", "`"), ("\\(ha", "^"), ("\\(ti", "~"), ("\\&", ""), ("\\e", "\\")):
        text = text.replace(escape, plain)
    return squeeze(re.sub(r"^\.(PP|nf|fi)$", "", text, flags=re.M))


def check_pages(table, pages):
    there = {os.path.basename(page): page for page in pages}
    wanted = {"photostat-" + name.replace(" ", "-") + ".1": row for name, row in table.items() if not row["hidden"]}
    for name in sorted(set(wanted) - set(there)):
        yield f"{name} is not made: add it to manual_commands in man/meson.build"
    for name in sorted(set(there) - set(wanted) - {"photostat.1"}):
        yield f"{name} is the manual of no command: take it out of manual_commands in man/meson.build"
    for name, row in wanted.items():
        if name not in there:
            continue
        with open(there[name], encoding="utf-8") as file:
            text = unroff(file.read())
        for piece in [row["summary"], row["usage"], row["details"], row["example"], row["exampleSays"]] + \
                [option["name"] + " " + (option["argument"] or "") + " " + option["summary"] for option in row["options"]]:
            if squeeze(piece).strip() not in text:
                yield f"{name} lacks: {piece}"
    if shutil.which("mandoc"):
        for page in pages:
            done = run("mandoc", "-Tlint", "-Wwarning", page)
            if done.returncode != 0:
                yield done.stdout.decode().strip()
    else:
        print("not checked: the manual's macros, for mandoc is not installed")


# What is typed, and what must be (and must not be) among the offers.
SAMPLES = [
    (["dep"], {"deposit"}, {"audit"}),
    (["ba"], {"bag"}, {"audit"}),
    (["bag", ""], {"import", "export"}, {"audit"}),
    (["bag", "export", "--all"], {"--all-versions"}, set()),
    (["-C", "somewhere", "aud"], {"audit"}, set()),
    (["init", "--digest", "sha"], {"sha256", "sha512"}, {"--origin"}),
    (["deposit", "--access", "em"], {"embargo="}, {"open"}),
    (["init", "--o"], {"--origin"}, {"--title"}),
    (["audit", "--js"], {"--json"}, set()),
    (["help", "ver"], {"verify", "version"}, {"audit"}),
    (["hold", "decide", "letter", ""], {"follow", "keep"}, {"audit"}),
    (["hold", "decide", "letter", "fo"], {"follow"}, {"keep"}),
    (["access", "letter", "page.txt", ""], {"open", "closed", "embargo="}, {"embargo"}),
    (["receipt", "-o", "a-f"], {"a-file"}, set()),
]


def complete_bash(completion, words):
    script = 'source "$1"; shift; COMP_WORDS=(photostat "$@"); COMP_CWORD=$#; _photostat; printf "%s\\n" "${COMPREPLY[@]}"'
    with tempfile.TemporaryDirectory() as folder:
        return run("bash", "--norc", "-c", script, "bash", completion, *words, cwd=folder)


def check_bash(program, completion):
    completion = os.path.abspath(completion)
    done = run("bash", "-n", completion)
    if done.returncode != 0:
        yield "bash -n: " + done.stderr.decode()
    samples = [sample for sample in SAMPLES if sample[0][0] != "receipt"]  # files are left to bash
    for row in table_of(program).values():
        if not row["hidden"]:
            samples.append((row["name"].split() + ["-"], {option["name"] for option in row["options"]}, set()))
    for words, wanted, unwanted in samples:
        done = complete_bash(completion, words)
        offers = set(done.stdout.decode().split())
        if done.returncode != 0 or done.stderr or not wanted <= offers or unwanted & offers:
            yield f"bash: photostat {' '.join(words)} offers {sorted(offers)} {done.stderr.decode()}; wanted {sorted(wanted)}"


# zsh completes only at a terminal: one of its own pseudo-terminals.
ZSH = r"""
zmodload zsh/zpty || exit 77
zpty -b z zsh -f -i || exit 77
w() { zpty -w z "$1"; }
wait_for() {
	local out= chunk i
	for ((i = 0; i < 200; i++)); do
		if zpty -r -t z chunk; then out+=$chunk; else sleep 0.05; fi
		[[ $out == *$1* ]] && break
	done
	print -r -- "$out"
}
w 'PS1=; unsetopt beep prompt_sp prompt_cr; stty -echo; fpath=('"$1"' $fpath); autoload -Uz compinit; compinit -D -u; zstyle ":completion:*" list-colors; zstyle ":completion:*" menu no; LISTMAX=1000; bindkey "^X" list-choices; print -r REA""DY'
wait_for READY >/dev/null
zpty -w -n z "$2"$'\x18'
sleep 1
zpty -w -n z $'\x15'"print -r DO\"\"NE"$'\n'
wait_for DONE
zpty -d z
"""


def complete_zsh(completion, words):
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "a-file"), "w", encoding="utf-8"):
            pass
        return run("zsh", "-f", "-c", ZSH, "zsh", os.path.dirname(os.path.abspath(completion)), "photostat " + " ".join(words), cwd=folder,
                   env=dict(os.environ, TERM="dumb", COLUMNS="200", LINES="100"))


def check_zsh(program, completion):
    if not shutil.which("zsh"):
        print("skipped: zsh is not installed")
        sys.exit(EXIT_SKIPPED)
    done = run("zsh", "-f", "-n", completion)
    if done.returncode != 0:
        yield "zsh -n: " + done.stderr.decode()
    with concurrent.futures.ThreadPoolExecutor(5) as pool:
        outcomes = list(pool.map(lambda sample: complete_zsh(completion, sample[0]), SAMPLES))
    for (words, wanted, unwanted), done in zip(SAMPLES, outcomes):
        if done.returncode == EXIT_SKIPPED:
            print("skipped: this zsh has no module zpty, or there is no terminal to be had")
            sys.exit(EXIT_SKIPPED)
        shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", " ", done.stdout.decode("utf-8", "replace"))
        offers = set(re.findall(r"(?<![\w-])-{0,2}\w[\w-]*=?", shown.split("DONE")[0]))
        if not wanted <= offers or unwanted & offers:
            yield f"zsh: photostat {' '.join(words)} offers {sorted(offers)} {done.stderr.decode()}; wanted {sorted(wanted)}"


def main(arguments):
    if len(arguments) < 3 or arguments[0] not in ("table", "bash", "zsh"):
        sys.stderr.write(__doc__)
        return 2
    if arguments[0] == "table":
        faults = list(check_table(arguments[1], arguments[2:]))
    else:
        faults = list({"bash": check_bash, "zsh": check_zsh}[arguments[0]](arguments[1], arguments[2]))
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
