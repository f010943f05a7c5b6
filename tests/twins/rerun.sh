#!/bin/sh
# SPDX-License-Identifier: MIT
# A test that left something runs again, in a copy: what grows is a leak, what was
# kept once is none, and nobody outside sees the other runs.
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

compile rerun rerun.c || exit 1
for mode in yes no; do
	judge rerun $mode
	# Each runs for each test once.
	tap_check "fork $mode: what a fixture prints is printed once a test" \
		test "$(grep -c 'the setup speaks' out) $(grep -c 'the teardown speaks' out)" = \
		"$(grep -c . list) $(grep -c . list)"
done
tap_end
