# P6: what a keeper expunged, at a holder who has not decided whether to follow: nobody is given it until then, and everybody is told why. Real processes on loopback.
load helper
load serving

# The archive with two records of which something was expunged after `one`, a holder who is asked, had all of it. one is served.
expunged_while_held() {
	new_archive
	mkdir -p in
	for i in $(seq 5); do echo "letter $i about the frozenharbour$i" >"in/$i.txt"; done
	head -c 3000000 /dev/urandom >scan.tif
	photostat deposit in --id bundle --quiet >/dev/null
	photostat deposit scan.tif --id scan --quiet >/dev/null
	photostat edit bundle title=Bundle --quiet >/dev/null
	serve archive
	keeper=$url
	photostat hold init one "$keeper"
	photostat hold sync -C one
	photostat expunge bundle 3.txt --authority Court --reason court-order --yes --quiet
	photostat expunge scan scan.tif --authority Board --reason privacy --yes --quiet
	run photostat hold sync -C one
	[ "$status" -eq 0 ]
	[[ "$output" == *"2 expunctions wait for your decision"*"given to no reader"* ]]
	serve one
	one=$url
}

# status PATH [HEADER]: what the holder answers to it.
status_of() {
	curl -s --path-as-is -o body -w '%{http_code}' ${2:+-H "$2"} "$one$1"
}

@test "undecided: the same answer as at the keeper, and that it is not decided; kept, it is given; to be followed, it is not" {
	expunged_while_held
	# All of its documents: gone, with what the log says.
	curl -s "${keeper}r/scan/files/scan.tif" >at-keeper
	[ "$(status_of r/scan/files/scan.tif)" = 410 ]
	[ "$(head -n 1 body)" = "$(cat at-keeper)" ]
	grep -q "this holder has not decided yet" body
	for path in r/scan r/scan@1 r/scan@1/files/scan.tif r/scan/files/other api/v1/records/scan; do
		[ "$(status_of $path)" = 410 ]
		refute grep -q "scan.tif" body
	done
	[ "$(status_of r/scan "Accept: text/html")" = 410 ]
	[ "$(status_of api/v1/records/scan)" = 410 ]
	python3 -c 'import json; o=json.load(open("body"))["expunctions"]; assert [x["followed"] for x in o] == [False], o'
	# Some of them: as if they had never been, and the others are given.
	for path in r/bundle/files/3.txt r/bundle@1/files/3.txt r/bundle@2/files/3.txt "r/bundle/receipt?file=3.txt" r/bundle/files/photostat.json \
		r/bundle/files/photostat.seed r/bundle/receipt; do
		[ "$(status_of "$path")" = 404 ]
	done
	[ "$(status_of r/bundle@1/files/1.txt)" = 200 ]
	grep -q "letter 1" body
	[ "$(status_of r/bundle)" = 200 ]
	grep -q "1.txt" body
	refute grep -q "3.txt" body
	[ "$(status_of r/bundle "Accept: text/html")" = 200 ]
	grep -q "This holder has not decided" body
	refute grep -q "3\.txt\|frozenharbour3" body
	# Its own people see all of it, with the word; who asks as a reader does not.
	[ "$(photostat get -C one bundle@1 3.txt -o - 2>said | head -c 8)" = "letter 3" ]
	grep -q "given to no reader; you get it as the keeper of this copy" said
	photostat log -C one bundle | grep -q "expunge .*court-order"
	photostat show -C one bundle | grep "3.txt" | grep -q undecided
	refute photostat get -C one bundle@1 3.txt --public -o -
	photostat show -C one bundle --public >shown
	refute grep -q "3.txt" shown
	photostat index -C one --quiet
	[ "$(photostat search -C one frozenharbour3 --json --quiet | grep -c '"path":"3.txt"')" -ge 1 ]
	refute photostat search -C one frozenharbour3 --public --quiet
	refute photostat search -C one frozenharbour1 --public --quiet # the whole record: its description may tell of what waits
	run photostat audit -C one
	[ "$status" -eq 0 ]
	# Decided: from the next request on, without a sync.
	[ "$(status_of r/scan "Accept: text/html")" = 410 ] # kept for the next who asks
	photostat hold decide -C one scan keep
	[ "$(status_of r/scan/files/scan.tif)" = 200 ]
	cmp body scan.tif
	[ "$(status_of r/scan "Accept: text/html")" = 200 ]
	[ "$(status_of r/bundle@1/files/3.txt)" = 404 ]
	photostat hold decide -C one scan follow
	[ "$(status_of r/scan/files/scan.tif)" = 410 ]
	[ "$(status_of r/scan "Accept: text/html")" = 410 ]
	photostat hold decide -C one bundle keep
	[ "$(status_of r/bundle@1/files/3.txt)" = 200 ]
	photostat search -C one frozenharbour3 --public --quiet
	photostat search -C one frozenharbour1 --public --quiet
	photostat hold sync -C one
	[ "$(status_of r/scan/files/scan.tif)" = 410 ]
	refute grep -q "has not decided" body
	[ "$(status_of r/bundle@1/files/3.txt)" = 200 ]
	[ "$(curl -sf "${one}api/v1/expunctions" | tail -n +5)" = "4 kept" ]
}

