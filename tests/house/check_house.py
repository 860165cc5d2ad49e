#!/usr/bin/env python3
"""The rules of docs/style.md that a machine can hold, each with a violation of its own that it must find (--self-test).

    check_house.py sources ROOT             layers, headers, calls, sizes, words, promises
    check_house.py objects ROOT BUILD       what the compiled files really call and keep: I/O, state, the library for others
    check_house.py headers ROOT BUILD CC... every header compiles alone and twice
    check_house.py self-test CC...          every rule finds what it is there for

One line a violation; exit status 1 if there is one.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

# ---- what may stand where --------------------------------------------------------------------------------------------

# A module sees itself and these. Layers only look down; of the keepers none knows another; the library for others is base, crypto, tlog, entry.
PURE = {"base", "crypto", "tlog", "entry", "ocfl", "bag", "record", "text", "verify"}
MODULES = {
    "base": ("foundation", set()),
    "crypto": ("foundation", {"base"}),
    "os": ("foundation", {"base"}),
    "http": ("foundation", {"base", "os"}),
    "tlog": ("knowledge", {"base", "crypto"}),
    "entry": ("knowledge", {"base", "crypto", "tlog"}),
    "verify": ("knowledge", {"base", "crypto", "tlog", "entry"}),
    "ocfl": ("knowledge", {"base", "crypto"}),
    "bag": ("knowledge", {"base", "crypto", "ocfl"}),  # trees are read through the same callbacks
    "record": ("knowledge", {"base", "crypto"}),
    "text": ("knowledge", {"base", "record"}),  # languages and dates are the record's
    "store": ("keeping", PURE - {"verify"} | {"os"}),
    "log": ("keeping", PURE - {"verify"} | {"os"}),
    "database": ("keeping", {"base", "os"}),  # what the three below, which know none of another, keep their files with
    "catalogue": ("keeping", PURE - {"verify"} | {"os", "database"}),
    "search": ("keeping", PURE - {"verify"} | {"os", "database"}),
    "lists": ("keeping", PURE - {"verify"} | {"os", "database"}),
    "archive": ("doing", PURE - {"verify"} | {"os", "store", "log", "catalogue"}),
    "holder": ("doing", PURE - {"verify"} | {"os", "http", "store", "log", "catalogue", "archive"}),
    "extract": ("doing", PURE - {"verify"} | {"os", "store", "log", "catalogue", "archive", "extract/readers"}),
    "extract/readers": ("doing", PURE - {"verify"}),  # documents' formats: worker programs alone link them, but for the list of kinds
    "extract/worker": ("doing", PURE - {"verify"} | {"os", "extract/readers"}),
    "extract/images": ("doing", PURE - {"verify"} | {"os", "extract/readers", "extract/worker"}),
    "finder": ("doing", PURE - {"verify"} | {"os", "store", "log", "catalogue", "search", "archive", "extract"}),
    "room": ("serving", PURE - {"verify"} | {"os", "http", "store", "log", "catalogue", "search", "lists", "archive", "holder", "extract", "finder"}),
    "cli": ("serving", PURE - {"verify"} | {"os", "http", "store", "log", "catalogue", "search", "lists", "archive", "holder", "extract", "finder", "room"}),
}
PUBLIC = {"verify": "photostat-verify.h", "extract/worker": "worker.h", "extract/images": None}
MADE = {"photostat-version.h", "room/words.h"}  # by the build

LINES_MAX = {"src": 700, "bench": 700, "tests": 1000}

# Each has a checked or bounded counterpart in base, or gives no error at all.
BANNED = ("strcpy strcat sprintf vsprintf strtok strtok_r gets atoi atol atoll atof alloca system popen scanf sscanf fscanf rand srand random "
          "tmpnam tempnam mktemp tmpfile asctime ctime localtime gmtime readdir_r setjmp longjmp siglongjmp wordexp").split()

# System calls and stdio that touch files: only os makes them (and SQLite, for its own file).
FILE_CALLS = set("""open openat creat read pread readv preadv write pwrite writev pwritev close rename renameat renameat2 unlink unlinkat remove
    mkdir mkdirat rmdir link linkat symlink symlinkat truncate ftruncate fallocate posix_fallocate fsync fdatasync sync syncfs sync_file_range
    stat lstat fstat fstatat __xstat __lxstat __fxstat __fxstatat statx statfs fstatfs statvfs access faccessat chmod fchmod fchmodat chown
    fchown utime utimes utimensat futimens mknod mknodat mkfifo flock lockf fcntl mmap copy_file_range sendfile splice opendir fdopendir readdir
    scandir ftw nftw fts_open glob getdents getdents64 realpath readlink readlinkat mkstemp mkostemp mkdtemp tmpfile
    fopen freopen fdopen fopencookie dup dup2 dup3 pipe pipe2 ioctl""".split())
OUTER_CALLS = set("""socket connect bind listen accept accept4 fork vfork execl execlp execle execv execvp execve posix_spawn posix_spawnp
    system popen waitpid wait wait4 dlopen getaddrinfo""".split())
STDIO_CALLS = set("printf vprintf puts putchar fputs fputc putc fwrite fprintf vfprintf perror getchar fgets fgetc getc fread getline".split())
CLOCKS = set("time gettimeofday clock_gettime getenv secure_getenv".split())

# Who may all the same, and why.
ALLOWED_CALLS = {
    "crypto/hasher.c": {"fprintf"},  # its last words before abort()
    "archive/audit.c": {"clock_gettime"},  # the rate it keeps to
    "archive/init.c": {"fchmod"},  # keys/ and staging/ are for their owner alone
    "http/load.c": {"dlopen"},  # libcurl and libmicrohttpd cost commands that want no network nothing
    "http/server.c": {"getaddrinfo", "close"},  # where to listen; a file's descriptor that no answer takes
    "archive/open.c": {"getenv"},  # PHOTOSTAT_ARCHIVE
    "extract/run.c": {"getenv"},  # PHOTOSTAT_EXTRACT
    "extract/images/decode.c": {"mmap"},  # an image's file, as leptonica wants it
    "extract/images/ocr.c": {"access", "clock_gettime"},  # which of tesseract's data there is; what of its time is left
    "cli/edit.c": {"getenv", "fork", "execl", "waitpid", "mkstemp", "close"},  # the user's editor, on a file of its own
    "cli/passphrase.c": {"getenv"},  # PHOTOSTAT_PASSPHRASE_FILE
    "cli/progress.c": {"clock_gettime", "isatty"},
    "room/drawing.c": {"clock_gettime"},  # a second's wait that no change of the clock makes longer
    "cli/verify.c": {"stat", "fstat"},  # files of the user's, outside any archive
}
# Writable data that outlives a call, and why.
ALLOWED_STATE = {
    "os/calls.c": {"os_calls"},  # the table that tests replace
    "os/interrupt.c": None,  # flags set by a signal handler
    "os/batch.c": None,  # os_batch_force_per_file and _syncfs, for tests
    "os/file.c": None,  # the counter in temporary names
    "crypto/hasher.c": None,  # algorithms fetched once: a third of the time of small digests
    "http/load.c": None,  # the libraries, loaded once
    "extract/picture_cache.c": None,  # how much the cache holds, and how many workers draw: of the process
    "archive/conf.c": {"one_at_a_time"},  # the lock of a lexer that is one for the process
    "cli/main.c": {"invocation"},
}

MACHINE_PATHS = re.compile(r"/(work|root|home/\w+)/|\.pyenv")
TEXT_FOLDERS = ("src", "tests", "docs", "man", "scripts", "bench", "examples", ".ci")


def walk(root, folders, endings):
    for folder in folders:
        for where, names, files in os.walk(os.path.join(root, folder)):
            names[:] = sorted(n for n in names if not n.startswith(".") and n not in ("corpus", "__pycache__"))
            for name in sorted(files):
                if name.endswith(endings):
                    yield os.path.relpath(os.path.join(where, name), root)


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="surrogateescape") as file:
        return file.read()


def code_only(text):
    """Comments and the insides of strings blanked; line breaks stay."""
    def blank(match):
        piece = match.group(0)
        if piece.startswith(("/*", "//")):
            return re.sub(r"[^\n]", " ", piece)
        return piece[0] + re.sub(r"[^\n]", " ", piece[1:-1]) + piece[-1]
    return re.sub(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", blank, text, flags=re.S)


def public_header(module):
    """None: a program, which nobody includes."""
    return PUBLIC.get(module, module.split("/")[-1] + ".h")


def module_of(path):
    """src/knowledge/tlog/note.c is of tlog; None if it is of no module."""
    parts = path.split("/")
    name = "/".join(parts[2:-1])
    if parts[0] != "src" or name not in MODULES or MODULES[name][0] != parts[1]:
        return None
    return name


# ---- rules over the sources --------------------------------------------------------------------------------------------

def rule_layers(root):
    for path in walk(root, ["src"], (".c", ".h")):
        module = module_of(path)
        if module is None:
            yield f"{path}: belongs to no module that the design names"
            continue
        sees = MODULES[module][1] | {module}
        for number, line in enumerate(read(root, path).split("\n"), 1):
            match = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if not match or match.group(1) in MADE:
                continue
            folder, slash, name = match.group(1).rpartition("/")
            if not slash:
                if not os.path.exists(os.path.join(root, os.path.dirname(path), name)):
                    yield f'{path}:{number}: "{name}" is not in this folder; write "module/module.h"'
            elif folder not in MODULES:
                yield f'{path}:{number}: "{match.group(1)}" is of no module'
            elif folder not in sees:
                yield f"{path}:{number}: {module} does not see {folder}"
            elif folder != module and name != public_header(folder):
                yield f"{path}:{number}: {folder}/{name} is private to {folder}"


def rule_public_headers(root):
    for module, (layer, _) in MODULES.items():
        folder = os.path.join(root, "src", layer, module)
        if os.path.isdir(folder) and any(name.endswith(".c") for name in os.listdir(folder)):
            name = public_header(module)
            if name is None:
                continue
            if not os.path.exists(os.path.join(folder, name)):
                yield f"src/{layer}/{module}: has no {name}"


def rule_guards(root):
    for path in walk(root, ["src"], (".h",)):
        lines = [line for line in code_only(read(root, path)).split("\n") if line.strip()]
        if len(lines) < 3 or not re.match(r"#ifndef PHOTOSTAT_\w+_H$", lines[0]) or lines[1] != lines[0].replace("#ifndef", "#define") \
                or not lines[-1].startswith("#endif"):
            yield f"{path}: wants a guard, #ifndef PHOTOSTAT_…_H, around everything"


def rule_banned_calls(root):
    pattern = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")\s*\(")
    for path in walk(root, ["src", "bench"], (".c", ".h")):
        for number, line in enumerate(code_only(read(root, path)).split("\n"), 1):
            for match in pattern.finditer(line):
                yield f"{path}:{number}: {match.group(1)} is banned"


def rule_sizes(root):
    for path in walk(root, ["src", "tests", "bench"], (".c", ".h")):
        lines, most = read(root, path).count("\n"), LINES_MAX[path.split("/")[0]]
        if lines > most:
            yield f"{path}: {lines} lines; one business a file, at most {most}"


def rule_words(root):
    paths = list(walk(root, TEXT_FOLDERS, (".c", ".h", ".md", ".py", ".sh", ".build", ".txt", ".map", ".yml")))
    paths += [p for p in walk(root, ("scripts", ".ci", "bench"), ("",)) if p not in paths and "." not in os.path.basename(p)]
    paths += [name for name in ("README.md", "meson.build", "meson_options.txt") if os.path.exists(os.path.join(root, name))]
    for path in paths:
        if path.endswith("house/check_house.py"):
            continue
        for number, line in enumerate(read(root, path).split("\n"), 1):
            if MACHINE_PATHS.search(line):
                yield f"{path}:{number}: a path of one machine"
            if path.endswith(".md") and re.search(r"(?<!\w)/tmp\b", line):
                yield f"{path}:{number}: /tmp in a text for people"
            if not path.startswith("tests/") and re.search(r"(?<![\w-])shared/", line):
                yield f"{path}:{number}: shared/ is for tests alone"
            if re.search(r"\b(TODO|FIXME|XXX|HACK)\b(?!XXX)", line) and not re.search(r"X{6}", line):
                yield f"{path}:{number}: unfinished; do it, or say in docs/promises.md what is not there"


def rule_promises(root):
    """docs/promises.md names tests as `tests/…/file.c` or `tests/…/file.c: case`: they must be there."""
    path = "docs/promises.md"
    if not os.path.exists(os.path.join(root, path)):
        yield f"{path}: missing"
        return
    text = read(root, path)
    for promise in range(1, 11):
        if not re.search(rf"\bP{promise}\b", text):
            yield f"{path}: says nothing of P{promise}"
    for number, line in enumerate(text.split("\n"), 1):
        for match in re.finditer(r"`((?:tests|bench|scripts)/[\w./-]+)(?:: ([^`]+))?`", line):
            where, case = match.groups()
            if not os.path.exists(os.path.join(root, where)):
                yield f"{path}:{number}: there is no {where}"
            elif case and not re.search(rf"(?<!\w){re.escape(case)}(?!\w)", read(root, where)):
                yield f"{path}:{number}: {where} has no {case}"


SOURCE_RULES = [rule_layers, rule_public_headers, rule_guards, rule_banned_calls, rule_sizes, rule_words, rule_promises]


# ---- rules over what was compiled --------------------------------------------------------------------------------------

def objects(root, build):
    """(module/file.c, path of its object) of everything under src."""
    prefixes = sorted(((module.replace("/", "_") + "_", module) for module in MODULES), key=lambda pair: -len(pair[0]))
    for where, _, files in os.walk(os.path.join(build, "src")):
        for name in sorted(files):
            for prefix, module in prefixes:
                source = module + "/" + name.removeprefix(prefix).removesuffix(".o")
                if name.startswith(prefix) and name.endswith(".c.o") and os.path.exists(os.path.join(root, "src", MODULES[module][0], source)):
                    yield source, os.path.join(where, name)
                    break


def plain(symbol):
    """__read_chk, open64, openat64_2: the name that was written."""
    symbol = symbol.split("@")[0]
    match = re.fullmatch(r"_?_?(\w+?)(?:64)?(?:_chk|_2|_alias|_warn)?", symbol)
    for name in (symbol, symbol.removesuffix("64"), match.group(1) if match else symbol):
        if name in FILE_CALLS | OUTER_CALLS | STDIO_CALLS | CLOCKS:
            return name
    return symbol


def command(*words):
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, env=dict(os.environ, LC_ALL="C")).stdout.decode("utf-8", "replace")


def rule_calls(root, build):
    compiled = list(objects(root, build))
    if not compiled:
        yield f"{build}: no compiled files found"
        return
    calls = {}
    for line in command("nm", "-u", "-A", *(path for _, path in compiled)).split("\n"):
        if line.strip():
            path, symbol = line.split(":")[0], line.split()[-1]
            calls.setdefault(path, set()).add(plain(symbol))
    for name, path in compiled:
        module = name.rpartition("/")[0]
        called = calls.get(path, set())
        refused = set() if module == "os" else FILE_CALLS | OUTER_CALLS
        if module in PURE:
            refused = refused | STDIO_CALLS | CLOCKS
        elif module != "cli":
            refused = refused | STDIO_CALLS | (CLOCKS if module != "os" else set())
        for symbol in sorted(called & refused - set(ALLOWED_CALLS.get(name, {}))):
            yield f"src/{MODULES[module][0]}/{name}: calls {symbol}; " + ("knowledge and base do no I/O and know no clock" if module in PURE else
                                                                         "files are reached through os")


def rule_state(root, build):
    for name, path in objects(root, build):
        allowed = ALLOWED_STATE.get(name, set())
        if allowed is None:
            continue
        for line in command("objdump", "-t", path).split("\n"):
            match = re.match(r"[0-9a-f]+ .{5}.O (\.data\S*|\.bss\S*|\.tbss\S*|\.tdata\S*|\*COM\*)\s+[0-9a-f]+ (?:\.hidden )?(\S+)", line)
            if match and not match.group(1).startswith(".data.rel.ro"):
                symbol = re.sub(r"\.\d+$", "", match.group(2))
                if symbol not in allowed and not symbol.startswith("__"):
                    yield f"src/{MODULES[name.rpartition('/')[0]][0]}/{name}: {symbol} is state that outlives a call"


def rule_verify_library(root, build):
    folders = [where for where, _, files in os.walk(os.path.join(build, "src")) if "libphotostat-verify.so" in files]
    if not folders:
        yield f"{build}: libphotostat-verify.so is not built"
        return
    library = os.path.join(folders[0], "libphotostat-verify.so")
    needed = re.findall(r"\(NEEDED\).*\[([^\]]+)\]", command("readelf", "-d", library))
    for name in needed:
        if not re.match(r"(libcrypto|libc|ld-linux[\w-]*)\.so", name):
            yield f"libphotostat-verify needs {name}: it links libcrypto alone"
    if not any(name.startswith("libcrypto") for name in needed):
        yield "libphotostat-verify does not link libcrypto: is it the library at all?"
    for line in command("nm", "-D", "--defined-only", library).split("\n"):
        fields = line.split()
        if len(fields) == 3 and fields[1] in "TDBR" and not fields[2].startswith("photostat_"):
            yield f"libphotostat-verify exports {fields[2]}"


OBJECT_RULES = [rule_calls, rule_state, rule_verify_library]


# ---- headers alone -----------------------------------------------------------------------------------------------------

def check_headers(root, build, compiler):
    includes = []
    for layer in ("foundation", "knowledge", "keeping", "doing", "serving"):
        includes += ["-I" + os.path.join(root, "src", layer), "-I" + os.path.join(build, "src", layer)]
    # Readers' own headers show libxml2's types; its headers do not lie where the compiler looks by itself.
    flags = subprocess.run(["pkg-config", "--cflags", "libxml-2.0"], capture_output=True, text=True, check=False)
    includes += flags.stdout.split()
    count = 0
    for path in walk(root, ["src"], (".h",)):
        full = os.path.join(root, path)
        count += 1
        text = f'#include "{full}"\n#include "{full}"\nextern int only_a_header;\n'
        done = subprocess.run([*compiler, "-std=gnu17", "-D_GNU_SOURCE", "-D_FILE_OFFSET_BITS=64", "-Wall", "-Wextra", "-Werror", "-fsyntax-only",
                               *includes, "-x", "c", "-"], input=text.encode(), stderr=subprocess.PIPE, check=False)
        if done.returncode != 0:
            yield f"{path}: does not compile alone:\n" + done.stderr.decode("utf-8", "replace")
    if count == 0:
        yield f"{root}: no headers found"


# ---- each rule finds what it is there for ------------------------------------------------------------------------------

GUARDED = "#ifndef PHOTOSTAT_{0}_H\n#define PHOTOSTAT_{0}_H\n{1}#endif\n"
VIOLATIONS = [
    (rule_layers, "src/knowledge/tlog/bad.c", '#include "os/os.h"\n', "does not see os"),
    (rule_layers, "src/keeping/store/bad.c", '#include "log/log.h"\n', "does not see log"),
    (rule_layers, "src/keeping/log/bad.c", '#include "archive/archive.h"\n', "does not see archive"),
    (rule_layers, "src/doing/archive/bad.c", '#include "store/internal.h"\n', "is private"),
    (rule_layers, "src/knowledge/nowhere/bad.c", "", "no module"),
    (rule_layers, "src/knowledge/os/bad.c", "", "no module"),
    (rule_layers, "src/foundation/base/bad.c", '#include "elsewhere.h"\n', "not in this folder"),
    (rule_public_headers, "src/knowledge/bag/bad.c", "", "has no bag.h"),
    (rule_guards, "src/foundation/base/bad.h", "int x;\n", "guard"),
    (rule_guards, "src/foundation/base/bad.h", GUARDED.format("BAD", "") + "int x;\n", "guard"),
    (rule_banned_calls, "src/foundation/base/bad.c", "void f(char *a) { strcpy(a, a); }\n", "strcpy"),
    (rule_banned_calls, "src/foundation/base/bad.c", "int f(char *a) { return atoi (a); }\n", "atoi"),
    (rule_sizes, "src/foundation/base/bad.c", "int x;\n" * 701, "lines"),
    (rule_words, "docs/bad.md", "see /" + "work/main\n", "machine"),
    (rule_words, "docs/bad.md", "it lies in /tmp/x\n", "/tmp"),
    (rule_words, "src/foundation/base/bad.c", "/* ../shared" + "/x */\n", "tests alone"),
    (rule_words, "scripts/bad", "# " + "TO" + "DO\n", "unfinished"),
    (rule_promises, "docs/promises.md", "P1 `tests/none_such.c`\n", "there is no"),
    (rule_promises, "docs/promises.md", "P1 `tests/a.c: nothing`\n", "has no nothing"),
    (rule_promises, "docs/promises.md", "P1\n", "nothing of P7"),
]
SOUND = [
    ("src/foundation/base/base.h", GUARDED.format("BASE", "int base(void);\n")),
    ("src/foundation/base/good.c", '/* strcpy( is a word here */\n#include "base/base.h"\nconst char *x = "system(";\nint not_atoi(int);\n'),
    ("src/keeping/store/store.h", GUARDED.format("STORE", "")),
    ("src/keeping/store/good.c", '#include "ocfl/ocfl.h"\n#include "os/os.h"\n#include "store/store.h"\n'),
    ("tests/a.c", "/* ../shared" + "/x */\nvoid works(void);\n"),
    ("docs/promises.md", " ".join(f"P{n}" for n in range(1, 11)) + " `tests/a.c: works`\n"),
]
OBJECT_VIOLATIONS = [
    (rule_calls, "src/knowledge/tlog/bad.c", "#include <unistd.h>\nvoid f(void); void f(void) { (void)!write(1, \"\", 1); }\n", "calls write"),
    (rule_calls, "src/knowledge/tlog/bad.c", "#include <stdio.h>\nvoid f(void); void f(void) { (void)fopen(\"x\", \"r\"); }\n", "calls fopen"),
    (rule_calls, "src/keeping/store/bad.c", "#include <fcntl.h>\nint f(void); int f(void) { return openat(1, \"x\", O_RDONLY); }\n", "calls openat"),
    (rule_calls, "src/doing/archive/bad.c", "#include <stdio.h>\nvoid f(int x); void f(int x) { printf(\"%d\", x); }\n", "calls printf"),
    (rule_calls, "src/foundation/base/bad.c", "#include <time.h>\nlong f(void); long f(void) { return time(0); }\n", "calls time"),
    (rule_state, "src/knowledge/tlog/bad.c", "int f(void); int f(void) { static int count; return ++count; }\n", "count is state"),
    (rule_state, "src/knowledge/tlog/bad.c", "int f(void); int table[] = {1, 2}; int f(void) { return ++table[0]; }\n", "table is state"),
]


def put(root, path, text):
    os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
    with open(os.path.join(root, path), "w", encoding="utf-8") as file:
        file.write(text)


def self_test(compiler):
    for rule in SOURCE_RULES:
        with tempfile.TemporaryDirectory() as root:
            for path, text in SOUND:
                put(root, path, text)
            for finding in rule(root):
                yield f"{rule.__name__} finds fault with what is sound: {finding}"
    for rule, path, text, wanted in VIOLATIONS:
        with tempfile.TemporaryDirectory() as root:
            for sound, content in SOUND:
                put(root, sound, content)
            put(root, path, text)
            if not any(wanted in finding for finding in rule(root)):
                yield f"{rule.__name__} misses: {wanted!r} in {path}"
    for rule, path, text, wanted in OBJECT_VIOLATIONS:
        with tempfile.TemporaryDirectory() as root:
            put(root, path, text)
            folder = os.path.join(root, "build", "src", "lib.a.p")
            os.makedirs(folder)
            name = path.split("/")[2] + "_" + os.path.basename(path) + ".o"
            subprocess.run([*compiler, "-O2", "-D_FORTIFY_SOURCE=2", "-D_FILE_OFFSET_BITS=64", "-c", os.path.join(root, path), "-o",
                            os.path.join(folder, name)], check=True)
            if not any(wanted in finding for finding in rule(root, os.path.join(root, "build"))):
                yield f"{rule.__name__} misses: {wanted!r}"
    with tempfile.TemporaryDirectory() as root:
        put(root, "src/foundation/base/bad.h", GUARDED.format("BAD", "size_t needs_stddef(void);\n"))
        if not list(check_headers(root, os.path.join(root, "build"), compiler)):
            yield "headers: misses a header that needs another"
    if not shutil.which("nm") or not shutil.which("objdump") or not shutil.which("readelf"):
        yield "binutils are not installed"


def main(arguments):
    kind = arguments[0] if arguments else ""
    if kind == "sources" and len(arguments) == 2:
        findings = [finding for rule in SOURCE_RULES for finding in rule(arguments[1])]
    elif kind == "objects" and len(arguments) == 3:
        findings = [finding for rule in OBJECT_RULES for finding in rule(arguments[1], arguments[2])]
    elif kind == "headers" and len(arguments) > 3:
        findings = list(check_headers(arguments[1], arguments[2], arguments[3:]))
    elif kind == "self-test" and len(arguments) > 1:
        findings = list(self_test(arguments[1:]))
    else:
        sys.stderr.write(__doc__)
        return 2
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
