#!/bin/sh
# SPDX-License-Identifier: MIT
# Feeds random input to the readers of files and tables, with libFuzzer and the
# sanitizers of clang.
#
# usage: run.sh [SECONDS [TARGET...]]
#        run.sh replay TARGET FILE
#
# Runs each TARGET (default: all) for SECONDS (default: 600; 0: for some thousand
# inputs, the same each time).  A target is a file TARGET.c beside this script, which
# defines LLVMFuzzerTestOneInput.  Lines ` * with: FILE...` in it name the sources of
# leakcheck that it is linked with, from the top folder, and libraries as -lNAME.
# TARGET.seeds.sh, if there is one, is called with a folder and fills it with inputs to
# begin with; $CLANG is the compiler.  $FUZZ_CORPUS is a folder that keeps the inputs of
# all targets from one run to the next.
#
# Prints a line for each target.  An input that fails is left in the current folder, for
# replay.  Exit status: 0 all well, 1 not, 77 clang with libFuzzer
# is missing.
set -u

here=$(cd "$(dirname "$0")" && pwd) || exit 3
top=$(cd "$here/../.." && pwd) || exit 3
work=$(mktemp -d "${TMPDIR:-/tmp}/leakcheck-fuzz.XXXXXX") || exit 3
trap 'rm -rf "$work"' EXIT
trap 'exit 3' HUP INT TERM
: "${CLANG:=clang}"
export CLANG

usage ()
{
	echo "usage: run.sh [SECONDS [TARGET...]] or run.sh replay TARGET FILE" >&2
	exit 2
}

replay=
seconds=${1:-600}
case $seconds in
replay)
	[ $# -eq 3 ] || usage
	replay=$3
	set -- replay "$2"
	;;
'' | *[!0-9]*) usage ;;
esac
[ $# -eq 0 ] || shift
if [ $# -eq 0 ]; then
	for file in "$here"/*.c; do
		set -- "$@" "$(basename "$file" .c)"
	done
fi

echo 'int LLVMFuzzerTestOneInput(void); int LLVMFuzzerTestOneInput(void) { return 0; }' \
	>"$work/empty.c"
if ! "$CLANG" -fsanitize=fuzzer,address -o "$work/empty" "$work/empty.c" 2>"$work/log"; then
	echo "fuzz: $CLANG cannot link with libFuzzer; on Debian: apt-get install clang libclang-rt-dev" >&2
	exit 77
fi

# Leaks: the readers own no memory, or a target would tell of each input that is refused.
build ()	# TARGET
{
	sources=$(sed -n 's/^ \* with: *//p' "$here/$1.c")
	# shellcheck disable=SC2086 # lists of words
	mkdir -p "$work/report"
	(cd "$top" && script/page-assets src/report/page.css src/report/page.js \
		>"$work/report/page_assets.inc" &&
		"$CLANG" -std=gnu11 -O1 -g -D_GNU_SOURCE -Isrc -Iinclude -I. -I"$work" \
		-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
		-fno-omit-frame-pointer -o "$work/$1" "tests/fuzz/$1.c" $sources) >"$work/log" 2>&1
}

fuzz ()	# TARGET
{
	target=$1
	if ! build "$target"; then
		cat "$work/log"
		echo "not ok: $target does not build"
		return 1
	fi
	if [ -n "$replay" ]; then
		"$work/$target" "$replay"
		return
	fi
	corpus=${FUZZ_CORPUS:-$work/corpus}/$target
	mkdir -p "$corpus" "$work/seeds.$target" || return 1
	if [ -f "$here/$target.seeds.sh" ] &&
		! sh "$here/$target.seeds.sh" "$work/seeds.$target" >"$work/log" 2>&1; then
		cat "$work/log"
		echo "not ok: the seeds of $target cannot be made"
		return 1
	fi
	if [ "$seconds" -gt 0 ]; then
		set -- "-max_total_time=$seconds"
	else
		set -- -runs=3000 -seed=1
	fi
	"$work/$target" "$@" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
		-artifact_prefix="./$target." "$corpus" "$work/seeds.$target" >"$work/log" 2>&1
	status=$?
	inputs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/log")
	edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$work/log" | tail -n 1)
	if [ "$status" -eq 0 ] && [ "${inputs:-0}" -gt 0 ]; then
		echo "ok: $target, $inputs inputs, $edges branches"
		return 0
	fi
	tail -n 60 "$work/log"
	echo "not ok: $target, status $status; its input is the file named above"
	return 1
}

failed=0
for name in "$@"; do
	if [ ! -f "$here/$name.c" ]; then
		echo "fuzz: there is no target $name" >&2
		exit 2
	fi
	fuzz "$name" || failed=1
done
exit $failed
