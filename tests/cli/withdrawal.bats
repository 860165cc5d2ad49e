# P6, P7: withdrawal is visible, and leaks nothing.
load helper

@test "closed at deposit: an id that says nothing, and no reader gets anything" {
	new_archive
	printf 'The Unspeakable Name\n' >unspeakable.txt
	run photostat deposit unspeakable.txt --access closed --meta title="Unspeakable"
	[ "$status" -eq 0 ]
	id=$(photostat list --json | member record id)
	[[ "$id" == urn:uuid:* ]]
	refute grep -rqi unspeakable archive/log
	[ "$(photostat list --public | wc -l)" -eq 0 ]
	run photostat show "$id" --public
	[ "$status" -eq 1 ]
	run photostat get "$id" unspeakable.txt -o - --public
	[ "$status" -eq 1 ]
	[[ "$output" != *"Unspeakable Name"* ]]
	run photostat receipt "$id" --public -o -
	[ "$status" -eq 1 ]
	size=$(photostat log --checkpoint | sed -n 2p)
	run photostat deposit unspeakable.txt --access closed
	[[ "$output" == *"already kept"* ]]
	[ "$(photostat log --checkpoint | sed -n 2p)" = "$size" ]
	photostat access "$id" open --authority "Town archive" --reason term-ended
	run photostat get "$id" unspeakable.txt -o - --public
	[ "$status" -eq 0 ]
}

@test "one file closed: the others stay readable, inventory and description do not list it" {
	new_archive
	letters
	photostat deposit letters
	photostat access letters 1913/karl.txt closed --authority "Town archive" --reason privacy --note "Karl's wish"
	refute grep -rq "karl.txt\|Karl's wish" archive/log
	run photostat get letters 1913/karl.txt -o - --public
	[ "$status" -eq 1 ]
	run photostat get letters 1913/anna.txt -o - --public
	[ "$status" -eq 0 ]
	run photostat show letters --public
	[[ "$output" != *karl.txt* ]]
	run photostat list --csv --public
	[[ "$output" == *anna.txt* && "$output" != *karl.txt* ]]
	run photostat show letters --public --json
	[[ "$output" != *karl.txt* && "$output" == *'"restricted":[]'* ]]
	[[ "$(photostat show letters --json)" == *'"restricted":[{"path":"1913/karl.txt","access":"closed"}]'* ]]
	run photostat bag export letters --public -o bag
	[ "$status" -eq 1 ]
	run photostat receipt letters --public -o -
	[ "$status" -eq 1 ]
	run photostat receipt letters 1913/anna.txt --public -o -
	[ "$status" -eq 0 ]
	run photostat audit
	[ "$status" -eq 0 ]
	[[ "$output" != *"not checked"* ]]
	run photostat log letters
	[[ "$output" == *"privacy, Town archive"* ]]
}

@test "an embargo ends at its date and not before" {
	new_archive
	letters
	photostat deposit letters/card.txt
	photostat access card embargo=2999-01-01 --authority A --reason embargo
	run photostat get card card.txt -o - --public
	[ "$status" -eq 1 ]
	photostat access card embargo=2001-01-01 --authority A --reason embargo
	run photostat get card card.txt -o - --public
	[ "$status" -eq 0 ]
	run photostat access card embargo=2001-02-30 --authority A --reason embargo
	[ "$status" -eq 2 ]
	run photostat access card closed --reason x
	[ "$status" -eq 2 ]
}

@test "expunge: bytes, path and digest are gone everywhere, what remains is proven, old receipts still verify" {
	new_archive
	letters
	photostat deposit letters
	echo more >letters/more.txt
	photostat deposit letters --id letters --new-version
	photostat receipt letters@1 1913/karl.txt -o karl.tlog-proof
	photostat receipt letters@1 1913/anna.txt -o anna.tlog-proof
	photostat list >/dev/null
	cp letters/1913/karl.txt karl.txt
	digest=$(sha256sum <karl.txt | cut -d' ' -f1)
	grep -rq "$digest" archive/records
	run photostat expunge letters 1913/karl.txt --authority Court --reason court-order
	[ "$status" -eq 2 ]
	run photostat expunge letters 1913/karl.txt --authority Court --reason court-order --yes
	[ "$status" -eq 0 ]
	refute grep -rq "$digest\|karl\|so is the river" archive
	run photostat audit
	[ "$status" -eq 0 ]
	[[ "$output" == *expunged* ]]
	run photostat validate archive/records
	[ "$status" -eq 0 ]
	photostat policy >p
	run photostat verify karl.txt --receipt karl.tlog-proof --policy p
	[ "$status" -eq 0 ]
	run photostat -C archive verify karl.txt --receipt karl.tlog-proof --policy p
	[[ "$output" == *expunged* ]]
	photostat receipt letters@1 1913/anna.txt -o anna2.tlog-proof
	run photostat verify letters/1913/anna.txt --receipt anna2.tlog-proof --policy p
	[ "$status" -eq 0 ]
	run photostat receipt letters@1 1913/karl.txt -o -
	[ "$status" -eq 1 ]
	[ "$(photostat get letters@2 more.txt -o -)" = more ]
	echo again >letters/again.txt
	rm letters/1913/karl.txt
	photostat deposit letters --id letters --new-version
	run photostat audit
	[ "$status" -eq 0 ]
}

