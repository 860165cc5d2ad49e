# P1, P2: what goes wrong while a command runs, and what a keeper may do to head and keys.
load helper

# Waits until the command given succeeds, for ten seconds at most.
until_true() {
	for _ in $(seq 400); do
		if "$@"; then return 0; fi
		sleep 0.025
	done
	return 1
}

large_enough() {
	local size
	size=$(cat archive/staging/*/*/incoming 2>/dev/null | head -c 1000001 | wc -c)
	[ "$size" -gt 1000000 ]
}

# Deposits big.bin and stops the program while it reads: $deposit is its process.
stop_in_the_middle() {
	"$PHOTOSTAT_PROGRAM" deposit big.bin >out.txt 2>err.txt &
	deposit=$!
	until_true large_enough
	kill -STOP "$deposit"
}

go_on() {
	kill -CONT "$deposit"
	status=0
	wait "$deposit" || status=$?
}

@test "a file that shrinks, grows or changes while it is read is refused by name, and nothing of it is kept" {
	new_archive
	for change in 'truncate -s 2M big.bin' 'truncate -s +1M big.bin' 'printf X | dd of=big.bin bs=1 seek=5 conv=notrunc status=none'; do
		rm -f big.bin
		head -c 3000000 /dev/urandom >big.bin
		truncate -s 3G big.bin
		stop_in_the_middle
		eval "$change"
		go_on
		[ "$status" -eq 3 ]
		grep -q 'refused: big.bin changed while it was read' err.txt
		[ ! -s out.txt ]
	done
	[ "$(ls archive/staging)" = lock ]
	[ "$(photostat list | wc -l)" -eq 0 ]
	run photostat audit
	[ "$status" -eq 0 ]
}

@test "a signal in a deposit: what was reported is kept whole, the rest goes on with the same command" {
	new_archive
	mkdir in
	for i in $(seq 4); do echo "text $i" >"in/$i.txt"; done
	head -c 3000000 /dev/urandom >big.bin
	truncate -s 3G big.bin
	for signal in INT TERM; do
		stop_in_the_middle
		kill -"$signal" "$deposit"
		go_on
		[ "$status" -eq 3 ]
		grep -q 'interrupted; what was reported is kept' err.txt
		[ "$(ls archive/staging)" = lock ]
	done
	[ "$(photostat list | wc -l)" -eq 0 ]
	ln big.bin in/zz.bin
	"$PHOTOSTAT_PROGRAM" deposit in --each-file >out.txt 2>err.txt &
	deposit=$!
	until_true large_enough
	kill -TERM "$deposit"
	status=0
	wait "$deposit" || status=$?
	[ "$status" -eq 3 ]
	[ "$(grep -c '^kept' out.txt)" -eq "$(photostat list | wc -l)" ]
	run photostat audit
	[ "$status" -eq 0 ]
	truncate -s 3000000 big.bin
	run photostat deposit in --each-file
	[ "$status" -eq 0 ]
	[ "$(photostat list | wc -l)" -eq 5 ]
}

@test "a full disk: every writing command refuses in one line, and goes on when there is room" {
	[ "$(id -u)" -eq 0 ] || skip "mounting a small file system wants root"
	mkdir small
	mount -t tmpfs -o size=4m tmpfs small || skip "this machine does not mount a tmpfs"
	PHOTOSTAT_ARCHIVE=$work/small/archive
	photostat init small/archive --origin example.org/test --quiet >init.txt
	mkdir pages big
	echo one >pages/1.txt
	echo two >pages/2.txt
	photostat deposit pages
	photostat list >/dev/null
	for i in $(seq 30); do head -c 200000 /dev/urandom >"big/$i.bin"; done
	run photostat deposit big --each-file
	[ "$status" -eq 3 ]
	[[ "$output" == *"No space left"* ]]
	dd if=/dev/zero of=small/filler bs=4096 status=none 2>/dev/null || true
	echo two again >pages/2.txt
	for command in 'deposit pages --id pages --new-version' 'edit pages title=Pages' 'event pages --type custody --date 1927 --agent A' \
		'access pages 1.txt closed --authority A --reason privacy' 'expunge pages 1.txt --authority A --reason privacy --yes'; do
		# shellcheck disable=SC2086
		run photostat $command
		[ "$status" -eq 3 ] || { echo "$command: $status $output"; false; }
		[[ "$output" == *"No space left"* ]] || { echo "$command: $output"; false; }
	done
	run photostat audit
	[ "$status" -eq 0 ]
	rm small/filler
	mount -o remount,size=40m small
	run photostat deposit big --each-file
	[ "$status" -eq 0 ]
	photostat deposit pages --id pages --new-version
	photostat access pages 1.txt closed --authority A --reason privacy
	photostat expunge pages 1.txt --authority A --reason privacy --yes
	[ "$(photostat list | wc -l)" -eq 31 ]
	[ "$(photostat get pages 2.txt -o -)" = "two again" ]
	run photostat audit
	[ "$status" -eq 0 ]
	umount small
}

