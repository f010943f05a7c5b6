#!/bin/sh
# SPDX-License-Identifier: MIT
# Compares leakcheck's stack walker with libunwind, frame by frame, on every
# allocation of the programs next to this script.
#
# usage: run.sh [--long]
#
# Prints a line for each program and build, then the captures compared and the
# differences.  Exit status: 0 no difference, 1 a difference, 77 libunwind is
# missing.  CC, CXX and TMPDIR are honoured; a second C compiler is used if there
# is one.  --long compares at least five million stacks.
set -u

here=$(cd "$(dirname "$0")" && pwd) || exit 3
top=$(cd "$here/../.." && pwd) || exit 3
work=$(mktemp -d "${TMPDIR:-/tmp}/leakcheck-oracle.XXXXXX") || exit 3
trap 'rm -rf "$work"' EXIT
trap 'exit 3' HUP INT TERM

times=1
[ "${1:-}" = --long ] && times=40

cc=${CC:-cc}
cxx=${CXX:-c++}
other=
for compiler in clang gcc; do
	if command -v "$compiler" >"$work/log" 2>&1 &&
		[ "$("$compiler" --version | head -n 1)" != "$("$cc" --version | head -n 1)" ]; then
		other=$compiler
		break
	fi
done

sources="$here/oracle.c $top/src/base/self.c $top/src/base/arena.c $top/src/base/proc.c"
for module in depot unwind walker walker_pool rules code_map cfi expression slow_walk \
	stack_bounds step; do
	sources="$sources $top/src/probe/$module.c"
done
# shellcheck disable=SC2086
if ! "$cc" -std=gnu11 -O2 -g -fPIC -shared -fvisibility=hidden -fno-omit-frame-pointer \
	-ftls-model=initial-exec -D_GNU_SOURCE -I"$top/src" -o "$work/oracle.so" $sources -ldl \
	>"$work/log" 2>&1; then
	cat "$work/log" >&2
	grep -q 'libunwind.h' "$work/log" && exit 77
	exit 1
fi
if LD_PRELOAD="$work/oracle.so" /bin/true 2>&1 | grep -q libunwind; then
	echo "oracle: libunwind.so.8 cannot be loaded" >&2
	exit 77
fi

captures=0
frames=0
cut=0
differences=0
built=0

# build NAME COMPILER FLAGS LIBRARIES: $work/NAME, or nothing if a library is missing
build() {
	source=$here/$1.c
	[ -f "$source" ] || source=$here/$1.cc
	# shellcheck disable=SC2086
	$2 $3 -g -I"$here" -o "$work/$1" "$source" $4 2>"$work/log" && return 0
	if grep -q 'No such file\|cannot find -l' "$work/log"; then
		echo "oracle: $1 is left out, a library is missing" >&2
		return 1
	fi
	cat "$work/log" >&2
	exit 1
}

# try LABEL DEPTH PROGRAM ARGUMENTS..
try() {
	title=$1
	export LK_ORACLE_DEPTH="$2"
	shift 2
	: >"$work/report"
	LD_PRELOAD="$work/oracle.so" LK_ORACLE_REPORT="$work/report" "$@" >"$work/out" 2>&1
	status=$?
	read -r some many short <"$work/report" || some=0 many=0 short=0
	if [ "$status" -ne 0 ]; then
		differences=$((differences + 1))
		echo "not ok: $title, depth $LK_ORACLE_DEPTH: status $status"
		cat "$work/out"
	else
		echo "ok: $title, depth $LK_ORACLE_DEPTH: $some stacks, $many frames, $short cut"
	fi
	captures=$((captures + some))
	frames=$((frames + many))
	cut=$((cut + short))
}

# set_of COMPILER FLAGS
set_of() {
	label="$1 $2"
	build calls "$1" "$2" -lpthread
	try "calls, $label" 64 "$work/calls" $((6 * times))
	try "calls, $label" 20 "$work/calls" $((2 * times))
	build signals "$1" "$2" ""
	try "signals, $label" 64 "$work/signals" $((5 * times))
	build coroutines "$1" "$2" ""
	try "coroutines, $label" 64 "$work/coroutines" $((6 * times))
	build plugins "$1" "$2" "-lpthread -ldl"
	for variant in 1 2 3; do
		# shellcheck disable=SC2086
		"$1" $2 -shared -fPIC -DVARIANT="$variant" -I"$here" -o "$work/plugin$variant.so" \
			"$here/plugin.c" || exit 1
	done
	try "plugins, $label" 64 "$work/plugins" $((8 * times)) "$work/plugin1.so" \
		"$work/plugin2.so" "$work/plugin3.so"
	build sql "$1" "$2" -lsqlite3 && try "sql, $label" 64 "$work/sql" $((10 * times))
	build json "$1" "$2" -ljansson && try "json, $label" 64 "$work/json" $((4 * times))
	built=$((built + 1))
}

set_of "$cc" "-O2"
set_of "$cc" "-O2 -fno-omit-frame-pointer"
set_of "$cc" "-O0"
if [ "$times" -gt 1 ]; then
	set_of "$cc" "-O1"
	set_of "$cc" "-O3 -funroll-loops"
	set_of "$cc" "-Os"
fi
if [ -n "$other" ]; then
	set_of "$other" "-O2"
	[ "$times" -gt 1 ] && set_of "$other" "-O0" && set_of "$other" "-O3 -fno-omit-frame-pointer"
fi
for flags in -O2 -O0; do
	build exceptions "$cxx" "$flags" "" && try "exceptions, $cxx $flags" 64 \
		"$work/exceptions" $((6 * times))
done

echo "$captures stacks of $frames frames compared in $built builds, $cut cut for want of" \
	"information, $differences differences"
[ "$differences" -eq 0 ]
