#!/bin/sh
# SPDX-License-Identifier: MIT
# The recorder under threads, forks, signals and libraries that come and go, all
# at the same time.
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

compile_libs='' compile libone.so -shared -fPIC heap_library.c &&
	cp libone.so libtwo.so && cp libone.so libthree.so &&
	compile storm storm.c -O2 || exit 1
judge storm yes
judge storm no
tap_end
