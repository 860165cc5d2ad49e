# P3, P5: a mirror has all of a log before it cosigns it; whoever pushes, resumes, lies or dies.
load helper

# Of thousands of records nothing but the log is wanted here; to take them away from a disk takes longer than all else.
if [ -w /dev/shm ]; then export TMPDIR=/dev/shm; fi

PEER="python3 $BATS_TEST_DIRNAME/mirror_peer.py"
READ_LOG="python3 $BATS_TEST_DIRNAME/../house/read_log.py"

log_key() {
	photostat policy | sed -n 's/^log \(\S*\) .*/\1/p'
}

# start_server NAME ARGUMENTS…: a process, its port in NAME.port (kept when it is started again), its number in NAME.pid
start_server() {
	local name=$1 port=0
	shift
	[ -e "$name.port" ] && port=$(cat "$name.port")
	"$PHOTOSTAT_PROGRAM" serve --listen "127.0.0.1:$port" "$@" >"$name.out" 2>"$name.err" 3>&- &
	echo $! >"$name.pid"
	for _ in $(seq 200); do
		[ -s "$name.out" ] && break
		sleep 0.05
	done
	sed -n 's/.*:\([0-9]*\)\/.*/\1/p' "$name.out" >"$name.port"
}

# start_mirror [ARGUMENTS…]: made if it is not there; its submission prefix in mirror.url
start_mirror() {
	[ -d mirror ] || photostat mirror init mirror mirror.example/one --log "$(log_key)" --quiet >mirror.vkey
	start_server mirror --mirror mirror --mirror-only "$@"
	echo "http://127.0.0.1:$(cat mirror.port)/mirror/" >mirror.url
}

start_peer() { # NAME [MODE]
	$PEER key "$1" >"$1.vkey"
	rm -f "$1.port"
	$PEER serve "$1.port" "$@" 3>&- &
	echo $! >"$1.pid"
	for _ in $(seq 200); do
		[ -s "$1.port" ] && break
		sleep 0.05
	done
	echo "http://127.0.0.1:$(cat "$1.port")/m/" >"$1.url"
}

stop() { # NAME [SIGNAL]
	kill "-${2:-TERM}" "$(cat "$1.pid")" && wait "$(cat "$1.pid")" 2>/dev/null || true
	rm -f "$1.pid"
}

teardown() {
	for pid in *.pid; do
		[ -e "$pid" ] && stop "${pid%.pid}"
	done
	clear_away
}

# An archive of so many entries: entry 0 is the log's key.
archive_of() {
	new_archive
	grow "$1"
}

# grow TO: until the log has so many
grow() {
	local have
	have=$(sed -n 2p archive/log/checkpoint)
	mkdir -p documents/"$1"
	for i in $(seq "$have" $(($1 - 1))); do
		printf 'document %s\n' "$i" >documents/"$1"/"$i.txt"
	done
	photostat deposit --each-file documents/"$1" --quiet >/dev/null
	[ "$(sed -n 2p archive/log/checkpoint)" = "$1" ]
}

add_mirror() {
	photostat mirror add "$(cat "$1.vkey")" "$(cat "$1.url")" --name "$1" --quiet
}

mirrored() {
	echo mirror/log/*/
}

# check_mirrored SIZE [LOG]: what the mirror holds, read by another program, is the log up to that size; and it is served so.
check_mirrored() {
	$READ_LOG "$(mirrored)" "$(log_key)"
	[ "$(sed -n 2p "$(mirrored)"checkpoint)" = "$1" ]
	grep -q "^— mirror.example/one " "$(mirrored)"checkpoint
	curl -s "$(cat mirror.url)$(basename "$(mirrored)")/checkpoint" | cmp - "$(mirrored)"checkpoint
	(cd "${2:-archive/log}" && find tile -type f -not -path '*.p/*') | while read -r tile; do
		curl -sf "$(cat mirror.url)$(basename "$(mirrored)")/$tile" | cmp - "${2:-archive/log}/$tile"
	done
}

@test "a log is pushed whole and as it grows, at every edge of a bundle, and another program reads it" {
	archive_of 255
	start_mirror --mirror-is-new
	add_mirror mirror
	run photostat mirror list
	[[ "$output" == *"has not cosigned yet"* ]]
	photostat mirror push
	check_mirrored 255
	grep "^— mirror.example/one " archive/log/checkpoint
	for size in 256 257 600; do
		# a change pushes by itself
		grow $size
		grep "^— mirror.example/one " archive/log/checkpoint
		check_mirrored $size
	done
	run photostat mirror list --json
	[ "$(member witness lag <<<"$output")" = 0 ]
	photostat audit --quiet
}

@test "a receipt counts a mirror as a witness; the quorum may ask for it" {
	archive_of 20
	start_mirror --mirror-is-new
	add_mirror mirror
	sed -i 's/^quorum = .*/quorum = "all"/' archive/archive.conf
	printf 'one more\n' >more.txt
	photostat deposit more.txt --id more 2>said
	grep "witnessed: 1 of 1 witness" said
	photostat policy >policy
	photostat receipt more -o more.tlog-proof
	photostat verify more.txt --receipt more.tlog-proof --policy policy --json >lines
	[ "$(member verdict quorum <lines)" = True ]
	# and a holder can follow the mirror as any tiled log
	refute grep -q PRIVATE -r mirror/log
}

