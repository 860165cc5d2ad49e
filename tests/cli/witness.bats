# P3: the log is cosigned by witnesses, and what is only received is never called witnessed.
load helper

# start_witness NAME [fresh] [MODE]: a process, its vkey in NAME.vkey, its URL in NAME.url
start_witness() {
	local name=$1
	shift
	[ -d "$name" ] || "$WITNESS_SERVER" init "$name" "witness.example/$name" >"$name.vkey"
	if [ ! -e "$name/logs/test" ]; then
		{
			echo "origin example.org/test"
			echo "key $(photostat policy | sed -n 's/^log \(\S*\) .*/\1/p')"
			if [ -n "${LOG_URL:-}" ]; then echo "url $LOG_URL"; fi
		} >"$name/logs/test"
	fi
	rm -f "$name.port"
	"$WITNESS_SERVER" serve "$name" "$name.port" "$@" 3>&- &
	echo $! >"$name.pid"
	for _ in $(seq 600); do
		[ -s "$name.port" ] && break
		sleep 0.05
	done
	echo "http://127.0.0.1:$(cat "$name.port")/w/" >"$name.url"
}

stop_witness() {
	kill "$(cat "$1.pid")" && wait "$(cat "$1.pid")" 2>/dev/null || true
	rm -f "$1.pid"
}

teardown() {
	for pid in *.pid; do
		[ -e "$pid" ] && stop_witness "${pid%.pid}"
	done
	clear_away
}

add_witness() {
	photostat witness add "$(cat "$1.vkey")" "$(cat "$1.url")" --name "$1"
}

quorum() {
	sed -i "s/^quorum = .*/quorum = \"$1\"/" archive/archive.conf
}

cosignatures() {
	grep -c '^— witness.example/' archive/log/checkpoint
}

@test "a deposit is received, then witnessed, and its receipt says by how many" {
	new_archive
	letters
	start_witness one fresh
	start_witness two fresh
	add_witness one
	add_witness two
	run photostat witness list
	[ "$status" -eq 0 ]
	[[ "$output" == *"has not cosigned yet"* ]]
	[[ "$output" != *"witnessed:"* ]]
	# without a quorum nothing is called witnessed
	photostat deposit letters/card.txt 2>said
	grep "received: 2 of 2 witnesses" said
	refute grep "^witnessed" said
	quorum all
	photostat deposit letters/1913/anna.txt --id anna --json >lines 2>said
	[ "$(member submission state <lines)" = witnessed ]
	[ "$(member deposited state <lines)" = received ]
	[ "$(cosignatures)" = 2 ]
	photostat policy >policy
	photostat receipt anna -o anna.tlog-proof
	photostat verify letters/1913/anna.txt --receipt anna.tlog-proof --policy policy --json >lines
	[ "$(member verdict witnesses <lines)" = 2 ]
	[ "$(member verdict quorum <lines)" = True ]
	# the audit, another writer and a reader take the cosigned checkpoint as it is
	photostat audit
	photostat edit anna title=Anna 2>said
	grep "^witnessed: 2 of 2" said
	photostat audit
	photostat list
	run photostat witness list --json
	[ "$(echo "$output" | member witness lag)" = 0 ]
	python3 "$BATS_TEST_DIRNAME/../house/read_log.py" archive/log "$(sed -n 's/^log \(\S*\) .*/\1/p' policy)" --photostat
}

@test "a dead, a slow and a lying witness delay little and change nothing" {
	new_archive
	letters
	photostat deposit letters/card.txt
	start_witness good fresh
	start_witness slow fresh slow
	add_witness good
	add_witness slow
	# met by the good one alone: the slow one, which answers after ten seconds, is not waited for
	quorum 1
	before=$(date +%s)
	photostat witness submit --seconds 60 >said
	[ $(($(date +%s) - before)) -lt 10 ]
	grep "^witnessed: 1 of 2" said
	[ "$(cosignatures)" = 1 ]
	photostat audit
	for mode in wrong empty ahead fickle no; do
		start_witness $mode fresh $mode
		add_witness $mode
	done
	photostat witness add "$("$WITNESS_SERVER" init dead witness.example/dead)" http://127.0.0.1:9/ --name dead
	# not met: the time is over, the deposit is kept all the same
	quorum 3
	before=$(date +%s)
	photostat deposit letters/1913/anna.txt --id anna 2>said
	[ $(($(date +%s) - before)) -lt 10 ]
	grep "^received: 1 of 8 witnesses .*not witnessed yet" said
	refute grep "^witnessed" said
	grep "witness ahead: it has cosigned this log at 1000000 entries" said
	grep "witness dead: " said
	grep "witness no: it refuses (403): not you" said
	grep "witness fickle: it changes its mind" said
	grep "witness wrong: " said
	grep "witness empty: " said
	photostat show anna
	run photostat witness submit --seconds 2
	[ "$status" -eq 1 ]
	[[ "$output" == *"ahead        ahead"* ]]
	[[ "$output" == *"received: 1 of 8"* ]]
	[ "$(cosignatures)" = 1 ]
	photostat audit
}

