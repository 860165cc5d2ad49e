# P3, P5, P6: a holder's copy of somebody else's archive, and the archive given back from holders. Real processes on loopback.
load helper
load serving

deposit_some() {
	mkdir -p in
	for i in $(seq 5); do echo "letter $i" >"in/$i.txt"; done
	head -c 3000000 /dev/urandom >scan.tif
	photostat deposit --each in --quiet >/dev/null
	photostat deposit in --id bundle --quiet >/dev/null
	photostat deposit scan.tif --id scan --quiet >/dev/null
	photostat edit bundle title=Bundle --quiet >/dev/null
}

@test "a holder has log and records byte for byte, audits them, and gives them to the next one" {
	new_archive
	deposit_some
	serve archive
	photostat hold init one "$url"
	photostat hold sync -C one
	diff -r archive/records one/records
	cmp archive/log/checkpoint one/log/checkpoint
	run photostat audit -C one
	[ "$status" -eq 0 ]
	[[ "$output" == *"all well"* ]]
	run photostat get -C one bundle 1.txt -o -
	[ "$output" = "letter 1" ]
	serve one
	stop_serving archive
	photostat hold init two "$url"
	photostat hold sync -C two
	diff -r archive/records two/records
}

@test "what is new costs what is new, and the second time nothing" {
	new_archive
	deposit_some
	serve archive
	photostat hold init one "$url"
	photostat hold sync -C one
	echo "another" >another.txt
	photostat deposit another.txt --quiet >/dev/null
	run photostat hold sync -C one --json
	[[ "$output" == *'"entries":1,"versions":1'* ]]
	run photostat hold sync -C one --json
	[[ "$output" == *'"entries":0,"versions":0'* ]]
	diff -r archive/records one/records
}

@test "a holder's copy is not written to, and a keeper's archive is not synced" {
	new_archive
	deposit_some
	serve archive
	photostat hold init one "$url"
	photostat hold sync -C one
	run photostat deposit -C one in/1.txt --id other
	[ "$status" -eq 3 ]
	[[ "$output" == *"holder's copy"* ]]
	run photostat hold sync
	[ "$status" -eq 3 ]
	[[ "$output" == *"no holder's copy"* ]]
}

@test "closed: it never leaves; opened, it comes" {
	new_archive
	deposit_some
	echo "a name nobody may read" >secret.txt
	photostat deposit secret.txt --id secret --access closed --quiet >/dev/null 2>&1
	photostat access bundle 2.txt closed --authority Board --reason privacy --quiet
	serve archive
	photostat hold init one "$url"
	run photostat hold sync -C one
	[[ "$output" == *"not held: closed: 3"* ]] # secret, and both versions of bundle
	refute grep -rq "a name nobody may read" one
	refute grep -rq "secret.txt" one/records
	run photostat audit -C one
	[ "$status" -eq 0 ]
	[[ "$output" == *"not checked: what is not held here of 2 records"* ]]
	for path in api/v1/versions/0-9 api/v1/objects/9/v1/content/secret.txt api/v1/objects/9/v1/inventory.json; do
		run curl -s --path-as-is "$url$path"
		[[ "$output" != *"a name nobody may read"* ]]
		[[ "$output" != *"secret.txt"* ]]
	done
	photostat access secret open --authority Board --reason consent --quiet
	photostat access bundle 2.txt open --authority Board --reason consent --quiet
	photostat hold sync -C one
	diff -r archive/records one/records
	run photostat audit -C one
	[ "$status" -eq 0 ]
	[[ "$output" != *"not held"* ]]
}

@test "expunged: asked first, then followed; who keeps, keeps" {
	new_archive
	deposit_some
	serve archive
	photostat hold init one "$url"
	photostat hold sync -C one
	photostat hold init two "$url"
	sed -i 's/"ask"/"keep"/' two/holder.conf
	photostat hold sync -C two
	photostat expunge bundle 3.txt --authority Court --reason court-order --yes --quiet
	run photostat hold sync -C one
	[[ "$output" == *"1 expunction waits for your decision: photostat hold status"* ]]
	run photostat get -C one bundle@1 3.txt -o - --quiet
	[ "$output" = "letter 3" ]
	run photostat audit -C one
	[ "$status" -eq 0 ]
	sed -i 's/"ask"/"follow"/' one/holder.conf
	run photostat hold sync -C one
	[[ "$output" == *"expunged here too"* ]]
	diff -r archive/records one/records
	run photostat audit -C one
	[ "$status" -eq 0 ]
	photostat hold sync -C two
	run photostat get -C two bundle@1 3.txt -o -
	[ "$output" = "letter 3" ]
}

# expunctions_of URL: what a holder tells everybody it made of what the keeper expunged, without the four lines that say whose.
expunctions_of() {
	curl -sf "${1}api/v1/expunctions" | tail -n +5
}