@test "another client pushes to our mirror, in all its ways" {
	archive_of 1000
	start_mirror --mirror-is-new
	url=$(cat mirror.url)
	$PEER push "$url" archive/log >answer
	[ "$(head -n 1 answer)" = 200 ]
	check_mirrored 1000
	# once more, from nothing but its answers
	$PEER push "$url" archive/log >answer
	[ "$(head -n 1 answer)" = 200 ]
	[ "$($PEER checkpoint "$url" archive/log 3 | tail -n 1)" = 1000 ]
}

@test "our client pushes to another mirror: one package at a time, from behind, after it forgot" {
	archive_of 900
	start_peer honest
	start_peer small small
	start_peer forgetful forgetful
	start_peer lost lost
	start_peer tickets large-ticket
	for peer in honest small forgetful lost tickets; do add_mirror $peer; done
	photostat mirror push
	for peer in honest small forgetful lost tickets; do
		grep "^— mirror.example/$peer " archive/log/checkpoint
	done
	grow 901
	for peer in honest small forgetful lost tickets; do
		grep "^— mirror.example/$peer " archive/log/checkpoint
	done
}

@test "a dead, a stubborn and a lying mirror delay little and change nothing" {
	archive_of 300
	start_mirror --mirror-is-new
	start_peer stubborn stubborn
	start_peer wrong wrong
	start_peer slow slow
	add_mirror mirror
	add_mirror stubborn
	add_mirror wrong
	add_mirror slow
	photostat mirror add "$($PEER key dead)" http://127.0.0.1:9/ --name dead --quiet
	sed -i 's/^quorum = .*/quorum = "1"/' archive/archive.conf
	printf 'one more\n' >more.txt
	before=$(date +%s)
	photostat deposit more.txt 2>said
	[ $(($(date +%s) - before)) -le 4 ] # a second after the quorum is met
	grep "witnessed: 1 of 5" said
	run photostat mirror push --seconds 5
	[ "$status" -eq 1 ]
	grep -q "^unreachable  *slow " <<<"$output"
	[[ "$output" == *"does not come further"* ]]
	[ "$(grep -c '^— mirror.example/' archive/log/checkpoint)" = 1 ]
	check_mirrored 301
}

@test "wrong entries, wrong proofs, odd lengths, bombs: refused, and nothing of it is kept" {
	archive_of 600
	start_mirror --mirror-is-new
	url=$(cat mirror.url)
	[ "$($PEER send "$url" archive/log 0 600 | sed -n 1p)" = 422 ]
	$PEER checkpoint "$url" archive/log 0
	for words in wrong-entry wrong-proof no-proof "wrong-entry gzip" "wrong-proof packages=1"; do
		[ "$($PEER send "$url" archive/log 0 600 $words | sed -n 1p)" = 422 ]
	done
	[ "$($PEER send "$url" archive/log 0 600 long-entry packages=1 | sed -n 1p)" = 422 ]
	[ "$($PEER send "$url" archive/log 0 600 many-hashes | sed -n 1p)" = 400 ]
	[ "$($PEER send "$url" archive/log 0 600 type=text/plain | sed -n 1p)" = 415 ]
	[ "$($PEER send "$url" archive/log 0 600 origin=example.org/other | sed -n 1p)" = 404 ]
	[ "$($PEER send "$url" archive/log 3 600 | sed -n 1p)" = 409 ]
	[ "$($PEER send "$url" archive/log 0 599 | sed -n 1p)" = 409 ]
	# none of it is there
	[ "$($PEER send "$url" archive/log 600 600 | sed -n 3p)" = 0 ]
	# cut: what came whole is kept
	[ "$($PEER send "$url" archive/log 0 600 cut | sed -n 3p)" = 512 ]
	# a bomb: what is in front of it is good, what follows is not even looked at
	rss() { sed -n 's/^VmHWM:\s*\([0-9]*\) kB/\1/p' /proc/"$(cat mirror.pid)"/status; }
	$PEER send "$url" archive/log 512 600 bomb >answer
	[ "$(head -n 1 answer)" = 400 ]
	$PEER send "$url" archive/log 0 600 wrong-entry packages=1 bomb >answer
	[ "$(head -n 1 answer)" = 422 ]
	[ "$(rss)" -lt 65536 ]
	[ "$($PEER send "$url" archive/log 512 600 | sed -n 1p)" = 200 ]
	check_mirrored 600
}