@test "a witness that was away is caught up from where it stands" {
	new_archive
	letters
	start_witness one fresh
	add_witness one
	quorum 1
	photostat deposit letters/card.txt 2>said
	grep "^witnessed" said
	stop_witness one
	photostat deposit letters/1913/anna.txt --id anna 2>said
	grep "^received: 0 of 1" said
	photostat deposit letters/1913/karl.txt --id karl 2>said
	[ "$(photostat witness list --json | member witness lag)" = 2 ]
	photostat receipt anna -o early.tlog-proof
	# it cannot ask anybody, so it is told to be fresh: which has no effect where it holds state
	start_witness one fresh
	sed -i "s|url = \"http.*\"|url = \"$(cat one.url)\"|" archive/archive.conf
	run photostat witness submit
	[ "$status" -eq 1 ]
	[[ "$output" == *"refuses (503)"* ]]
	stop_witness one
	# the log's own checkpoint tells that it is not behind
	python3 -u -m http.server --bind 127.0.0.1 --directory archive/log 0 >http.out 2>http.err 3>&- &
	echo $! >http.pid
	for _ in $(seq 600); do
		grep -q port http.out && break
		sleep 0.05
	done
	port=$(python3 - <<-END
		import re
		print(re.search(r"port (\d+)", open("http.out").read()).group(1))
	END
	)
	echo "url http://127.0.0.1:$port/" >>one/logs/test
	start_witness one
	sed -i "s|url = \"http.*\"|url = \"$(cat one.url)\"|" archive/archive.conf
	for _ in $(seq 200); do
		photostat witness submit >said && break
		sleep 0.3
	done
	grep "^witnessed: 1 of 1" said
	# derived/ forgotten: it is told which size to begin from
	stop_witness one
	rm -r archive/derived
	start_witness one
	sed -i "s|url = \"http.*\"|url = \"$(cat one.url)\"|" archive/archive.conf
	sleep 1
	photostat edit karl title=Karl 2>said
	grep "^witnessed: 1 of 1" said
	# the early receipt is renewed
	photostat policy >policy
	run photostat verify letters/1913/anna.txt --receipt early.tlog-proof --policy policy
	[ "$status" -eq 1 ]
	refute photostat receipt anna -o early.tlog-proof
	photostat receipt anna -o early.tlog-proof --force
	photostat verify letters/1913/anna.txt --receipt early.tlog-proof --policy policy
}

@test "receipt --wait waits for a quorum, and writes nothing without one" {
	new_archive
	letters
	photostat deposit letters/card.txt
	run photostat receipt absent -o r --wait 100
	[ "$status" -eq 1 ]
	run photostat receipt card -o r --wait 1
	[ "$status" -eq 2 ]
	start_witness one fresh
	add_witness one
	stop_witness one
	quorum 1
	run photostat receipt card -o r --wait 2
	[ "$status" -eq 1 ]
	[[ "$output" == *"not witnessed: 0 of 1"* ]]
	[ ! -e r ]
	port=$(cat one.port)
	{
		sleep 2
		start_witness one fresh
		sed -i "s|url = \"http.*\"|url = \"$(cat one.url)\"|" archive/archive.conf
	} 3>&- &
	sleep 4
	photostat receipt card -o r --wait 20
	photostat policy >policy
	photostat verify letters/card.txt --receipt r --policy policy
	wait %1 || true
}

@test "what is no witness is not added, and archive.conf stays as it was written" {
	new_archive
	start_witness one fresh
	echo "# a remark of the keeper's" >>archive/archive.conf
	cp archive/archive.conf before
	run photostat witness add rubbish http://127.0.0.1/
	[ "$status" -eq 2 ]
	run photostat witness add "$(cat one.vkey)" ftp://127.0.0.1/
	[ "$status" -eq 2 ]
	run photostat witness add "$(photostat policy | sed -n 's/^log \(\S*\) .*/\1/p')" http://127.0.0.1/
	[ "$status" -eq 3 ]
	run photostat witness add "$(cat one.vkey)" http://127.0.0.1/ --name "a b"
	[ "$status" -eq 3 ]
	run photostat witness add "$(cat one.vkey)" http://127.0.0.1/ --name none
	[ "$status" -eq 3 ]
	cmp before archive/archive.conf
	add_witness one
	head -c "$(wc -c <before)" archive/archive.conf | cmp - before
	run add_witness one
	[ "$status" -eq 1 ]
	run photostat witness add "$(cat one.vkey)" http://127.0.0.1/ --name other
	[ "$status" -eq 1 ]
	run photostat -C other witness list
	[ "$status" -eq 3 ]
	photostat init other --origin example.org/other --quiet
	run photostat -C other witness list
	[ "$status" -eq 1 ]
}

