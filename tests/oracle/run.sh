#!/bin/sh
# SPDX-License-Identifier: MIT
# Compares leakcheck's stack walker with libunwind, frame by frame, on every
# allocation of the programs next to this script.
#
# usage: run.sh [--long] [PROGRAM...]
#
# Prints a line for each program and build, then the captures compared and the
# differences; the PROGRAMs are run as well, as they are.  Exit status: 0 no
# difference, 1 a difference, 77 libunwind is missing.  CC, CXX and TMPDIR are
# honoured; a second C compiler is used if there is one.  --long compares at least
# five million stacks.  For another processor $EMULATOR runs the programs
# (script/arm64).
set -u

here=$(cd "$(dirname "$0")" && pwd) || exit 3
top=$(cd "$here/../.." && pwd) || exit 3
work=$(mktemp -d "${TMPDIR:-/tmp}/leakcheck-oracle.XXXXXX") || exit 3
trap 'rm -rf "$work"' EXIT
trap 'exit 3' HUP INT TERM

times=1
if [ "${1:-}" = --long ]; then
	times=40
	shift
fi
emulator=${EMULATOR:-}
# libunwind for aarch64 loses its way where a signal comes while a call is being bound.
bound=${emulator:+-Wl,-z,now}

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
for module in depot lessons unwind walker walker_room walker_pool rules code_map cfi expression slow_walk \
	stack_bounds step; do
	sources="$sources $top/src/probe/$module.c"
done
# shellcheck disable=SC2086
if ! "$cc" -std=gnu11 -O2 -g -fPIC -shared -fvisibility=hidden -fno-omit-frame-pointer \
	-fno-optimize-sibling-calls -ftls-model=initial-exec -D_GNU_SOURCE -I"$top/src" -o "$work/oracle.so" $sources -ldl \
	>"$work/log" 2>&1; then
	cat "$work/log" >&2
	grep -q 'libunwind.h' "$work/log" && exit 77
	exit 1
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
	$2 $3 -g -I"$here" $bound -o "$work/$1" "$source" $4 2>"$work/log" && return 0
	if grep -q 'No such file\|cannot find -l' "$work/log"; then
		echo "oracle: $1 is left out, a library is missing" >&2
		return 1
	fi
	cat "$work/log" >&2
	exit 1
}

# under_oracle PROGRAM ARGUMENTS..
under_oracle() {
	if [ -n "$emulator" ]; then
		$emulator -E LD_PRELOAD="$work/oracle.so" "$@"
	else
		LD_PRELOAD="$work/oracle.so" "$@"
	fi
}

# try LABEL DEPTH PROGRAM ARGUMENTS..
try() {
	title=$1
	export LK_ORACLE_DEPTH="$2"
	shift 2
	: >"$work/report"
	LK_ORACLE_REPORT="$work/report" under_oracle "$@" >"$work/out" 2>&1 </dev/null
	status=$?
	# A line for each process.
	awk '{ some += $1; many += $2; short += $3 } END { print some + 0, many + 0, short + 0 }' \
		"$work/report" >"$work/sum"
	read -r some many short <"$work/sum"
	# All that these programs run has tables, so no stack need be cut.
	if [ "$status" -ne 0 ] || [ "$some" -eq 0 ] || [ "$short" -gt 0 ]; then
		differences=$((differences + 1))
		echo "not ok: $title, depth $LK_ORACLE_DEPTH: status $status, $some stacks, $short cut"
		cat "$work/out"
	else
		echo "ok: $title, depth $LK_ORACLE_DEPTH: $some stacks, $many frames, $short cut"
	fi
	captures=$((captures + some))
	frames=$((frames + many))
	cut=$((cut + short))
}

# rounds NUMBER: that many of a full set, at least one
rounds() {
	echo $((($1 * times + share - 1) / share))
}

# set_of SHARE COMPILER FLAGS: one SHARE-th of the rounds
set_of() {
	share=$1
	shift
	label="$1 $2"
	build calls "$1" "$2" -lpthread
	try "calls, $label" 64 "$work/calls" "$(rounds 6)"
	try "calls, $label" 20 "$work/calls" "$(rounds 2)"
	build signals "$1" "$2" ""
	try "signals, $label" 64 "$work/signals" "$(rounds 5)"
	build coroutines "$1" "$2" ""
	try "coroutines, $label" 64 "$work/coroutines" "$(rounds 6)"
	build plugins "$1" "$2" "-lpthread -ldl"
	for variant in 1 2 3; do
		# shellcheck disable=SC2086
		"$1" $2 -shared -fPIC -DVARIANT="$variant" -I"$here" -o "$work/plugin$variant.so" \
			"$here/plugin.c" || exit 1
	done
	try "plugins, $label" 64 "$work/plugins" "$(rounds 8)" "$work/plugin1.so" \
		"$work/plugin2.so" "$work/plugin3.so"
	build sql "$1" "$2" -lsqlite3 && try "sql, $label" 64 "$work/sql" "$(rounds 10)"
	build json "$1" "$2" -ljansson && try "json, $label" 64 "$work/json" "$(rounds 4)"
	built=$((built + 1))
}

exceptions() {	# COMPILER FLAGS...
	share=1 compiler=$1
	shift
	for flags in "$@"; do
		build exceptions "$compiler" "$flags" "" &&
			try "exceptions, $compiler $flags" 64 "$work/exceptions" "$(rounds 6)"
	done
}

if [ -z "$emulator" ]; then
	set_of 1 "$cc" "-O2"
	set_of 1 "$cc" "-O2 -fno-omit-frame-pointer"
	set_of 1 "$cc" "-O0"
	for flags in "-O1 -fomit-frame-pointer" "-O3 -funroll-loops" "-Os" "-O2 -flto"; do
		set_of 6 "$cc" "$flags"
	done
	if [ -n "$other" ]; then
		set_of 1 "$other" "-O2"
		set_of 6 "$other" "-O0"
		set_of 6 "$other" "-O3 -fno-omit-frame-pointer"
	fi
	exceptions "$cxx" -O2 -O0 "-Os -fno-omit-frame-pointer"
	[ "$other" != clang ] || exceptions clang++ -O2
else
	# libgcc knows signed return addresses and where a coroutine ends.
	export LK_ORACLE_REFERENCE=gcc
	set_of 2 "$cc" "-O2 -mbranch-protection=standard"
	set_of 6 "$cc" "-O0"
	[ -z "$other" ] || set_of 6 "$other" "-O2"
	exceptions "$cxx" -O2
	unset LK_ORACLE_REFERENCE
	share=2
	# Without lazy binding, whose table tells libunwind and libgcc a wrong place.
	for program in calls signals; do
		build $program "$cc" "-O2 -Wl,-z,now" -lpthread &&
			try "$program, $cc -O2 -z now" 64 "$work/$program" "$(rounds 4)"
	done
fi
for program in "$@"; do
	try "${program##*/}" 64 "$program"
done

echo "$captures stacks of $frames frames compared in $built builds, $cut cut for want of" \
	"information, $differences differences"
[ "$differences" -eq 0 ]