@test "expunge of a whole record leaves a shell that still proves what it was" {
	new_archive
	letters
	photostat deposit letters/card.txt --meta title="Very private"
	photostat list >/dev/null
	photostat expunge card --authority Court --reason court-order --note "as ordered" --yes
	refute grep -rq "Very private\|A postcard" archive
	# an older catalogue, or one whose writer was killed, is wiped by whoever brings it up to date
	cp -r archive/derived before
	photostat deposit letters/card.txt --id again --meta title="Zwetschgenknoedel"
	photostat list >/dev/null
	rm -rf before && cp -r archive/derived before
	photostat expunge again --authority Court --reason court-order --yes
	rm -rf archive/derived && mv before archive/derived
	grep -rqi zwetschgen archive/derived
	photostat list >/dev/null
	refute grep -rqi zwetschgen archive
	run photostat audit
	[ "$status" -eq 0 ]
	run photostat validate archive/records
	[ "$status" -eq 0 ]
	run photostat show card
	[[ "$output" == *"something was expunged"* ]]
}

@test "other records that hold the same bytes are named" {
	new_archive
	letters
	cp letters/card.txt same.txt
	photostat deposit letters/card.txt
	photostat deposit same.txt
	run photostat expunge card --authority Court --reason court-order --yes
	[[ "$output" == *"also held by https://example.org/test/r/same same.txt"* ]]
	# once, however many versions hold them
	photostat edit same title=Same
	echo again >again.txt
	cp again.txt twin.txt
	photostat deposit again.txt twin.txt --id pair
	photostat edit pair title=Pair
	run photostat expunge pair again.txt --authority Court --reason court-order --yes
	[ "$(grep -c "also held by" <<<"$output")" -eq 1 ]
	# of the record itself: another version only if it goes on holding them
	photostat deposit letters/card.txt --id versions
	photostat deposit letters/1913/karl.txt --id versions --new-version
	run photostat expunge versions@1 card.txt --authority Court --reason court-order --yes
	[ "$status" -eq 0 ]
	[[ "$output" != *"r/versions card.txt"* ]]
	photostat deposit letters/card.txt --id both
	photostat edit both title="Both"
	run photostat expunge both@1 card.txt --authority Court --reason court-order --yes
	[ "$status" -eq 0 ]
	[[ "$output" == *"also held by https://example.org/test/r/both card.txt"* ]]
}

@test "closed by its own description, by --meta or by a table: never open for a moment" {
	new_archive
	mkdir in
	echo secret >in/secret.txt
	echo '{"title":"Hidden","access":"closed"}' >in/photostat.json
	photostat deposit in
	echo other >other.txt
	photostat deposit other.txt --meta access=closed
	printf 'path,access\nthird.txt,embargo=2999-01-01\n' >table.csv
	echo third >third.txt
	photostat deposit --csv table.csv
	[ "$(photostat list | grep -c urn:uuid)" -eq 3 ]
	[ "$(photostat list --public | wc -l)" -eq 0 ]
	refute grep -rq "secret\|other\|third\|Hidden" archive/log
}

# What a reader without rights gets for an answer: status and every word, names taken out.
answer() {
	run photostat "$@" --public
	echo "$status ${output//"$2"/ID}"
}