@test "decided record by record: what is kept stays, what is followed goes, all see which, and the journal says when" {
	new_archive
	deposit_some
	serve archive
	source=$url
	photostat hold init one "$url"
	photostat hold sync -C one
	run photostat hold decide -C one bundle follow
	[ "$status" -eq 1 ]
	[[ "$output" == *"no expunction of it waits here; photostat hold status"* ]]
	photostat expunge bundle 3.txt --authority Court --reason court-order --yes --quiet
	photostat expunge scan scan.tif --authority Board --reason privacy --yes --quiet
	run photostat hold sync -C one
	[ "$status" -eq 0 ]
	[[ "$output" == *"kept: 2 expunctions"* ]]
	[[ "$output" == *"2 expunctions wait for your decision"* ]]
	run photostat hold status -C one
	[ "$status" -eq 0 ]
	[[ "$output" == *"https://example.org/test/r/bundle, entry 9 of "*": authority Court, reason court-order"* ]]
	[[ "$output" == *"waits for you: photostat hold decide bundle follow|keep -C one"* ]]
	[[ "$output" == *"authority Board, reason privacy"* ]]
	serve one
	[ "$(expunctions_of "$url" | tr '\n' ,)" = "9 waits,10 waits," ]
	[ "$(curl -s -o /dev/null -w '%{http_code}' "${source}api/v1/expunctions")" = 404 ] # the keeper's own
	# Nothing happens but what is said.
	run photostat hold decide -C one bundle
	[ "$status" -eq 2 ]
	run photostat hold decide -C one bundle perhaps
	[ "$status" -eq 2 ]
	run photostat hold decide -C one bundle@7 follow
	[ "$status" -eq 1 ]
	run photostat hold decide -C one other follow
	[ "$status" -eq 1 ]
	run photostat hold decide bundle follow
	[ "$status" -eq 3 ] # the keeper's archive
	[ ! -e one/decisions ]
	run photostat hold decide -C one bundle@2 follow --json --quiet
	[ "$status" -eq 0 ]
	[ "$(member kept decision <<<"$output")" = follow ]
	[ "$(member kept index <<<"$output")" = 9 ]
	run photostat hold decide -C one scan keep
	[[ "$output" == *"it stays here, and is given to readers: what entry 10 expunges of https://example.org/test/r/scan (authority Board, reason privacy)"* ]]
	[ "$(expunctions_of "$url" | tr '\n' ,)" = "9 to be followed,10 kept," ]
	run photostat get -C one bundle@1 3.txt -o - --quiet
	[ "$output" = "letter 3" ]
	run photostat hold sync -C one
	[ "$status" -eq 0 ]
	[[ "$output" == *"expunged here too, as the log says: 1"* ]]
	[[ "$output" != *"wait"* ]]
	refute photostat get -C one bundle@1 3.txt -o -
	# The same bytes are kept by another record: that one is not touched.
	[ "$(grep -rlx "letter 3" one/records | wc -l)" -eq 1 ]
	photostat get -C one scan@1 scan.tif -o - | cmp - scan.tif
	[ "$(expunctions_of "$url" | tr '\n' ,)" = "10 kept," ]
	# What is kept is given to readers as before, what went is not: docs/holder.md says so.
	[ "$(curl -s -o /dev/null -w '%{http_code}' "${url}r/scan@1/files/scan.tif")" = 200 ]
	[ "$(curl -s -o /dev/null -w '%{http_code}' "${url}r/bundle@1/files/3.txt")" = 404 ]
	run photostat audit -C one
	[ "$status" -eq 0 ]
	diff -r archive/records one/records && return 1
	# Decided otherwise; what was said of one goes before what holder.conf says of all.
	sed -i 's/"ask"/"follow"/' one/holder.conf
	photostat hold sync -C one
	photostat get -C one scan@1 scan.tif -o - | cmp - scan.tif
	photostat hold decide -C one scan follow
	photostat hold sync -C one
	diff -r archive/records one/records
	[ "$(expunctions_of "$url" | wc -l)" -eq 0 ]
	run photostat audit -C one
	[ "$status" -eq 0 ]
	run cat one/journal
	[[ "$output" == *"decided follow entry 9 https://example.org/test/r/bundle"* ]]
	[[ "$output" == *"decided keep entry 10 https://example.org/test/r/scan"* ]]
	[[ "$output" == *"expunged as entry 9 says https://example.org/test/r/bundle"* ]]
	[[ "$output" == *"expunged as entry 10 says https://example.org/test/r/scan"* ]]
	[ "$(wc -l <one/journal)" -eq 5 ]
}

