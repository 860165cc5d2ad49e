# P3, P5: an older copy of the archive was put back, keys and all. Who has seen more of its log tells, nothing is written, and it catches up.
load helper

teardown() {
	local server
	for server in servers/*; do
		if [ -f "$server" ]; then kill -9 "$(cat "$server")" 2>/dev/null || true; fi
	done
	clear_away
}

# serve FOLDER [OPTION…]: leaves its URL in $url, and the requests it could not answer in FOLDER.errors.
serve() {
	local folder=$1
	shift
	mkdir -p servers
	"$PHOTOSTAT_PROGRAM" serve --json --no-index -C "$folder" --listen 127.0.0.1:0 "$@" >"$folder.served" 2>"$folder.errors" 3>&- &
	echo $! >"servers/$folder"
	for _ in $(seq 1200); do
		if [ -s "$folder.served" ]; then break; fi
		sleep 0.025
	done
	url=http://127.0.0.1:$(sed 's/.*"port":\([0-9]*\).*/\1/' "$folder.served")/
}

stop_serving() {
	kill "$(cat "servers/$1")"
	wait "$(cat "servers/$1")" 2>/dev/null || true
	rm "servers/$1"
}

# name_holders URL…: in archive.conf; the next command asks them
name_holders() {
	local list
	list=$(printf '"%s", ' "$@")
	sed -i "s|^holders = .*|holders = {${list%, }}|" archive/archive.conf
}

# An archive with a holder, served at $holder, and an older copy of it, `old`.
held_archive() {
	new_archive "$@"
	letters
	photostat deposit letters/card.txt --quiet
	cp -a archive old
	photostat deposit letters/1913 --each --quiet
	head -c 2000000 /dev/urandom >scan.tif
	photostat deposit scan.tif --id scan --quiet
	photostat edit card title=Card --quiet
	photostat access scan closed --authority Board --reason privacy --quiet
	photostat access scan open --authority Board --reason consent --quiet
	serve archive
	photostat hold init one "$url" >/dev/null 2>&1
	photostat hold sync -C one >/dev/null
	stop_serving archive
	serve one
	holder=$url
	cp -a archive newest
	size=$(log_size newest)
}

log_size() {
	sed -n 2p "$1/log/checkpoint"
}

put_back() {
	rm -rf archive
	cp -a old archive
}

same_as_newest() {
	diff -r newest/records archive/records
	cmp newest/log/checkpoint archive/log/checkpoint
	diff -r newest/log archive/log | refute grep "Only in archive"
}

@test "put back with its keys: a holder has seen more, nothing is written, it catches up and goes on" {
	held_archive
	put_back
	name_holders "$holder"
	before=$(log_size archive)
	for command in "deposit letters/1913/anna.txt --id forked" "edit card title=Other" "access card closed --authority A --reason privacy" \
		"key encrypt"; do
		run photostat $command
		[ "$status" -eq 3 ]
		[ "${#lines[@]}" -eq 1 ]
		[[ "$output" == *"read-only: holder $holder has seen this log at $size entries, signed by its key, and here are $before"* ]]
		[[ "$output" == *"photostat catch-up --from $holder"* ]]
	done
	[ "$(log_size archive)" = "$before" ]
	# the key that would begin another history is not changed by mistake
	sed -n 's/^recovery  //p' init.txt >recovery.txt
	run photostat key rotate --recovery recovery.txt
	[ "$status" -eq 3 ]
	[[ "$output" == *"say --yes only if the key was stolen"* ]]
	# it is not forgotten with what is derived, nor when the holder is gone; readers read
	rm -r archive/derived
	stop_serving one
	run photostat deposit letters/1913/anna.txt --id forked
	[ "$status" -eq 3 ]
	[[ "$output" == *"read-only: holder"* ]]
	photostat list >/dev/null
	run photostat audit
	[ "$status" -eq 1 ]
	[[ "$output" == *"has seen this log at $size entries"* ]]
	serve one
	run photostat catch-up --from "$url"
	[ "$status" -eq 0 ]
	[[ "$output" == *"caught up: the log has $size entries, and deposits go on"* ]]
	same_as_newest
	photostat audit --quiet
	[ ! -e archive/ahead ]
	[ ! -e archive/held ]
	name_holders "$url"
	photostat deposit letters/1913/anna.txt --id more --quiet
	photostat audit --quiet
	# and nothing to do the second time
	run photostat catch-up
	[ "$status" -eq 0 ]
	[[ "$output" == *"deposits go on"* ]]
}

