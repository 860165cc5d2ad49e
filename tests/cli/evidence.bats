# P3: who signed two histories is convicted by what is left of them, offline, by anybody; who signed one is not.
load helper

offline() {
	run env -u PHOTOSTAT_ARCHIVE "$PHOTOSTAT_PROGRAM" verify "$@"
}

# Two archives with one key: the keeper, or a thief, goes on from a copy and tells other people something else.
fork() {
	new_archive
	letters
	photostat deposit letters/card.txt --quiet
	photostat policy >policy
	cp -a archive copy
	for n in 1 2 3; do
		printf 'the truth %s\n' $n >letters/true-$n.txt
		photostat deposit letters/true-$n.txt --quiet
	done
	for n in 1 2 3 4 5; do
		printf 'a lie %s\n' $n >letters/lie-$n.txt
		photostat -C copy deposit letters/lie-$n.txt --quiet
	done
	photostat log --checkpoint >true.note
	photostat -C copy log --checkpoint >false.note
}

@test "two histories under one key are proven to whoever has the file and the policy" {
	fork
	# the copy holds the larger log, and so the hashes
	run photostat -C copy log --against true.note -o proof.evidence
	[ "$status" -eq 1 ]
	[[ "$output" == *"contradiction: example.org/test signed two histories"* ]]
	[[ "$output" == *"who held the key"* ]]
	rm -rf archive copy
	offline --evidence proof.evidence --policy policy
	[ "$status" -eq 1 ]
	[[ "$output" == "contradiction: example.org/test"*"One has 5 entries"*"The other has 7 entries"* ]]
	[[ "$output" != *"you must know"* ]]
	# without a policy the file speaks of a key, and says so
	offline --evidence proof.evidence
	[ "$status" -eq 1 ]
	[[ "$output" == *"whether that is the key of example.org/test you must know"* ]]
	offline --evidence proof.evidence --policy policy --json
	[ "$status" -eq 1 ]
	[ "$(echo "$output" | member evidence word)" = contradiction ]
	[ "$(echo "$output" | member evidence trusted)" = True ]
}

@test "a receipt that somebody kept convicts as well as a checkpoint" {
	fork
	photostat receipt true-3 -o kept.tlog-proof --quiet
	run photostat -C copy log --against kept.tlog-proof -o proof.evidence
	[ "$status" -eq 1 ]
	offline --evidence proof.evidence --policy policy
	[ "$status" -eq 1 ]
	[[ "$output" == "contradiction: "* ]]
	# as many entries, other ones
	photostat deposit letters/1913 --each --quiet
	run photostat log --against false.note -o same.evidence
	[ "$status" -eq 1 ]
	[[ "$output" == *"contradiction: "* ]]
	grep -q '^hashes 0$' same.evidence
	offline --evidence same.evidence --policy policy
	[ "$status" -eq 1 ]
	[[ "$output" == *"The other has as many entries"* ]]
}

@test "where the hashes cannot be had it is a suspicion, and says so" {
	fork
	# the archive's log is the smaller one: it has no tiles of the other
	run photostat log --against false.note -o kept.evidence
	[ "$status" -eq 1 ]
	[[ "$output" == *"suspicion, not proof"* ]]
	offline --evidence kept.evidence --policy policy
	[ "$status" -eq 1 ]
	[[ "$output" == "suspicion, not proof: "* ]]
	[[ "$output" != *contradiction* ]]
	offline --evidence kept.evidence --policy policy --json
	[ "$(echo "$output" | member evidence word)" = suspicion ]
	# tiles that cannot be read cost the proof, not the suspicion
	rm -r copy/log/tile/0
	run photostat -C copy log --against true.note -o damaged.evidence
	[ "$status" -eq 1 ]
	[[ "$output" == *"suspicion, not proof"* ]]
	[[ "$output" == *"see photostat audit"* ]]
}

@test "one history is never a contradiction" {
	new_archive
	letters
	photostat log --checkpoint >first.note
	photostat deposit letters/card.txt --quiet
	photostat receipt card -o card.tlog-proof --quiet
	photostat deposit letters/1913 --each --quiet
	for kept in first.note card.tlog-proof <(photostat log --checkpoint); do
		run photostat log --against "$kept" -o never.evidence
		[ "$status" -eq 0 ]
		[[ "$output" == "no contradiction: "* ]]
	done
	[ ! -e never.evidence ]
	run photostat log --against first.note --json
	[ "$status" -eq 0 ]
	[ "$(echo "$output" | member evidence word)" = consistent ]
}

@test "what shows nothing is neither yes nor no" {
	fork
	photostat -C copy log --against true.note -o proof.evidence --quiet || true
	photostat init other --origin example.org/test --quiet >/dev/null
	photostat -C other policy >other.policy
	# a namesake's key
	offline --evidence proof.evidence --policy other.policy
	[ "$status" -eq 3 ]
	[[ "$output" == *"no log's of the policy"* ]]
	run photostat -C other log --against true.note
	[ "$status" -eq 3 ]
	[[ "$output" == *"signed by no key of this log"* ]]
	# a byte of a root, of a signature, of a hash
	sed '0,/^5$/s//4/' proof.evidence >size.evidence
	offline --evidence size.evidence --policy policy
	[ "$status" -eq 3 ]
	sed '$s/^./+/;$s/^++/A/' proof.evidence >hash.evidence
	offline --evidence hash.evidence --policy policy
	[ "$status" -eq 3 ]
	[[ "$output" == *"shows nothing"* ]]
	head -n 5 proof.evidence >cut.evidence
	offline --evidence cut.evidence
	[ "$status" -eq 3 ]
	offline --evidence absent.evidence
	[ "$status" -eq 3 ]
	offline --evidence proof.evidence letters/card.txt
	[ "$status" -eq 2 ]
	run photostat log --against policy
	[ "$status" -eq 3 ]
	run photostat log -o x.evidence
	[ "$status" -eq 2 ]
	# never over what is there
	run photostat -C copy log --against true.note -o proof.evidence
	[ "$status" -eq 3 ]
	[[ "$output" == *"--force replaces it"* ]]
	run photostat -C copy log --against true.note -o proof.evidence --force
	[ "$status" -eq 1 ]
}