@test "a reader is told the same of what is closed and of what never was (P7)" {
	new_archive
	letters
	photostat deposit letters
	photostat deposit letters/card.txt --id hidden
	photostat access hidden closed --authority A --reason privacy
	photostat access letters 1913/karl.txt closed --authority A --reason privacy
	for name in hidden hidden@1 hidden@7; do
		[ "$(answer show $name)" = "$(answer show absent)" ]
		[ "$(answer get $name -o out)" = "$(answer get absent -o out)" ]
		[ "$(answer receipt $name -o -)" = "$(answer receipt absent -o -)" ]
		[ "$(answer receipt $name card.txt -o -)" = "$(answer receipt absent card.txt -o -)" ]
		[ "$(answer get $name card.txt -o -)" = "$(answer get absent card.txt -o -)" ]
		[ "$(answer bag export $name -o bag)" = "$(answer bag export absent -o bag)" ]
	done
	[ ! -e out ] && [ ! -e bag ]
	for path in 1913/karl.txt photostat.json photostat.seed; do
		[ "$(answer receipt letters $path -o -)" = "$(answer receipt letters absent -o -)" ]
		[ "$(answer get letters $path -o -)" = "$(answer get letters absent -o -)" ]
	done
	[[ "$(answer show hidden)" == "1 "* && "$(answer receipt letters 1913/karl.txt -o -)" == "1 "* ]]
	# nor by what is damaged behind a closed door
	rm "$(find archive/records -path '*hidden/v1/inventory.json')"
	[ "$(answer show hidden)" = "$(answer show absent)" ]
	[ "$(answer get hidden card.txt -o -)" = "$(answer get absent card.txt -o -)" ]
}

@test "after an expunction access is what it was, and the same in a catalogue made anew" {
	new_archive
	letters
	photostat deposit letters
	photostat access letters 1913/karl.txt closed --authority A --reason privacy
	photostat list >/dev/null
	photostat expunge letters 1913/karl.txt --authority Court --reason court-order --yes
	# the row that closed it named it
	refute grep -rq "karl" archive
	for round in followed "made anew"; do
		[ "$(photostat list --public)" = letters ]
		run photostat get letters 1913/anna.txt -o - --public
		[ "$status" -eq 0 ]
		rm -rf archive/derived
	done
	# files can still be closed one by one
	photostat access letters card.txt closed --authority A --reason privacy
	for round in followed "made anew"; do
		run photostat get letters card.txt -o - --public
		[ "$status" -eq 1 ]
		run photostat get letters 1913/anna.txt -o - --public
		[ "$status" -eq 0 ]
		rm -rf archive/derived
	done
	# and what a second expunction leaves is still found by its bytes
	cp letters/1913/anna.txt same.txt
	photostat deposit same.txt
	photostat expunge letters card.txt --authority Court --reason court-order --yes
	run photostat expunge same --authority Court --reason court-order --yes
	[[ "$output" == *"also held by https://example.org/test/r/letters 1913/anna.txt"* ]]
	run photostat audit
	[ "$status" -eq 0 ]
}

@test "a file that is closed stays closed in the versions that an expunction leaves" {
	new_archive
	letters
	photostat deposit letters
	echo more >letters/more.txt
	photostat deposit letters --id letters --new-version
	photostat access letters 1913/karl.txt card.txt closed --authority "Town archive" --reason privacy
	photostat expunge letters@2 1913/karl.txt --authority Court --reason court-order --yes
	for round in followed "made anew"; do
		for name in letters@1 letters@2; do
			run photostat get $name 1913/karl.txt -o - --public
			[ "$status" -eq 1 ]
			run photostat get $name card.txt -o - --public
			[ "$status" -eq 1 ]
			run photostat get $name 1913/anna.txt -o - --public
			[ "$status" -eq 0 ]
		done
		[ "$(photostat get letters@1 1913/karl.txt -o - | head -n 1)" = "Dear Anna," ]
		rm -rf archive/derived
	done
	run photostat log letters
	[ "$(grep -c "closed, some files  (privacy, Town archive)" <<<"$output")" -eq 2 ]
	run photostat audit
	[ "$status" -eq 0 ]
	photostat access letters 1913/karl.txt open --authority "Town archive" --reason term-ended
	run photostat get letters@1 1913/karl.txt -o - --public
	[ "$status" -eq 0 ]
}

@test "expunge: no description, original name or message of any version names what is gone" {
	new_archive
	echo secret >"Geheim x.txt"
	echo other >other.txt
	echo third >Geheim.txt
	photostat deposit "Geheim x.txt" --id box --meta title=Box --meta identifier="Geheim x.txt" --meta identifier="7 Geheim x.txts"
	photostat deposit other.txt Geheim.txt --id box --new-version
	photostat edit box description=none --message "as in Geheim x.txt"
	refute photostat expunge box "Geheim x.txt" nowhere.txt --authority Court --reason court-order --yes
	[ "$(photostat log box | grep -c expunge)" -eq 0 ]
	photostat expunge box "Geheim x.txt" --authority Court --reason court-order --yes
	refute grep -rEq 'Geheim x\.txt([^s]|$)' archive
	run photostat show box
	[[ "$output" == *"7 Geheim x.txts"* && "$output" == *Geheim.txt* ]]
	run photostat audit
	[ "$status" -eq 0 ]
	run photostat validate archive/records
	[ "$status" -eq 0 ]
	# of a whole record what it says of itself goes too, also where there is no document
	photostat edit box title=Vanishing --message "Vanishing too"
	photostat expunge box --authority Court --reason court-order --yes
	photostat edit box title=Vanishing
	photostat expunge box --authority Court --reason court-order --yes
	printf 'path,id,title,level\n,fonds,Vanishing,fonds\n' >table.csv
	photostat deposit --csv table.csv
	rm table.csv
	photostat expunge fonds --authority Court --reason court-order --yes
	refute grep -rq Vanishing archive
	run photostat expunge fonds --authority Court --reason court-order --yes
	[ "$status" -eq 1 ]
	run photostat audit
	[ "$status" -eq 0 ]
	run photostat validate archive/records
	[ "$status" -eq 0 ]
}

