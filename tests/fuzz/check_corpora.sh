#!/bin/sh
# check_corpora.sh CORPUS TARGET...: each folder of CORPUS belongs to a target and each target has seeds.
set -eu
corpus=$1
shift
status=0
for folder in "$corpus"/*/; do
	name=$(basename "$folder")
	known=no
	for target in "$@"; do
		[ "$target" = "$name" ] && known=yes
	done
	[ $known = yes ] || { echo "tests/fuzz/corpus/$name: there is no ${name}_fuzz.c"; status=1; }
done
for target in "$@"; do
	[ -n "$(ls "$corpus/$target" 2>&1)" ] && [ -d "$corpus/$target" ] || { echo "tests/fuzz/corpus/$target: no seeds"; status=1; }
done
exit $status
