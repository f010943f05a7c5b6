#!/bin/sh
# SPDX-License-Identifier: MIT
# Threads: those that stay, and those that nobody joined.
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

: "${CXX:=c++}"
compiler=$CXX compile_libs='' compile cpp.o -c -std=c++17 cpp.cc &&
	compile threads threads.c ./cpp.o -lstdc++ || exit 1
export CK_RUN_CASE
CK_RUN_CASE=ending
judge threads yes
judge threads no
if [ -n "${EMULATOR:-}" ]; then
	# What other threads do, the kernel tells of the emulator.
	tap_end
	exit
fi
# Waiting is of no use here.
watch_options=--settle=20 CK_RUN_CASE="for ever"
judge threads yes
judge threads no
# Here it is worse than that: Check kills the test after 0.4 seconds.
watch_options='' CK_RUN_CASE="in a hurry"
judge threads yes
tap_end
