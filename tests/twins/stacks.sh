#!/bin/sh
# SPDX-License-Identifier: MIT
# Stacks that are hard to walk or to name.
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

# Whether a stale word holds a block is not the question here.
export LEAKCHECK_OPTIONS=rerun=no:fail-on=lost,kept,unproven

# One source for both, so that only the sizes of their frames differ.
export compile_libs=''
compile one.so -shared -fPIC -O2 -DPLUGIN=take_inside_one -DROOM=64 stacks_library.c &&
	compile other.so -shared -fPIC -O2 -DPLUGIN=take_inside_other -DROOM=160 stacks_library.c &&
	compile liblate.so -shared -fPIC -O2 stacks_library.c &&
	compiler=${CXX:-c++} compile stacks.o -c -O2 stacks.cc || exit 1
unset compile_libs
for flags in -O0 -O2 "-O2 -fno-omit-frame-pointer"; do
	name=stacks$(echo "$flags" | tr -d ' ')
	# shellcheck disable=SC2086 # several flags; bound late only if not all at once
	compile "$name" stacks.c $flags ./stacks.o ./liblate.so -Wl,-z,lazy -lstdc++ \
		-Wl,-rpath,"$scratch" || continue
	# Apart, because of what dlclose leaves behind in the loader's tables.
	for CK_RUN_CASE in stacks unloading; do
		export CK_RUN_CASE
		judge "$name" yes
		judge "$name" no
	done
done
tap_end
