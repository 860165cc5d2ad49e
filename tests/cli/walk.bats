# What a new user does in the first hour.
load helper

@test "init makes an archive, prints verifier and recovery key, and refuses to do it twice" {
	run photostat init archive --origin example.org/test
	[ "$status" -eq 0 ]
	[[ "$output" == *"verifier  example.org/test+"* ]]
	[[ "$output" == *"recovery  PRIVATE+KEY+example.org/test/recovery+"* ]]
	[ "$(stat -c %a archive/keys/log.key)" = 600 ]
	refute grep -r "recovery+" archive/keys
	run photostat init archive
	[ "$status" -eq 1 ]
	[[ "$output" == *"is an archive already"* ]]
}

@test "init without an origin makes a unique one; a bad origin is refused" {
	run photostat init a
	[ "$status" -eq 0 ]
	[[ "$output" == *"origin    archive-"* ]]
	run photostat init b --origin "https://example.org/x"
	[ "$status" -eq 2 ]
	[ ! -e b ]
}

@test "deposit, receipt, verify offline, audit" {
	new_archive
	letters
	run photostat deposit letters/card.txt
	[ "$status" -eq 0 ]
	[[ "$output" == *"kept  https://example.org/test/r/card@1  entry 1"* ]]
	photostat receipt card card.txt -o card.tlog-proof
	photostat policy >test.policy
	run env -u PHOTOSTAT_ARCHIVE "$PHOTOSTAT_PROGRAM" verify letters/card.txt --receipt card.tlog-proof --policy test.policy
	[ "$status" -eq 0 ]
	[[ "$output" == *"verified: the keeper of example.org/test held these bytes"* ]]
	[[ "$output" == *"Not proven"* ]]
	echo x >>letters/card.txt
	run photostat verify letters/card.txt --receipt card.tlog-proof --policy test.policy
	[ "$status" -eq 1 ]
	[[ "$output" == *differs* ]]
	run photostat audit
	[ "$status" -eq 0 ]
	[[ "$output" == *"all well"* ]]
}

@test "a folder deposited as one record; its receipt wants all files and names what lacks" {
	new_archive
	letters
	run photostat deposit letters --receipts receipts
	[ "$status" -eq 0 ]
	photostat policy >p
	run photostat verify letters --receipt receipts/letters@1.tlog-proof --policy p
	[ "$status" -eq 0 ]
	run photostat verify letters/card.txt --receipt receipts/letters@1.tlog-proof --policy p
	[ "$status" -eq 1 ]
	[[ "$output" == *"lacks    1913/anna.txt"* ]]
}

@test "each-file, twice: the second time adds nothing" {
	new_archive
	letters
	run photostat deposit letters --each-file
	[ "$status" -eq 0 ]
	[[ "$output" == *"r/1913/anna.txt@1"* ]]
	size=$(photostat log --checkpoint | sed -n 2p)
	run photostat deposit letters --each-file
	[ "$status" -eq 0 ]
	[[ "$output" == *"already kept  https://example.org/test/r/1913/anna.txt@1"* ]]
	[ "$(photostat log --checkpoint | sed -n 2p)" = "$size" ]
}

@test "other bytes under a taken name are refused, and a new version is what is advised" {
	new_archive
	echo one >a.txt
	photostat deposit a.txt
	echo two >a.txt
	run photostat deposit a.txt
	[ "$status" -eq 3 ]
	[[ "$output" == *"--new-version"* ]]
	run photostat deposit a.txt --id a --new-version
	[ "$status" -eq 0 ]
	[[ "$output" == *"r/a@2"* ]]
	[ "$(photostat get a@1 a.txt -o -)" = one ]
	[ "$(photostat get a a.txt -o -)" = two ]
}

