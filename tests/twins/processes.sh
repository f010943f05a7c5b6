#!/bin/sh
# SPDX-License-Identifier: MIT
# Tests that fork and run other programs, which lose nothing but us.
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

compile processes processes.c && compile_libs='' compile other.so -shared -fPIC heap_library.c &&
	cp other.so another.so || exit 1
export CK_RUN_CASE=processes
# Exactly the tests are counted, not the children.
judge processes yes
judge processes no

# What was preloaded beside us stays for the programs that tests run.  An emulator's
# own environment is not the program's.
for others in "$scratch/other.so" "$scratch/other.so:$scratch/another.so" \
	"$scratch/other.so  $scratch/another.so"; do
	[ -z "${EMULATOR:-}" ] || break
	LD_PRELOAD=$others OTHERS=$(echo "$others" | tr -s ' ' ':') CK_VERBOSITY=verbose \
		watch ./processes 2>err | grep environment_with_others >out
	tap_check "LD_PRELOAD=$(echo "$others" | sed "s|$scratch/||g")" \
		shows out ':P:processes:must_pass_environment_with_others:'
done

# Without fork, Check itself ends the program here.
CK_RUN_CASE=check_fork
./processes list >list
CK_VERBOSITY=verbose watch ./processes >out 2>err
judge_output check_fork
tap_check "check_fork: counted as not checked" \
	shows err '^leakcheck: 1 test not checked: 1 ended by exit$'
tap_end