@test "undecided: a record of which all waits is in no list, as at the keeper; kept, it is there again at once" {
	new_archive
	mkdir in
	for i in 1 2 3; do echo $i >in/$i.txt; done
	photostat deposit in --id bundle --meta title=Bundle --meta creator=Vane --meta date=1913 --quiet >/dev/null
	echo scan >scan.txt
	photostat deposit scan.txt --id scan --meta title=Scan --meta creator=Smith --meta date=1914 --meta isPartOf=bundle --quiet >/dev/null
	serve archive
	photostat hold init one "$url"
	photostat hold sync -C one
	photostat expunge scan --authority Court --reason court-order --yes --quiet
	photostat hold sync -C one
	serve one
	one=$url
	for word in waits kept; do
		for path in browse/people browse/dates api/v1/records feed r/bundle ""; do
			[ "$(status_of "$path" "Accept: text/html")" = 200 ]
			# The start page and "browse" count; the others name it.
			if [ $word = waits ]; then
				refute grep -q "r/scan\|Smith" body
			else
				grep -q "r/scan\|Smith\|2 records" body || { echo "$path"; false; }
			fi
		done
		[ "$(status_of "oai?verb=ListIdentifiers&metadataPrefix=oai_dc")" = 200 ]
		[ "$(grep -c 'status="deleted"' body)" = $([ $word = waits ] && echo 1 || echo 0) ]
		if [ $word = waits ]; then photostat hold decide -C one scan keep; fi
	done
}

@test "undecided: other holders get what is left of it, and nothing of what waits" {
	expunged_while_held
	for path in api/v1/objects/1/v1/content/3.txt api/v1/objects/1/v1/inventory.json api/v1/open/1/3.txt api/v1/objects/2/v1/content/scan.tif; do
		[ "$(status_of $path)" = 404 ]
	done
	[ "$(status_of api/v1/open/1/1.txt)" = 200 ]
	[ "$(status_of api/v1/versions/0-6)" = 200 ]
	refute grep -aq "3\.txt\|scan\.tif\|letter 3" body
	printf 'photostat.poll/v1\nnonce %064d\n1\n2\n' 0 >poll
	curl -s --data-binary @poll "${one}api/v1/poll" | grep -q "^1 closed"
	stop_serving archive
	photostat hold init two "$one"
	photostat hold sync -C two
	refute grep -raq "letter 3" two
	refute grep -rq "3\.txt" two/records two/open
	grep -rq "letter 1" two/open
	# The word of all: kept for everybody from the next sync on, whether or not there is anything new.
	sed -i 's/"ask"/"keep"/' one/holder.conf
	run photostat hold status -C one
	[[ "$output" == *"it stays: holder.conf says keep; photostat hold sync does it"*"given to no reader until then"* ]]
	serve archive
	sed -i "s|sources = .*|sources = {\"$url\"}|" one/holder.conf
	photostat hold sync -C one
	[ "$(status_of r/scan/files/scan.tif)" = 200 ]
	[ "$(curl -sf "${one}api/v1/expunctions" | grep -c " kept$")" -eq 2 ]
	run photostat hold status -C one
	[[ "$output" == *"it stays: holder.conf says keep"* && "$output" != *"no reader"* ]]
}

