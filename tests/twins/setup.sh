# SPDX-License-Identifier: MIT
# For tests that watch real programs: compiles them, runs them under leakcheck,
# and reads what Check and leakcheck say.  $LEAKCHECK names another leakcheck
# program than that of the build tree; its library is in .libs beside it.
# shellcheck shell=sh
# shellcheck source=tests/tap.sh
. "${srcdir:-.}/tests/tap.sh"

leakcheck=$(realpath "${LEAKCHECK:-./leakcheck}")
libraries=$(dirname "$leakcheck")/.libs
twins=$srcdir/tests/twins
check_cflags=$(pkg-config --cflags check)
check_libs=$(pkg-config --libs check)
unset LD_PRELOAD LEAKCHECK_RUN CK_MAX_MSG_SIZE CK_XML_LOG_FILE_NAME CK_LOG_FILE_NAME
unset CK_RUN_SUITE CK_RUN_CASE CK_TIMEOUT_MULTIPLIER
# Slow machines, and valgrind, need more than Check's 4 seconds.
export CK_DEFAULT_TIMEOUT=60
cd "$scratch" || exit 1

# Runs COMMAND watched.  The one place that says how.
watch ()	# COMMAND [ARGUMENT...]
{
	if [ -n "${EMULATOR:-}" ]; then
		watch_emulated ${watch_options:-} "$@"
	else
		"$leakcheck" ${watch_options:-} "$@"
	fi
}
watch_options=

# What the command does, for programs that it cannot start: see emulate.
watch_emulated ()	# [--OPTION]... COMMAND [ARGUMENT...]
{
	watch_settings=${LEAKCHECK_OPTIONS:-}:verify-all
	while :; do
		case $1 in
		--no-*) watch_settings=$watch_settings:${1#--no-}=no ;;
		--*) watch_settings=$watch_settings:${1#--} ;;
		*) break ;;
		esac
		shift
	done
	LEAKCHECK_OPTIONS=$watch_settings EMULATOR_PRELOAD=$libraries/libleakcheck.so "$@"
}

# The file that PROGRAM, made by compile, is in.
program_of ()	# PROGRAM
{
	echo "${EMULATOR:+emulated/}$1"
}

# Hides PROGRAM, of another processor, behind a script that has it emulated.
emulate ()	# PROGRAM
{
	case $1 in
	*.so | *.o) return 0 ;;
	esac
	mkdir -p emulated
	mv "$1" emulated/
	cat >"$1" <<EOT
#!/bin/sh
exec $EMULATOR \${EMULATOR_PRELOAD:+-E LD_PRELOAD=\$EMULATOR_PRELOAD} $scratch/emulated/$1 "\$@"
EOT
	chmod +x "$1"
}

# Links PROGRAM of C sources and flags; a name without a slash is one of tests/twins.
compile ()	# PROGRAM [SOURCE | FLAG]...
{
	compile_to=$1
	shift
	for compile_word in "$@"; do
		shift
		case $compile_word in
		-* | */* | *.so | *.o) ;;
		*) compile_word=$twins/$compile_word ;;
		esac
		set -- "$@" "$compile_word"
	done
	# shellcheck disable=SC2086 # these hold several words
	${compiler:-$CC} -D_GNU_SOURCE -g -Wall -Wno-unused-result -I"$twins" -I"$srcdir/include" \
		$check_cflags -o "$compile_to" "$@" ${compile_libs-$check_libs} >"$compile_to.log" 2>&1 ||
		{ tap_fail "$compile_to is compiled" "$compile_to.log"; return 1; }
	[ -z "${EMULATOR:-}" ] || emulate "$compile_to"
}

# shellcheck disable=SC2034 # for the scripts that link
link_leakcheck="-L$libraries -lleakcheck -Wl,-rpath,$libraries"

# One result for each test of PROGRAM, all of them run in MODE (yes or no: does
# Check fork?) by $judge_by, and one for the sum.
judge_by=watch
judge ()	# PROGRAM MODE
{
	"./$1" list >list
	rm -f out err
	CK_FORK=$2 CK_VERBOSITY=verbose $judge_by "./$1" >out 2>err </dev/null
	judge_status=$?
	if ! grep -q '^[0-9]*%: Checks: ' out; then
		tap_fail "$1, fork $2: the program ran to its end" out err
		return
	fi
	judge_output "$1, fork $2"
	judge_leaks=$(grep -c '^must_leak_' list)
	tap_check "$1, fork $2: the status and the sum" \
		sum "$judge_status" "$(grep -c . list)" "$judge_leaks"
}

# One result for each test in the file list, as judge.awk finds it in the file out.
judge_output ()	# PREFIX
{
	awk -f "$twins/judge.awk" list out >verdicts
	while IFS= read -r judge_line; do
		case $judge_line in
		"ok "*) tap_pass "$1: ${judge_line#ok }" ;;
		"not ok "*) tap_fail "$1: ${judge_line#not ok }" ;;
		*) echo "$judge_line" ;;
		esac
	done <verdicts
}

# Did the program return as Check does, and leakcheck count TESTS and LEAKS?
sum ()	# STATUS TESTS LEAKS
{
	cat err
	grep -q "^leakcheck: $2 tests* checked, $3 leaked" err && test "$1" -eq $(($3 > 0))
}

# Leaves what COMMAND prints in out and err.
returns ()	# STATUS COMMAND...
{
	returns_wanted=$1
	shift
	"$@" >out 2>err
	test $? -eq "$returns_wanted" || { cat out err; return 1; }
}

# Is there a line in FILE that matches PATTERN?
shows ()	# FILE PATTERN
{
	grep -q -e "$2" "$1" || { cat "$1"; return 1; }
}

hides ()	# FILE PATTERN
{
	! grep -e "$2" "$1"
}
