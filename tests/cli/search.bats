# Full text: found in every form, at its place, and only by who may see it (P6, P8).
load helper

papers() {
	mkdir -p papers
	printf 'Berlin, 3 May 1923\n\nDear Anna,\n\nI wrote letters to all the ministers of the government.\n' >papers/anna.txt
	printf 'The minister keeps a secret xylophone in his house.\n' >papers/secret.txt
	photostat deposit papers/anna.txt --id anna --meta title="Letter to Anna" --meta creator="Berg, Boris" --meta date=1923-05-03 --meta language=en --quiet
	photostat deposit papers/secret.txt --access closed --meta title="Unspeakable" --quiet
}

ids() {
	python3 -c 'import json,sys
print(" ".join(sorted(r["id"] for r in map(json.loads, sys.stdin) if r["type"] == "hit")))'
}

@test "words of descriptions and texts are found, at their place" {
	new_archive
	papers
	photostat index --quiet
	run photostat search minister letter
	[ "$status" -eq 0 ]
	[[ "$output" == *"anna  Letter to Anna  / Berg, Boris"* ]]
	[[ "$output" == *"anna.txt#"*"*letters*"*"*ministers*"* ]]
	[ "$(photostat search --json creator:berg date:1920..1930 | ids)" = "https://example.org/test/r/anna" ]
	run photostat search creator:berg date:1920..1922
	[ "$status" -eq 1 ]
	run photostat search
	[ "$status" -eq 2 ]
	run photostat search '***'
	[ "$status" -eq 2 ]
	run photostat search '"ministers'
	[ "$status" -eq 0 ]
	[[ "$output" == *"as they stand"* ]]
	run photostat search --public minsters
	[[ "$output" == *"did you mean: ministers"* ]]
}

@test "who searches is told how many documents are not read yet, each counted once" {
	new_archive
	papers
	run photostat search minister
	[ "$status" -eq 1 ]
	[[ "$output" == *"photostat: 2 documents are not read yet"* ]]
	photostat index --quiet
	printf 'One more.\n' >papers/more.txt
	photostat deposit papers/more.txt --quiet
	run photostat search minister
	[[ "$output" == *"photostat: 1 document is not read yet"* ]]
}

@test "what was deposited since is found without being told" {
	new_archive
	papers
	photostat search anna --quiet
	photostat deposit papers/anna.txt --id second --meta title="Zeppelin report" --quiet
	[ "$(photostat search --json --quiet zeppelin | ids)" = "https://example.org/test/r/second" ]
	photostat edit second title="Balloon report" --quiet
	run photostat search --quiet zeppelin
	[ "$status" -eq 1 ]
	[ "$(photostat search --json --quiet balloon | ids)" = "https://example.org/test/r/second" ]
	rm -r archive/derived # P8
	[ "$(photostat search --json --quiet balloon | ids)" = "https://example.org/test/r/second" ]
}

@test "what is closed is the keeper's alone, and leaves the open index to the byte (P6)" {
	new_archive
	papers
	photostat index --quiet
	run photostat search --public xylophone
	[ "$status" -eq 1 ]
	[[ "$output" != *xylophone* ]]
	run photostat search --public xylophon
	[[ "$output" != *xylophone* ]]
	refute grep -qai xylophon archive/derived/search.sqlite
	refute grep -qai unspeakable archive/derived/search.sqlite
	run photostat search xylophone
	[ "$status" -eq 0 ]
	[[ "$output" == *"*xylophone*"* ]]
	[ "$(photostat search --public --json minister | member found total)" -eq 1 ]
	[ "$(photostat search --json minister | member found total)" -eq 2 ]
	grep -qai minister archive/derived/search.sqlite
	photostat access anna closed --authority "Town archive" --reason privacy --quiet
	run photostat search --public minister
	[ "$status" -eq 1 ]
	refute grep -qai minister archive/derived/search.sqlite
	[ "$(photostat search --json minister | member found total)" -eq 2 ]
	photostat access anna open --authority "Town archive" --reason term-ended --quiet
	[ "$(photostat search --public --json minister | member found total)" -eq 1 ]
	[ "$(photostat search --json minister | member found total)" -eq 2 ]
}

@test "one file closed: its words are not found by readers, the record is" {
	new_archive
	mkdir -p letters
	printf 'Of harbours and ships.\n' >letters/a.txt
	printf 'Of xylophones alone.\n' >letters/b.txt
	photostat deposit letters --id both --meta title="Two letters" --quiet
	photostat index --quiet
	[ "$(photostat search --public --json xylophones | member found total)" -eq 1 ]
	photostat access both b.txt closed --authority "Town archive" --reason privacy --quiet
	run photostat search --public xylophones
	[ "$status" -eq 1 ]
	[ "$(photostat search --public --json harbours | member found total)" -eq 1 ]
	[ "$(photostat search --json xylophones | member found total)" -eq 1 ]
	[ "$(photostat search --json harbours | member found total)" -eq 1 ]
	refute grep -qai xylophon archive/derived/search.sqlite
}