@test "a second expunction of a record whose first is to be followed: both wait, and one word decides both" {
	new_archive
	deposit_some
	serve archive
	photostat hold init one "$url"
	photostat hold sync -C one
	photostat expunge bundle 3.txt --authority Court --reason court-order --yes --quiet
	photostat hold sync -C one
	photostat hold decide -C one bundle follow
	photostat expunge bundle 4.txt --authority Board --reason privacy --yes --quiet
	echo "later" >later.txt
	photostat deposit later.txt --quiet >/dev/null
	run photostat hold sync -C one
	[ "$status" -eq 0 ]
	[[ "$output" == *"entry 9 expunges something that was to go here too, but of the same record entry 10 is kept"* ]]
	[ "$(photostat get -C one bundle@1 3.txt -o -)" = "letter 3" ]
	[ "$(photostat get -C one later later.txt -o -)" = "later" ]
	run photostat hold decide -C one bundle follow --json --quiet
	[ "$(grep -c '"decision":"follow"' <<<"$output")" -eq 2 ]
	photostat hold sync -C one
	diff -r archive/records one/records
	run photostat audit -C one
	[ "$status" -eq 0 ]
}

@test "a damaged file of decisions: nothing goes, and the sentence says what to do" {
	new_archive
	deposit_some
	serve archive
	photostat hold init one "$url"
	photostat hold sync -C one
	photostat expunge bundle 3.txt --authority Court --reason court-order --yes --quiet
	photostat hold sync -C one
	photostat hold decide -C one bundle keep
	sed -i 's/ keep / keeep /; s/"ask"/"follow"/' one/decisions one/holder.conf
	for command in "hold sync" "hold status" "hold decide bundle follow"; do
		run photostat $command -C one
		[ "$status" -eq 3 ] || [ "$status" -eq 1 ]
		[[ "$output" == *"decisions is damaged in line 3"*"hold decide"* ]]
	done
	[ "$(photostat get -C one bundle@1 3.txt -o -)" = "letter 3" ]
	rm one/decisions
	photostat hold sync -C one
	diff -r archive/records one/records
}

# evidence_of FOLDER: the one file of evidence there; says what it shows, in $output and $status.
evidence_of() {
	[ "$(ls "$1/evidence" | wc -l)" -eq "${2:-1}" ]
	run photostat verify --evidence "$1/evidence/$(ls -t "$1/evidence" | head -1)" --policy policy.txt
}

@test "a keeper who rewrites the past and signs it again is found out, with a proof for others, and nothing good is lost" {
	new_archive
	photostat policy >policy.txt
	cp -r archive forked
	deposit_some
	serve archive
	photostat hold init one "$url"
	photostat hold sync -C one
	cp -r one before
	stop_serving archive
	# shorter than what is held
	echo "something else" >in/1.txt
	photostat deposit -C forked in --id other --quiet >/dev/null
	serve forked
	sed -i "s|http://[^\"]*|$url|" one/holder.conf
	run photostat hold sync -C one
	[ "$status" -eq 1 ]
	[[ "$output" == *"another history"* ]]
	[[ "$output" == *"photostat verify --evidence $work/one/evidence/2-9-"* ]]
	# the command that is named, by whoever has the file and the policy alone
	mkdir elsewhere
	cp policy.txt one/evidence/*.evidence elsewhere
	cd elsewhere
	run env -u PHOTOSTAT_ARCHIVE "$PHOTOSTAT_PROGRAM" verify --evidence *.evidence --policy policy.txt
	[ "$status" -eq 1 ]
	[[ "$output" == "contradiction: example.org/test signed two histories"* ]]
	cd ..
	# the second time it is the same file
	run photostat hold sync -C one --json
	[ "$status" -eq 1 ]
	[[ "$output" == *'"type":"evidence","word":"contradiction"'* ]]
	[[ "$output" == *'"path":"'"$work/one/evidence/2-9-"* ]]
	evidence_of one
	# as long as what is held
	for i in $(seq 7); do photostat deposit -C forked in/2.txt --id "more-$i" --quiet >/dev/null; done
	run photostat hold sync -C one
	[ "$status" -eq 1 ]
	[[ "$output" == *"one/evidence/9-9-"* ]]
	evidence_of one 2
	[ "$status" -eq 1 ]
	# longer
	for i in $(seq 12); do photostat deposit -C forked in/2.txt --id "yet-more-$i" --quiet >/dev/null; done
	run photostat hold sync -C one
	[ "$status" -eq 1 ]
	[[ "$output" == *"one/evidence/9-21-"* ]]
	evidence_of one 3
	[ "$status" -eq 1 ]
	[[ "$output" == "contradiction: example.org/test signed two histories"* ]]
	diff -r before/records one/records
	diff -r before/log one/log
	photostat audit -C one --quiet
}

@test "another history whose tiles cannot be had is a suspicion, not a proof, and who has the true one is followed" {
	new_archive
	photostat policy >policy.txt
	cp -r archive forked
	deposit_some
	serve archive
	photostat hold init one "$url"
	photostat hold sync -C one
	keeper=$url
	for i in $(seq 12); do photostat deposit -C forked scan.tif --id "more-$i" --quiet >/dev/null; done
	rm -r forked/log/tile/0
	(cd forked/log && exec python3 -u -m http.server --bind 127.0.0.1 0 >../../forked.out 2>/dev/null 3>&-) &
	echo $! >servers/forked
	for _ in $(seq 1200); do
		grep -q port forked.out && break
		sleep 0.025
	done
	url=http://127.0.0.1:$(sed -n 's/.*port \([0-9]*\).*/\1/p' forked.out)/
	sed -i "s|sources = .*|sources = {\"$url\"}|" one/holder.conf
	run photostat hold sync -C one
	[ "$status" -eq 1 ]
	[[ "$output" == *"suspicion, not proof"* ]]
	evidence_of one
	[ "$status" -eq 1 ]
	[[ "$output" == "suspicion, not proof: example.org/test signed 9 and 13 entries"* ]]
	photostat edit bundle title=More --quiet
	sed -i "s|sources = .*|sources = {\"$url\", \"$keeper\"}|" one/holder.conf
	run photostat hold sync -C one
	[ "$status" -eq 1 ]
	[[ "$output" == *"suspicion, not proof"* ]]
	diff -r archive/records one/records
	sed -i "s|sources = .*|sources = {\"$keeper\"}|" one/holder.conf
	photostat hold sync -C one
}

