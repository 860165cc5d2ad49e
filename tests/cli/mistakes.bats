# What an archivist types by mistake is said in one sentence, and nothing is made of it that stays for ever.
load helper

fails() { # STATUS WORDS COMMAND…
	local want=$1 words=$2
	shift 2
	run --separate-stderr "$@"
	if [ "$status" -ne "$want" ] || [[ "$stderr" != *"$words"* ]] || [ "$(grep -c '^photostat: ' <<<"$stderr")" -ne 1 ]; then
		echo "$*: status $status, said: $stderr"
		return 1
	fi
}

bats_require_minimum_version 1.5.0

@test "a word that is nearly a command or an option is answered with the near one" {
	fails 2 "did you mean deposit?" photostat DEPOSTI
	fails 2 "there is no command keep; photostat --help" photostat keep
	fails 2 "say which: key encrypt, or key decrypt, or key rotate, or key end" photostat key
	photostat key --help | grep -q "^  key rotate  *replace the log's key"
	[ "$(photostat help key)" = "$(photostat key -h)" ]
	photostat help hold | grep -q "^  hold sync "
	fails 2 "there is no command" photostat keep --help
	fails 2 "did you mean --access?" photostat deposit --acess closed x
	fails 2 "did you mean --json?" photostat list --Json
	fails 2 "say which: bag import, or bag export" photostat bag
	fails 2 "-C wants ARCHIVE" photostat -C
	new_archive
	[ "$(photostat --json list)" = "$(photostat list --json)" ]
	photostat list -h | grep -q -- --creator
}

@test "an empty value is a variable that was not set: never taken for none" {
	fails 2 "the value of --origin is empty" photostat init archive --origin ""
	fails 2 "is empty" photostat init ""
	[ ! -e archive ]
	new_archive
	letters
	fails 2 "the value of --id is empty" photostat deposit letters/card.txt --id ""
	fails 2 "the value of --access is empty" photostat deposit letters/card.txt --access=
	fails 2 "is empty" photostat deposit ""
	[ "$(photostat list 2>/dev/null | wc -l)" -eq 0 ]
	photostat deposit letters/card.txt
	fails 2 "the value of -o is empty" photostat get card card.txt -o ""
}

@test "an archive takes in neither itself nor another archive" {
	new_archive
	letters
	mv letters/card.txt .
	fails 3 "inside the archive" photostat init archive/records/deep/er
	fails 3 "inside the archive" photostat init archive/second
	[ ! -e archive/second ] && [ ! -e archive/records/deep ]
	for path in archive archive/ archive/records archive/keys/log.key ./letters/../archive; do
		fails 3 "belongs to this archive itself" photostat deposit "$path"
	done
	fails 3 "belongs to this archive itself" photostat deposit archive/records --each-file
	printf 'path\narchive/keys/log.key\n' >table.csv
	fails 3 "belongs to this archive itself" photostat deposit --csv table.csv
	ln -s archive/keys link
	fails 3 "" photostat deposit link/log.key
	rm link
	for shape in "" --each; do
		fails 3 "archive belongs to this archive itself" photostat deposit . $shape
	done
	fails 3 "archive belongs to this archive itself" photostat deposit . --each-file
	[ "$(photostat list | grep -c anna.txt)" -ge 1 ]
	refute grep -rq "PRIVATE+KEY" archive/records --include=log.key
	photostat audit
}

@test "access is decided in the log alone: a description cannot say otherwise" {
	new_archive
	letters
	photostat deposit letters/card.txt
	fails 2 "photostat access" photostat edit card access=closed
	echo '{"access":"closed"}' >given.json
	fails 2 "photostat access" photostat edit card --file given.json
	fails 3 "photostat access" photostat deposit letters/card.txt --id card --new-version --meta access=closed
	photostat show card --json | member version access | grep -qx open
	photostat access card closed --authority "Parish archive" --reason privacy
	photostat edit card title="A postcard"
	photostat list --csv | grep -q ",closed,"
	photostat access card embargo=2090-01-01 --authority "Parish archive" --reason privacy
	photostat list --csv | grep -q ",embargo=2090-01-01,"
	fails 2 '--reason "Bad Code" is no code' photostat access card open --authority a --reason "Bad Code"
	fails 2 "--authority" photostat access card open --authority $'a\nb' --reason b
}

