# SPDX-License-Identifier: MIT
# For tests of the leakcheck program alone: $bin holds a copy of it beside a
# library that only adds numbers to the summary (fake_library.c), as the build
# tree does with the real one.  The script goes on in a folder of its own.
# shellcheck shell=sh
# shellcheck source=tests/tap.sh
. "${srcdir:-.}/tests/tap.sh"

unset LD_PRELOAD LEAKCHECK_RUN LEAKCHECK_FAKE
bin=$scratch/bin
mkdir -p "$bin/.libs" "$scratch/here"
chmod 755 "$scratch"	# for the tests that give up root's rights
cp "${LEAKCHECK:-./leakcheck}" "$bin/leakcheck" || exit 1

compile ()	# PROGRAM [FLAG...] <SOURCE
{
	compile_to=$1
	shift
	# shellcheck disable=SC2086 # CC may be a command with options
	${CC:-cc} -D_GNU_SOURCE -o "$compile_to" "$@" -x c -
}

compile "$bin/.libs/libleakcheck.so" -shared -fPIC -I"$srcdir/src" \
	<"$srcdir/tests/cli/fake_library.c" || exit 1
PATH=$bin:$PATH
cd "$scratch/here" || exit 1

# Passes if COMMAND ends with status 2 after one sentence that matches PATTERN,
# and nothing else.
refuses ()	# NAME PATTERN COMMAND [ARGUMENT...]
{
	refuses_name=$1 refuses_pattern=$2
	shift 2
	"$@" >"$scratch/out" 2>"$scratch/err" </dev/null
	refuses_status=$?
	if [ "$refuses_status" -eq 2 ] && [ ! -s "$scratch/out" ] &&
		[ "$(wc -l <"$scratch/err")" -eq 1 ] &&
		grep -q -e "^leakcheck: .*$refuses_pattern" "$scratch/err"; then
		tap_pass "$refuses_name"
	else
		echo "# status $refuses_status, wanted 2 and '$refuses_pattern': $*"
		tap_fail "$refuses_name" "$scratch/out" "$scratch/err"
	fi
}

# Passes if COMMAND ends with STATUS.
returns ()	# NAME STATUS COMMAND [ARGUMENT...]
{
	returns_name=$1 returns_wanted=$2
	shift 2
	"$@" >"$scratch/out" 2>"$scratch/err" </dev/null
	returns_got=$?
	if [ "$returns_got" -eq "$returns_wanted" ]; then
		tap_pass "$returns_name"
	else
		echo "# status $returns_got, wanted $returns_wanted: $*"
		tap_fail "$returns_name" "$scratch/out" "$scratch/err"
	fi
}

# Passes if COMMAND writes exactly TEXT to standard output; its errors go away.
prints ()	# NAME TEXT COMMAND [ARGUMENT...]
{
	prints_name=$1 prints_text=$2
	shift 2
	"$@" >"$scratch/out" 2>"$scratch/err"
	printf '%s\n' "$prints_text" >"$scratch/wanted"
	if cmp -s "$scratch/wanted" "$scratch/out"; then
		tap_pass "$prints_name"
	else
		tap_fail "$prints_name" "$scratch/wanted" "$scratch/out" "$scratch/err"
	fi
}

# Passes if COMMAND ends with STATUS and some line of its errors is SENTENCE.
tells ()	# NAME STATUS SENTENCE COMMAND [ARGUMENT...]
{
	tells_name=$1 tells_status=$2 tells_sentence=$3
	shift 3
	"$@" >"$scratch/out" 2>"$scratch/err"
	tells_got=$?
	if [ "$tells_got" -eq "$tells_status" ] && grep -qxF -e "$tells_sentence" "$scratch/err"; then
		tap_pass "$tells_name"
	else
		echo "# status $tells_got, wanted $tells_status and '$tells_sentence': $*"
		tap_fail "$tells_name" "$scratch/err"
	fi
}