@test "another archive behind the URL, and a log that is not the policy's, are refused" {
	new_archive
	deposit_some
	serve archive
	photostat policy >policy.txt
	photostat hold init one "$url" --policy policy.txt
	"$PHOTOSTAT_PROGRAM" init elsewhere --origin other.example/x >/dev/null 2>&1
	serve elsewhere
	sed -i "s|http://[^\"]*|$url|" one/holder.conf
	run photostat hold sync -C one
	[ "$status" -eq 1 ]
	[[ "$output" == *"is not signed by the key of"* ]]
	run photostat hold init two "$url" --policy policy.txt
	[ "$status" -eq 1 ]
	[ ! -e two ]
}

@test "kill -9 again and again while it fetches: it goes on, and ends whole" {
	new_archive
	mkdir many
	for i in $(seq 400); do echo "page $i" >"many/$i.txt"; done
	photostat deposit --each-file many --quiet >/dev/null
	head -c 20000000 /dev/urandom >scan.tif
	photostat deposit scan.tif --id scan --quiet >/dev/null
	serve archive
	photostat hold init one "$url"
	for wait in 0.01 0.03 0.05 0.08 0.1 0.15 0.2 0.3; do
		"$PHOTOSTAT_PROGRAM" hold sync -C one --rate 20000000 --quiet >/dev/null 2>&1 3>&- &
		sleep "$wait"
		kill -9 $! 2>/dev/null || true
		wait $! 2>/dev/null || true
		run photostat audit -C one
		[ "$status" -eq 0 ] || [[ "$output" == *"log size 0"* ]] || [[ "$output" == *"no checkpoint"* ]] || { echo "$output"; false; }
	done
	photostat hold sync -C one
	diff -r archive/records one/records
	run photostat audit -C one
	[ "$status" -eq 0 ]
}

@test "restored from two damaged holders whose good parts add up" {
	new_archive
	deposit_some
	serve archive
	for name in one two; do
		photostat hold init $name "$url"
		photostat hold sync -C $name
	done
	stop_serving archive
	mv archive lost
	echo "altered" >"$(ls -d one/records/*/*1%2etxt)/v1/content/1.txt"
	rm -r one/records/*/*scan*
	echo "altered" >"$(ls -d two/records/*/*2%2etxt)/v1/content/2.txt"
	serve one
	first=$url
	serve two
	photostat hold restore "$first" "$url" -o again
	diff -r lost/records again/records
	cmp lost/log/checkpoint again/log/checkpoint
	run photostat audit -C again
	[ "$status" -eq 0 ]
	# from one of them alone it says what lacks
	run photostat hold restore "$first" -o half
	[ "$status" -eq 1 ]
	[[ "$output" == *"missing: 2 versions"* ]]
	run photostat hold status -C half
	[ "$status" -eq 1 ]
}