@test "closed documents that are kept and open already are told so; a public id for a closed record too" {
	new_archive
	letters
	photostat deposit letters/card.txt
	fails 3 "is open, and access governs all versions" photostat deposit letters/card.txt --access closed
	fails 0 "stands in the public log for ever" photostat deposit letters/1913/anna.txt --id anna --access closed
	photostat access card closed --authority a --reason b
	run --separate-stderr photostat deposit letters/card.txt --access closed
	[[ "$stderr" != *"open to readers"* ]]
}

@test "ids are permanent, and versions are never changed" {
	new_archive
	letters
	photostat deposit letters/card.txt
	fails 2 "permanent" photostat edit card id=other
	fails 2 "leave @1 out" photostat edit card@1 title=x
	fails 2 "leave @1 out" photostat event card@1 --type custody
	fails 2 "leave @1 out" photostat log card@1
	fails 2 '"Bad Id" is no name' photostat deposit letters/1913 --id "Bad Id"
	fails 2 "has no @N" photostat deposit letters/1913 --id x@2
	fails 2 "an id names one record" photostat deposit letters --each --meta id=x
	[ "$(photostat log | wc -l)" -eq 2 ]
}

@test "an id may come in photostat.json or --meta; for many records it is refused" {
	new_archive
	mkdir one
	echo 1 >one/a.txt
	echo '{"id":"berg/a","title":"A"}' >one/photostat.json
	photostat deposit one | grep -q "r/berg/a@1"
	photostat deposit one | grep -q "already kept"
	photostat deposit one/a.txt --meta id=other | grep -q "r/other@1"
	fails 3 "one/photostat.json: it gives an id" photostat deposit one --each-file
	photostat get berg/a -o copy
	photostat deposit copy | grep -q "already kept  https://example.org/test/r/berg/a@1"
}

@test "a refusal names the document, and the description that is wrong" {
	new_archive
	mkdir in in/sub
	echo 1 >in/A.txt
	echo 2 >in/a.txt
	echo 3 >in/sub/b.txt
	echo '{"titel":"x"}' >in/sub/photostat.json
	run photostat deposit in --each-file
	[ "$status" -eq 3 ]
	[[ "$output" == *"refused: in/a.txt: https://example.org/test/r/a.txt is taken by other bytes"* ]]
	[[ "$output" == *"refused: in/sub/photostat.json: line 1"* ]]
}

@test "a folder that is closed to the depositor is named by its whole path" {
	[ "$(id -u)" -eq 0 ] || skip "becoming somebody else wants root"
	setpriv --reuid 65534 --clear-groups test -x "$PHOTOSTAT_PROGRAM" || skip "the program is closed to others"
	new_archive
	letters
	chmod 755 "$work"
	chown -R 65534 archive
	chmod 700 letters/1913
	fails 3 "refused: letters/1913: cannot open 1913: Permission denied" \
		setpriv --reuid 65534 --regid 65534 --clear-groups "$PHOTOSTAT_PROGRAM" deposit letters --each-file
}

@test "relations of one table find each other; what is unusual in the arrangement is said and kept" {
	new_archive
	letters
	cat >table.csv <<-'END'
		path,id,level,isPartOf,isVersionOf
		,letters,item,,
		1913/anna.txt,anna,fonds,letters,
		1913/karl.txt,karl,item,letters,anna
		card.txt,card,item,absent,nobody
	END
	run --separate-stderr photostat deposit --csv table.csv letters
	[ "$status" -eq 0 ]
	[[ "$stderr" == *"r/anna (fonds), part of https://example.org/test/r/letters (item): its level stands above"* ]]
	[[ "$stderr" == *"r/card: isVersionOf nobody is no record of this archive"* ]]
	[[ "$stderr" == *"isPartOf https://example.org/test/r/absent is no record of this archive yet"* ]]
	photostat show karl | grep -q "isVersionOf    https://example.org/test/r/anna"
	fails 0 "an item lies within an item" photostat edit karl title=x
}

@test "a dry run finds a cycle" {
	new_archive
	letters
	photostat deposit letters/card.txt --meta isPartOf=fonds
	fails 3 "cannot be part of" photostat deposit letters/1913 --id fonds --meta isPartOf=card --dry-run
}

