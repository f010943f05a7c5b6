#!/bin/sh
# SPDX-License-Identifier: MIT
# What threads that are left wait for, told right whatever the compiler made of them.
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

# Neither waiting nor running again changes what these threads do.
watch_options="--settle=0 --rerun=no"
for state_flags in -O0 -O2; do
	for compiler in gcc clang; do
		compile "states$state_flags-$compiler" states.c "$state_flags" || continue
		judge "states$state_flags-$compiler" yes
		judge "states$state_flags-$compiler" no
	done
done
tap_end
