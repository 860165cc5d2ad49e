# Texts that are read out of documents: by index, in workers of their own (P9), gone with what they were read out of (P6).
load helper
load serving

texts() {
	find archive/derived/text -name '*.json' | wc -l
}

@test "index reads what is new, once; what gives no text is named and costs only itself" {
	new_archive
	letters
	printf 'Dear Karl,\n\nthe harbour is open.\n\nYours, Anna\n' >letters/thaw.txt
	photostat deposit letters --each-file --quiet
	run photostat index --json
	[ "$status" -eq 0 ]
	[ "$(echo "$output" | member index texts)" -eq 4 ]
	[ "$(texts)" -eq 4 ]
	grep -rq '"kind":"salutation","part":"letter","text":"Dear Karl,"' archive/derived/text
	photostat show card.txt | grep -q "card.txt .*text$"
	run photostat index --json
	[ "$(echo "$output" | member index texts)" -eq 0 ]
	rm -r archive/derived/text
	run photostat index
	[[ "$output" == *"4 texts were read out of documents; none was left unread"* ]]
	run photostat index --no-text
	[[ "$output" != *"read out of documents"* ]]
}

@test "what was damaged, or cut off by power loss, is read again; a document that was altered is not read" {
	new_archive
	letters
	photostat deposit letters --each-file --quiet
	photostat index --quiet
	one=$(find archive/derived/text -name '*.json' | sort | head -1)
	: >"$one"
	run photostat index --json
	[ "$(echo "$output" | member index texts)" -eq 1 ]
	[ -s "$one" ]
	rm -r archive/derived/text
	altered=$(find archive/records -name anna.txt)
	chmod u+w "$altered"
	printf 'Dear Karl,\nthe harbour is burning.\n' >"$altered"
	run photostat index --json
	[ "$status" -eq 0 ]
	[ "$(echo "$output" | member index texts)" -eq 2 ]
	[ "$(echo "$output" | member index left)" -eq 1 ]
	[[ "$(echo "$output" | member no-text why)" == *"not those that were deposited"* ]]
	refute grep -rq burning archive/derived/text
}

@test "expunge takes the text along" {
	new_archive
	letters
	photostat deposit letters
	photostat index --quiet
	grep -rq "harbour is frozen" archive/derived/text
	digest=$(sha256sum letters/1913/anna.txt | cut -c1-64)
	mkdir -p "archive/derived/images/${digest:0:2}/$digest"
	mkdir -p archive/derived/text/new # a writer that was killed: tests/extract/cache_test.c
	echo "the harbour is frozen" >"archive/derived/text/new/$digest.json.1-0x1.new"
	echo "a picture of it: the harbour is frozen" >"archive/derived/images/${digest:0:2}/$digest/0.jpg"
	photostat expunge letters 1913/anna.txt --authority "Town archive" --reason privacy --yes
	refute grep -rq "harbour is frozen" archive/derived
	grep -rq "so is the river" archive/derived/text
	# Also what was read while it went.
	photostat index --quiet
	refute grep -rq "harbour is frozen" archive/derived
}

@test "what is expunged while it is read leaves no text behind (P6)" {
	new_archive
	letters
	photostat deposit letters --quiet
	real=$(find "$(dirname "$PHOTOSTAT_PROGRAM")/../.." -path '*/doing/extract/worker/photostat-extract' -type f | head -n 1)
	[ -n "$real" ] || skip "the worker is not in the build's folder"
	mkdir slow
	printf '#!/bin/sh\n: >>"%s"\n/bin/sleep 4\nexec "%s" "$@"\n' "$PWD/slow/begun" "$(realpath "$real")" >slow/photostat-extract
	chmod +x slow/photostat-extract
	PHOTOSTAT_EXTRACT="$PWD/slow" "$PHOTOSTAT_PROGRAM" index --quiet >index.txt 2>&1 &
	pid=$!
	for _ in $(seq 100); do [ ! -e slow/begun ] || break; sleep 0.1; done
	[ -e slow/begun ]
	photostat expunge letters 1913/anna.txt --authority "Town archive" --reason privacy --yes
	wait "$pid" || true
	refute grep -rq "harbour is frozen" archive
	photostat index --quiet
	refute grep -rq "harbour is frozen" archive
	[ "$(photostat search --json --quiet river | member found total)" -eq 1 ]
}