@test "what the editor held may be given again as a file" {
	new_archive
	letters
	photostat deposit letters/card.txt --meta title=Old
	printf '#!/bin/sh\necho "titel: New" >"$1"\n' >editor
	chmod +x editor
	EDITOR=./editor fails 3 "mend it and give it with --file" photostat edit card
	rm -f "${TMPDIR:-/tmp}"/photostat-edit-*
	echo "title: New" >mended
	photostat edit card --file mended
	photostat show card | grep -q "title          New"
	fails 3 "cannot open absent" photostat edit card --file absent
}

@test "while an editor is open others write; a description that changed meanwhile is not written over" {
	new_archive
	letters
	photostat deposit letters/card.txt --meta title=Old
	printf '#!/bin/sh\ntimeout 20 "$PHOTOSTAT_PROGRAM" deposit letters/1913/anna.txt >/dev/null && sed -i s/Old/New/ "$1"\n' >editor
	chmod +x editor
	EDITOR=./editor photostat edit card
	photostat show card | grep -q "title          New"
	photostat show anna >/dev/null
	printf '#!/bin/sh\nsed -i s/New/Newer/ "$1"; "$PHOTOSTAT_PROGRAM" edit card title=Other >/dev/null\n' >editor
	EDITOR=./editor fails 3 "while you were writing: nothing was changed; what you wrote is in" photostat edit card
	[ "$(cat "${TMPDIR:-/tmp}"/photostat-edit-* | grep -c Newer)" -eq 1 ]
	rm -f "${TMPDIR:-/tmp}"/photostat-edit-*
	photostat show card | grep -q "title          Other"
}

@test "validate: a folder that is none of the three is refused in one line" {
	letters
	fails 3 "letters is neither an OCFL root or object" photostat validate letters
	mkdir empty
	run photostat validate empty/
	[ "$status" -eq 1 ]
	[[ "$output" == *E003* && "$output" != *"empty//"* ]]
}

@test "a record that is opened says that files closed on their own stay so" {
	new_archive
	letters
	photostat deposit letters
	photostat access letters 1913/karl.txt closed --authority A --reason privacy
	photostat access letters closed --authority A --reason privacy
	run photostat access letters open --authority A --reason privacy-ended
	[ "$status" -eq 0 ]
	[[ "$output" == *"stay closed, as they were closed on their own"* ]]
	photostat access letters 1913/karl.txt open --authority A --reason privacy-ended
	run photostat access letters open --authority A --reason privacy-ended
	[[ "$output" != *"stay closed"* ]]
}

@test "a process that was stopped while it held the catalogue is told of" {
	new_archive
	letters
	photostat deposit letters/card.txt
	rm -rf archive/derived/catalogue.sqlite*
	flock archive/derived/lock sleep 4 &
	sleep 0.2
	run photostat list
	[ "$status" -eq 0 ]
	[[ "$output" == *"waiting for it to finish"* && "$output" == *card* ]]
	wait
}

@test "audit misses the log's private key, and knows another one in its place" {
	new_archive
	letters
	photostat deposit letters/card.txt --quiet >/dev/null
	mv archive/keys/log.key aside
	run photostat audit
	[ "$status" -eq 1 ]
	[[ "$output" == *"missing: keys/log.key: the log's private key is not there"* && "$output" == *"1 finding"* ]]
	photostat init other --origin example.org/test --quiet >/dev/null
	cp -p other/keys/log.key archive/keys/log.key
	run photostat audit
	[ "$status" -eq 1 ]
	[[ "$output" == *"altered: keys/log.key: it is not the key of this log"* ]]
	mv aside archive/keys/log.key
	photostat audit --quiet
	# a copy without keys is a copy
	cp -r archive copy
	rm -r copy/keys
	photostat audit -C copy
}

@test "list: nothing that fits is said, a record or language that is none is refused" {
	new_archive
	letters
	photostat deposit letters/card.txt
	run --separate-stderr photostat list --title zebra
	[ "$status" -eq 0 ] && [ -z "$output" ] && [ "$stderr" = "no record fits" ]
	fails 1 "there is no record" photostat list --under absent
	fails 2 "--lang" photostat list --lang german
	fails 2 "exclude one another" photostat list --csv --json
	fails 1 "is a folder" photostat get card card.txt -o letters --force
	fails 2 "cannot share standard output" photostat get card card.txt -o - --json
	photostat receipt card -o - --json 2>/dev/null | member receipt receipt | grep -q "c2sp.org/tlog-proof@v1"
	fails 3 "there is no archive absent" photostat -C absent list
}