@test "a read-only file system: reading goes on, writing refuses in one line" {
	[ "$(id -u)" -eq 0 ] || skip "mounting a file system wants root"
	mkdir small
	mount -t tmpfs -o size=10m tmpfs small || skip "this machine does not mount a tmpfs"
	PHOTOSTAT_ARCHIVE=$work/small/archive
	photostat init small/archive --origin example.org/test --quiet >init.txt
	letters
	photostat deposit letters/card.txt
	photostat list >/dev/null
	mount -o remount,ro small
	[ "$(photostat get card card.txt -o -)" = "A postcard." ]
	photostat list
	photostat show card
	photostat policy >policy.txt
	photostat receipt card card.txt -o card.proof
	photostat verify letters/card.txt --receipt card.proof --policy policy.txt
	run photostat audit
	[ "$status" -eq 0 ]
	# the catalogue is behind the log, or gone: what is kept is read all the same
	for left in behind gone; do
		mount -o remount,rw small
		photostat deposit letters/1913/anna.txt --id "$left" --access closed
		[ "$left" = behind ] || rm -rf small/archive/derived
		mount -o remount,ro small
		[ "$(photostat get "$left" anna.txt -o - | head -n 1)" = "Dear Karl," ]
		photostat show "$left"
		photostat list --csv | grep -q "$left"
		photostat receipt "$left" -o "$left.proof"
		refute photostat show "$left" --public
		run photostat audit
		[ "$status" -eq 0 ]
		run photostat index
		[ "$status" -eq 3 ]
		[[ "$output" == *"derived/ cannot be written to"* ]]
	done
	for command in 'deposit letters/1913/anna.txt' 'edit card title=Card' 'access card closed --authority A --reason privacy' \
		'expunge card --authority A --reason privacy --yes'; do
		# shellcheck disable=SC2086
		run photostat $command
		[ "$status" -eq 3 ] || { echo "$command: $status $output"; false; }
		[[ "$output" == *"Read-only file system"* ]]
	done
	umount small
}

@test "readers during a deposit see whole states, and are not held up" {
	new_archive
	mkdir in
	for i in $(seq 300); do echo "text $i" >"in/$i.txt"; done
	photostat deposit in/1.txt --id first
	photostat deposit in --each-file --quiet >out.txt 2>err.txt &
	deposit=$!
	while kill -0 "$deposit" 2>/dev/null; do
		[ "$(photostat get first 1.txt -o -)" = "text 1" ]
		photostat show first >/dev/null
		run photostat audit
		[ "$status" -eq 0 ] || { echo "$output"; false; }
	done
	wait "$deposit"
	[ "$(photostat list | wc -l)" -eq 301 ]
}

@test "a keeper who takes away or edits the head, puts older keys or another key there, is told of" {
	new_archive
	letters
	photostat deposit letters/card.txt
	photostat deposit letters/1913/anna.txt
	photostat init other --origin example.org/test --quiet >other.txt
	cp -a archive good
	refused() { # WORDS OF THE DEPOSIT, WORDS OF THE AUDIT
		run photostat deposit letters/1913/karl.txt
		[ "$status" -eq 3 ] || { echo "$output"; false; }
		[[ "$output" == *"$1"* ]] || { echo "$output"; false; }
		run photostat audit
		[ "$status" -eq 1 ] || { echo "$output"; false; }
		[[ "$output" == *"$2"* ]] || { echo "$output"; false; }
		rm -rf archive
		cp -a good archive
	}
	rm archive/keys/head
	refused "not known how far" "missing: keys/head"
	echo rubbish >archive/keys/head
	refused "not known how far" "altered: keys/head"
	sed -i 's/^3$/2/' archive/keys/head # a smaller size with the root of the larger
	refused "another history" "altered: log/checkpoint"
	sed -i 's/^3$/9/' archive/keys/head
	refused "its key has signed 9" "rolled back"
	cp other/keys/log.key archive/keys/log.key
	cp other/archive.conf archive/archive.conf
	refused "not signed by the log's key" "altered: log/checkpoint"
	cp -a other/keys/. archive/keys/
	cp other/archive.conf archive/archive.conf
	refused "not signed by the log's key" "altered: log/checkpoint"
	cp other/keys/log.key archive/keys/log.key
	run photostat deposit letters/1913/karl.txt
	[ "$status" -eq 3 ]
	[[ "$output" == *"is not the key of this log"* ]]
	rm -rf archive/keys
	run photostat deposit letters/1913/karl.txt
	[ "$status" -eq 3 ]
	[[ "$output" == *"keys folder"* ]]
	run photostat audit
	[ "$status" -eq 0 ]
	[[ "$output" == *"not checked: whether this log was rolled back"* ]]
}