@test "without the worker program everything else works" {
	new_archive
	letters
	photostat deposit letters
	mkdir nothing
	PHOTOSTAT_EXTRACT="$PWD/nothing" run photostat index
	[ "$status" -eq 0 ]
	[[ "$output" == *"not installed"* ]]
	[[ "$output" == *"1 record"* ]]
}

@test "a worker that is none does no harm" {
	new_archive
	letters
	photostat deposit letters
	mkdir bad
	printf '#!/bin/sh\necho hello\n' >bad/photostat-extract
	chmod +x bad/photostat-extract
	PHOTOSTAT_EXTRACT="$PWD/bad" run photostat index -v
	[ "$status" -eq 0 ]
	[[ "$output" == *"no text was read out of documents; 3 documents gave none"* ]]
	[[ "$output" == *"nothing that makes sense"* ]]
	# Lies about a text that is none.
	printf '#!/bin/sh\necho %s\necho %s\n' "'{\"format\":\"photostat.extract/v1\",\"level\":3}'" "'{\"text\":1}'" >bad/photostat-extract
	PHOTOSTAT_EXTRACT="$PWD/bad" run photostat index -v --again
	[[ "$output" == *"gave what is no text"* ]]
	run photostat index --again
	[[ "$output" == *"3 texts were read out of documents; none was left unread"* ]]
}

@test "a copy's texts go with what was expunged, too" {
	new_archive
	letters
	photostat deposit letters
	serve archive
	photostat hold init copy "$url" --quiet
	sed -i 's|expunge = .*|expunge = "follow"|' copy/holder.conf
	photostat hold sync -C copy --quiet
	photostat index -C copy --quiet
	grep -rq "harbour is frozen" copy/derived/text
	photostat expunge letters 1913/anna.txt --authority "Town archive" --reason privacy --yes
	photostat hold sync -C copy --quiet
	refute grep -rq "harbour is frozen" copy/derived # though nobody has read since
	photostat index -C copy --quiet
	grep -rq "so is the river" copy/derived/text
}

@test "a copy's companion notices that an expunge was followed: what remains is read and found again (P6)" {
	new_archive
	letters
	photostat deposit letters --quiet >/dev/null
	echo "the ferry to the island" >ferry.txt
	photostat deposit ferry.txt --quiet >/dev/null
	serve archive
	photostat hold init copy "$url" --quiet
	photostat hold sync -C copy --quiet
	photostat expunge letters 1913/anna.txt --authority "Town archive" --reason privacy --yes --quiet
	photostat hold sync -C copy --quiet
	mkfifo nothing # that never ends
	"$PHOTOSTAT_PROGRAM" index --follow -C copy 2>follow.txt 3>&- <>nothing &
	follower=$!
	mkdir -p servers && echo $follower >servers/follower
	until_found() {
		for _ in $(seq 400); do
			if photostat search -C copy "$1" 2>/dev/null | grep -q "$2"; then return 0; fi
			sleep 0.1
		done
		echo "not found: $1"
		return 1
	}
	until_found frozen letters
	until_found ferry ferry
	for _ in $(seq 100); do
		if [ -f copy/derived/text/position ]; then break; fi
		sleep 0.1
	done
	photostat hold decide letters follow -C copy
	photostat hold sync -C copy --quiet
	refute grep -rqa frozen copy/derived
	until_found ferry ferry
	until_found river letters
	refute grep -rqa frozen copy/derived
	kill "$follower"
	wait "$follower" 2>/dev/null || true
}
