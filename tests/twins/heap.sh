#!/bin/sh
# SPDX-License-Identifier: MIT
# Heap memory: what is lost is reported where it was taken, and nothing else is.
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

: "${CXX:=c++}"
compile_libs='' compile libheap.so -shared -fPIC heap_library.c &&
	compiler=$CXX compile_libs='' compile cpp.o -c -std=c++17 cpp.cc &&
	compile heap heap.c ./libheap.so ./cpp.o -lstdc++ -Wl,-rpath,"$scratch" || exit 1
judge heap yes
# An emulator's maps do not say which memory is the heap's own: what is lost there
# looks held by it.
[ -n "${EMULATOR:-}" ] || judge heap no
tap_check "many blocks of one place are one leak" \
	shows out ':must_leak_list:0: leakcheck: [12] leaks*: heap 2400 B in 100 blocks$'
tap_check "the place that Check prints is the leak's" \
	shows out "heap.c:$(sed -n '/^MUST_LEAK(malloc,/=' "$twins/heap.c"):S:heap:must_leak_malloc:0: "

# How much of a stack is kept.
cat >deep.c <<'EOT'
#define TWIN_CASE "deep"
#include "twins.h"
static __attribute__((noinline)) void dive(int depth)
{
	if (depth > 0)
		dive(depth - 1);
	else
		lose(malloc(99));
	__asm__ volatile("");
}
MUST_LEAK(deep, "heap 99 B in 1 block", "dive") { dive(99); } END_TEST
int main(int argc, char **argv) { return twins_main(argc, argv); }
EOT
compile deep ./deep.c || exit 1
for option in "" "--frames=1" "--frames=3" "--frames=200"; do
	watch_options=$option
	judge deep yes
	case $option in
	--frames=200) wanted="101 0" ;;	# 100 of dive and the test
	*=*) wanted="${option#*=} 1" ;;
	*) wanted="64 1" ;;
	esac
	tap_check "frames kept: ${option:-as always}" test "$wanted" = \
		"$(grep -c '^  #   [> ] [a-z]' out) $(grep -c '^  #     \.\.\. outer frames not kept' out)"
done
watch_options=

# The judge sees what it is to see: without leakcheck every leak passes.
./heap list >list
CK_VERBOSITY=verbose ./heap >out
awk -f "$twins/judge.awk" list out >verdicts
tap_check "unwatched, each must_leak is found to pass" \
	test "$(grep -c '^not ok must_leak_.*: passed$' verdicts)" -eq "$(grep -c '^must_leak' list)"
tap_check "and nothing else is wrong" \
	test "$(grep -c '^ok must_pass_' verdicts)" -eq "$(grep -c '^must_pass' list)"
tap_end