@test "repair: what is damaged is mended from holders, the keeper's as well, and kept aside; what nobody has stays as it is" {
	new_archive
	deposit_some
	photostat access bundle 4.txt closed --authority Board --reason privacy --note "somebody's name" --quiet
	photostat access bundle 4.txt open --authority Board --reason consent --quiet
	serve archive
	photostat hold init one "$url"
	photostat hold sync -C one
	cp -r archive good
	serve one
	echo "altered" >"$(ls -d archive/records/*/*1%2etxt)/v1/content/1.txt"
	rm "$(ls -d archive/records/*/*bundle)/v1/content/3.txt"
	echo "{}" >"$(ls -d archive/records/*/*bundle)/v2/inventory.json"
	echo "not ours" >"$(ls -d archive/records/*/*3%2etxt)/v1/content/more.txt"
	rm -r "$(ls -d archive/records/*/*scan)"
	run photostat audit
	[ "$status" -eq 1 ]
	run photostat repair
	[ "$status" -eq 2 ]
	run photostat repair --from "$url"
	[ "$status" -eq 0 ]
	[[ "$output" == *"repaired 4 records"* ]]
	diff -r good/records archive/records
	[ "$(ls archive/damaged | wc -l)" -eq 3 ] # of scan nothing was left
	[ "$(wc -l <archive/journal)" -eq 4 ]
	run photostat audit
	[ "$status" -eq 0 ]
	run photostat repair --from "$url"
	[ "$status" -eq 0 ]
	[[ "$output" == *"nothing to repair"* ]]
	# the holder's from its sources; damaged in both places it stays
	echo "altered" >"$(ls -d one/records/*/*1%2etxt)/v1/content/1.txt"
	photostat repair -C one
	diff -r good/records/ one/records/ | refute grep -v logs
	echo "altered" >"$(ls -d one/records/*/*2%2etxt)/v1/content/2.txt"
	echo "altered" >"$(ls -d archive/records/*/*2%2etxt)/v1/content/2.txt"
	run photostat repair -C one
	[ "$status" -eq 1 ]
	[[ "$output" == *"not repaired: https://example.org/test/r/2.txt"* ]]
}

@test "a poll: who has the bytes proves it; who lost some, or has others, is found" {
	new_archive
	deposit_some
	serve archive
	photostat hold init one "$url"
	photostat hold sync -C one
	serve one
	run photostat hold poll "$url"
	[ "$status" -eq 0 ]
	[[ "$output" == *"asked for 8 versions: 8 there, 0 wrong, 0 missing"* ]]
	[[ "$output" == *"polls meet it with 99.9"* ]]
	truncate -s 2999999 "$(ls -d one/records/*/*scan)/v1/content/scan.tif"
	rm "$(ls -d one/records/*/*1%2etxt)/v1/content/1.txt"
	run photostat hold poll "$url"
	[ "$status" -eq 1 ]
	[[ "$output" == *"6 there, 1 wrong, 1 missing"* ]]
	run curl -s -X POST --data "rubbish" "${url}api/v1/poll"
	[ "$output" = "this is no poll" ]
	run curl -s -o /dev/null -w '%{http_code}' -X POST --data-binary @<(head -c 100000 scan.tif) "${url}api/v1/poll"
	[ "$output" = 413 ]
}

@test "a witness served beside a holder's copy cosigns the keeper's log; who holds the copy has the cosignature too" {
	new_archive
	deposit_some
	serve archive
	keeper=$url
	photostat hold init one "$keeper"
	photostat hold sync -C one
	verifier=$(photostat policy | sed -n 's/^log \([^ ]*\) .*/\1/p')
	photostat witness init witness witness.example/w1 --log "$verifier" --url "$keeper" >witness.key
	"$PHOTOSTAT_PROGRAM" serve --json -C one --listen 127.0.0.1:0 --witness witness --witness-is-new >one.served 2>one.errors 3>&- &
	echo $! >servers/one
	for _ in $(seq 1200); do
		if [ -s one.served ]; then break; fi
		sleep 0.025
	done
	url=http://127.0.0.1:$(sed 's/.*"port":\([0-9]*\).*/\1/' one.served)/
	photostat witness add "$(head -1 witness.key)" "${url}witness/" --name w1
	sed -i 's/^quorum = .*/quorum = "1"/' archive/archive.conf
	photostat witness submit
	grep -q "witness.example/w1" archive/log/checkpoint
	hash=$(printf 'example.org/test' | sha256sum | cut -d ' ' -f 1)
	run curl -s "${url}witness/$hash/checkpoint"
	[[ "$output" == *"witness.example/w1"* ]]
	echo "one more" >more.txt
	run photostat deposit more.txt
	[[ "$output" == *"witnessed"* ]]
	photostat hold sync -C one
	grep -q "witness.example/w1" one/log/checkpoint
	photostat receipt more --wait 10 -o more.tlog-proof --force
	photostat policy >policy.txt
	run photostat verify more.txt --receipt more.tlog-proof --policy policy.txt
	[ "$status" -eq 0 ]
	[[ "$output" == *verified* ]]
}

