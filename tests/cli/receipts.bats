# P4: what verify says yes to, and what it says no to, with which exit status.
load helper

check() {
	run env -u PHOTOSTAT_ARCHIVE "$PHOTOSTAT_PROGRAM" verify "$@"
}

@test "verify says no to another file, policy, log or entry, and yes to nothing else" {
	new_archive
	letters
	photostat deposit letters
	photostat receipt letters -o version.tlog-proof
	photostat receipt letters card.txt -o card.tlog-proof
	photostat policy >policy
	photostat init other --origin example.org/test --quiet >/dev/null
	photostat -C other deposit letters
	photostat -C other receipt letters card.txt -o other.tlog-proof
	photostat -C other policy >other.policy
	check letters/card.txt --receipt card.tlog-proof --policy policy
	[ "$status" -eq 0 ]
	# another file; the right one beside it does not help
	check letters/1913/anna.txt --receipt card.tlog-proof --policy policy
	[ "$status" -eq 1 ]
	check letters/card.txt letters/1913/anna.txt --receipt card.tlog-proof --policy policy
	[ "$status" -eq 1 ]
	printf 'A postcard.' >short.txt
	check short.txt --receipt card.tlog-proof --policy policy
	[ "$status" -eq 1 ]
	# another key under the same name
	check letters/card.txt --receipt card.tlog-proof --policy other.policy
	[ "$status" -eq 1 ]
	check letters/card.txt --receipt other.tlog-proof --policy policy
	[ "$status" -eq 1 ]
	# the checkpoint of one, the rest of the other
	{ sed '/^$/q' card.tlog-proof; sed '1,/^$/d' other.tlog-proof; } >mixed.tlog-proof
	check letters/card.txt --receipt mixed.tlog-proof --policy other.policy
	[ "$status" -eq 1 ]
	# a quorum that nobody met
	{
		grep ^log policy
		echo "witness w witness.example/one+1508b9b9+BE5n2RL6BPe9YF9FqpKu8k3pJ+H7UAh+Ah7vCi2Xz8ok"
		echo "quorum w"
	} >quorum.policy
	check letters/card.txt --receipt card.tlog-proof --policy quorum.policy
	[ "$status" -eq 1 ]
	[[ "$output" != *"verified: the keeper"* ]]
	# what cannot be read is another answer than no
	check letters/card.txt --receipt absent.tlog-proof --policy policy
	[ "$status" -eq 3 ]
	check absent.txt --receipt card.tlog-proof --policy policy
	[ "$status" -eq 3 ]
	check letters/card.txt --receipt card.tlog-proof
	[ "$status" -eq 2 ]
	check letters/card.txt --receipt policy --policy policy
	[ "$status" -eq 1 ]
}

@test "verify says of how many files a receipt says nothing" {
	new_archive
	letters
	photostat deposit letters
	photostat receipt letters -o version.tlog-proof
	photostat receipt letters card.txt -o card.tlog-proof
	photostat policy >policy
	check letters --receipt version.tlog-proof --policy policy
	[ "$status" -eq 0 ]
	[[ "$output" != *"says nothing"* ]]
	check letters/card.txt --receipt card.tlog-proof --policy policy
	[ "$status" -eq 0 ]
	[[ "$output" == *"That version had 3 files more, of which this receipt says nothing."* ]]
	check letters/card.txt --receipt card.tlog-proof --policy policy --json
	[ "$(member verdict filesTotal <<<"$output") $(member verdict filesOpened <<<"$output")" = "4 1" ]
	# an expunged file is not passed over in silence
	photostat expunge letters 1913/karl.txt --authority Court --reason court-order --yes
	photostat receipt letters@1 -o rest.tlog-proof
	check letters/1913/anna.txt letters/card.txt --receipt rest.tlog-proof --policy policy
	[ "$status" -eq 0 ]
	[[ "$output" == *"That version had 2 files more"* ]]
}

@test "a version whose files have digests of both kinds: each file is compared by the one that it has" {
	vectors=$BATS_TEST_DIRNAME/../vectors/receipt
	# Another program's receipt, one of whose files has a digest by sha512; each file holds its own path and a newline.
	python3 - "$vectors" <<-'END'
		import json, os, sys
		vector = next(v for v in json.load(open(sys.argv[1] + "/vectors.json")) if v["name"] == "version-witnessed")
		assert {f["digest"].split(":")[0] for f in vector["files"]} == {"sha256", "sha512"}
		for file in vector["files"]:
		    os.makedirs(os.path.dirname("out/" + file["path"]), exist_ok=True)
		    open("out/" + file["path"], "w").write(file["path"] + "\n")
	END
	check out --receipt "$vectors/version-witnessed.tlog-proof" --policy "$vectors/two-of-three.policy"
	[ "$status" -eq 0 ]
	[ "$(grep -c '^same' <<<"$output")" -eq 7 ]
	check "out/scans/page 2.tif" --receipt "$vectors/file-sha512.tlog-proof" --policy "$vectors/two-of-three.policy"
	[ "$status" -eq 0 ]
	for file in "scans/page 1.tif" "scans/page 2.tif"; do
		cp -r out changed
		echo more >>"changed/$file"
		check changed --receipt "$vectors/version-witnessed.tlog-proof" --policy "$vectors/two-of-three.policy"
		[ "$status" -eq 1 ]
		[ "$(grep -c '^differs' <<<"$output")" -eq 1 ]
		[[ "$output" == *"differs  $file"* ]]
		rm -r changed
	done
}
