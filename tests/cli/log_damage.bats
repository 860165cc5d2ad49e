# P2, P5: every kind of file of the log, damaged in every way that there is: audit names that file, and repair brings it back from a holder, byte for byte.
load helper

# Thousands of copies of archives are made and taken away: on a disk that takes longer than all else.
if [ -w /dev/shm ]; then export TMPDIR=/dev/shm; fi
load serving

# 256 entries fill a tile and a bundle; those behind them lie in partial ones, of two sizes.
setup_file() {
	export ground
	ground=$(mktemp -d "${BATS_TMPDIR:-/tmp}/photostat-log-XXXXXX")
	cd "$ground" || return 1
	export PHOTOSTAT_ARCHIVE="$ground/archive"
	photostat init archive --origin example.org/test --title "Test" --quiet >/dev/null
	mkdir many
	for i in $(seq 257); do echo "letter $i" >"many/$i.txt"; done
	photostat deposit --each many --quiet >/dev/null
	echo late >late.txt
	cp archive/log/checkpoint earlier
	photostat deposit late.txt --quiet >/dev/null
	# somebody else's log of the same name, so far: signed, and by another key
	photostat init others --origin example.org/test --title "Test" --quiet >/dev/null
	photostat deposit -C others --each many --quiet >/dev/null
	photostat deposit -C others late.txt --quiet >/dev/null
	serve archive
	photostat hold init held "$url" >/dev/null
	photostat hold sync -C held >/dev/null
	stop_serving archive
	serve held
	echo "$url" >holder
	cp -r archive/log whole
	cp -r archive/records whole-records
}

teardown_file() {
	for server in "$ground"/servers/*; do
		if [ -f "$server" ]; then kill -9 "$(cat "$server")" 2>/dev/null || true; fi
	done
	rm -rf "$ground"
}

setup() {
	cd "$ground" || return 1
	export PHOTOSTAT_ARCHIVE="$ground/archive"
}

teardown() {
	rm -rf archive/log archive/damaged
	cp -r whole archive/log
}

# damage HOW FILE: below log/.
damage() {
	case $1 in
	missing) rm "archive/log/$2" ;;
	empty) : >"archive/log/$2" ;;
	cut) truncate -s -1 "archive/log/$2" ;;
	half) truncate -s $(($(stat -c %s "archive/log/$2") / 2)) "archive/log/$2" ;;
	longer) printf x >>"archive/log/$2" ;;
	flipped) python3 -c 'import sys
path, place = sys.argv[1:]
data = bytearray(open(path, "rb").read())
data[{"first": 0, "middle": len(data) // 2, "last": -1}[place]] ^= 1
open(path, "wb").write(data)' "archive/log/$2" "$3" ;;
	others) cp "others/log/$2" "archive/log/$2" ;;
	earlier) cp earlier "archive/log/$2" ;;
	folder) rm "archive/log/$2" && mkdir "archive/log/$2" ;;
	zeroes) head -c "$(stat -c %s "archive/log/$2")" /dev/zero >zeroes && mv zeroes "archive/log/$2" ;;
	esac
}

# mended FILE: every damage to it is named and mended; the archive is then what it was.
mended() {
	local how
	for how in missing empty cut half longer "flipped first" "flipped middle" "flipped last" others zeroes ${2:-}; do
		set -- "$1"
		damage ${how% *} "$1" "${how#* }"
		run photostat audit --log-only --quiet
		[ "$status" -ne 0 ] || { echo "$how: audit finds nothing"; return 1; }
		[[ "$output" == *"log/$1"* ]] || { echo "$how: audit does not name log/$1: $output"; return 1; }
		run photostat repair --from "$(cat holder)" --quiet
		[ "$status" -eq 0 ] || { echo "$how: $output"; return 1; }
		diff -r whole archive/log || { echo "$how: not byte for byte"; return 1; }
	done
	diff -r whole-records archive/records
	photostat audit --quiet
}

@test "the checkpoint: every damage is named, and mended from a holder" {
	mended checkpoint earlier
}

@test "a full tile: every damage is named, and mended from a holder" {
	mended tile/0/000
}

@test "a partial tile: every damage is named, and mended from a holder" {
	mended "$(cd whole && echo tile/0/001.p/* | tr ' ' '\n' | tail -n 1)"
}

@test "a partial tile above others: every damage is named, and mended from a holder" {
	mended tile/1/000.p/1
}

@test "a full entry bundle: every damage is named, and mended from a holder" {
	mended tile/entries/000
}

@test "a partial entry bundle: every damage is named, and mended from a holder" {
	mended "$(cd whole && echo tile/entries/001.p/* | tr ' ' '\n' | tail -n 1)"
}

@test "an older partial tile and bundle, which no holder has: every damage is named, and mended from a wider one" {
	refute [ -e held/log/tile/0/001.p/2 ]
	mended tile/0/001.p/2
	mended tile/entries/001.p/2
}

@test "all of them at once: every one is named, and mended from a holder" {
	files=$(cd whole && find . -type f -printf '%P\n')
	for file in $files; do damage flipped "$file" middle; done
	run photostat repair --from "$(cat holder)" --quiet
	[ "$status" -eq 0 ] || { echo "$output"; false; }
	diff -r whole archive/log
	photostat audit --quiet
}
