# P1, P9: bad input is refused in one clear line that names it; the rest goes on.
load helper

@test "names with spaces, newlines, dashes, 255 bytes and both Unicode forms are kept byte for byte" {
	new_archive
	mkdir in
	long=$(printf 'a%.0s' $(seq 251)).txt
	printf 1 >"in/a b.txt"
	printf 2 >"in/"$'new\nline.txt'
	printf 3 >"in/-dash.txt"
	printf 4 >"in/$long"
	printf 5 >"in/"$'caf\xc3\xa9.txt'
	printf 6 >"in/"$'cafe\xcc\x81.txt'
	run photostat deposit in --id names
	[ "$status" -eq 0 ]
	photostat get names -o out
	for file in in/*; do cmp "$file" "out/${file#in/}"; done
	run photostat audit
	[ "$status" -eq 0 ]
	run photostat validate archive/records
	[ "$status" -eq 0 ]
}

@test "a name that is not UTF-8 refuses its record alone" {
	new_archive
	mkdir in
	echo good >in/good.txt
	echo bad >"in/"$'bad\xff.txt'
	run photostat deposit in --each-file
	[ "$status" -eq 3 ]
	[[ "$output" == *'bad\xff.txt'* ]]
	[[ "$output" == *"r/good.txt@1"* ]]
	run photostat audit
	[ "$status" -eq 0 ]
}

@test "links, pipes, sockets and devices are refused by name" {
	new_archive
	mkdir in
	echo good >in/good.txt
	ln -s good.txt in/link.txt
	mkfifo in/pipe
	run photostat deposit in --each-file
	[ "$status" -eq 3 ]
	[[ "$output" == *"in/link.txt is a symbolic link"* ]]
	[[ "$output" == *"in/pipe is a named pipe"* ]]
	[[ "$output" == *"r/good.txt@1"* ]]
	run photostat deposit in
	[ "$status" -eq 3 ]
}

@test "empty files are kept, empty folders are refused as records" {
	new_archive
	mkdir in empty
	: >in/empty.txt
	photostat deposit in/empty.txt
	[ "$(photostat get empty empty.txt -o - | wc -c)" -eq 0 ]
	run photostat deposit empty
	[ "$status" -eq 3 ]
	[[ "$output" == *"holds no files"* ]]
	run photostat audit
	[ "$status" -eq 0 ]
}

@test "reserved names are refused; a photostat.json describes" {
	new_archive
	mkdir in
	echo x >in/x.txt
	echo '{"title":"From the file","creator":["A","B"]}' >in/photostat.json
	photostat deposit in
	run photostat show in
	[[ "$output" == *"From the file"* ]]
	mkdir other
	echo x >other/photostat.seed
	run photostat deposit other
	[ "$status" -eq 3 ]
	[[ "$output" == *photostat.seed* ]]
	echo '{"titel":"typo"}' >in/photostat.json
	run photostat deposit in --id typo
	[ "$status" -eq 3 ]
	[[ "$output" == *titel* ]]
}

@test "a damaged archive.conf, a wrong key, an old log, a read-only folder: one clear sentence each" {
	new_archive
	letters
	photostat deposit letters/card.txt
	cp archive/archive.conf good.conf
	echo 'origin = "unfinished' >archive/archive.conf
	run photostat list
	[ "$status" -eq 3 ]
	[[ "$output" == *"archive.conf"* ]]
	cp good.conf archive/archive.conf
	photostat init other --origin example.org/test --quiet >/dev/null
	cp archive/keys/log.key good.key
	cp other/keys/log.key archive/keys/log.key
	run photostat deposit letters/1913/anna.txt
	[ "$status" -eq 3 ]
	[[ "$output" == *"is not the key of this log"* ]]
	cp good.key archive/keys/log.key
	chmod 644 archive/keys/log.key
	run photostat deposit letters/1913/anna.txt
	[ "$status" -eq 3 ]
	[[ "$output" == *"chmod 600"* ]]
	chmod 600 archive/keys/log.key
	cp -a archive old
	photostat deposit letters/1913/anna.txt
	cp -a archive/keys newer-keys
	rm -rf archive && cp -a old archive && rm -rf archive/keys && cp -a newer-keys archive/keys
	run photostat deposit letters/1913/karl.txt
	[ "$status" -eq 3 ]
	[[ "$output" == *"read-only"* ]]
	run photostat audit
	[ "$status" -eq 1 ]
	[[ "$output" == *"rolled back"* ]]
}

@test "two deposits at once both succeed; a reader does not wait" {
	new_archive
	mkdir a b
	for i in $(seq 200); do echo "a $i" >"a/a$i.txt"; echo "b $i" >"b/b$i.txt"; done
	photostat deposit a --each-file --quiet >a.out 2>a.err &
	first=$!
	photostat deposit b --each-file --quiet >b.out 2>b.err &
	second=$!
	photostat list >/dev/null
	wait $first
	wait $second
	[ "$(photostat list | wc -l)" -eq 400 ]
	run photostat audit
	[ "$status" -eq 0 ]
}

@test "a full disk refuses in one line and loses nothing" {
	[ "$(id -u)" -eq 0 ] || skip "mounting a small file system wants root"
	mkdir small
	mount -t tmpfs -o size=3m tmpfs small || skip "this machine does not mount a tmpfs"
	PHOTOSTAT_ARCHIVE=$work/small/archive
	photostat init small/archive --origin example.org/test --quiet >init.txt
	echo first >first.txt
	photostat deposit first.txt
	mkdir big
	for i in $(seq 40); do head -c 200000 /dev/urandom >"big/$i.bin"; done
	run photostat deposit big --each-file
	[ "$status" -eq 3 ]
	[[ "$output" == *"No space left"* ]]
	run photostat audit
	[ "$status" -eq 0 ]
	[ "$(photostat get first first.txt -o -)" = first ]
	umount small
}

@test "init begins anew where it was cut off, and never over records" {
	new_archive
	letters
	photostat deposit letters/card.txt
	mv archive/archive.conf kept.conf
	: >archive/init.unfinished
	run photostat init archive --origin example.org/other
	[ "$status" -eq 1 ]
	[[ "$output" == *"archive holds records"*"archive.conf"* ]]
	mv kept.conf archive/archive.conf
	run photostat audit
	[ "$status" -eq 0 ]
	mkdir -p half/keys half/records/extensions
	: >half/init.unfinished
	run photostat init half --origin example.org/other
	[ "$status" -eq 0 ]
	[ ! -e half/init.unfinished ]
	PHOTOSTAT_ARCHIVE=$work/half
	run photostat audit
	[ "$status" -eq 0 ]
}
