# Archives served on loopback by processes of their own, which end with the test.
teardown() {
	local server
	for server in servers/*; do
		if [ -f "$server" ]; then kill -9 "$(cat "$server")" 2>/dev/null || true; fi
	done
	clear_away
}

# serve FOLDER: leaves its URL in $url.
serve() {
	mkdir -p servers
	if [ -f "servers/$(basename "$1")" ]; then stop_serving "$1"; fi
	rm -f "$1.served"
	"$PHOTOSTAT_PROGRAM" serve --json --no-index -C "$1" --listen 127.0.0.1:0 >"$1.served" 2>"$1.errors" 3>&- &
	echo $! >"servers/$(basename "$1")"
	for _ in $(seq 1200); do
		if [ -s "$1.served" ]; then break; fi
		sleep 0.025
	done
	url=http://127.0.0.1:$(sed 's/.*"port":\([0-9]*\).*/\1/' "$1.served")/
}

stop_serving() {
	kill "$(cat "servers/$(basename "$1")")"
	wait "$(cat "servers/$(basename "$1")")" 2>/dev/null || true
	rm "servers/$(basename "$1")"
}
