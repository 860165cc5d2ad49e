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
	for _ in $(seq 100); do
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
	cd / && rm -rf "$work"
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
	python3 -m http.server --bind 127.0.0.1 --directory archive/log 0 >http.out 2>http.err 3>&- &
	echo $! >http.pid
	for _ in $(seq 100); do
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
	for _ in $(seq 20); do
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