@test "nobody there, a full answer cut off, a redirect: told in one line, nothing changed" {
	new_archive
	deposit_some
	serve archive
	photostat hold init one "$url"
	photostat hold sync -C one
	cp -r one before
	stop_serving archive
	run photostat hold sync -C one
	[ "$status" -eq 3 ]
	[ "$(echo "$output" | grep -c photostat:)" -eq 1 ]
	cat >evil.py <<'END'
import http.server, sys
class Evil(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        if sys.argv[1] == "redirect":
            self.send_response(302); self.send_header("Location", "http://127.0.0.1:1/"); self.send_header("Content-Length", "0"); self.end_headers()
        elif sys.argv[1] == "cut":
            self.send_response(200); self.send_header("Content-Length", "5000"); self.end_headers(); self.wfile.write(b"x"); self.close_connection = True
        elif sys.argv[1] == "endless":
            self.send_response(200); self.send_header("Transfer-Encoding", "chunked"); self.end_headers()
            try:
                while True: self.wfile.write(b"10000\r\n" + b"x" * 65536 + b"\r\n")
            except OSError: pass
        else:
            self.send_response(200); self.send_header("Content-Length", "20"); self.end_headers(); self.wfile.write(b"this is no checkpoint")
    def log_message(self, *words): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Evil)
print(server.server_port, flush=True)
server.serve_forever()
END
	for kind in redirect cut endless rubbish; do
		mkdir -p servers
		python3 evil.py $kind >evil.port 3>&- &
		echo $! >servers/evil
		for _ in $(seq 1200); do
			if [ -s evil.port ]; then break; fi
			sleep 0.025
		done
		sed -i "s|http://[^\"]*|http://127.0.0.1:$(cat evil.port)/|" one/holder.conf
		run photostat hold sync -C one
		[ "$status" -ne 0 ]
		stop_serving evil
		rm evil.port
	done
	diff -r before/records one/records
	diff -r before/log one/log
}

@test "a damaged list of what is held is made anew by the next sync" {
	new_archive
	deposit_some
	serve archive
	photostat hold init one "$url"
	photostat hold sync -C one
	cp one/held good
	sed -i 's/complete [0-9]*/complete x/' one/held
	run photostat list -C one
	[ "$status" -ne 0 ]
	[[ "$output" == *"hold sync mends it"* ]]
	run photostat hold sync -C one
	[ "$status" -eq 0 ]
	[[ "$output" == *"looked at anew"* ]]
	cmp good one/held
	diff -r archive/records one/records
	photostat list -C one >/dev/null
}

@test "what was expunged before anybody held it needs no decision: a new holder has all there is" {
	new_archive
	deposit_some
	photostat expunge bundle 1.txt --authority Court --reason court-order --yes --quiet >/dev/null 2>&1
	photostat deposit in/2.txt --id two --access closed --quiet >/dev/null 2>&1 || true
	serve archive
	for decision in ask keep follow; do
		photostat hold init $decision "$url"
		sed -i "s/expunge = .*/expunge = \"$decision\"/" $decision/holder.conf
		run photostat hold sync -C $decision
		[ "$status" -eq 0 ]
		[[ "$output" != *missing* && "$output" != *kept:* ]]
	done
	# a record that was closed while something of it was expunged, and is opened
	photostat access bundle closed --authority A --reason privacy --quiet >/dev/null
	photostat hold init late "$url"
	photostat hold sync -C late
	photostat expunge bundle 2.txt --authority Court --reason court-order --yes --quiet >/dev/null 2>&1
	photostat hold sync -C late
	photostat access bundle open --authority A --reason privacy-ended --quiet >/dev/null
	run photostat hold sync -C late
	[ "$status" -eq 0 ]
	photostat get -C late bundle 3.txt -o - | grep -q "letter 3"
	run photostat get -C late bundle 2.txt -o -
	[ "$status" -eq 1 ]
	run photostat audit -C late
	[ "$status" -eq 0 ]
	# who had it when it was expunged still decides
	run photostat hold sync -C ask
	[[ "$output" == *"kept: 1 expunction of the keeper's that is not followed"* ]]
}

