#!/bin/sh
# SPDX-License-Identifier: MIT
# Threads that are left in a pattern: it has its name, and what is only like it has none.
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

# A test, how many threads are in its pattern, and a word of that.
cat >patterns.wanted <<'EOT'
must_leak_ended_and_was_not_joined 1 joined
must_leak_join_of_who_wants_the_lock 2 cycle-of-locks-and-joins
must_leak_three_at_one_semaphore 3 wait
must_leak_three_joins 3 join-cycle
must_leak_three_readers_of_one_pipe 3 wait
must_leak_two_locks 2 lock-cycle
must_leak_writer_whose_reader_sleeps 1 reads
must_leak_writer_whose_reader_sleeps 1 sleep
must_leak_writer_whose_reader_waits_elsewhere 1 reads
must_leak_writer_without_reader 1 reads
EOT

# `test number word` for each pattern that has a thread of the test itself.
patterns_are_right ()	# OUTPUT
{
	awk '
	match($0, /:must_[A-Za-z0-9_]+:-?[0-9]+: leakcheck: /) {
		split(substr($0, RSTART + 1), field, ":")
		test = field[1]
	}
	/^  # DEADLOCK of / { cycle = $4 }
	/^  # PATTERN / {
		sub(/^  # PATTERN /, "")
		sub(/:.*/, "")
		if (/cycle/) {
			gsub(/ /, "-")
			print test, cycle, $0
		} else
			print test, $1, $NF
	}' "$1" | sort >patterns.got
	diff patterns.wanted patterns.got
}

watch_options="--settle=0 --rerun=no"
compile patterns patterns.c -O1 || exit 1
for mode in yes no; do
	for CK_RUN_CASE in readers patterns; do
		export CK_RUN_CASE
		judge patterns $mode
		mv out $CK_RUN_CASE.out
	done
	cat readers.out patterns.out >out
	tap_check "fork $mode: the patterns and their threads" patterns_are_right out
done
tap_end
