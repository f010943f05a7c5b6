#!/bin/sh
# SPDX-License-Identifier: MIT
# --every: a program is captured while it runs, without a thread, a child or a
# descriptor of ours in it.
. "${srcdir:-.}/tests/twins/setup.sh"
print=$(dirname "$leakcheck")/tests/twins/print_capture

compile_libs='' compile soak soak.c
# shellcheck disable=SC2086 # several words
compile_libs='' compile linked soak.c -Wl,--no-as-needed $link_leakcheck

check_soak ()	# NAME COMMAND...
{
	check_name=$1
	shift
	rm -f capture
	tap_check "$check_name: it ends as it would" returns 0 "$@"
	"$print" capture >printed
	tap_check "$check_name: one snapshot after the other, and one at the end" \
		eval 'test "$(grep -c "^record process" printed)" -ge 4'
	tap_check "$check_name: what it keeps grows from one to the next" \
		awk '/^record/ { n++; last = now; now = 0 }
		/^site [a-z]+ [0-9]+ [0-9]+/ && $4 == 100 * $3 { now = $3; bad += now <= last }
		END { exit bad || n < 4 }' printed
	tap_check "$check_name: no thread and no child is beside it" \
		eval 'test "$(grep -c "^threads 1$" printed)" -eq "$(grep -c ^record printed)" &&
		test "$(grep -c "^children 0$" printed)" -eq "$(grep -c ^record printed)"'
	tap_check "$check_name: no descriptor is left by a snapshot" \
		eval 'test "$(grep "^descriptors" printed | sort -u | wc -l)" -eq 1'
}

check_soak "preloaded" watch --every=0.1 --capture=capture ./soak capture 3
tap_check "the run says what was captured" \
	shows err '^leakcheck: [0-9]* snapshots captured; no Check test was seen$'
check_soak "linked" env LEAKCHECK_OPTIONS=every=0.1:capture=capture ./linked capture 3
check_soak "with totals" watch --every=0.1 --totals --capture=capture ./soak capture 3
tap_check "with totals: they grow, too" \
	awk '/^allocations/ { bad += $2 <= last; last = $2 } END { exit bad || last < 100 }' printed

rm -f capture
tap_check "a child is captured, too" \
	returns 0 watch --every=0.1 --capture=capture ./soak capture 4 fork
"$print" capture >printed
tap_check "each for itself" \
	eval 'test "$(grep -c "^children 0$" printed)" -ge 2 &&
	test "$(grep -c "^children 1$" printed)" -ge 2'

tap_check "without a file the records are the run's own" \
	returns 0 watch --every=0.1 ./soak /dev/null 0
tap_check "what is required is a test" \
	returns 24 watch --require --every=0.1 ./soak /dev/null 0
tap_end