@test "tickets: taken after others went on, never forged" {
	archive_of 300
	start_mirror --mirror-is-new
	url=$(cat mirror.url)
	cp -r archive/log log300
	$PEER checkpoint "$url" log300 0
	ticket=$($PEER send "$url" log300 300 300 | sed -n 4p)
	grow 700
	$PEER checkpoint "$url" archive/log 300
	[ "$($PEER send "$url" log300 0 300 | sed -n '1p;2p' | tr '\n' ' ')" = "409 700 " ]
	forged=$(python3 -c 'import base64,sys; b=bytearray(base64.b64decode(sys.argv[1])); b[7]^=1; print(base64.b64encode(b).decode())' "$ticket")
	[ "$($PEER send "$url" log300 0 300 "ticket=$forged" | sed -n 1p)" = 409 ]
	[ "$($PEER send "$url" log300 0 300 "ticket=$ticket" | sed -n 1p)" = 200 ]
	check_mirrored 300 log300
	$PEER push "$url" archive/log
	[ "$($PEER send "$url" log300 300 300 "ticket=$ticket" | sed -n '1p;2p' | tr '\n' ' ')" = "409 700 " ]
	check_mirrored 700
}

@test "an archive that was put back, and one that tells another story, get no cosignature" {
	archive_of 300
	start_mirror --mirror-is-new
	add_mirror mirror
	cp -r archive old
	cp -r archive other
	grow 320
	check_mirrored 320
	# put back: it is behind
	run photostat -C old mirror push
	[ "$status" -eq 1 ]
	[[ "$output" == *"at 320 entries, and here are 300"* ]]
	# and is told so before it writes anything
	run photostat -C old deposit mirror.url --quiet
	[ "$status" -eq 3 ]
	[[ "$output" == *"has seen this log at 320 entries"* ]]
	# a keeper who does not want to be told asks nobody, and signs another history of the same length and more
	cp other/archive.conf conf
	sed -i '/^witness /,$d' other/archive.conf
	mkdir story
	for i in $(seq 40); do echo "another story $i" >story/story-$i.txt; done
	photostat -C other deposit --each-file story --quiet >/dev/null
	cp conf other/archive.conf
	run photostat -C other mirror push
	[ "$status" -eq 1 ]
	[[ "$output" == *"refuse"* ]]
	refute grep -q "^— mirror.example/one " other/log/checkpoint
	ls mirror/aside | grep -q doubt
	check_mirrored 320
}

@test "kill -9 of the mirror and of the client, again and again: it goes on, and what was cosigned is there" {
	archive_of 3000
	start_server keeper -C archive
	photostat mirror init mirror mirror.example/one --log "$(log_key)" --url "http://127.0.0.1:$(cat keeper.port)/" --quiet >mirror.vkey
	start_mirror --mirror-is-new
	add_mirror mirror
	url=$(cat mirror.url)
	for turn in $(seq 12); do
		"$PHOTOSTAT_PROGRAM" mirror push --quiet >/dev/null 2>&1 3>&- &
		client=$!
		sleep "0.0$((turn % 5 * 2))"
		if [ $((turn % 2)) = 0 ]; then
			kill -9 $client 2>/dev/null || true
		else
			stop mirror KILL
			wait $client || true
			start_mirror
		fi
		wait $client 2>/dev/null || true
		# what bears its cosignature is whole
		if [ -e "$(mirrored)"checkpoint ]; then $READ_LOG "$(mirrored)" "$(log_key)"; fi
		grow $((3000 + turn))
	done
	photostat mirror push
	check_mirrored 3012
}

