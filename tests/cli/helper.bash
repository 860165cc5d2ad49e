# Common to the command line's tests: a folder of their own, an archive in it.
setup() {
	work=$(mktemp -d "${TMPDIR:-/tmp}/photostat-cli-XXXXXX")
	cd "$work" || return 1
	export PHOTOSTAT_ARCHIVE="$work/archive"
	unset EDITOR VISUAL
}

# Who serves has a process that reads texts beside it; killed with it, that may write one more file below derived/ before it notices.
clear_away() {
	cd / || return 1
	for _ in $(seq 50); do
		if rm -rf "$work" 2>/dev/null; then return 0; fi
		sleep 0.1
	done
	rm -rf "$work"
}

teardown() {
	if mountpoint -q "$work/small"; then umount "$work/small"; fi
	clear_away
}

photostat() {
	"$PHOTOSTAT_PROGRAM" "$@"
}

new_archive() {
	photostat init archive --origin example.org/test --title "Test" --quiet "$@" >init.txt
}

# A harbour town, invented for these tests.
letters() {
	mkdir -p letters/1913
	printf 'Dear Karl,\nthe harbour is frozen.\n' >letters/1913/anna.txt
	printf 'Dear Anna,\nso is the river.\n' >letters/1913/karl.txt
	printf 'A postcard.\n' >letters/card.txt
}

# The n-th JSON line's member, by python, which the tests need anyway.
member() {
	python3 -c 'import json,sys
lines=[json.loads(l) for l in sys.stdin if l.strip()]
rows=[l for l in lines if l["type"]==sys.argv[1]]
print(rows[-1][sys.argv[2]])' "$1" "$2"
}

# "! command" does not fail a test: this does.
refute() {
	if "$@"; then
		echo "should have failed: $*"
		return 1
	fi
}

need_terminal() {
	python3 -c 'import pty; pty.openpty()' 2>/dev/null || skip "no terminal to type into can be had here (/dev/pts)"
}
