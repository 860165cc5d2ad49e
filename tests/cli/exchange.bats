# P8: in and out in plain forms.
load helper

@test "a bag goes in, comes out, and goes in elsewhere: bytes, names, metadata, bag-info" {
	new_archive
	mkdir -p bag/data/deep
	printf 'The harbour.\n' >"bag/data/a b%.txt"
	printf 'Ice.\n' >bag/data/deep/ü.txt
	printf 'BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n' >bag/bagit.txt
	printf 'Source-Organization: Town archive\nExternal-Identifier: TA-17\nContact-Name: Nora Hallett\nExternal-Description: Letters\n  and cards\nInternal-Note: first\nInternal-Note: second\n' >bag/bag-info.txt
	(cd bag && find data -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sed 's/ \*/  /; s/%/%25/' >manifest-sha256.txt)
	run photostat validate bag
	[ "$status" -eq 0 ]
	run photostat bag import bag
	[ "$status" -eq 0 ]
	run photostat show bag
	[[ "$output" == *"identifier     TA-17"* ]]
	photostat bag export bag -o out
	run photostat validate out
	[ "$status" -eq 0 ]
	cmp "bag/data/a b%.txt" "out/data/a b%.txt"
	cmp bag/data/deep/ü.txt out/data/deep/ü.txt
	grep -q '^Contact-Name: Nora Hallett' out/bag-info.txt
	grep -q '^Internal-Note: second' out/bag-info.txt
	grep -q 'and cards' out/bag-info.txt
	grep -q '^Payload-Oxum: ' out/bag-info.txt
	grep -q '^External-Identifier: https://example.org/test/r/bag' out/bag-info.txt
	grep -q '^External-Identifier: TA-17' out/bag-info.txt
	[ -f out/manifest-sha512.txt ] && [ ! -e out/data/photostat.seed ]
	run photostat bag import bag
	[ "$status" -eq 0 ]
	[[ "$output" == *"already kept"* ]]
	PHOTOSTAT_ARCHIVE=$work/second
	photostat init second --origin example.org/second --quiet >init2.txt
	photostat bag import out
	photostat bag export out -o again
	diff -r out/data/deep again/data/deep
	grep -q '^Contact-Name: Nora Hallett' again/bag-info.txt
	run photostat audit
	[ "$status" -eq 0 ]
}

@test "a bag that is not valid, or has holes, is refused whole" {
	new_archive
	letters
	photostat deposit letters/card.txt
	photostat bag export card -o bag
	cp -a bag altered
	echo x >>altered/data/card.txt
	run photostat bag import altered
	[ "$status" -eq 3 ]
	[[ "$output" == *"data/card.txt"* ]]
	cp -a bag holed
	rm holed/data/card.txt
	echo "https://example.org/card.txt 12 data/card.txt" >holed/fetch.txt
	run photostat bag import holed
	[ "$status" -eq 3 ]
	[ "$(photostat list | wc -l)" -eq 1 ]
	run photostat bag export card -o bag
	[ "$status" -eq 1 ]
}

@test "all versions in one bag, and back" {
	new_archive
	echo one >a.txt
	photostat deposit a.txt
	echo two >a.txt
	photostat deposit a.txt --id a --new-version
	photostat bag export a --all-versions -o bag
	PHOTOSTAT_ARCHIVE=$work/second
	photostat init second --origin example.org/second --quiet >init2.txt
	run photostat bag import bag
	[ "$status" -eq 0 ]
	[ "$(photostat get bag@1 a.txt -o -)" = one ]
	[ "$(photostat get bag@2 a.txt -o -)" = two ]
}

