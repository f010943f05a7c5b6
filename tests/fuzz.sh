# SPDX-License-Identifier: MIT
# Some thousand inputs for each target of fuzz/, always the same;
# `tests/fuzz/run.sh` goes on for ten minutes each.
# shellcheck shell=sh
. "${srcdir:-.}/tests/tap.sh"

for source in "$srcdir"/tests/fuzz/*.c; do
	target=$(basename "$source" .c)
	(cd "$scratch" && TMPDIR=$scratch sh "$srcdir/tests/fuzz/run.sh" 0 "$target") \
		>"$scratch/log" 2>&1
	status=$?
	if [ "$status" -eq 0 ]; then
		sed 's/^/# /' "$scratch/log"
		tap_pass "$target takes any input"
	else
		echo "# status $status"
		tap_fail "$target takes any input" "$scratch/log"
	fi
done
tap_end
