# P6: what is closed travels to holders who are entitled to it, in requests that they sign (RFC 9421), and to nobody else.
load helper
load serving

# An archive with open, closed and embargoed records, one of them with a long file.
mixed_archive() {
	new_archive
	mkdir -p in
	echo "open" >in/open.txt
	echo "secret of the parish" >in/closed.txt
	head -c 3000000 /dev/urandom >in/long.tif
	photostat deposit in/open.txt --quiet >/dev/null
	photostat deposit in/closed.txt --access closed --quiet >/dev/null
	photostat deposit in/long.tif --access embargo=2999-01-01 --quiet >/dev/null
	photostat deposit in --id bundle --quiet >/dev/null
	photostat access bundle closed.txt closed --authority A --reason privacy --note "the family asked for it" --quiet >/dev/null
}

request_key() {
	sed -n 's/^its own request key: //p' "$1"
}

# Passes requests on to $1 as they are, notes the heads of those for versions in $2, and answers what came back. Port in relay.port.
relay() {
	cat >relay.py <<'END'
import http.client, http.server, sys
class Relay(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def pass_on(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if "/api/v1/versions/" in self.path:
            with open(sys.argv[2], "a") as f:
                f.write(self.path + "\n" + str(self.headers))
        to = http.client.HTTPConnection(sys.argv[1])
        to.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            to.putheader(name, value)
        to.endheaders(body)
        answer = to.getresponse()
        content = answer.read()
        self.send_response(answer.status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
    do_GET = do_POST = pass_on
    def log_message(self, *args): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Relay)
print(server.server_port, flush=True)
server.serve_forever()
END
	mkdir -p servers
	python3 relay.py "$1" "$2" >relay.port 2>relay.errors 3>&- &
	echo $! >servers/relay
	for _ in $(seq 1200); do
		if [ -s relay.port ]; then break; fi
		sleep 0.025
	done
}

@test "who is entitled gets what is closed, byte for byte; who is not, does not, and says so" {
	mixed_archive
	serve archive
	photostat hold init one "$url" >one.txt
	photostat hold init two "$url" >two.txt
	run photostat hold sync -C one
	[ "$status" -eq 0 ]
	[[ "$output" == *"not held: closed: 3"* ]]
	refute grep -rq "secret of the parish" one
	photostat hold entitle "$(request_key one.txt)"
	run photostat hold sync -C one
	[ "$status" -eq 0 ]
	diff -r archive/records one/records
	run photostat hold status -C one
	[[ "$output" != *"not held"* ]]
	run photostat audit -C one
	[ "$status" -eq 0 ]
	photostat hold sync -C two
	refute grep -rq "secret of the parish" two
	refute grep -rq "the family asked" two
	grep -rq "the family asked" one/records
	[ "$(find one/records -name inventory.json | wc -l)" -gt "$(find two/records -name inventory.json | wc -l)" ]
	# what it holds it gives no further
	serve one
	photostat hold init three "$url"
	photostat hold sync -C three
	refute grep -rq "secret of the parish" three
	run photostat get -C one bundle closed.txt --public -o -
	[ "$status" -eq 1 ]
	run photostat hold entitle "$(request_key one.txt)"
	[ "$status" -ne 0 ]
	[[ "$output" == *"entitled already"* ]]
	run photostat hold entitle nonsense
	[ "$status" -eq 3 ]
}

@test "the keeper who lost everything but the recovery key gets all of it back from a holder" {
	mixed_archive
	grep -o 'PRIVATE+KEY+[^ ]*' init.txt >recovery.key
	chmod 600 recovery.key
	serve archive
	photostat hold init one "$url" >one.txt
	photostat hold entitle "$(request_key one.txt)"
	photostat hold sync -C one
	serve one
	stop_serving archive
	run photostat hold restore "$url" -o again
	refute grep -rq "secret of the parish" again
	photostat hold restore "$url" -o again2 --key recovery.key
	diff -r archive/records again2/records
	# a poll of what is closed, by who is entitled
	run photostat hold poll -C again2 "$url"
	[[ "$output" == *"3 not given"* ]]
	cp recovery.key again2/keys/request.key
	run photostat hold poll -C again2 "$url"
	[[ "$output" == *"4 there, 0 wrong, 0 missing, 0 not given"* ]]
}

@test "a signed request counts once, for one server, for some minutes, as it is" {
	mixed_archive
	serve archive
	keeper=${url#http://}
	keeper=${keeper%/}
	photostat hold init one "$url" >one.txt
	photostat hold entitle "$(request_key one.txt)"
	# a holder that passes on what it is asked
	relay "$keeper" heads.txt
	sed -i "s|http://[^\"]*|http://127.0.0.1:$(cat relay.port)/|" one/holder.conf
	run photostat hold sync -C one
	[ "$status" -ne 0 ]
	[[ "$output" == *"not known to be that"* ]]
	refute grep -rq "secret of the parish" one
	# known by that name it may: and then the same request is taken only once
	stop_serving archive
	"$PHOTOSTAT_PROGRAM" serve --json --listen "$keeper" --name "127.0.0.1:$(cat relay.port)" >archive.served 2>archive.errors 3>&- &
	echo $! >servers/archive
	for _ in $(seq 1200); do
		if [ -s archive.served ]; then break; fi
		sleep 0.025
	done
	rm heads.txt
	sleep 1.1
	photostat hold sync -C one
	diff -r archive/records one/records
	path=$(head -n 1 heads.txt)
	while IFS= read -r line; do
		case $line in
		Signature* | Host*) printf '%s\n' "$line" ;;
		esac
	done < <(sed -n '2,/^$/p' heads.txt | tr -d '\r') >captured
	[ "$(grep -c . captured)" -eq 3 ]
	[ "$(curl -s -o body -w '%{http_code}' -H @captured "http://$keeper$path")" = 401 ]
	grep -q "made before" body
	# the same for another path, another method, another time, another nonce
	[ "$(curl -s -o body -w '%{http_code}' -H @captured "http://$keeper/api/v1/versions/1-2")" = 401 ]
	grep -q "not this key's over this request" body
	sed 's/created=\([0-9]*\)/created=1\1/' captured >other
	[ "$(curl -s -o body -w '%{http_code}' -H @other "http://$keeper$path")" = 401 ]
	sed 's/nonce="./nonce="z/' captured >other
	[ "$(curl -s -o body -w '%{http_code}' -H @other "http://$keeper$path")" = 401 ]
	# without its key's name it is anybody's
	sed 's/keyid="holder-/keyid="helder-/' captured >other
	[ "$(curl -s -o body -w '%{http_code}' -H @other "http://$keeper$path")" = 200 ]
	refute grep -q "secret of the parish" body
	grep -v '^entitled' archive/archive.conf >conf
	cp conf archive/archive.conf
	photostat hold init two "$url" >/dev/null
	cp one/keys/request.key two/keys/request.key
	photostat hold sync -C two
	refute grep -rq "secret of the parish" two
}

@test "of a record with closed files the open ones are held and proven by themselves; what is closed later stays, what is expunged goes" {
	new_archive
	mkdir -p in/deep
	echo "open one" >in/one.txt
	echo "open two" >in/deep/two.txt
	echo "secret of the parish" >in/closed.txt
	head -c 3000000 /dev/urandom >in/long.tif
	photostat deposit in --id bundle --quiet >/dev/null
	photostat access bundle closed.txt closed --authority A --reason privacy --quiet >/dev/null
	serve archive
	photostat hold init one "$url"
	sed -i 's/expunge = .*/expunge = "follow"/' one/holder.conf
	run photostat hold sync -C one
	[ "$status" -eq 0 ]
	[[ "$output" == *"not held: closed: 1"* && "$output" == *"held in part: 1"* ]]
	cmp in/one.txt one/open/1/files/one.txt
	cmp in/deep/two.txt one/open/1/files/deep/two.txt
	cmp in/long.tif one/open/1/files/long.tif
	[ "$(find one/open/1/files -type f | wc -l)" -eq 3 ]
	refute grep -rq "secret of the parish" one
	refute grep -rq "closed.txt" one
	# nothing new: nothing moves
	run photostat hold sync -C one --json
	[[ "$output" == *'"partly":0'* ]]
	# closed later: it stays here; damaged here: it is fetched again
	photostat access bundle one.txt closed --authority A --reason privacy --quiet >/dev/null
	echo "other bytes" >one/open/1/files/deep/two.txt
	photostat hold sync -C one
	cmp in/one.txt one/open/1/files/one.txt
	# expunged, and followed
	photostat expunge bundle deep/two.txt --authority Court --reason court-order --yes --quiet >/dev/null 2>&1
	photostat hold sync -C one
	[ ! -e one/open/1/files/deep/two.txt ]
	cmp in/long.tif one/open/1/files/long.tif
	# opened: all of it comes, and stands in its own place
	photostat access bundle closed.txt open --authority A --reason privacy-ended --quiet >/dev/null
	photostat access bundle one.txt open --authority A --reason privacy-ended --quiet >/dev/null
	photostat hold sync -C one
	[ ! -e one/open/1 ]
	diff -r archive/records one/records
	run photostat audit -C one
	[ "$status" -eq 0 ]
}