@test "who may not write reads all the same, or is told to run index" {
	[ "$(id -u)" -eq 0 ] || skip "becoming somebody else wants root"
	chmod 755 "$work"
	new_archive
	letters
	photostat deposit letters/card.txt
	as_nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$PHOTOSTAT_PROGRAM" "$@"; }
	setpriv --reuid 65534 --clear-groups test -x "$PHOTOSTAT_PROGRAM" || skip "the program is closed to others"
	rm -rf archive/derived/*
	photostat index
	[ "$(as_nobody list)" = card ]
	photostat deposit letters/1913 --each-file
	as_nobody list
}

@test "a bar shows how far one long file is, and a mistake before --json is JSON as well" {
	need_terminal
	command -v script >/dev/null || skip "no script(1) to be a terminal"
	new_archive
	truncate -s 1500000000 long.bin
	script -qec "$PHOTOSTAT_PROGRAM deposit long.bin" /dev/null | tr '\r' '\n' >shown
	rm long.bin
	# there were no files of this record before the one that takes all the time: bytes tell
	grep -q "deposit: 0 of 1 files, .* of 1.5 GB, .*/s, ETA " shown
	[ "$(photostat frob --json 2>/dev/null | member error code)" = usage ]
	[ "$(photostat list --bad --json 2>/dev/null | member error code)" = usage ]
}

@test "a pipe in a file's place is refused and never waited for" {
	new_archive
	letters
	photostat deposit letters/card.txt
	photostat receipt card -o card.tlog-proof
	photostat policy >policy
	mkfifo pipe
	fails 3 "pipe is not a regular file" timeout -s KILL 20 "$PHOTOSTAT_PROGRAM" verify pipe --receipt card.tlog-proof --policy policy
	fails 3 "pipe is no regular file" timeout -s KILL 20 "$PHOTOSTAT_PROGRAM" deposit --csv pipe
	fails 2 "not a regular file" timeout -s KILL 20 "$PHOTOSTAT_PROGRAM" deposit letters/1913 --meta pipe
	fails 3 "not a regular file" timeout -s KILL 20 "$PHOTOSTAT_PROGRAM" edit card --file pipe
	mv pipe letters/photostat.json
	fails 3 "letters/photostat.json" timeout -s KILL 20 "$PHOTOSTAT_PROGRAM" deposit letters --each-file
}

@test "a level above documents is deposited by its name and description alone; what would be nothing is refused" {
	new_archive
	letters
	run photostat deposit --id papers --meta level=fonds --meta title="Family papers" --quiet
	[ "$status" -eq 0 ]
	[ "$output" = "kept  https://example.org/test/r/papers@1  entry 1" ]
	[[ "$(photostat deposit --id papers --meta level=fonds --quiet)" == "already kept  "* ]]
	photostat deposit letters/card.txt --meta isPartOf=papers --quiet
	[[ "$(photostat list --under papers)" == card* ]]
	photostat audit --quiet
	fails 2 "name the files or folders to deposit" photostat deposit
	fails 2 "--meta level=fonds" photostat deposit --id other
	fails 2 "name the files or folders to deposit" photostat deposit --meta title=Other
	# it would take the documents away
	fails 2 "name the files or folders to deposit" photostat deposit --id card --new-version --meta title=Card
	fails 3 "is taken by other bytes" photostat deposit --id card --meta title=Card
}

@test "an embargo that is over already is told so, a date that is none is named" {
	new_archive
	letters
	photostat deposit letters/card.txt --quiet
	run --separate-stderr photostat access card embargo=2020-01-01 --authority A --reason donor-agreement
	[ "$status" -eq 0 ] && [[ "$stderr" == *"2020-01-01 has passed"* ]]
	run --separate-stderr photostat access card embargo=2999-01-01 --authority A --reason donor-agreement
	[ "$status" -eq 0 ] && [[ "$stderr" != *"has passed"* ]]
	run --separate-stderr photostat deposit letters/1913 --access embargo=2020-01-01
	[ "$status" -eq 0 ] && [[ "$stderr" == *"2020-01-01 has passed"* ]]
	fails 2 '"2031-13-01" is no date' photostat access card embargo=2031-13-01 --authority A --reason x
	fails 2 '"soon" is no date' photostat deposit letters/card.txt --access embargo=soon
}

