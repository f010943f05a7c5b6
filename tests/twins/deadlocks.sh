#!/bin/sh
# SPDX-License-Identifier: MIT
# Threads that wait for each other, or for nobody: named, edge by edge.
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

# A test, and for each edge of its circle what is waited for and where.
cat >edges.wanted <<'EOT'
must_leak_abba mutex a_then_b
must_leak_abba mutex b_then_a
must_leak_behind mutex take_twice
must_leak_itself mutex take_twice
must_leak_join_with_lock join hold_c_and_join
must_leak_join_with_lock mutex take_c
must_leak_readers_and_writers read write_left_read_right
must_leak_readers_and_writers write write_right_write_left
must_leak_ring join join_next
must_leak_ring join join_next
must_leak_ring join join_next
EOT

# Each edge has the number of the thread that comes next, and the last that of the first.
circles_are_closed ()	# OUTPUT
{
	awk '
	/^  # DEADLOCK / { first = next_one = "" }
	/^  #   .*thread [0-9]+.* waits for / {
		split($0, half, / waits for /)
		match(half[1], /[0-9]+/)
		from = substr(half[1], RSTART, RLENGTH)
		match(half[2], /thread [0-9]+/)
		to = substr(half[2], RSTART + 7, RLENGTH - 7)
		edges++
		if (next_one != "" && from != next_one) {
			print "thread " from " comes after one that waits for " next_one
			bad = 1
		}
		if (first == "")
			first = from
		next_one = to
		closed = to == first
	}
	/^  # DEADLOCK / && NR > 1 && edges > 0 && !closed { bad = 1 }
	END { exit bad || edges == 0 || !closed }' "$1"
}

# `test kind function` for each edge; the function is the outermost of its stack.
edges_are_right ()	# OUTPUT
{
	awk '
	function finish() {
		if (kind != "")
			print test, kind, function_name
		kind = ""
	}
	match($0, /:[A-Za-z0-9_]+:-?[0-9]+: leakcheck: /) {
		finish()
		split(substr($0, RSTART + 1), field, ":")
		test = field[1]
		in_circle = 0
		next
	}
	/^  # DEADLOCK / { finish(); in_circle = 1; next }
	!/^  # / { finish(); in_circle = 0 }
	in_circle && / waits for / {
		finish()
		sub(/.* waits for /, "")
		kind = $1
		next
	}
	in_circle && /^  #     [A-Za-z_]/ { function_name = $2 }
	END { finish() }' "$1" | sort >edges.got
	diff edges.wanted edges.got
}

watch_options="--settle=0 --rerun=no"
compile deadlocks deadlocks.c -O1 || exit 1
for mode in yes no; do
	judge deadlocks $mode
	tap_check "fork $mode: what is waited for in a circle, and where" edges_are_right out
	tap_check "fork $mode: the circles are closed" circles_are_closed out
done
tap_end