@test "two clients push at once" {
	archive_of 2000
	start_mirror --mirror-is-new
	add_mirror mirror
	for i in 1 2 3; do
		"$PHOTOSTAT_PROGRAM" mirror push >"push.$i" 2>&1 3>&- &
		pids[i]=$!
	done
	$PEER push "$(cat mirror.url)" archive/log >answer
	[ "$(head -n 1 answer)" = 200 ]
	for i in 1 2 3; do wait "${pids[i]}"; done
	check_mirrored 2000
}

@test "an archive, a witness and a mirror in one process; each cosigns as what it is" {
	archive_of 300
	photostat witness init witness witness.example/w --log "$(log_key)" --quiet >witness.vkey
	photostat mirror init mirror mirror.example/one --log "$(log_key)" --quiet >mirror.vkey
	start_server all -C archive --witness witness --witness-is-new --mirror mirror --mirror-is-new
	echo "http://127.0.0.1:$(cat all.port)/mirror/" >mirror.url
	photostat witness add "$(cat witness.vkey)" "http://127.0.0.1:$(cat all.port)/witness/" --name witness --quiet
	add_mirror mirror
	sed -i 's/^quorum = .*/quorum = "all"/' archive/archive.conf
	printf 'one more\n' >more.txt
	photostat deposit more.txt 2>said
	grep "witnessed: 2 of 2" said
	check_mirrored 301
	curl -sf "http://127.0.0.1:$(cat all.port)/checkpoint" | cmp - archive/log/checkpoint
	# below the witness's prefix only the witness's cosignature, below the mirror's only the mirror's
	hash=$(basename "$(mirrored)")
	[ "$(curl -sf "http://127.0.0.1:$(cat all.port)/witness/$hash/checkpoint" | grep -c '^— mirror.example/one ')" = 0 ]
	[ "$(curl -sf "$(cat mirror.url)$hash/checkpoint" | grep -c '^— witness.example/w ')" = 0 ]
	[ "$(curl -s -o /dev/null -w '%{http_code}' "$(cat mirror.url)$hash/tile/0/001")" = 404 ]
	[ "$(curl -s -o /dev/null -w '%{http_code}' "$(cat mirror.url)$hash/../../mirror.key" --path-as-is)" = 404 ]
	[ "$(curl -s -o /dev/null -w '%{http_code}' "$(cat mirror.url)add-entries")" = 405 ]
}

@test "a mirror's key may be encrypted" {
	new_archive
	printf 'correct horse\n' >phrase
	chmod 600 phrase
	PHOTOSTAT_PASSPHRASE_FILE=phrase photostat mirror init mirror mirror.example/one --passphrase --quiet >mirror.vkey
	refute grep -q "PRIVATE+KEY" mirror/mirror.key
	run photostat serve --mirror mirror --mirror-only --listen 127.0.0.1:0 </dev/null
	[ "$status" -ne 0 ]
	export PHOTOSTAT_PASSPHRASE_FILE=phrase
	start_mirror
	[ -s mirror.port ]
}

@test "names, keys and folders that do not go together are refused" {
	new_archive
	run photostat mirror list
	[ "$status" -eq 1 ]
	run photostat mirror push
	[ "$status" -eq 1 ]
	run photostat mirror add "$(log_key)" http://127.0.0.1:9/
	[ "$status" -ne 0 ]
	photostat mirror init mirror mirror.example/one --log "$(log_key)" --quiet >mirror.vkey
	run photostat mirror init mirror mirror.example/one
	[ "$status" -ne 0 ]
	run photostat serve --mirror mirror --witness mirror
	[ "$status" -ne 0 ]
	run photostat serve --mirror-only
	[ "$status" -eq 2 ]
	# a witness of the same name cannot be told from it
	photostat witness init witness mirror.example/one --log "$(log_key)" --quiet >/dev/null
	run photostat serve --mirror mirror --witness witness --mirror-only
	[ "$status" -eq 3 ]
	[[ "$output" == *"same name or key"* ]]
	# one process at a time
	start_mirror --mirror-is-new
	run photostat serve --mirror mirror --mirror-only --listen 127.0.0.1:0
	[ "$status" -eq 3 ]
	[[ "$output" == *"another process"* ]]
}