@test "a cosignature that was altered is named, and had again" {
	new_archive
	letters
	start_witness one fresh
	start_witness two fresh
	add_witness one
	add_witness two
	quorum 2
	photostat deposit letters/card.txt
	[ "$(cosignatures)" = 2 ]
	python3 - <<-'END'
		lines = open("archive/log/checkpoint").read().split("\n")
		at = next(i for i, line in enumerate(lines) if "witness.example/one" in line)
		line = lines[at]
		lines[at] = line[:-20] + ("B" if line[-20] == "A" else "A") + line[-19:]
		open("archive/log/checkpoint", "w").write("\n".join(lines))
	END
	run photostat audit --log-only
	[ "$status" -eq 1 ]
	[[ "$output" == *"log/checkpoint"* ]]
	[[ "$output" == *"photostat witness submit"* ]]
	run photostat witness submit
	[ "$status" -eq 0 ]
	photostat audit --log-only
	[ "$(cosignatures)" = 2 ]
}

# serve_log: archive/log as it lies, at LOG_URL
serve_log() {
	python3 -u -m http.server --bind 127.0.0.1 --directory archive/log 0 >http.out 2>http.err 3>&- &
	echo $! >http.pid
	for _ in $(seq 600); do
		grep -q port http.out && break
		sleep 0.05
	done
	LOG_URL="http://127.0.0.1:$(sed -n 's/.*port \([0-9]*\).*/\1/p' http.out)/"
}

# restart_witness NAME: it asks the log whether it is behind
restart_witness() {
	local before
	before=$(cat "$1.url")
	stop_witness "$1"
	start_witness "$1"
	sed -i "s|$before|$(cat "$1.url")|" archive/archive.conf
}

log_key() {
	photostat policy | sed -n 's/^log \(\S*\) https.*/\1/p'
}

