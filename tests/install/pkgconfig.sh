#!/bin/sh
# SPDX-License-Identifier: MIT
# A program linked through leakcheck.pc, and what make uninstall leaves.
# shellcheck source=tests/install/common.sh
. "${srcdir:-.}/tests/install/common.sh"

library_dir=$stage$(pkg-config --variable=libdir ./leakcheck.pc)
write_suite "$scratch/linked.c" leak
sed -i -e '1i #include <leakcheck.h>' \
	-e 's/Suite \*suite = /leakcheck_verify_all();\n&/' "$scratch/linked.c"
flags=$($PKG_CONFIG --cflags --libs leakcheck check)
# shellcheck disable=SC2086 # flags are words
tap_check "a program builds with pkg-config's flags" $CC -g -o "$scratch/linked" \
	"$scratch/linked.c" $flags "-Wl,-rpath,$library_dir"
"$scratch/linked" >"$scratch/linked.out" 2>&1
tap_check "linked alone it fails the test that leaks" shows "$scratch/linked.out" 'keeps_a_block.*leak'
tap_check "and not the other" shows "$scratch/linked.out" 'Checks: 2, Failures: 1, Errors: 0'
tap_check "the variable leakcheck names the program" test -x "$($PKG_CONFIG --variable=leakcheck leakcheck)"
tap_check "the variable preload names the library" test -f "$($PKG_CONFIG --variable=preload leakcheck)"
tap_check "no static library" test ! -e "$library_dir/libleakcheck.a"
tap_check "make uninstall" "$MAKE" uninstall DESTDIR="$stage"
tap_check "nothing is left" sh -c '! find "$1" -type f -o -type l | grep .' sh "$stage"
tap_end
