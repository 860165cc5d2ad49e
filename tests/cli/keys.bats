# The log's private key: encrypted, changed, ended. What docs/keys.md tells people to do is done here.
load helper

passphrase() {
	printf '%s\n' "$1" >passphrase
	export PHOTOSTAT_PASSPHRASE_FILE="$work/passphrase"
}

# Runs a command on a terminal of its own and types the lines given, each when it is asked; prints what the terminal showed.
typing() {
	env -u PHOTOSTAT_PASSPHRASE_FILE python3 - "$PHOTOSTAT_PROGRAM" "$@" <<'PYTHON'
import os, pty, sys
program, lines, words = sys.argv[1], sys.argv[2].split("|"), sys.argv[3:]
child, terminal = pty.fork()
if child == 0:
    os.execv(program, [program] + words)
shown, asked = b"", 0
while True:
    try:
        piece = os.read(terminal, 4096)
    except OSError:
        break
    if not piece:
        break
    shown += piece
    while asked < len(lines) and shown.count(b": ") > asked and shown.endswith(b": "):
        os.write(terminal, lines[asked].encode() + b"\n")
        asked += 1
        break
sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
PYTHON
}

@test "an encrypted key: writing asks, reading does not, nothing of it lies in the open" {
	letters
	passphrase "frozen harbour"
	new_archive --passphrase
	head -n 1 archive/keys/log.key | grep -qx "photostat.secret/v1"
	refute grep -q PRIVATE archive/keys/log.key
	[ "$(stat -c %a archive/keys/log.key)" = 600 ]
	photostat deposit letters --quiet
	unset PHOTOSTAT_PASSPHRASE_FILE
	# readers are not asked
	photostat list </dev/null
	photostat audit --quiet </dev/null
	photostat receipt letters -o letters.tlog-proof </dev/null
	# a writer with nobody to ask; setsid takes the terminal away
	run setsid -w "$PHOTOSTAT_PROGRAM" deposit letters/card.txt
	[ "$status" -eq 3 ]
	[[ "$output" == *"PHOTOSTAT_PASSPHRASE_FILE"* ]]
	# a wrong one: one sentence, nothing happened
	passphrase "frozen river"
	run photostat deposit letters/card.txt
	[ "$status" -eq 3 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ "$output" == *"the passphrase is not the one that this key was encrypted with"* ]]
	passphrase ""
	run photostat deposit letters/card.txt
	[ "$status" -eq 2 ]
	[[ "$output" == *"the passphrase is empty"* ]]
	passphrase "frozen harbour"
	run photostat show card
	[ "$status" -eq 1 ]
	# from an open descriptor
	PHOTOSTAT_PASSPHRASE_FILE=/dev/fd/7 photostat deposit letters/card.txt --quiet 7<<<"frozen harbour"
	photostat show card
	# the file is changed: neither key nor cost nor secret
	cp -a archive/keys/log.key good
	for change in '2s/+A./+AB/' 's/^scrypt 15 8 4/scrypt 15 8 3/' '5s/t ./t x/' '5d' 's/^scrypt 15/scrypt 30/' '1s/v1/v2/'; do
		sed "$change" good >archive/keys/log.key
		run photostat edit card title=x
		[ "$status" -eq 3 ]
	done
	cp good archive/keys/log.key
	photostat edit card title=x --quiet
	photostat audit --quiet
}

@test "key encrypt and key decrypt, and a typed passphrase is not shown" {
	new_archive
	letters
	cp archive/keys/log.key plain
	run typing "frozen harbour|frozen harbour" key encrypt
	[ "$status" -eq 0 ]
	[[ "$output" == *"The same again"* ]]
	[[ "$output" != *frozen* ]]
	run typing "frozen harbour" deposit letters/card.txt
	[ "$status" -eq 0 ]
	[[ "$output" == *"kept"* ]]
	[[ "$output" != *frozen* ]]
	run typing "frozen river" edit card title=x
	[ "$status" -eq 3 ]
	cp archive/keys/log.key before
	run typing "frozen harbour|one|other" key encrypt
	[ "$status" -eq 1 ]
	[[ "$output" == *"the two passphrases differ; nothing was changed"* ]]
	cmp before archive/keys/log.key
	# another passphrase
	run typing "frozen harbour|open sea|open sea" key encrypt
	[ "$status" -eq 0 ]
	run typing "frozen harbour" key decrypt
	[ "$status" -eq 3 ]
	run typing "open sea" key decrypt
	[ "$status" -eq 0 ]
	cmp plain archive/keys/log.key
	photostat edit card title=x --quiet
	photostat audit --quiet
}