@test "the log's key is changed: witnesses who knew it cosign the change, and go on when they are told of the new one" {
	new_archive
	letters
	sed -n 's/^recovery  //p' init.txt >recovery.txt
	serve_log
	start_witness one fresh
	start_witness two fresh
	add_witness one
	add_witness two
	quorum all
	photostat deposit letters/card.txt 2>said
	grep "^witnessed: 2 of 2" said
	photostat receipt card -o old.tlog-proof
	# the one checkpoint by both keys is good for who knows the old one
	run photostat key rotate --recovery recovery.txt
	[ "$status" -eq 0 ]
	[[ "$output" == *"witnessed: 2 of 2"* && "$output" == *"Tell the operators of the log's witnesses and mirrors the new verifier"* ]]
	[ "$(grep -c '^— example.org/test ' archive/log/checkpoint)" = 2 ]
	[ "$(cosignatures)" = 2 ]
	photostat audit --quiet
	photostat receipt card -o change.tlog-proof
	# a further one is not: it is kept, and not witnessed
	run photostat deposit letters/1913/anna.txt --id anna
	[ "$status" -eq 0 ]
	[[ "$output" == *"refuses (403)"*"this log's key was changed: its operator adds the new one"* ]]
	[[ "$output" == *"received: 0 of 2"* ]]
	[ "$(grep -c '^— example.org/test ' archive/log/checkpoint)" = 1 ]
	# one is told the new key beside the old one, two gets the new one alone; what they cosigned is continued by both
	echo "key $(log_key)" >>one/logs/test
	sed -i "s|^key .*|key $(log_key)|" two/logs/test
	restart_witness one
	restart_witness two
	for _ in $(seq 200); do
		photostat witness submit >said && break
		sleep 0.3
	done
	grep "^witnessed: 2 of 2" said
	[ "$(wc -l <"$(echo one/state/*.state)")" -ge 5 ]
	photostat deposit letters/1913/karl.txt --id karl 2>said
	grep "^witnessed: 2 of 2" said
	photostat audit --quiet
	# receipts of before go on under the new policy: it names the former key, since it wants witnesses
	photostat policy >policy
	[ "$(grep -c '^log ' policy)" = 2 ]
	for receipt in old change; do
		photostat verify letters/card.txt --receipt $receipt.tlog-proof --policy policy
	done
	# the old key alone, without its witnesses, convinces nobody
	sed '/^— witness/d' old.tlog-proof >bare.tlog-proof
	run photostat verify letters/card.txt --receipt bare.tlog-proof --policy policy
	[ "$status" -eq 1 ]
}

@test "an encrypted key is not asked for where a cosignature is kept, and the last checkpoint of a log is cosigned too" {
	printf 'frozen harbour\n' >passphrase
	PHOTOSTAT_PASSPHRASE_FILE=passphrase new_archive --passphrase
	letters
	start_witness one fresh
	start_witness two fresh
	PHOTOSTAT_PASSPHRASE_FILE=passphrase add_witness one
	quorum all
	PHOTOSTAT_PASSPHRASE_FILE=passphrase photostat deposit letters/card.txt 2>said
	grep "^witnessed: 1 of 1" said
	PHOTOSTAT_PASSPHRASE_FILE=passphrase add_witness two
	run setsid -w "$PHOTOSTAT_PROGRAM" witness submit </dev/null
	[ "$status" -eq 0 ]
	[ "$(cosignatures)" = 2 ]
	PHOTOSTAT_PASSPHRASE_FILE=passphrase photostat key end --no-successor --reason closed --yes >said 2>&1
	grep "^witnessed: 2 of 2" said
	[ "$(cosignatures)" = 2 ]
	photostat audit --quiet
}

@test "the key of a witness and of a mirror that are there is encrypted, and decrypted" {
	new_archive
	photostat witness init one witness.example/one --quiet >one.vkey
	photostat mirror init two mirror.example/two --quiet >two.vkey
	cp one/witness.key open
	printf 'open sea\n' >passphrase
	export PHOTOSTAT_PASSPHRASE_FILE=passphrase
	run photostat key encrypt --folder one
	[ "$status" -eq 0 ]
	[[ "$output" == *"encrypted  the key of witness.example/one"* ]]
	photostat key encrypt --folder two --quiet
	for key in one/witness.key two/mirror.key; do
		head -n 1 $key | grep -qx "photostat.secret/v1"
		refute grep -q PRIVATE $key
		[ "$(stat -c %a $key)" = 600 ]
	done
	# the archive's own is as it was
	grep -q PRIVATE archive/keys/log.key
	printf 'open river\n' >wrong
	PHOTOSTAT_PASSPHRASE_FILE=wrong run photostat key decrypt --folder one
	[ "$status" -eq 3 ]
	[[ "$output" == *"not the one that this key was encrypted with"* ]]
	run photostat key decrypt --folder one --json
	[ "$status" -eq 0 ]
	[[ "$output" == *'"type":"key","origin":"witness.example/one","encrypted":false'* ]]
	cmp one/witness.key open
	photostat key decrypt --folder one --quiet
	cmp one/witness.key open
	run photostat key encrypt --folder archive
	[ "$status" -eq 1 ]
	[[ "$output" == *"no witness's or mirror's folder"* ]]
}

@test "a witness's key encrypted by a passphrase: served only to who has it" {
	new_archive
	letters
	printf 'open sea\n' >passphrase
	PHOTOSTAT_PASSPHRASE_FILE=passphrase photostat witness init one witness.example/one --log "$(log_key)" --passphrase --quiet >one.vkey
	head -n 1 one/witness.key | grep -qx "photostat.secret/v1"
	refute grep -q PRIVATE one/witness.key
	run setsid -w "$PHOTOSTAT_PROGRAM" serve --witness one --witness-only --witness-is-new --listen 127.0.0.1:0 </dev/null
	[ "$status" -eq 3 ]
	[[ "$output" == *"PHOTOSTAT_PASSPHRASE_FILE"* ]]
	printf 'open river\n' >wrong
	PHOTOSTAT_PASSPHRASE_FILE=wrong run photostat serve --witness one --witness-only --witness-is-new --listen 127.0.0.1:0
	[ "$status" -eq 3 ]
	PHOTOSTAT_PASSPHRASE_FILE=passphrase "$PHOTOSTAT_PROGRAM" serve --witness one --witness-only --witness-is-new --listen 127.0.0.1:0 \
		>served 3>&- &
	echo $! >served.pid
	for _ in $(seq 600); do
		grep -q http served && break
		sleep 0.05
	done
	photostat witness add "$(cat one.vkey)" "$(sed -n 's|.*\(http://[0-9.:]*/\).*|\1witness/|p' served)" --name one
	quorum all
	photostat deposit letters/card.txt 2>said
	grep "^witnessed: 1 of 1" said
}