@test "undecided: of a version whose files the keeper left, they are given, though those of an older one wait" {
	new_archive
	echo "first draft" >draft.txt
	photostat deposit draft.txt --id work --quiet >/dev/null
	echo "second draft" >draft.txt
	photostat deposit draft.txt --id work --new-version --quiet >/dev/null
	serve archive
	photostat hold init one "$url"
	photostat hold sync -C one
	photostat expunge work@1 --authority Court --reason court-order --yes --quiet
	photostat hold sync -C one
	serve one
	one=$url
	[ "$(status_of r/work/files/draft.txt)" = 200 ]
	[ "$(cat body)" = "second draft" ]
	[ "$(status_of r/work@1/files/draft.txt)" = 410 ]
	refute grep -q "first draft" body
	[ "$(status_of r/work/receipt)" = 404 ]
}

@test "undecided: how much it is, file for file once, and what an earlier one takes counts there" {
	expunged_while_held
	run photostat hold status -C one
	[ "$status" -eq 0 ]
	[[ "$output" == *"r/bundle, entry 4 of "*"reason court-order; 1 file, 34 B"*"r/scan, entry 5 of "*"reason privacy; 1 file, 3.0 MB"* ]] || { echo "$output"; false; }
	[[ "$output" == *"undecided: 2 expunctions, which take 2 files, 3.0 MB"* ]]
	photostat expunge bundle --authority Court --reason court-order --yes --quiet
	photostat hold sync -C one
	run photostat hold status -C one --json
	[ "$(printf '%s' "$output" | member held undecidedFiles)" = 6 ]
	[ "$(printf '%s' "$output" | member held undecidedBytes)" = 3000170 ]
	run photostat hold decide -C one bundle follow
	[[ "$output" == *"to be followed: entry 4 of "*"; 1 file, 34 B will go"*"to be followed: entry 6 of "*"; 4 files, 136 B will go"* ]] || { echo "$output"; false; }
	run photostat hold decide -C one scan keep --json --quiet
	[ "$(printf '%s' "$output" | member kept files)" = 1 ]
	[ "$(printf '%s' "$output" | member kept bytes)" = 3000000 ]
}

# polled FROM URL: what FROM's poll of URL counts, without what it makes of that.
polled() {
	photostat hold poll -C "$1" "$2" --json --quiet | python3 -c 'import json, sys
line = json.loads(sys.stdin.readline())
print(*(line[name] for name in ("good", "wrong", "missing", "closed", "later", *sys.argv[1:])))' "${@:3}"
}

@test "a poll accuses nobody over what was expunged and is kept by one of them, nor over what is not fetched yet" {
	expunged_while_held
	photostat hold init two "$keeper" # it has only what is left
	photostat hold sync -C two
	serve two
	two=$url
	# Whoever has not decided asks for what the others have, too, and gives only that.
	[ "$(polled one "$keeper")" = "0 0 0 0 0" ]
	[ "$(polled archive "$one")" = "0 0 0 3 0" ]
	photostat hold decide -C one bundle keep
	photostat hold decide -C one scan keep
	echo new >new.txt
	photostat deposit new.txt --quiet >/dev/null
	photostat hold sync -C one
	[ "$(polled one "$keeper")" = "1 0 0 0 0" ]
	[ "$(polled archive "$one")" = "1 0 0 3 0" ]
	[ "$(polled archive "$two")" = "3 0 0 0 1" ]
	run photostat hold poll -C archive "$two"
	[ "$status" -eq 0 ]
	[[ "$output" == *"not fetched there yet, it says: 1"* ]]
	# Nothing is left unchecked because of it.
	for ids in "" bundle scan; do
		run photostat audit -C one $ids
		[ "$status" -eq 0 ] || { echo "$output"; false; }
		[[ "$output" != *"not checked: what is not held"* ]] || { echo "$output"; false; }
	done
	photostat log -C one scan | grep -q "expunge .*privacy"
}

