# SPDX-License-Identifier: MIT
# TAP for test scripts: . "$srcdir/tests/tap.sh", then one call for each result,
# tap_end last.  A script runs in the top of the build tree; $scratch is a
# folder of its own that goes away with it.
# shellcheck shell=sh

set -u
srcdir=$(cd "${srcdir:-.}" && pwd)
: "${MAKE:=make}" "${CC:=cc}"
tap_results=0
scratch=$(mktemp -d "${TMPDIR:-/tmp}/leakcheck-test.XXXXXX") || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM
# What the harness or the user set for Check is not for the programs in here.
unset CK_TAP_LOG_FILE_NAME CK_VERBOSITY CK_FORK LEAKCHECK_OPTIONS
unset MAKEFLAGS MFLAGS MAKELEVEL

tap_pass ()	# NAME
{
	tap_results=$((tap_results + 1))
	echo "ok $tap_results - $1"
}

tap_fail ()	# NAME [FILE...]: the files tell why
{
	tap_results=$((tap_results + 1))
	echo "not ok $tap_results - $1"
	shift
	for tap_file in "$@"; do
		sed "s|^|# ${tap_file##*/}: |" "$tap_file"
	done
}

tap_skip ()	# NAME REASON; the reason must stand in tests/skips
{
	tap_results=$((tap_results + 1))
	echo "ok $tap_results - $1 # SKIP $2"
}

# Passes if COMMAND succeeds; its output is shown only if it does not.
tap_check ()	# NAME COMMAND [ARGUMENT...]
{
	tap_name=$1
	shift
	if "$@" >"$scratch/output" 2>&1; then
		tap_pass "$tap_name"
	else
		echo "# status $?: $*"
		tap_fail "$tap_name" "$scratch/output"
	fi
}

# Passes if COMMAND runs and fails.
tap_fails ()	# NAME COMMAND [ARGUMENT...]
{
	tap_name=$1
	shift
	"$@" >"$scratch/output" 2>&1
	tap_status=$?
	if [ "$tap_status" -gt 0 ] && [ "$tap_status" -lt 126 ]; then
		tap_pass "$tap_name"
	else
		echo "# status $tap_status: $*"
		tap_fail "$tap_name" "$scratch/output"
	fi
}

tap_end ()
{
	echo "1..$tap_results"
}
