#!/bin/sh
# SPDX-License-Identifier: MIT
# The exit status, and the summary above it.
# shellcheck source=tests/cli/setup.sh
. "${srcdir:-.}/tests/cli/setup.sh"

compile launch <"$srcdir/tests/cli/launch.c" || exit 1
compile ends <<'EOT'
#include <signal.h>
#include <stdlib.h>
int main(int argc, char **argv)
{
	(void)argc;
	signal(atoi(argv[1]), SIG_DFL);
	raise(atoi(argv[1]));
	return 9;
}
EOT

clean=runners=1:tests_checked=3
LEAKCHECK_FAKE=$clean
export LEAKCHECK_FAKE
for status in 0 1 2 23 77 99 126 127 255; do
	returns "the program's status $status" "$status" leakcheck sh -c "exit $status"
done
for number in 1 2 3 6 9 11 13 14 15 24 31; do
	prints "a program that ends by signal $number" "signal $number" \
		./launch end "$bin/leakcheck" ./ends "$number"
done

# Passes if a program that returns 0 in a run of these NUMBERS ends with STATUS
# and SENTENCE among what is printed.
judged ()	# NAME STATUS SENTENCE NUMBERS [OPTION...]
{
	judged_name=$1 judged_status=$2 judged_sentence=$3 LEAKCHECK_FAKE=$4
	shift 4
	tells "$judged_name" "$judged_status" "leakcheck: $judged_sentence" leakcheck "$@" true
}

none="0 allocations, 0 descriptors, 0 threads seen"
judged "clean" 0 "3 tests checked, 0 leaked, 0 unsure; $none" $clean
judged "one of each" 23 \
	"1 test checked, 1 leaked (1 site), 1 unsure; 1 allocation, 1 descriptor, 1 thread seen" \
	runners=1:tests_checked=1:tests_leaked=1:sites=1:tests_unsure=1:allocations=1:descriptors=1:threads=1
judged "many of each" 23 \
	"30 tests checked, 2 leaked (3 sites), 0 unsure; 1204 allocations, 9 descriptors, 2 threads seen" \
	runners=1:tests_checked=30:tests_leaked=2:sites=3:allocations=1204:descriptors=9:threads=2
judged "a leak says why the status is not 0" 23 \
	"the program returned 0 all the same, so the exit status is 23" $clean:tests_leaked=1
judged "more than 32 bits" 0 "3 tests checked, 0 leaked, 0 unsure; 5000000000 allocations, 0 descriptors, 0 threads seen" \
	$clean:allocations=5000000000
judged "one test not checked" 0 "1 test not checked: 1 ended by exit" $clean:exited=1
judged "tests not checked" 0 "6 tests not checked: 3 failed by itself, 1 ended by a signal, 2 timed out or was killed" \
	$clean:failed=3:signalled=1:killed=2
judged "no test checked, but seen" 0 "1 test not checked: 1 failed in a fixture" runners=1:setup_failed=1
judged "events lost" 0 "12 events lost, so a leak may be missing" $clean:events_lost=12
judged "an event lost" 0 "1 event lost, so a leak may be missing" $clean:events_lost=1
judged "a notice" 0 "heap is not watched (2 tests)" "$clean:notice=heap is not watched:notices[0].tests=2"
judged "a notice with one test" 0 "heap is not watched (1 test)" "$clean:notice=heap is not watched:notices[0].tests=1"
judged "a notice without tests" 0 "heap is not watched" "$clean:notice=heap is not watched"
judged "a notice with control characters" 0 'x\x1b\n.' "$clean:notice=x$(printf '\033\n.')"
long=$(printf '%0300d' 0)
judged "a notice without an end" 0 "$(printf '%.256s' "$long")" "$clean:notice=$long"
judged "a misuse" 23 "LEAKCHECK_VERIFY_NONE() was used 1 time where it cannot work" $clean:misuses=1
judged "misuses" 23 "LEAKCHECK_VERIFY_NONE() was used 2 times where it cannot work" $clean:misuses=2

judged "no runner" 24 "nothing was watched: no Check test was seen; leakcheck watches programs that run their tests with Check" \
	runners=0
judged "no test" 24 "nothing was watched: Check ran no test; does CK_RUN_SUITE, CK_RUN_CASE or a tag leave all of them out?" \
	runners=1
judged "no library" 24 "nothing was watched: no process of this run loaded the library; is the program linked statically?" \
	absent

sure="a test got no sure verdict, so with --require the exit status is 24"
judged "--require of a clean run" 0 "3 tests checked, 0 leaked, 0 unsure; $none" $clean --require
judged "--require and a test unsure" 24 "$sure" $clean:tests_unsure=1 --require
judged "--require and an event lost" 24 "$sure" $clean:events_lost=1 --require
judged "--require and a test not checked" 24 "$sure" $clean:killed=1 --require
judged "--require and a leak" 23 "3 tests checked, 1 leaked, 1 unsure; $none" \
	$clean:tests_leaked=1:tests_unsure=1 --require

LEAKCHECK_FAKE=$clean:tests_leaked=1:misuses=1
returns "a leak leaves the program's own status" 1 leakcheck sh -c 'exit 1'
tap_check "and nothing is said about another" sh -c '! grep "exit status" "$1"' sh "$scratch/err"
LEAKCHECK_FAKE=runners=0
tells "nothing watched is told also when the program fails" 3 \
	"leakcheck: nothing was watched: no Check test was seen; leakcheck watches programs that run their tests with Check" \
	leakcheck sh -c 'exit 3'
prints "and when a signal ends it" "signal 9" ./launch end "$bin/leakcheck" ./ends 9
tap_check "after the summary" grep -q '^leakcheck: 0 tests checked' "$scratch/err"
tap_end