@test "expunge: the texts of earlier decisions go with what they were about" {
	new_archive
	letters
	photostat deposit letters
	photostat access letters 1913/karl.txt closed --authority A --reason privacy --note "1913/karl.txt names Karl Unger"
	photostat access letters closed --authority A --reason privacy --note "as the family Sommer asks"
	grep -rq "Karl Unger" archive/records
	photostat expunge letters 1913/karl.txt --authority Court --reason court-order --note "case 17" --yes
	refute grep -rq "karl\|Karl Unger" archive
	grep -rq "family Sommer" archive/records
	run photostat audit
	[ "$status" -eq 0 ]
	[[ "$output" == *"not checked: what the catalogue says of the access to files of 1 record, one of which was closed and is expunged now"* ]]
	photostat expunge letters --authority Court --reason court-order --yes
	refute grep -rq "family Sommer\|case 17" archive
	run photostat audit
	[ "$status" -eq 0 ]
	run photostat validate archive/records
	[ "$status" -eq 0 ]
	# what says so is wanted, and says it of no other expunction
	note=$(find archive/records -name note-2.json)
	cp "$note" kept
	sed 's/:5}/:3}/' kept >"$note"
	run photostat audit
	[ "$status" -eq 1 ]
	[[ "$output" == *"altered: "*"/logs/note-2.json"* ]]
	rm "$note"
	run photostat audit
	[ "$status" -eq 1 ]
	[[ "$output" == *"missing: "*"/logs/note-2.json"* ]]
	cp kept "$note"
	run photostat audit
	[ "$status" -eq 0 ]
}

@test "an embargo's day begins at 00:00 UTC" {
	new_archive
	letters
	photostat deposit letters
	for day in yesterday today tomorrow; do
		photostat access letters card.txt "embargo=$(date -u -d $day +%F)" --authority A --reason embargo
		run photostat get letters card.txt -o - --public
		if [ $day = tomorrow ]; then [ "$status" -eq 1 ]; else [ "$status" -eq 0 ]; fi
		run photostat show letters --public
		if [ $day = tomorrow ]; then [[ "$output" != *card.txt* ]]; else [[ "$output" == *card.txt* ]]; fi
	done
	run photostat get letters 1913/anna.txt -o - --public
	[ "$status" -eq 0 ]
}

@test "what is to be closed is not taken into a record that is open" {
	new_archive
	letters
	photostat deposit letters/card.txt
	size=$(photostat log --checkpoint | sed -n 2p)
	mkdir in
	cp letters/card.txt in
	echo '{"access":"closed"}' >in/photostat.json
	for arguments in "letters/card.txt --access closed" "letters/card.txt --meta access=embargo=2999-01-01" "in --access closed"; do
		run photostat deposit $arguments
		[ "$status" -eq 3 ]
		[[ "$output" == *"/r/card is open"* ]]
	done
	echo more >in/more.txt
	run photostat deposit in --id card --new-version
	[ "$status" -eq 3 ]
	[[ "$output" == *"/r/card is open"* ]]
	run photostat deposit in/more.txt --id card --new-version --add --meta access=closed
	[ "$status" -eq 3 ]
	[ "$(photostat log --checkpoint | sed -n 2p)" = "$size" ]
	photostat access card closed --authority A --reason privacy
	photostat deposit in --id card --new-version
	run photostat get card more.txt -o - --public
	[ "$status" -eq 1 ]
	photostat list --public | refute grep -q card
	# a table that is run again adds nothing, and is right about what has been opened since
	echo once >once.txt
	echo past >past.txt
	printf 'path,access\nonce.txt,closed\npast.txt,embargo=2001-01-01\n' >table.csv
	photostat deposit --csv table.csv
	for id in $(photostat list --json | grep -o 'urn:uuid:[0-9a-f-]*'); do
		photostat access "$id" open --authority A --reason term-ended
	done
	run photostat deposit --csv table.csv
	[ "$status" -eq 0 ]
	[[ "$output" == *"0 kept (0 B), 2 already kept, 0 refused"* ]]
}