@test "closed documents are reported with where they came from, as their ids say nothing" {
	new_archive
	letters
	run photostat deposit letters --each-file --access closed --quiet
	[ "$status" -eq 0 ]
	grep -q '^kept  urn:uuid:[0-9a-f-]*@1  entry [0-9]*  letters/card.txt$' <<<"$output"
	grep -q '^kept  urn:uuid:[0-9a-f-]*@1  entry [0-9]*  letters/1913/anna.txt$' <<<"$output"
}

@test "list says that files of a record are not open only while that is so" {
	new_archive
	letters
	photostat deposit letters --quiet
	photostat access letters card.txt closed --authority A --reason privacy
	[[ "$(photostat list)" == *"(open, some files not)"* ]]
	photostat access letters card.txt open --authority A --reason privacy-ended
	[ "$(photostat list)" = letters ]
	[ "$(photostat list --public)" = letters ]
	photostat access letters card.txt embargo=2020-01-01 --authority A --reason privacy
	[ "$(photostat list)" = letters ]
}

@test "log of a record begins where it is told to; options that say nothing together are refused" {
	new_archive
	letters
	photostat deposit letters/card.txt --quiet
	photostat edit card title=Card
	[ "$(photostat log card | wc -l)" -eq 2 ]
	[[ "$(photostat log card --from 2)" == *"card@2" ]]
	[ -z "$(photostat log card --from 3)" ]
	fails 2 "--checkpoint is about the whole log" photostat log card --checkpoint
	fails 2 "--force goes with -o" photostat log --force
	fails 2 "leave --from out" photostat log --against init.txt --from 1
}

@test "what was changed with a version is shown, and not to readers of whom something is kept" {
	new_archive
	letters
	photostat deposit letters --quiet
	photostat edit letters title=Letters --message "after the catalogue of 1950"
	photostat show letters | grep -qx "change         after the catalogue of 1950"
	photostat show letters@1 | grep -qx "change         deposit"
	photostat show letters --public | grep -q "^change  "
	photostat access letters card.txt closed --authority A --reason privacy
	refute grep -q "^change  " <(photostat show letters --public)
}

@test "words for events are in the help, and where to find them is said" {
	new_archive
	letters
	photostat deposit letters/card.txt --quiet
	fails 2 "photostat event --help lists the words" photostat event card --type zzz
	help=$(photostat event --help | tr '\n' ' ')
	for type in custody loss "virus check" "information package splitting" translation; do
		[[ "$help" == *" $type"[,.]* ]]
		photostat event card --type "$type" --quiet
	done
}

@test "of what is wholly expunged there is no receipt to be had" {
	new_archive
	letters
	photostat deposit letters/card.txt --quiet
	photostat receipt card -o before.tlog-proof --quiet
	photostat expunge card --authority A --reason court-order --yes --quiet
	fails 1 "nothing of https://example.org/test/r/card@1 is left" photostat receipt card
	[ ! -e card@1.tlog-proof ]
	photostat policy >policy
	photostat verify letters/card.txt --receipt before.tlog-proof --policy policy
}

@test "who is asked whether to expunge, and says no, gets no lesson" {
	need_terminal
	command -v script >/dev/null || skip "no script(1) to be a terminal"
	new_archive
	letters
	photostat deposit letters/card.txt --quiet
	run script -qec "$PHOTOSTAT_PROGRAM expunge card --authority A --reason x" /dev/null <<<"n"
	[ "$status" -eq 1 ]
	[[ "$output" == *"nothing was expunged"* && "$output" != *"--help"* ]]
	fails 2 "--yes says that it is meant" photostat expunge card --authority A --reason x </dev/null
	photostat get card card.txt -o - | cmp - letters/card.txt
}