@test "put back without its keys folder: the head beside the key tells, and nobody need be asked" {
	held_archive
	rm -rf archive/records archive/log
	cp -a old/records old/log archive
	run photostat deposit letters/1913/anna.txt --id forked
	[ "$status" -eq 3 ]
	[[ "$output" == *"its key has signed $size"* ]]
	[[ "$output" == *"photostat catch-up --from URL"* ]]
	run photostat catch-up
	[ "$status" -eq 2 ]
	photostat catch-up --from "$holder"
	same_as_newest
	photostat deposit letters/1913/anna.txt --id more --quiet
	photostat audit --quiet
}

@test "a witness has seen more, and a holder has it; what only the witness saw is still lacking and said" {
	new_archive
	letters
	verifier=$(photostat policy | sed -n 's/^log \([^ ]*\) .*/\1/p')
	photostat witness init witness witness.example/w1 --log "$verifier" --quiet >witness.key
	photostat deposit letters/card.txt --quiet
	serve archive --witness witness --witness-is-new
	photostat hold init one "$url" >/dev/null 2>&1
	photostat witness add "$(head -1 witness.key)" "${url}witness/" --name w1 --quiet
	cp -a archive old
	photostat deposit letters/1913/anna.txt --id anna 2>said
	photostat hold sync -C one >/dev/null
	seen=$(log_size archive)
	put_back # and its derived/seen with it, which is not of this place
	run photostat deposit letters/1913/karl.txt --id karl
	[ "$status" -eq 3 ]
	[[ "$output" == *"read-only: witness w1 has seen this log at $seen entries"* ]]
	serve one
	photostat catch-up --from "$url" >/dev/null
	photostat deposit letters/1913/karl.txt --id karl 2>said
	# one more that the holder has not seen
	seen=$(log_size archive)
	put_back # and its derived/seen with it, which is not of this place
	run photostat edit card title=x
	[ "$status" -eq 3 ]
	run photostat catch-up --from "$url"
	[ "$status" -eq 1 ]
	[[ "$output" == *"still behind, at $((seen - 1)) entries: read-only: witness w1 has seen this log at $seen entries"* ]]
	run photostat edit card title=x
	[ "$status" -eq 3 ]
	[[ "$output" == *"here are $((seen - 1))"* ]]
}

@test "who cannot be asked is named, once an hour, and holds nothing up; where nobody is named nobody is asked" {
	new_archive
	letters
	photostat deposit letters/card.txt --quiet
	[ ! -e archive/derived/seen ]
	python3 -c 'import socket, sys, time
silent = socket.socket(); silent.bind(("127.0.0.1", 0)); silent.listen(); print(silent.getsockname()[1], flush=True); time.sleep(60)' >silent.port 3>&- &
	mkdir -p servers
	echo $! >servers/silent
	for _ in $(seq 1200); do
		[ -s silent.port ] && break
		sleep 0.025
	done
	silent="http://127.0.0.1:$(cat silent.port)/"
	name_holders http://127.0.0.1:1/ "$silent" "rubbish"
	SECONDS=0
	photostat deposit letters/1913/anna.txt --id anna 2>said
	# It is silent for a minute.
	[ "$SECONDS" -le 40 ]
	grep -q "holder http://127.0.0.1:1/ could not be asked" said
	grep -q "holder $silent could not be asked how far it has seen this log: .*no answer in time" said
	grep -q "holder rubbish has no URL" said
	photostat deposit letters/1913/karl.txt --id karl 2>said
	refute grep -q "no answer in time" said
	# an hour later, and where the clock ran back
	sed -i "s/^asked .*/asked $(($(date +%s) - 3601))/" archive/derived/seen
	name_holders http://127.0.0.1:1/
	photostat edit card title=a 2>said
	grep -q "could not be asked" said
	sed -i "s/^asked .*/asked $(($(date +%s) + 100))/" archive/derived/seen
	photostat edit card title=b 2>said
	grep -q "could not be asked" said
	photostat edit card title=c 2>said
	refute grep -q "could not be asked" said
}

@test "what holders showed is remembered for people" {
	held_archive
	name_holders "$holder" http://127.0.0.1:1/
	photostat edit card title=a --quiet 2>said
	grep -q "^[0-9]* $size [0-9]* $holder\$" archive/derived/holders
	grep -q "^[0-9]* - - http://127.0.0.1:1/\$" archive/derived/holders
	# one that does not answer any more keeps what it showed before
	stop_serving one
	rm archive/derived/seen
	sed -i "s/^[0-9]* $size [0-9]*/1 $size 1/" archive/derived/holders
	photostat edit card title=b --quiet 2>said
	grep -q "^[0-9]\{6,\} $size 1 $holder\$" archive/derived/holders
}

