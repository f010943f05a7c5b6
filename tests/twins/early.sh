#!/bin/sh
# SPDX-License-Identifier: MIT
# The recorder where little works: before main, after it, in resolvers, in
# libraries that the test loads.
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

compile_libs='' compile libearly.so -shared -fPIC early_library.c &&
	compile_libs='' compile libloaded.so -shared -fPIC heap_library.c || exit 1
export CK_RUN_CASE=early
for flags in -O2 "-O2 -Wl,-z,now" "-O0 -no-pie"; do
	# shellcheck disable=SC2086 # several words
	compile early early.c ./libearly.so -Wl,-rpath,"$scratch" $flags || continue
	echo "# $flags"
	judge early yes
	judge early no
done
CK_RUN_CASE=elsewhere
judge early yes
tap_end
