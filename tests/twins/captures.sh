#!/bin/sh
# SPDX-License-Identifier: MIT
# What --capture writes equals what the report says, forked and not, preloaded and
# linked; and a program without tests has one record of all that is alive in it.
. "${srcdir:-.}/tests/twins/setup.sh"
print=$(dirname "$leakcheck")/tests/twins/print_capture

# The lines of the record of TEST in the file capture, its first line left out.
record_of ()	# TEST
{
	"$print" capture | awk -v test="$1" '
	$1 == "record" { on = $3 == test; next }
	on'
}

# Does the record of TEST have exactly these lines of KIND?
says ()	# TEST KIND LINES
{
	record_of "$1" | grep "^$2 " | sort >said
	printf '%s' "$3" | sort >wanted
	diff wanted said
}

check_tests ()	# MODE PROGRAM COMMAND...
{
	check_mode=$1 check_program=$2
	shift 2
	check_name="$check_program, fork $check_mode"
	rm -f capture
	CK_FORK=$check_mode "$@" >out 2>err </dev/null
	tap_check "$check_name: a record for each checked test" \
		eval '"$print" capture | grep "^record" | cut -d" " -f2,3 >said
		printf "%s\n" "window clean" "window leaks" \
			"window peaks" "window clean_again" "window starts" \
			"process -" | diff - said'
	tap_check "$check_name: nothing is left of a clean test" says clean site ''
	tap_check "$check_name: what it allocated" \
		eval 'test "$(record_of clean | awk "/^allocations/ { print \$2 }")" -ge 100'
	tap_check "$check_name: blocks and who holds them" \
		eval 'record_of leaks | grep "^site" | cut -d" " -f1-4 | sort >said
		printf "%s\n" "site lost 1 100" "site retained 1 7" "site retained 1 8" |
			diff - said'
	tap_check "$check_name: live blocks and bytes" \
		eval 'says leaks live_blocks "live_blocks 3
" && says leaks live_bytes "live_bytes 115
"'
	tap_check "$check_name: the descriptor" \
		eval 'test "$(record_of leaks | grep -c "^descriptor .*/dev/null$")" -eq 1'
	tap_check "$check_name: the thread, and that it waits" \
		eval 'test "$(record_of starts | grep -c "^thread 3 other [1-9]")" -eq 1'
	tap_check "$check_name: the child, and how many of each there were" \
		eval 'test "$(record_of starts | grep -c "^child .*$check_program")" -eq 1 &&
		test "$(record_of starts | grep -cE "^(started|spawned) 1$")" -eq 2 &&
		test "$(record_of leaks | grep -c "^opened 1$")" -eq 1'
}

# What was allocated in all, by stack, on request.
check_totals ()	# MODE PROGRAM COMMAND...
{
	check_mode=$1 check_program=$2
	shift 2
	check_name="$check_program with totals, fork $check_mode"
	rm -f capture
	CK_FORK=$check_mode "$@" >out 2>err </dev/null
	tap_check "$check_name: what one stack allocated and gave back" \
		eval 'record_of clean | grep -q "^total 100 5000 "'
	tap_check "$check_name: it is in no other record" \
		eval 'test "$("$print" capture | grep -c "^total 100 5000 ")" -eq 1'
	tap_check "$check_name: the stacks add up to the counts" \
		eval '"$print" capture | awk "
		/^record/ { if (sum != wanted || bytes != wanted_bytes) bad = 1; sum = bytes = 0 }
		/^allocations/ { wanted = \$2 }
		/^allocated_bytes/ { wanted_bytes = \$2 }
		/^total [0-9]/ { sum += \$2; bytes += \$3 }
		END { exit bad || sum != wanted || bytes != wanted_bytes || sum == 0 }"'
	tap_check "$check_name: what was given back" \
		eval 'record_of clean | awk "/^releases/ { exit \$2 < 100 }"'
	tap_check "$check_name: the peak of a test that holds 4000 bytes at once" \
		eval 'record_of peaks | awk "/^peak_bytes/ { exit \$2 < 3900 || \$2 > 6000 }"'
	tap_check "$check_name: the peak is not that of the test before" \
		eval 'record_of clean_again | awk "/^peak_bytes/ { exit \$2 < 50 || \$2 > 3000 }"'
	tap_check "$check_name: what is left is told as ever" \
		eval 'says leaks live_bytes "live_bytes 115
"'
}

compile captures captures.c -pthread
# shellcheck disable=SC2086 # several words
compile linked captures.c -pthread $link_leakcheck
for mode in yes no; do
	check_tests "$mode" captures watch --capture=capture ./captures
	check_tests "$mode" linked env LEAKCHECK_OPTIONS=verify-all:capture=capture ./linked
	check_totals "$mode" captures watch --capture=capture --totals ./captures
	check_totals "$mode" linked env LEAKCHECK_OPTIONS=verify-all:totals:capture=capture ./linked
done

for how in program exit _exit; do
	rm -f capture
	watch --capture=capture ./captures "$how" >out 2>err
	tap_check "a program that ends by $how has a record" \
		eval '"$print" capture >said; grep -q "^record process - captures$" said &&
		grep -qE "^site retained 1 123 [0-9]+$" said &&
		grep -qE "^site lost [12] [12]000 [0-9]+$" said &&
		awk "/^site (lost|retained) [123] [123]000/ { sum += \$4 } END { exit sum != 3000 }" said &&
		test "$(grep -c "^record" said)" -eq 1'
done
rm -f capture
watch --capture=capture ./captures fork >out 2>err
tap_check "each of two processes has a record" \
	eval '"$print" capture >said; test "$(grep -c "^record" said)" -eq 2 &&
	test "$(grep -cE "^site retained 1 77 " said)" -eq 1'

# Signals would end a program that writes more than it may.
limited ()	# -S | -f
{
	rm -f capture
	limited_said=$( (ulimit "$1" -f 0 && LEAKCHECK_OPTIONS=capture=capture ./linked program) 2>&1) ||
		return 1
	echo "$limited_said"
}
tap_check "a limit of file sizes is lifted for a moment" \
	eval 'limited -S && "$print" capture | grep -q "^record process"'
tap_check "one that cannot be lifted ends no program, and is told" \
	eval 'limited -f | grep -q "File too large; what was captured is lost"'

# A file that cannot be written is told before anything runs.
tap_check "a capture that cannot be written refuses the run" \
	returns 2 watch --capture=/no/such/folder/capture ./captures
tap_check "and says why" shows err "cannot write the capture '/no/such/folder/capture'"
tap_end