@test "the log's key is changed: holders follow, who comes new too, from the key that was given or learnt, and a thief of the old key leads nobody" {
	new_archive
	photostat policy >first.txt
	sed -n 's/^recovery  //p' init.txt >recovery.txt
	deposit_some
	serve archive
	photostat hold init one "$url"
	photostat hold sync -C one
	cp -a one before
	cp -a archive stolen
	# changed twice, with deposits between and after: the holder has none of the checkpoints that two keys signed
	photostat key rotate --recovery recovery.txt --quiet >/dev/null
	photostat deposit in/1.txt --id after-1 --quiet >/dev/null
	photostat key rotate --recovery recovery.txt --quiet >/dev/null
	photostat deposit in/1.txt --id after-2 --quiet >/dev/null
	photostat hold sync -C one
	diff -r archive/records one/records
	grep -q "^$(grep ^verifier archive/archive.conf)$" one/archive.conf
	grep -qF "$(grep ^former archive/archive.conf)" one/archive.conf
	photostat audit -C one --quiet
	run photostat hold sync -C one
	[ "$status" -eq 0 ]
	# it serves on, also to one who has the old key only
	serve one
	sed -i "s|http://[^\"]*|$url|" before/holder.conf
	photostat hold sync -C before
	diff -r archive/records before/records
	# whoever comes new
	for policy in "" first.txt; do
		rm -rf new
		run photostat hold init new "$url" ${policy:+--policy $policy}
		[ "$status" -eq 0 ] || { echo "$output"; false; }
		[[ "$output" == *"the log's key: $(sed -n 's/^log \([^ ]*\).*/\1/p' first.txt)"*"changed since, as the log's entries say; now: $(photostat policy | sed -n 's/^log \([^ ]*\).*/\1/p')"* ]]
		photostat hold sync -C new
		diff -r archive/records new/records
		grep -q "^$(grep ^verifier archive/archive.conf)$" new/archive.conf
		photostat audit -C new --quiet
	done
	rm -rf new
	# not where one of the three signatures is another, nor from a key that the log never had
	cp -a archive forged
	bundle=forged/log/tile/entries/000.p/$(sed -n 2p forged/log/checkpoint)
	python3 - "$bundle" <<'END'
import sys
content = open(sys.argv[1], "rb").read()
at = content.index(b"signature recovery ") + 19
open(sys.argv[1], "wb").write(content[:at] + (b"A" if content[at:at + 1] != b"A" else b"B") + content[at + 1:])
END
	serve forged
	run photostat hold init new "$url"
	[ "$status" -eq 1 ]
	[[ "$output" == *"which changes the log's key"* ]]
	[ ! -e new ]
	photostat init other-archive --origin example.org/test --quiet >/dev/null
	photostat policy -C other-archive >other.txt
	serve archive
	run photostat hold init new "$url" --policy other.txt
	[ "$status" -eq 1 ]
	[[ "$output" == *"that the policy does not name, nor do the log's entries lead from one that it names to that: it is another log"* ]]
	[ ! -e new ]
	photostat policy >policy.txt
	photostat hold init new "$url" --policy policy.txt
	photostat hold sync -C new
	diff -r archive/records new/records
	cmp archive/archive.conf <(sed '/^title/d' new/archive.conf) || grep -qF "$(grep ^former archive/archive.conf)" new/archive.conf
	photostat audit -C new --quiet
	# the key changes between init and the first sync
	serve archive
	photostat hold init later "$url" --policy policy.txt
	photostat key rotate --recovery recovery.txt --quiet >/dev/null
	photostat hold sync -C later
	photostat audit -C later --quiet
	# the thief goes on with the old key: longer, and signed by it alone
	for i in $(seq 9); do photostat deposit -C stolen in/2.txt --id "forged-$i" --quiet >/dev/null; done
	serve stolen
	cp -a one still
	sed -i "s|http://[^\"]*|$url|" one/holder.conf
	run photostat hold sync -C one
	[ "$status" -eq 1 ]
	[[ "$output" == *"is not signed by the key of example.org/test, nor by one that its entries lead to"* ]]
	diff -r still/log one/log
	diff -r still/records one/records
	# restored with the policy as it is now, as it was, or without
	serve archive
	photostat policy >policy.txt
	for policy in policy.txt first.txt ""; do
		rm -rf again
		photostat hold restore "$url" -o again ${policy:+--policy $policy}
		diff -r archive/records again/records
	done
}

# Full tiles and bundles, and partial ones: in the keeper's archive, which is served, and at `one`.
one_holds_many() {
	new_archive
	mkdir -p many
	for i in $(seq 300); do echo "letter $i" >"many/$i.txt"; done
	photostat deposit --each many --quiet >/dev/null
	serve archive
	photostat hold init one "$url"
	photostat hold sync -C one
}