@test "a new version of the same bytes and the same words is already kept" {
	new_archive
	mkdir in
	echo one >in/a.txt
	echo two >in/b.txt
	photostat deposit in --id box --meta title=Box
	photostat edit box file:a.txt:role=transcription
	size=$(photostat log --checkpoint | sed -n 2p)
	touch -d '2001-02-03' in/a.txt
	again() {
		run photostat deposit "$@" --id box --new-version
		[ "$status" -eq 0 ]
		[[ "$output" == *"already kept  https://example.org/test/r/box@2"* ]]
		[ "$(photostat log --checkpoint | sed -n 2p)" = "$size" ]
	}
	again in
	again in --meta title=Box
	again in --dry-run
	again in/a.txt --add
	printf '{"title":"Box","files":[{"path":"a.txt","role":"transcription"}]}' >in/photostat.json
	again in
	# one that says or holds something else is a version: a role, a title, a byte, a file less, a file under another name
	printf '{"title":"Box","files":[{"path":"a.txt","role":"translation"}]}' >in/photostat.json
	photostat deposit in --id box --new-version | grep -q 'kept  *.*box@3'
	rm in/photostat.json
	photostat deposit in --id box --new-version --meta title=Chest | grep -q 'box@4'
	echo onf >in/a.txt
	photostat deposit in --id box --new-version | grep -q 'box@5'
	rm in/b.txt
	photostat deposit in --id box --new-version | grep -q 'box@6'
	mv in/a.txt in/c.txt
	photostat deposit in --id box --new-version | grep -q 'box@7'
	photostat audit
}

@test "get never overwrites without --force" {
	new_archive
	letters
	photostat deposit letters/card.txt
	photostat get card -o out
	[ -f out/card.txt ] && [ -f out/photostat.json ] && [ ! -e out/photostat.seed ]
	run photostat get card -o out
	[ "$status" -eq 1 ]
	run photostat get card card.txt -o out/card.txt
	[ "$status" -eq 1 ]
	photostat get card card.txt -o out/card.txt --force
}

@test "edit and event make versions; events are numbered and superseded, never changed" {
	new_archive
	letters
	photostat deposit letters/card.txt --meta title="A postcard" --meta date=1913~
	run photostat edit card title="Postcard from the harbour" subject+=ice
	[ "$status" -eq 0 ]
	[[ "$output" == *"card@2"* ]]
	run photostat edit card title="Postcard from the harbour"
	[ "$status" -eq 1 ]
	photostat event card --type custody --date 1919~ --agent "Karl Berg" --note "among his papers"
	run photostat event card --type custody --date 1920 --agent "Karl Berg" --supersedes 1
	[ "$status" -eq 0 ]
	run photostat show card
	[[ "$output" == *"Postcard from the harbour"* ]]
	[[ "$output" == *"(superseded)"* ]]
	run photostat event card --type custody --date 1913-13
	[ "$status" -eq 2 ]
	run photostat show card@1
	[[ "$output" == *"A postcard"* ]]
}

@test "an editor may change the description; a slip keeps what was written" {
	new_archive
	letters
	photostat deposit letters/card.txt --meta title=Old
	cat >editor <<-'END'
		#!/bin/sh
		sed -i 's/Old/New/' "$1"
	END
	chmod +x editor
	EDITOR=./editor run photostat edit card
	[ "$status" -eq 0 ]
	run photostat show card
	[[ "$output" == *"title          New"* ]]
}

@test "list finds by title, creator, date, language, arrangement; its CSV is read back" {
	new_archive
	letters
	photostat deposit letters/1913/anna.txt --meta title="Anna to Karl" --meta creator="Berg, Anna" --meta date=1913-02 --meta language=de
	photostat deposit letters/1913/karl.txt --meta title="Karl to Anna" --meta creator="Berg, Karl" --meta date=1914 --meta isPartOf=anna
	[ "$(photostat list --title karl | wc -l)" -eq 2 ]
	[ "$(photostat list --creator anna | wc -l)" -eq 1 ]
	[ "$(photostat list --date 1913 | wc -l)" -eq 1 ]
	[ "$(photostat list --date 1913/1914 | wc -l)" -eq 2 ]
	[ "$(photostat list --lang de | wc -l)" -eq 1 ]
	[ "$(photostat list --under anna | wc -l)" -eq 1 ]
	photostat list --csv >table.csv
	PHOTOSTAT_ARCHIVE=$work/second photostat init second --origin example.org/second --quiet
	run env PHOTOSTAT_ARCHIVE="$work/second" "$PHOTOSTAT_PROGRAM" deposit --csv table.csv letters/1913
	[ "$status" -eq 0 ]
	run env PHOTOSTAT_ARCHIVE="$work/second" "$PHOTOSTAT_PROGRAM" list --title karl
	[[ "$output" == *"Anna to Karl"* ]]
}