@test "a bag of all versions: each description as it was, closed files closed, a second time nothing" {
	new_archive
	mkdir -p s/sub
	echo a >s/a.txt
	printf b >"s/sub/new
line%.txt"
	touch -d 2001-09-09T01:46:40Z s/a.txt
	printf '{"title":["Letter"],"subject":["x"],"identifier":["A-12"],"files":[{"path":"a.txt","role":"transcription","sequence":2}],"events":[{"type":"custody","date":"1950","agent":"Ann"},{"type":"custody","date":"1951","agent":"Bob","supersedes":1}]}' >s/photostat.json
	photostat deposit s --id rec
	photostat edit rec subject= title=Changed
	photostat event rec --type transfer --date 1960 --agent Carl
	photostat access rec "sub/new
line%.txt" closed --authority me --reason privacy
	photostat bag export rec --all-versions -o all
	grep -q '^Photostat-File-Access: closed sub/new%0Aline%25.txt$' all/bag-info.txt
	for origin in test second; do
		PHOTOSTAT_ARCHIVE=$work/to-$origin
		photostat init "to-$origin" --origin "example.org/$origin" --quiet >/dev/null
		run photostat bag import all
		[ "$status" -eq 0 ]
		id=$(sed -n 's/^kept  \(.*\)@1 .*/\1/p' <<<"$output")
		for n in 1 2 3; do
			photostat show "$id@$n" --json >there
			PHOTOSTAT_ARCHIVE=$work/archive photostat show "rec@$n" --json >here
			python3 - "$n" <<-'END'
				import json, sys
				here, there = (json.loads(open(name).readline())["record"] for name in ("here", "there"))
				events = [{**e, "number": 0} for e in there["events"] if e["type"] != "ingestion"]
				assert events == [{**e, "number": 0} for e in here["events"]], (here["events"], there["events"])
				assert len(there["events"]) == len(events) + 1
				identifiers = there["metadata"].pop("identifier")
				assert identifiers[:1] == here["metadata"].pop("identifier")
				assert (identifiers[1:] == ["https://example.org/test/r/rec"]) == (here["id"] != there["id"])
				assert all(here[what] == there[what] for what in ("metadata", "files", "originalName", "access", "version")), (here, there)
			END
		done
		run photostat show "$id" --public
		[[ "$output" == *"a.txt"* && "$output" != *"line%"* ]]
		size=$(photostat log --checkpoint | sed -n 2p)
		run photostat bag import all
		[ "$status" -eq 0 ]
		[[ "$output" == *"already kept"* ]]
		[ "$(photostat log --checkpoint | sed -n 2p)" = "$size" ]
		run photostat audit
		[ "$status" -eq 0 ]
	done
	# what the bag said of its versions is not said of another bag
	photostat bag export "$id" -o head
	refute grep -q Photostat-Versions head/bag-info.txt
	photostat bag export "$id" --all-versions -o again
	[ "$(grep -c Photostat-Versions again/bag-info.txt)" -eq 1 ]
	# an import that was cut off after the first version goes on
	PHOTOSTAT_ARCHIVE=$work/cut
	photostat init cut --origin example.org/cut --quiet >/dev/null
	photostat deposit all/data/v1 --id all
	run photostat bag import all
	[ "$status" -eq 0 ]
	[[ "$output" == *"already kept"*"r/all@3"* ]]
}

@test "what is closed comes out closed, also elsewhere; levels without documents, and what they hold" {
	new_archive
	letters
	photostat deposit letters/card.txt
	photostat access card closed --authority me --reason privacy
	mkdir level
	echo '{"title":["Letters"],"level":"fonds"}' >level/photostat.json
	photostat deposit level --id level
	photostat deposit letters/1913/anna.txt --meta isPartOf=level
	for id in card level anna; do photostat bag export $id -o bag-$id; done
	grep -q '^Photostat-Access: closed$' bag-card/bag-info.txt
	PHOTOSTAT_ARCHIVE=$work/second
	photostat init second --origin example.org/second --quiet >init2.txt
	run photostat bag import bag-card bag-level bag-anna
	[ "$status" -eq 0 ]
	run photostat list --public
	[[ "$output" != *card* && "$output" != *urn:uuid* && "$output" == *bag-anna* ]]
	run photostat show bag-anna
	[[ "$output" == *"relation       https://example.org/test/r/level"* ]]
	run photostat bag import bag-card bag-level bag-anna
	[ "$status" -eq 0 ]
	[[ "$output" != *"kept  "*"entry"*"kept  urn"* ]]
	[ "$(grep -c '^already kept' <<<"$output")" -eq 3 ]
}