@test "what is expunged is found by nobody" {
	new_archive
	papers
	photostat index --quiet
	photostat expunge anna --authority "Town court" --reason court-order --yes --quiet
	run photostat search minister
	[[ "$output" != *anna* ]]
	refute grep -qai government archive/derived/search.sqlite archive/derived/search-closed.sqlite
}

many() {
	mkdir -p many
	for i in $(seq 1 "$1"); do printf 'Letter number%s of the harbour, and all the ministers.\n' "$i" >"many/letter-$i.txt"; done
	photostat deposit --each-file many --quiet >deposited.txt
}

@test "killed again and again while it indexes: the next run completes, and finds everything" {
	new_archive
	many 40
	photostat index --quiet
	for i in $(seq 1 20); do
		"$PHOTOSTAT_PROGRAM" index --quiet >killed.txt 2>&1 &
		pid=$!
		sleep "0.$(printf '%02d' $((i * 7 % 40)))"
		kill -9 "$pid" 2>/dev/null || true
		wait "$pid" || true
		# Asking goes on where the killed one was.
		if [ $((i % 5)) -eq 0 ]; then [ "$(photostat search --json --quiet harbour | member found total)" -eq 40 ]; fi
	done
	photostat index --quiet
	[ "$(photostat search --json --quiet ministers | member found total)" -eq 40 ]
	for i in 1 17 40; do [ "$(photostat search --json --quiet "number$i" | member found total)" -eq 1 ]; done
}

@test "a damaged index is made anew, whatever is damaged of it (P8)" {
	new_archive
	many 30
	photostat index --quiet
	size=$(stat -c %s archive/derived/search.sqlite)
	for at in 0 24 4096 8192 16384 $((size / 2)) $((size - 9000)); do
		printf 'damaged damaged damaged damaged damaged damaged damaged damaged damaged' |
			dd of=archive/derived/search.sqlite bs=1 seek="$at" conv=notrunc status=none
		[ "$(photostat search --json --quiet harbour | member found total)" -eq 30 ]
	done
	for at in 0 $((size / 4)) $((size / 2)); do
		truncate -s "$at" archive/derived/search.sqlite
		[ "$(photostat search --json --quiet harbour | member found total)" -eq 30 ]
	done
	head -c 50000 /dev/urandom >archive/derived/search-closed.sqlite
	[ "$(photostat search --json --quiet harbour | member found total)" -eq 30 ]
}

@test "a full disk: no index, no harm, and an index when there is room again" {
	[ "$(id -u)" -eq 0 ] || skip "mounting a small file system wants root"
	new_archive
	many 30
	photostat index --quiet
	mkdir small
	mount -t tmpfs -o size=16m tmpfs small || skip "this machine does not mount a tmpfs"
	cp -r archive small/archive
	rm -r small/archive/derived
	PHOTOSTAT_ARCHIVE=$work/small/archive
	photostat index --no-text --quiet
	rm small/archive/derived/search*
	dd if=/dev/zero of=small/filler bs=4096 status=none 2>/dev/null || true
	run photostat index --no-text --quiet
	[ "$status" -eq 3 ]
	rm small/filler
	photostat index --quiet
	[ "$(photostat search --json --quiet harbour | member found total)" -eq 30 ]
	photostat audit --quiet
	umount small
}

@test "queries from hell are answered, or refused in words" {
	new_archive
	papers
	photostat index --quiet
	python3 - <<'EOF' >hell.txt
import os, subprocess
queries = [b"(" * 100000, b"a" * 100000, b"\"" * 99999, b"a OR " * 20000 + b"b", b"*" * 5000, b"NOT " * 20000 + b"letter", b"-" * 70000,
    b"x NEAR/99 " * 9000 + b"y", b"letter " * 14000, b"\xff\xfe\xed\xa0\x80 letter", b"\xed\xbf\xbf", b"creator:" * 10000, b"date:" + b"9" * 50000,
    b"date:0001..9999", b"in:notes " * 9000 + b"letter", b"\xf0\x9f\x93\x9c" * 25000, "\u0301".encode() * 30000, b"letter" + "\u0301".encode() * 30000,
    b"a* " * 30000, b"(a OR (b NOT (c OR (d e)))) " * 3000, b"\x1f\x1e\x04\x01 letter", b"lang:" + b"x" * 60000]
for query in queries:
    done = subprocess.run([os.environ["PHOTOSTAT_PROGRAM"], "search", "--quiet", "--", query], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    if done.returncode not in (0, 1, 2):
        print(query[:20], done.returncode, done.stderr[-300:])
EOF
	[ ! -s hell.txt ]
}