@test "a table made by list goes into another archive: several paths, restrictions of today, names" {
	new_archive
	letters
	printf 'q' >"a|b.txt"
	photostat deposit letters/card.txt "a|b.txt" letters/1913 --id many --meta 'title=Two "and"
a folder'
	photostat deposit letters/card.txt --meta isPartOf=many
	photostat access card embargo=2999-01-01 --authority me --reason privacy
	photostat list --csv >table.csv
	grep -q '^card.txt,card,many,embargo=2999-01-01,' table.csv
	mkdir place
	cp -r letters/card.txt letters/1913 "a|b.txt" place
	run photostat deposit --csv table.csv place
	[ "$status" -eq 0 ]
	[ "$(grep -c '^already kept' <<<"$output")" -eq 2 ]
	PHOTOSTAT_ARCHIVE=$work/second
	photostat init second --origin example.org/second --quiet >/dev/null
	run photostat deposit --csv table.csv place
	[ "$status" -eq 0 ]
	[ "$(photostat get many "a|b.txt" -o -)" = q ]
	photostat list --csv >again.csv
	cmp table.csv again.csv
	run photostat list --public
	[[ "$output" != *card* ]]
}

@test "a row that is wrong refuses its own record, and says where it stands" {
	new_archive
	letters
	printf 'path,id,date\ncard.txt,Not a name,\nmissing.txt,m,\ncard.txt,c,never\n1913/anna.txt,anna,1913\n' >table.csv
	run photostat deposit --csv table.csv letters
	[ "$status" -eq 3 ]
	[[ "$output" == *"line 2: "*"Not a name"* && "$output" == *"line 3: "*missing.txt* && "$output" == *"line 4, column date"* ]]
	[ "$(photostat list)" = "anna  1913" ]
}

@test "a cycle in the arrangement is refused" {
	new_archive
	letters
	photostat deposit letters/1913/anna.txt
	photostat deposit letters/1913/karl.txt --meta isPartOf=anna
	run photostat edit anna isPartOf=karl
	[ "$status" -eq 3 ]
	[[ "$output" == *karl* ]]
}

@test "a cycle inside one table is refused as well" {
	new_archive
	letters
	printf 'path,id,isPartOf\n1913/anna.txt,a,b\n1913/karl.txt,b,a\n' >table.csv
	run photostat deposit --csv table.csv letters
	[ "$status" -eq 3 ]
	[ "$(photostat list | wc -l)" -eq 1 ]
}

@test "a deposited table: a level above items needs no file" {
	new_archive
	letters
	cat >table.csv <<-'END'
		path,id,title,creator,level,isPartOf,access
		,fonds,Papers of the Berg family,,fonds,,
		1913/anna.txt|card.txt,anna,Anna to Karl,"Berg, Anna",item,fonds,
		1913/karl.txt,karl,Karl to Anna,"Berg, Karl",item,fonds,open
		missing.txt,missing,Not there,,item,fonds,
	END
	run photostat deposit --csv table.csv letters
	[ "$status" -eq 3 ]
	[[ "$output" == *"missing.txt"* ]]
	[ "$(photostat list --under fonds | wc -l)" -eq 2 ]
	run photostat deposit --csv table.csv letters
	[[ "$output" == *"already kept"* ]]
}

@test "dry run writes nothing and says what would be" {
	new_archive
	letters
	find archive -type f | sort | xargs sha256sum >before
	run photostat deposit letters --each-file --dry-run
	[ "$status" -eq 0 ]
	[[ "$output" == *"would keep"* ]]
	find archive -type f ! -name lock | sort | xargs sha256sum >after
	grep -v lock before >before.files
	diff before.files after
}

@test "accession: number, giver and agreement are an event of every record of the deposit" {
	new_archive
	letters
	photostat deposit letters --each-file --accession 2026/7 --from "Family Berg" --agreement "open from 2030"
	run photostat show card.txt
	[[ "$output" == *"accession"*"2026/7"*"Family Berg"* ]]
}

@test "every command helps itself, and wrong words get exit 2" {
	for command in init deposit list show get log receipt policy verify audit edit event access expunge validate "bag import" "bag export" index; do
		run photostat $command --help
		[ "$status" -eq 0 ]
		[[ "$output" == *"photostat $command"* ]]
	done
	run photostat depositt
	[ "$status" -eq 2 ]
	[[ "$output" == *deposit* ]]
	run photostat deposit --nonsense x
	[ "$status" -eq 2 ]
	cd "$work" && mkdir nowhere && cd nowhere
	run env -u PHOTOSTAT_ARCHIVE "$PHOTOSTAT_PROGRAM" list
	[ "$status" -eq 3 ]
	[[ "$output" == *"photostat init"* ]]
}
