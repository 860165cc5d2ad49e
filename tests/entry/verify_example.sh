#!/bin/sh
# verify_example.sh PROGRAM FOLDER: exit statuses and sentences of the example program over the vectors of receipts.
set -u
program=$1
folder=$(mktemp -d "$2/example.XXXXXX") || exit 1
trap 'rm -rf "$folder"' EXIT
vectors=tests/vectors/receipt
printf 'letter.txt\n' >"$folder/right"
printf 'letter.txt\r\n' >"$folder/wrong"
failed=0

want() {
	status=$1 words=$2
	shift 2
	said=$("$program" "$@")
	got=$?
	if [ "$got" != "$status" ] || ! printf '%s' "$said" | grep -qF "$words"; then
		echo "$*: status $got, not $status with \"$words\":"
		echo "$said"
		failed=1
	fi
}

want 0 'by 2026-11-23T20:29:01Z, when a quorum had cosigned it (2 of 3 witnesses)' \
	$vectors/two-of-three.policy $vectors/file-two-witnesses.tlog-proof "$folder/right"
want 0 'the time is not proven' $vectors/none.policy $vectors/file.tlog-proof "$folder/right"
want 1 'not the quorum' $vectors/two-of-three.policy $vectors/file-one-witness.tlog-proof "$folder/right"
want 1 'has these bytes' $vectors/none.policy $vectors/file.tlog-proof "$folder/wrong"
want 1 'was not shown' $vectors/none.policy $vectors/file.tlog-proof
want 1 'and 6 other files' $vectors/none.policy $vectors/version.tlog-proof
want 1 'opens no file: it proves that the version was logged' $vectors/none.policy $vectors/version-that-opens-none.tlog-proof
want 1 'not those that the entry commits to' $vectors/none.policy $vectors/another-path.tlog-proof "$folder/right"
want 1 '' $vectors/other.policy $vectors/file.tlog-proof "$folder/right"
want 2 '' $vectors/none.policy "$folder/right"
want 2 '' "$folder/right" $vectors/file.tlog-proof
want 3 'cannot read' $vectors/none.policy "$folder/absent"
want 3 'cannot be opened' $vectors/none.policy $vectors/file.tlog-proof "$folder/absent"
exit $failed
