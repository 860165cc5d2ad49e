# P3: a holder's timer sees when the log stands still, when a source shows something else, when a witness does not follow.
load helper
load serving

@test "all see the same; then a source is behind, one shows another history, one is gone; the log stands still" {
	new_archive
	letters
	photostat deposit letters/card.txt --quiet >/dev/null
	photostat policy >policy
	serve archive
	keeper=$url
	photostat hold init one "$keeper" --policy policy
	cmp policy one/policy
	photostat hold sync -C one
	run photostat hold watch -C one
	[ "$status" -eq 0 ]
	[[ "$output" == *"size 2, as here"* && "$output" == *"the last entry here is of"* ]]
	serve one
	one=$url
	photostat deposit letters/1913/anna.txt --quiet >/dev/null
	# One sync behind is what every holder is now and then.
	run photostat hold watch -C one
	[ "$status" -eq 0 ]
	[[ "$output" == *"ahead, size 3, where 2 is here, for "*" minute"*", which is no finding before 3 hours; photostat hold sync fetches it"* ]]
	run photostat hold watch -C archive "$one"
	[ "$status" -eq 0 ]
	[[ "$output" == *"behind, size 2, where 3 is here, for "*" minute"*", which is no finding before 3 hours"* ]]
	run photostat hold watch -C one --grace 0
	[ "$status" -eq 1 ]
	[[ "$output" == *"ahead, size 3, where 2 is here, for "*" minute"*"; photostat hold sync fetches it"* && "$output" != *"no finding"* ]]
	run photostat hold watch -C archive "$one" --grace 0 --json
	[ "$status" -eq 1 ]
	[[ "$output" == *'"state":"behind","size":2,"seconds":'*',"finding":true'* ]]
	run photostat hold watch -C archive "$one" --grace soon
	[ "$status" -eq 2 ]
	# the same key, another history
	cp -r archive fork
	sed -i "s|$(pwd)/archive|$(pwd)/fork|" fork/archive.conf
	photostat deposit letters/1913/karl.txt --quiet >/dev/null
	photostat deposit -C fork letters/card.txt --id other --quiet >/dev/null
	serve fork
	run photostat hold watch -C archive "$url"
	[ "$status" -eq 1 ]
	[[ "$output" == *"ANOTHER HISTORY at size 4"* ]]
	# longer than what is here: its own tiles tell
	photostat deposit -C fork letters/card.txt --id third --quiet >/dev/null
	run photostat hold watch -C archive "$url"
	[ "$status" -eq 1 ]
	[[ "$output" == *"ANOTHER HISTORY at size 5"* ]]
	stop_serving fork
	run photostat hold watch -C archive "$url"
	[ "$status" -eq 1 ]
	[[ "$output" == *"not reached"* ]]
	photostat hold sync -C one
	run photostat hold watch -C one --still 1
	[ "$status" -eq 0 ]
	run photostat hold watch -C one --still 0
	[ "$status" -eq 2 ]
}

@test "a witness that lags is named, with what it cosigned last" {
	new_archive
	letters
	photostat witness init witness witness.example/one >witness.vkey
	printf 'origin example.org/test\nkey %s\n' "$(photostat policy | sed -n 's/^log \(\S*\).*/\1/p')" >witness/logs/test
	"$PHOTOSTAT_PROGRAM" serve --json --witness-only --witness witness --witness-is-new --listen 127.0.0.1:0 >witness.served 2>witness.errors 3>&- &
	mkdir -p servers
	echo $! >servers/witness
	for _ in $(seq 1200); do
		if [ -s witness.served ]; then break; fi
		sleep 0.025
	done
	port=$(sed 's/.*"port":\([0-9]*\).*/\1/' witness.served)
	photostat witness add "$(grep -o 'witness.example/one+.*' witness.vkey)" "http://127.0.0.1:$port/witness/" --name one
	photostat deposit letters/card.txt --quiet >/dev/null
	serve archive
	photostat policy >policy
	photostat hold init one "$url" --policy policy
	photostat hold sync -C one
	run photostat hold watch -C one
	[ "$status" -eq 0 ]
	[[ "$output" == *"witness one: size 2 at"* ]]
	stop_serving witness
	photostat deposit letters/1913/anna.txt --quiet >/dev/null
	photostat hold sync -C one
	run photostat hold watch -C one
	[ "$status" -eq 1 ]
	[[ "$output" == *"witness one: lags, 1 entry behind: size 2 at"* || "$output" == *"witness one: no cosignature"* ]]
}