@test "an archive without archive.conf, without records, with a key that others read: the way on fits" {
	new_archive
	letters
	photostat deposit letters/card.txt --quiet
	chmod 644 archive/keys/log.key
	fails 3 "in keys/: log.key can be read by others" photostat deposit letters/1913
	run photostat audit
	[ "$status" -eq 1 ]
	[[ "$output" == *"altered: keys/log.key: others than its owner can read it, so nothing more is signed with it; "*"chmod 600 keys/log.key"* ]]
	chmod 600 archive/keys/log.key
	echo nonsense >>archive/archive.conf
	fails 3 "mend or take out that line" photostat list
	mv archive/records aside
	sed -i '$d' archive/archive.conf
	fails 3 "records/ is gone from" photostat audit
	mv aside archive/records
	rm archive/archive.conf
	fails 3 "has lost its archive.conf" photostat list -C archive
	mkdir none
	fails 3 "make one with: photostat init" photostat list -C none
}

@test "audit of the log alone says what it leaves out; a sample is compared with the catalogue, all of it" {
	new_archive
	mkdir many
	for i in $(seq 300); do echo "$i" >"many/$i.txt"; done
	photostat deposit many --each-file --quiet >/dev/null
	photostat list >/dev/null
	photostat audit --log-only | grep -qx "not checked: records and catalogue (--log-only)"
	fails 2 "--log-only leaves out" photostat audit --log-only --sample 10
	photostat audit --sample 30
	python3 - <<-END
		import sqlite3
		with sqlite3.connect("archive/derived/catalogue.sqlite") as catalogue:
		    catalogue.execute("UPDATE record SET files = files + 1")
	END
	run photostat audit --sample 30 --json
	[ "$status" -eq 1 ]
	[ "$(member audit records <<<"$output")" -gt 0 ]
	# Who cannot be told apart from one of the sample by its sum is looked at too.
	[ "$(member audit records <<<"$output")" -le "$(member audit findings <<<"$output")" ]
	# What is damaged hides others from the comparison: how many at most is said.
	for i in $(seq 60); do echo changed >"$(find archive/records -name "$i.txt")"; done
	run photostat audit --json
	[ "$(member audit catalogueNotCompared <<<"$output")" -gt 0 ]
	[ "$(member audit findings <<<"$output")" -ge $((300 - $(member audit catalogueNotCompared <<<"$output"))) ]
}

@test "an empty folder that version control keeps is judged as an object, by the codes that name what lacks" {
	mkdir -p kept plain
	touch kept/.keep
	run photostat validate kept
	[ "$status" -eq 1 ]
	[[ "$output" == *E003* && "$output" == *E063* ]]
	echo x >plain/.notes
	fails 3 "plain is neither an OCFL root or object" photostat validate plain
}

@test "verify goes through a folder in the order of its names" {
	new_archive
	mkdir many
	for name in q b z a m c y d; do echo "$name" >"many/$name"; done
	photostat deposit many --quiet
	photostat receipt many -o many.tlog-proof --quiet
	photostat policy >policy
	echo changed >many/m
	run --separate-stderr photostat verify many --receipt many.tlog-proof --policy policy
	[ "$status" -eq 1 ]
	[ "$(sed -n 's/^\(same\|differs\) *\([a-z]\).*/\2/p' <<<"$output" | tr -d '\n')" = abcdmqyz ]
}

@test "what the auditor may not read is told so, not first to be replaced; what stands in a file's place is named as that" {
	[ "$(id -u)" -eq 0 ] || skip "becoming somebody else wants root"
	setpriv --reuid 65534 --clear-groups test -x "$PHOTOSTAT_PROGRAM" || skip "the program is closed to others"
	chmod 755 "$work"
	new_archive
	letters
	photostat deposit letters/card.txt --quiet
	card=$(find archive/records -name card.txt)
	chmod 600 "$card"
	run setpriv --reuid 65534 --regid 65534 --clear-groups "$PHOTOSTAT_PROGRAM" audit
	[ "$status" -eq 1 ]
	[[ "$output" == *"unreadable: "*"card.txt: it cannot be read; see that you may read it and that its disk is sound, or put the good"* ]]
	photostat audit --quiet
	mv "$card" aside
	ln -s "$work/aside" "$card"
	run photostat audit
	[ "$status" -eq 1 ]
	[[ "$output" == *"card.txt: a file belongs here, and this is none; take it away"* && "$output" != *"no inventory names it"* ]]
}