@test "what the log's key has not signed is not believed, and changes nothing" {
	held_archive
	stop_serving one
	put_back
	# another key of the same name
	photostat init thief --origin example.org/test --quiet >/dev/null
	for i in 1 2 3 4 5 6 7 8; do photostat -C thief deposit letters/card.txt --id "card-$i" --quiet; done
	serve thief
	name_holders "$url"
	run photostat deposit letters/1913/anna.txt --id anna
	[ "$status" -eq 0 ]
	[[ "$output" == *"has not signed; it was not believed"* ]]
	[ ! -e archive/ahead ]
	# a file that somebody wrote
	{ printf 'photostat.ahead/v1\nwho nobody\nevidence none\nkeys 0\n'; cat thief/log/checkpoint; } >archive/ahead
	photostat deposit letters/1913/karl.txt --id karl --quiet
	[ ! -e archive/ahead ]
	# another log
	photostat init other --origin example.org/other --quiet >/dev/null
	serve other
	name_holders "$url"
	run photostat edit anna title=x
	[ "$status" -eq 0 ]
	[[ "$output" == *"another log, example.org/other"* ]]
}

@test "a fork is refused, with evidence, whether longer or shorter; a stolen key is changed all the same" {
	held_archive
	photostat policy >policy
	sed -n 's/^recovery  //p' init.txt >recovery.txt
	# an older copy went on by itself: whoever has it shows another history, shorter than ours
	photostat -C old deposit letters/1913/anna.txt --id forked --quiet
	serve old
	name_holders "$url"
	run photostat deposit letters/1913/anna.txt --id anna-2
	[ "$status" -eq 3 ]
	[[ "$output" == *"read-only: holder $url shows another history of this log, of 3 entries, signed by its key (evidence/3-$size-"* ]]
	run photostat verify --evidence archive/evidence/*.evidence --policy policy
	[ "$status" -eq 1 ]
	[[ "$output" == "contradiction: "* ]]
	run photostat audit
	[ "$status" -eq 1 ]
	[[ "$output" == *"shows another history of this log"* ]]
	# it is not caught up with either
	run photostat catch-up --from "$url"
	[ "$status" -eq 1 ]
	[[ "$output" == *"another history"* ]]
	for i in 1 2 3 4 5 6 7 8; do photostat -C old deposit letters/card.txt --id "card-$i" --quiet; done
	run photostat catch-up --from "$url"
	[ "$status" -eq 1 ]
	[[ "$output" == *"proven"* ]]
	[ "$(ls archive/evidence | wc -l)" -eq 2 ]
	same_as_newest
	[ ! -e archive/held ]
	# its owner says that the key was stolen
	photostat key rotate --recovery recovery.txt --yes --quiet >/dev/null
	photostat deposit letters/1913/anna.txt --id anna-2 --quiet
	photostat audit --quiet
}

@test "a holder that contradicts what a witness has seen is refused, although it goes on from here" {
	new_archive
	letters
	photostat deposit letters/card.txt --quiet
	cp -a archive old
	cp -a archive forked
	photostat deposit letters/1913/anna.txt --id anna --quiet
	photostat deposit letters/1913/karl.txt --id karl --quiet
	photostat -C forked deposit letters/1913/anna.txt --id forked-1 --quiet
	photostat -C forked deposit letters/1913/anna.txt --id forked-2 --quiet
	photostat -C forked deposit letters/1913/anna.txt --id forked-3 --quiet
	cp -a archive newest
	serve newest
	true_one=$url
	serve forked
	put_back
	name_holders "$true_one"
	run photostat edit card title=x
	[ "$status" -eq 3 ]
	run photostat catch-up --from "$url"
	[ "$status" -eq 1 ]
	[[ "$output" == *"what holder $true_one has seen is contradicted"* ]]
	[[ "$output" == *"evidence/4-5-"* ]]
	[ ! -e archive/held ]
	cmp old/log/checkpoint archive/log/checkpoint
	# nor what the head has signed
	cp newest/keys/head archive/keys/head
	rm archive/ahead
	run photostat catch-up --from "$url"
	[ "$status" -eq 1 ]
	[[ "$output" == *"another history than the one that the key here has signed"* ]]
	cmp old/log/checkpoint archive/log/checkpoint
	cp old/keys/head archive/keys/head
}

@test "kill -9 again and again while it catches up: it never deposits half way, and ends whole" {
	held_archive
	mkdir many
	for i in $(seq 300); do echo "page $i" >"many/$i.txt"; done
	photostat deposit --each-file many --quiet >/dev/null
	head -c 20000000 /dev/urandom >long.tif
	photostat deposit long.tif --id long --quiet >/dev/null
	serve archive
	sed -i "s|http://[^\"]*|$url|" one/holder.conf
	photostat hold sync -C one >/dev/null
	stop_serving archive
	rm -rf newest
	cp -a archive newest
	size=$(log_size newest)
	put_back
	name_holders "$holder"
	for wait in 0.02 0.04 0.06 0.08 0.1 0.15 0.2 0.3; do
		"$PHOTOSTAT_PROGRAM" catch-up --from "$holder" --rate 20000000 --quiet >/dev/null 2>&1 3>&- &
		sleep "$wait"
		kill -9 $! 2>/dev/null || true
		wait $! 2>/dev/null || true
		[ -e archive/held ] || [ "$(log_size archive)" = 2 ] || [ "$(log_size archive)" = "$size" ]
		if [ "$(log_size archive)" != "$size" ] || [ -e archive/held ]; then
			run photostat edit card title=Forked
			[ "$status" -eq 3 ] || [ "$(log_size archive)" = "$((size + 1))" ]
			[ "$(log_size archive)" != "$((size + 1))" ] || break
		fi
		photostat list >/dev/null
	done
	if [ "$(log_size archive)" != "$((size + 1))" ]; then
		photostat catch-up --from "$holder"
		same_as_newest
	fi
	photostat deposit letters/1913/anna.txt --id more --quiet
	photostat audit --quiet
}

@test "what holders are not given lacks afterwards, and audit says so; deposits go on" {
	held_archive
	echo "a name nobody may read" >secret.txt
	photostat deposit secret.txt --id secret --access closed --quiet >/dev/null 2>&1
	photostat access card closed --authority Board --reason privacy --note "a family's wish" --quiet
	serve archive
	sed -i "s|http://[^\"]*|$url|" one/holder.conf
	photostat hold sync -C one >/dev/null
	stop_serving archive
	put_back
	name_holders "$holder"
	run photostat catch-up
	[ "$status" -eq 1 ]
	[[ "$output" == *"not held: closed: "* ]]
	[[ "$output" == *"deposits go on"* ]]
	[[ "$output" == *"photostat audit names it"* ]]
	photostat deposit letters/1913/anna.txt --id more --quiet
	run photostat audit
	[ "$status" -eq 1 ]
	[[ "$output" == *"missing: https://example.org/test/r/secret: "* ]]
	[[ "$output" == *"missing: https://example.org/test/r/card@2: "*"v2/inventory.json: it is gone"* ]]
	[[ "$output" == *"card/logs/note-10.json"* ]]
	# everything else is whole, and the catalogue with it
	run photostat audit scan more anna.txt karl.txt
	[ "$status" -eq 0 ]
	photostat index >/dev/null
}

@test "with the recovery key, what is closed and the texts of decisions come too: byte for byte" {
	held_archive
	grep -o 'PRIVATE+KEY+[^ ]*' init.txt >recovery.key
	chmod 600 recovery.key
	stop_serving one
	serve archive
	photostat hold init two "$url" >two.txt 2>&1
	photostat hold entitle "$(sed -n 's/^its own request key: //p' two.txt)" --quiet >/dev/null
	echo "a name nobody may read" >secret.txt
	photostat deposit secret.txt --id secret --access closed --quiet >/dev/null 2>&1
	photostat access card closed --authority Board --reason privacy --note "a family's wish" --quiet
	photostat hold sync -C two >/dev/null
	stop_serving archive
	rm -rf newest
	cp -a archive newest
	serve two
	put_back
	name_holders "$url"
	run photostat catch-up --key recovery.key
	[ "$status" -eq 0 ]
	same_as_newest
	photostat deposit letters/1913/anna.txt --id more --quiet
	photostat audit --quiet
}

@test "a damaged list of what is held: made anew by who it belongs to, and a keeper's archive does not become a holder's" {
	held_archive
	put_back
	name_holders "$holder"
	printf 'photostat.held/v1\norigin example.org/test\nkeeper\ncomplete x\n' >archive/held
	run photostat edit card title=x
	[ "$status" -eq 3 ]
	[[ "$output" == *"the file held is damaged"*"catch-up"* ]]
	run photostat hold sync
	[ "$status" -eq 3 ]
	grep -q keeper archive/held
	photostat catch-up >/dev/null
	same_as_newest
	photostat edit card title=x --quiet
	printf 'rubbish\n' >one/held
	run photostat catch-up -C one --from "$holder"
	[ "$status" -eq 3 ]
	[ "$(cat one/held)" = rubbish ]
	photostat audit --quiet
}

@test "an expunction since then is followed, and a holder's copy or an archive that is being fetched is told apart" {
	held_archive
	photostat expunge scan --authority Court --reason court-order --yes --quiet
	serve archive
	sed -i "s|http://[^\"]*|$url|; s/\"ask\"/\"follow\"/" one/holder.conf
	photostat hold sync -C one >/dev/null
	stop_serving archive
	rm -rf newest
	cp -a archive newest
	put_back
	name_holders "$holder"
	photostat catch-up >/dev/null
	diff -r newest/records archive/records
	photostat audit --quiet
	run photostat catch-up -C one --from "$holder"
	[ "$status" -eq 3 ]
	[[ "$output" == *"holder's copy"* ]]
	# half way it is neither: put together from what a crash would leave
	put_back
	printf 'photostat.held/v1\norigin example.org/test\nkeeper\ncomplete 1\n' >archive/held
	run photostat deposit letters/1913/anna.txt --id x
	[ "$status" -eq 3 ]
	[[ "$output" == *"being caught up, and has what the first 1 of 2 entries name"* ]]
	run photostat hold sync
	[ "$status" -eq 3 ]
	photostat catch-up --from "$holder" >/dev/null
	photostat audit --quiet
	# all had come, and only the last step was cut off
	printf 'photostat.held/v1\norigin example.org/test\nkeeper\ncomplete %s\n' "$(log_size archive)" >archive/held
	photostat deposit letters/1913/anna.txt --id x --quiet
	[ ! -e archive/held ]
	photostat audit --quiet
}

@test "a batch that was interrupted before the older copy was made: finished if the log has it, else put aside, never signed on top" {
	held_archive
	put_back
	# the copy was made with an intent standing: by a deposit that is killed before its checkpoint
	cp -a archive with-intent
	python3 - <<'END'
import hashlib, os
# an intent of an entry that the true log never got
origin = "example.org/test"
lines = open("with-intent/log/checkpoint").read().split("\n")
entry = "photostat.entry/v1 access\n"
body = "photostat.intent/v1\n" + "\n".join(lines[:3]) + "\n"
entry = ("photostat.entry/v1 end\norigin example.org/test\ntime 2026-11-23T20:28:00Z\nsuccessor none\nreason moved\n")
body += "item none - 0 - %d -\n%s" % (len(entry.encode()), entry)
body += "end %s\n" % hashlib.sha256(body.encode()).hexdigest()
os.mkdir("with-intent/staging/batch-2")
open("with-intent/staging/batch-2/intent", "w").write(body)
END
	rm -rf archive
	cp -a with-intent archive
	name_holders "$holder"
	run photostat edit card title=x
	[ "$status" -eq 3 ]
	[[ "$output" == *"read-only: holder"* ]]
	[ "$(log_size archive)" = 2 ]
	run photostat catch-up
	[ "$status" -eq 0 ]
	[[ "$output" == *"is not part of the log that came; it was put into damaged/batch-2"* ]]
	same_as_newest
	photostat deposit letters/1913/anna.txt --id more --quiet
	photostat audit --quiet
}

@test "put back from before a change of the key: it catches up, and then wants the key back" {
	new_archive
	sed -n 's/^recovery  //p' init.txt >recovery.txt
	letters
	photostat deposit letters/card.txt --quiet
	cp -a archive old
	photostat key rotate --recovery recovery.txt --quiet >/dev/null
	photostat deposit letters/1913/anna.txt --id anna --quiet
	serve archive
	photostat policy >policy
	photostat hold init one "$url" --policy policy >/dev/null 2>&1
	photostat hold sync -C one >/dev/null
	serve one
	cp -a archive newest
	put_back
	name_holders "$url"
	run photostat deposit letters/1913/karl.txt --id karl
	[ "$status" -eq 3 ]
	[[ "$output" == *"read-only: holder $url has seen this log at 4 entries"* ]]
	photostat catch-up >/dev/null
	diff -r newest/records archive/records
	cmp newest/log/checkpoint archive/log/checkpoint
	run photostat deposit letters/1913/karl.txt --id karl
	[ "$status" -eq 3 ]
	[[ "$output" == *"keys/log.key is not the key of this log; put the right key back"* ]]
	cp newest/keys/log.key archive/keys/log.key
	photostat deposit letters/1913/karl.txt --id karl --quiet
	photostat audit --quiet
}