@test "a bag that only claims to hold versions is taken as it is" {
	new_archive
	letters
	photostat deposit letters/card.txt
	photostat bag export card --all-versions -o bag
	mkdir other
	cp -r bag/data bag/bagit.txt other
	echo more >other/data/more.txt
	echo "Photostat-Versions: 1" >other/bag-info.txt
	(cd other && sha256sum data/v1/card.txt data/v1/photostat.json data/more.txt | sed 's/ \*/  /' >manifest-sha256.txt)
	run photostat bag import other
	[ "$status" -eq 0 ]
	[ "$(photostat get other more.txt -o -)" = more ]
}

@test "records are valid OCFL and the log is C2SP to code that shares nothing with ours" {
	new_archive
	letters
	for i in $(seq 300); do echo "letter $i" >letters/$i.txt; done
	photostat deposit letters --each-file --quiet >/dev/null
	photostat edit card.txt title=x
	run photostat validate archive/records
	[ "$status" -eq 0 ]
	[[ "$output" == *"303 objects"* ]]
	verifier=$(sed -n 's/^verifier  //p' init.txt)
	run python3 "$BATS_TEST_DIRNAME/../house/read_log.py" archive/log "$verifier"
	[ "$status" -eq 0 ]
	photostat receipt card.txt card.txt -o r
	photostat policy >p
	run python3 "$BATS_TEST_DIRNAME/../house/check_receipt.py" --policy p --receipt r letters/card.txt
	[ "$status" -eq 0 ]
}

@test "the project's example: deposited from its table, listed as a table, and that deposited again adds nothing" {
	new_archive
	examples=$BATS_TEST_DIRNAME/../../examples
	photostat deposit --csv "$examples/records.csv" "$examples" --quiet >first
	photostat deposit "$examples/harbour-letters" --each-file --quiet >>first
	refute grep -q refused first
	size=$(photostat log --checkpoint | sed -n 2p)
	photostat list --csv >table.csv
	grep -v ',[a-z0-9./-]*\.\(txt\|png\),' table.csv >of-table.csv
	grep -q '^,harbour-letters,fonds' of-table.csv
	run photostat deposit --csv of-table.csv "$examples"
	[ "$status" -eq 0 ]
	[[ "$output" != *"kept  "*"entry"* ]]
	[ "$(photostat log --checkpoint | sed -n 2p)" = "$size" ]
}

@test "relations by name become permalinks" {
	new_archive
	letters
	photostat deposit letters/1913/anna.txt
	photostat deposit letters/1913/karl.txt --meta isTranslationOf=anna --meta references=elsewhere
	run photostat show karl
	[[ "$output" == *"isTranslationOf https://example.org/test/r/anna"* ]]
	[[ "$output" == *"references     elsewhere"* ]]
}

@test "validate: warnings that differ in their paths alone are one line with their number; --json has all of them" {
	new_archive
	letters
	photostat deposit --each-file letters --quiet >/dev/null
	photostat deposit letters --id all --quiet >/dev/null
	photostat edit all title=All --quiet >/dev/null
	run photostat validate archive/records --json
	[ "$status" -eq 0 ]
	all=$(grep -c '"code":"W004"' <<<"$output")
	[ "$all" -ge 4 ]
	run photostat validate archive/records
	[ "$status" -eq 0 ]
	[ "$(grep -c W004 <<<"$output")" -eq 1 ]
	[[ "$output" == *"($all times; here is the first; --json names all)"* ]]
	[[ "$output" == *", $all warnings"* ]]
	# Errors never fold.
	find archive/records -name card.txt -delete
	run photostat validate archive/records
	[ "$status" -eq 1 ]
	[ "$(grep -c '^error' <<<"$output")" -ge 2 ]
	[ "$(grep '^error' <<<"$output" | grep -c 'times; here')" -eq 0 ]
}
