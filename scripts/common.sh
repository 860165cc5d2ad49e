# For the scripts beside this file: where things are and how headings look. Sourced, not run; POSIX sh.
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root" || exit 3
export LC_ALL=C.UTF-8

heading() {
	printf '\n== %s\n' "$*"
}
fail() {
	printf '%s: %s\n' "$(basename "$0")" "$*" >&2
	exit 3
}
# set_up FOLDER MESON-OPTION...: a configured build folder, made or brought up to date.
set_up() {
	set_up=$1
	shift
	if [ -f "$set_up/build.ninja" ]; then
		meson configure "$set_up" "$@" && meson setup --reconfigure "$set_up" >"$set_up.log" 2>&1
	else
		meson setup "$set_up" "$@" >"$set_up.log" 2>&1
	fi || { cat "$set_up.log"; fail "$set_up could not be configured; the reason stands above"; }
	mv "$set_up.log" "$set_up/setup.log"
}
# build FOLDER TARGET...: quiet while it goes well.
build() {
	ninja -C "$1" >"$1/build.log" 2>&1 || { tail -n 60 "$1/build.log"; fail "the build failed; all of it is in $1/build.log"; }
}
# run_tests FOLDER LOG-NAME SEED FULL MESON-OPTION...: fails as the tests do; for scripts/tally, FOLDER/meson-logs/testlog-LOG-NAME.json.
run_tests() (
	folder=$1 log=$2 seed=$3 full=$4 patience=3
	shift 4
	[ "$full" = 0 ] || patience=40
	rm -f "$folder/meson-logs/testlog-$log.json"
	# What a Python is told in some images and not on a plain system hides mistakes.
	unset PYTHONUNBUFFERED PYTHONDONTWRITEBYTECODE
	PHOTOSTAT_TEST_SEED=$seed PHOTOSTAT_TEST_FULL=$full meson test -C "$folder" --no-rebuild --print-errorlogs --logbase "testlog-$log" \
		--timeout-multiplier $patience "$@" </dev/null
)
