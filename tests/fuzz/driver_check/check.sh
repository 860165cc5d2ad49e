#!/bin/sh
# check.sh FRAGILE SEEDS: the replay driver passes over what is sound, and finds, keeps and repeats what is not.
set -u
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
mkdir "$folder/seeds" "$folder/none"
printf 'a sound seed' >"$folder/seeds/sound"
driver=$(realpath "$1")
cd "$folder" || exit 1
fail() {
	echo "the replay driver $1"
	exit 1
}
ulimit -c 0
PHOTOSTAT_FUZZ_MUTATIONS=0 "$driver" seeds || fail 'refuses a sound seed'
PHOTOSTAT_FUZZ_MUTATIONS=5000 "$driver" seeds && fail 'missed the crash'
[ -s crash-fragile ] || fail 'kept no input'
"$driver" seeds crash-fragile && fail 'does not repeat the crash from its input'
"$driver" none && fail 'is content with no seeds'
exit 0
