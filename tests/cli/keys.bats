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
	for change in '2{s/+AB/+AC/;t;s/+A./+AB/}' 's/^scrypt 15 8 4/scrypt 15 8 3/' '5{s/t x/t y/;t;s/t ./t x/}' '5d' 's/^scrypt 15/scrypt 30/' '1s/v1/v2/'; do
		sed "$change" good >archive/keys/log.key
		run photostat edit card title=x
		[ "$status" -eq 3 ]
	done
	cp good archive/keys/log.key
	photostat edit card title=x --quiet
	photostat audit --quiet
}

@test "key encrypt and key decrypt, and a typed passphrase is not shown" {
	need_terminal
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

recovery() {
	sed -n 's/^recovery  //p' init.txt >recovery.txt
	chmod 600 recovery.txt
}

check() {
	run env -u PHOTOSTAT_ARCHIVE "$PHOTOSTAT_PROGRAM" verify "$@"
}

@test "the drill: a planned change of the key" {
	new_archive
	recovery
	letters
	photostat deposit letters/card.txt --quiet
	photostat receipt card -o old.tlog-proof --quiet
	photostat policy >old.policy
	sed -i 's/^title.*/# our own words stay\n&/' archive/archive.conf
	cp archive/keys/log.key old.key
	run photostat key rotate --recovery recovery.txt
	[ "$status" -eq 0 ]
	verifier=$(sed -n 's/^verifier  //p' <<<"$output")
	grep -qx "verifier = \"$verifier\"" archive/archive.conf
	grep -q "our own words stay" archive/archive.conf
	grep -q '^former = {"example.org/test+' archive/archive.conf
	[ ! -e archive/keys/log.key.new ]
	refute cmp -s old.key archive/keys/log.key
	[ "$(photostat log --checkpoint | grep -c '^— ')" -eq 2 ]
	photostat audit --quiet
	# from here on the new key alone
	photostat deposit letters/1913 --each --quiet
	[ "$(photostat log --checkpoint | grep -c '^— ')" -eq 1 ]
	photostat audit --quiet
	photostat policy >new.policy
	photostat receipt card -o new.tlog-proof --quiet
	check letters/card.txt --receipt new.tlog-proof --policy new.policy
	[ "$status" -eq 0 ]
	# what was given out goes on under the policy of its time, and is to be made anew for the new one
	check letters/card.txt --receipt old.tlog-proof --policy old.policy
	[ "$status" -eq 0 ]
	check letters/card.txt --receipt old.tlog-proof --policy new.policy
	[ "$status" -eq 1 ]
	check letters/card.txt --receipt new.tlog-proof --policy old.policy
	[ "$status" -eq 1 ]
	# a checkpoint of the former key is still held against the log
	run photostat log --against old.tlog-proof
	[ "$status" -eq 0 ]
	# a second time; the policy names former keys only where witnesses are wanted
	photostat key rotate --recovery recovery.txt --quiet >/dev/null
	photostat audit --quiet
	[ "$(photostat policy | grep -c '^log ')" -eq 1 ]
	cat >>archive/archive.conf <<-'CONF'
		quorum = "all"
		witness "one" { key = "witness.example/one+1508b9b9+BE5n2RL6BPe9YF9FqpKu8k3pJ+H7UAh+Ah7vCi2Xz8ok" }
	CONF
	run photostat policy
	[ "$status" -eq 0 ]
	[ "$(grep -c '^log ' <<<"$output")" -eq 3 ]
}

@test "the drill: a stolen key cannot change itself, and what the thief signs convicts it" {
	new_archive
	recovery
	letters
	photostat deposit letters/card.txt --quiet
	photostat receipt card -o card.tlog-proof --quiet
	cp -a archive stolen
	# the thief has the archive and its key, and not the recovery key
	photostat init thief --origin example.org/test --quiet >thief.txt
	sed -n 's/^recovery  //p' thief.txt >thief.key
	run photostat -C stolen key rotate --recovery thief.key
	[ "$status" -eq 3 ]
	[[ "$output" == *"not the recovery key that entry 0"* ]]
	[ ! -e stolen/keys/log.key.new ]
	photostat -C stolen audit --quiet
	# the keeper changes it
	photostat key rotate --recovery recovery.txt --quiet >/dev/null
	photostat deposit letters/1913 --each --quiet
	# the thief goes on with the old one
	photostat -C stolen deposit letters/1913/anna.txt --id forged --quiet
	photostat -C stolen log --checkpoint >forged.note
	photostat policy >policy
	run photostat log --against forged.note -o proof.evidence
	[ "$status" -eq 1 ]
	[[ "$output" == *"contradiction: example.org/test"* ]]
	# who knows both keys is convinced; the policy alone does not name the stolen one
	{ cat policy; photostat -C stolen policy | grep ^log; } >both.policy
	check --evidence proof.evidence --policy both.policy
	[ "$status" -eq 1 ]
	[[ "$output" == "contradiction: "* ]]
	check --evidence proof.evidence --policy policy
	[ "$status" -eq 3 ]
	# a receipt of the thief's is worth nothing under the new policy
	photostat -C stolen receipt forged -o forged.tlog-proof --quiet
	check letters/1913/anna.txt --receipt forged.tlog-proof --policy policy
	[ "$status" -eq 1 ]
}

@test "a change of the key is audited: archive.conf must name what the log names" {
	new_archive
	recovery
	cp archive/archive.conf before.conf
	cp archive/keys/log.key before.key
	photostat key rotate --recovery recovery.txt --quiet >/dev/null
	letters
	photostat deposit letters/card.txt --quiet
	cp archive/archive.conf good.conf
	sed '/^former/d' good.conf >archive/archive.conf
	run photostat audit
	[ "$status" -eq 1 ]
	[[ "$output" == *"its former keys are not those that the log had"* ]]
	cp before.conf archive/archive.conf
	run photostat audit
	[ "$status" -eq 1 ]
	[[ "$output" == *"not signed by the log's key"* ]]
	cp good.conf archive/archive.conf
	cp archive/keys/log.key new.key
	cp before.key archive/keys/log.key
	run photostat edit card title=x
	[ "$status" -eq 3 ]
	[[ "$output" == *"is not the key of this log"* ]]
	cp new.key archive/keys/log.key
	photostat audit --quiet
}

@test "an encrypted key is changed for an encrypted one, and the passphrase is asked for once" {
	need_terminal
	passphrase "frozen harbour"
	new_archive --passphrase
	recovery
	unset PHOTOSTAT_PASSPHRASE_FILE
	run typing "frozen harbour|$(cat recovery.txt)" key rotate
	[ "$status" -eq 0 ]
	[[ "$output" != *frozen* ]]
	[[ "$output" != *PRIVATE+KEY+example* ]]
	refute grep -q PRIVATE archive/keys/log.key
	letters
	run typing "frozen harbour" deposit letters/card.txt
	[ "$status" -eq 0 ]
	photostat audit --quiet
}

@test "a log ends for ever, and says where it goes on" {
	new_archive
	letters
	photostat deposit letters/card.txt --quiet
	run photostat key end --successor example.org/next --reason moved
	[ "$status" -eq 2 ]
	run photostat key end --successor example.org/test --reason moved --yes
	[ "$status" -eq 2 ]
	run photostat key end --reason moved --yes
	[ "$status" -eq 2 ]
	photostat init next --origin example.org/next --predecessor example.org/test --quiet >/dev/null
	photostat -C next log --json | grep -q 'predecessor example.org/test'
	run photostat key end --successor example.org/next --reason moved --yes
	[ "$status" -eq 0 ]
	[[ "$output" == *"goes on as example.org/next"* ]]
	for command in "deposit letters/1913" "edit card title=x" "access card closed --authority A --reason privacy" "key encrypt" \
		"key end --no-successor --reason closed --yes"; do
		run photostat $command
		[ "$status" -eq 3 ]
		[[ "$output" == *"this log ended with entry 2; it goes on as example.org/next"* ]]
	done
	# reading goes on
	photostat list
	photostat receipt card -o card.tlog-proof --quiet
	photostat policy >policy
	check letters/card.txt --receipt card.tlog-proof --policy policy
	[ "$status" -eq 0 ]
	photostat audit --quiet
	photostat -C next deposit letters/1913 --each --quiet
}