@test "repair: the log's own files, from a holder; what the root does not want is not taken" {
	one_holds_many
	serve one
	good=$url
	cp -r archive/log whole
	# a bundle with a letter changed, a tile cut, one gone, the right edge gone
	sed -i 's/letter/LETTER/; s/r\/100/r\/999/' archive/log/tile/entries/000
	truncate -s 100 archive/log/tile/0/000
	rm archive/log/tile/0/001.p/*
	run photostat audit
	[ "$status" -eq 1 ]
	# a source that has the same damage helps nobody
	cp -r archive twin
	serve twin
	run photostat repair --from "$url"
	[ "$status" -ne 0 ]
	cmp archive/log/tile/0/000 twin/log/tile/0/000
	run photostat repair --from "$url" --from "$good"
	[ "$status" -eq 0 ]
	[[ "$output" == *"repaired 3 files of the log"* ]]
	diff -r whole archive/log
	[ -e archive/damaged/log-tile-entries-000 ]
	photostat audit --quiet
	echo another >another.txt
	photostat deposit another.txt --quiet >/dev/null
}

@test "repair: the checkpoint and older partial tiles, at keeper and holder; none that is older, forged or another history's" {
	new_archive
	mkdir many
	for i in $(seq 260); do echo "letter $i" >"many/$i.txt"; done
	cp -r archive forked
	photostat deposit --each many --quiet >/dev/null
	for i in 1 2; do
		cp archive/log/checkpoint older
		echo "more $i" >"more$i.txt"
		photostat deposit "more$i.txt" --quiet >/dev/null
	done
	serve archive
	keeper=$url
	photostat hold init one "$url"
	photostat hold sync -C one
	serve one
	good=$url
	cp -r archive/log whole
	# The holder came late: it has no such tile, and the wider one is damaged as well. An entry bundle is cut at an entry's end.
	[ ! -e one/log/tile/0/001.p/6 ]
	printf x >archive/log/tile/0/001.p/6
	rm archive/log/tile/entries/001.p/6
	printf x >archive/log/tile/0/001.p/7
	: >archive/log/checkpoint
	run photostat repair --from "$good"
	[ "$status" -eq 0 ]
	[[ "$output" == *"repaired: log/checkpoint"* ]]
	diff -r whole archive/log
	photostat audit --quiet
	run cat archive/journal
	[[ "$output" == *"repaired log/checkpoint from $good"* ]]
	[[ "$output" == *"repaired log/tile/entries/001.p/6 from a wider tile"* ]]
	for damage in "rm archive/log/checkpoint" "cp older archive/log/checkpoint" "rm -r archive/log/tile archive/log/checkpoint"; do
		$damage
		run photostat repair --from "$good"
		[ "$status" -eq 0 ]
		diff -r whole archive/log
	done
	echo another >another.txt
	photostat deposit another.txt --quiet >/dev/null
	# A holder's copy, whose source has gone on meanwhile.
	cp -r one/log held-log
	echo damaged >one/log/checkpoint
	run photostat repair -C one
	[ "$status" -eq 0 ]
	cmp one/log/checkpoint archive/log/checkpoint
	photostat hold sync -C one
	diff -r archive/records one/records
	run photostat audit -C one
	[ "$status" -eq 0 ]
	# What is older, forged, or of another history the same key has signed is not taken: all stays as it is.
	photostat hold init two "$keeper"
	photostat hold sync -C two
	for i in $(seq 270); do echo "other $i" >"many/$i.txt"; done
	photostat deposit -C forked --each many --quiet >/dev/null
	mkdir -p web forged
	cp -r whole/tile forged/tile
	sed 's/^\([0-9]*\)$/9\1/' archive/log/checkpoint >forged/checkpoint
	for bad in held-log forked/log forged; do
		rm -rf web/*
		cp -r "$bad"/* web/
		if [ -z "${port:-}" ]; then
			python3 -u -m http.server 0 --bind 127.0.0.1 --directory web >web.log 2>/dev/null 3>&- &
			echo $! >servers/web
			for _ in $(seq 400); do
				if grep -q port web.log; then break; fi
				sleep 0.05
			done
			port=$(sed -n 's/.* port \([0-9]*\) .*/\1/p' web.log)
		fi
		rm -rf two/damaged
		: >two/log/checkpoint
		cp -r two/log two-before
		run photostat repair -C two --from "http://127.0.0.1:$port/"
		[ "$status" -ne 0 ]
		[[ "$output" == *"not repaired: log/checkpoint: nobody who was asked shows one"* ]]
		diff -r two-before two/log
		rm -r two-before
	done
	run photostat repair -C two
	[ "$status" -eq 0 ]
	diff -r archive/records two/records
	cmp archive/log/checkpoint two/log/checkpoint
}

@test "repair: a log whose tiles are all gone comes back at once, and a bad file among them from who has the good one" {
	one_holds_many
	good=$url
	cp -r archive twin
	sed -i 's/letter/LETTER/' twin/log/tile/entries/000
	serve twin
	rm -r one/log/tile
	run photostat repair -C one --from "$url" --from "$good"
	[ "$status" -eq 0 ]
	diff -r archive/log/tile one/log/tile
	photostat audit -C one --quiet
}

@test "repair: a catalogue that is wrong puts no old state over a good one (P5, P6)" {
	new_archive
	deposit_some
	serve archive
	photostat hold init one "$url"
	photostat hold sync -C one
	photostat hold init two "$url"
	photostat hold sync -C two
	photostat expunge bundle 3.txt --authority Court --reason court-order --yes --quiet
	photostat hold sync -C one
	photostat hold sync -C two
	photostat hold decide bundle keep -C two
	photostat list -C one >/dev/null
	cp -r one/derived stale
	photostat hold decide bundle follow -C one
	photostat hold sync -C one
	# the catalogue of before, as from a backup
	rm -r one/derived
	cp -r stale one/derived
	serve two
	run photostat repair -C one --from "$url"
	run grep -rl "letter 3" one/records
	refute grep -q bundle <<<"$output"
	[ ! -e one/damaged ]
	# a file of the record that is damaged as well does not come from who has the record of before
	object=$(echo one/records/*/*bundle)
	echo damaged >"$object/v1/content/1.txt"
	run photostat repair -C one --from "$url"
	run grep -rl "letter 3" one/records
	refute grep -q bundle <<<"$output"
}
