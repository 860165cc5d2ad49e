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