# liar URL ENTRY: leaves its own URL in $url.
liar() {
	mkdir -p servers
	rm -f liar.served
	python3 "$BATS_TEST_DIRNAME/poll_liar.py" "$1" "$2" >liar.served 3>&- &
	echo $! >"servers/liar-$!"
	for _ in $(seq 400); do
		if [ -s liar.served ]; then break; fi
		sleep 0.025
	done
	url=http://127.0.0.1:$(cat liar.served)/
}

@test "a poll accuses nobody over what was expunged since the last sync, of either side; an excuse that the log does not have counts as wrong" {
	new_archive
	for name in one two three; do
		echo "letter $name" >$name.txt
		photostat deposit $name.txt --quiet >/dev/null
	done
	serve archive
	keeper=$url
	for name in held late; do
		photostat hold init $name "$keeper"
		sed -i 's/"ask"/"follow"/' $name/holder.conf
		photostat hold sync -C $name
	done
	photostat expunge one --authority Court --reason court-order --yes --quiet >/dev/null
	photostat hold sync -C held
	serve held
	held=$url
	serve late
	late=$url
	# Asked by who is behind, and about who is behind.
	[ "$(polled late "$held" expunged)" = "2 0 0 0 0 1" ]
	[ "$(polled late "$keeper" expunged)" = "2 0 0 0 0 1" ]
	run photostat hold poll -C late "$held"
	[ "$status" -eq 0 ]
	[[ "$output" == *"expunged since the last photostat hold sync here, as the log shown there says: 1; sync, and poll again"* ]]
	[ "$(polled held "$late" expunged)" = "2 0 0 0 1 0" ]
	[ "$(polled archive "$late" expunged)" = "2 0 0 0 1 0" ]
	# Who lost them excuses himself by what is no expunge, one of another record, one that is not there.
	for entry in 3 4 5 99; do
		liar "$held" $entry
		run photostat hold poll -C late "$url"
		[ "$status" -eq 1 ]
		[[ "$output" == *"asked for 3 versions: 0 there, $([ $entry = 4 ] && echo 2 || echo 3) wrong, 0 missing"* ]] || { echo "$entry: $output"; false; }
	done
	# After the sync there is no excuse any more.
	photostat hold sync -C late
	[ "$(polled late "$held" expunged)" = "3 0 0 0 0 0" ]
	liar "$held" 4
	[ "$(polled late "$url" expunged)" = "0 3 0 0 0 0" ]
}

@test "a version that the keeper made of what he left cannot stand on what is kept: it waits, nothing is damaged, and comes with the decision" {
	expunged_while_held
	photostat hold decide -C one bundle keep
	photostat edit bundle title=Another --quiet
	photostat edit bundle title=Third --quiet
	run photostat hold sync -C one
	[ "$status" -eq 0 ]
	[[ "$output" == *"not taken: 2 versions of records whose expunctions are not followed here"* ]]
	run photostat hold status -C one
	[ "$status" -eq 0 ]
	[[ "$output" == *"not held: versions to be had only as expunctions left them that are not followed here: 2"* ]]
	# Nor does anybody take it for a loss.
	run photostat hold poll -C archive "$one"
	[ "$status" -eq 0 ] || { echo "$output"; false; }
	for ids in "" bundle; do
		run photostat audit -C one $ids
		[ "$status" -eq 0 ] || { echo "$output"; false; }
	done
	run photostat repair -C one
	[ "$status" -eq 0 ]
	[ ! -e one/damaged ]
	# It is the newest here that is shown and given, what is kept with it.
	[ "$(status_of r/bundle/files/3.txt)" = 200 ]
	[ "$(status_of r/bundle "Accept: text/html")" = 200 ]
	grep -q "This is version 2; there is a newer one" body
	# Others are not misled: they ask the keeper for them.
	photostat hold sync -C one
	photostat hold decide -C one bundle follow
	photostat hold decide -C one scan follow
	run photostat hold sync -C one
	[ "$status" -eq 0 ]
	diff -r archive/records one/records
	run photostat hold status -C one
	[[ "$output" != *"not held"* && "$output" != *"not followed"* ]]
	photostat audit -C one --quiet
	[ "$(photostat show -C one bundle --json | member version version)" = 4 ]
}
