#!/bin/sh
# SPDX-License-Identifier: MIT
# Where something else owns malloc: one sentence says what is not watched, the
# rest is watched, and no test counts as checked for sure.
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

# No thread of kinds.c that is alive at the end ever ends.
export LEAKCHECK_OPTIONS=settle=20

# What was seen of kinds.c, without the heap: out and err say it.
without_heap ()	# STATUS SENTENCE
{
	cat out err
	test "$1" -eq 1 &&
		grep -q '^leakcheck: 4 tests checked, 2 leaked (2 sites), 2 unsure; ' err &&
		grep -q "^leakcheck: heap memory is not watched: $2.* (4 tests)$" err &&
		test "$(grep -c '^leakcheck: heap' err)" -eq 1 &&
		grep -q ':P:kinds:leaks_heap:0: Passed$' out &&
		grep -q ':S:kinds:leaks_descriptor:0: leakcheck: 1 leak: fd 1$' out &&
		grep -q ':S:kinds:leaks_thread:0: leakcheck: 1 leak: thread 1$' out
}
export CK_VERBOSITY=verbose

compile own kinds.c own_malloc.c && cp own own.program || exit 1
# shellcheck disable=SC2086 # several words
compile own-linked kinds.c own_malloc.c -DVERIFY_ALL $link_leakcheck || exit 1
for mode in yes no; do
	export CK_FORK=$mode
	watch ./own >out 2>err
	tap_check "fork $mode: a malloc of the program's own" without_heap $? "the program brings its own malloc"
	watch --require --no-descriptors --no-threads ./own >out 2>err
	tap_check "fork $mode: required" test $? -eq 24
	watch --require --no-descriptors --no-threads --no-heap ./own >out 2>err
	tap_check "fork $mode: what is not asked for is not missed" test $? -eq 0
	./own-linked >out 2>err
	tap_check "fork $mode: a malloc of the program's own, linked" \
		without_heap $? "the program brings its own malloc"
done

# A library's allocator is asked in libc's place: all is watched.
compile_libs='' compile libown.so -shared -fPIC own_malloc.c &&
	compile theirs kinds.c ./libown.so -Wl,-rpath,"$scratch" || exit 1
for mode in yes no; do
	CK_FORK=$mode watch ./theirs >out 2>err
	tap_check "fork $mode: a library's malloc" sum $? 4 3
	tap_check "fork $mode: a library's malloc: the place" shows out '^  #   > leaks_heap_fn '
done

# Sanitizers, whose runtime is a library or a part of the program.
part="-fsanitize=address -static-libasan"	# clang's always is
$CC --version | grep -q clang && part=
for flags in -fsanitize=address ${part:+"$part"} -fsanitize=thread; do
	# shellcheck disable=SC2086 # several words
	compile sane kinds.c $flags &&
		compile sane-linked kinds.c $flags -DVERIFY_ALL $link_leakcheck || continue
	watch ./sane >out 2>err
	tap_check "$flags: refused" test $? -eq 2
	tap_check "$flags: in one sentence" sh -c 'cat err
		test "$(wc -l <err)" -eq 1 && grep -q "^leakcheck: .* is built with .*[Ss]anitizer" err'
	tap_check "$flags: nothing was run" test ! -s out
	test "$flags" != -fsanitize=thread || continue
	for mode in yes no; do
		export CK_FORK=$mode
		ASAN_OPTIONS=detect_leaks=0 ./sane-linked >out 2>err
		status=$?
		# gcc's runtime, when it is a part of the program, shows no name of its own.
		if [ "$flags" = "$part" ]; then
			tap_check "$flags: linked, fork $mode" without_heap $status \
				"the program brings its own malloc"
			continue
		fi
		# AddressSanitizer tells of each block.
		tap_check "$flags: linked, fork $mode" sum $status 4 3
		tap_check "$flags: linked, fork $mode: the leak" \
			shows out ':S:kinds:leaks_heap:0: leakcheck: 1 leak: heap 100 B in 1 block$'
		tap_check "$flags: linked, fork $mode: its place" shows out '^  #  .* leaks_heap_fn '
		tap_check "$flags: linked, fork $mode: not the runtime's" \
			hides out '__asan\|__sanitizer\|__interceptor_malloc'
	done
done

# Valgrind.
compile plain kinds.c || exit 1
# shellcheck disable=SC2086 # several words
compile linked kinds.c -DVERIFY_ALL $link_leakcheck || exit 1
for mode in yes no; do
	export CK_FORK=$mode
	# Memcheck is asked, test by test.
	valgrind -q --leak-check=no ./linked >out 2>err
	tap_check "fork $mode: linked, under memcheck" sum $? 4 3
	tap_check "fork $mode: linked, under memcheck: the leak" \
		shows out ':S:kinds:leaks_heap:0: leakcheck: 1 leak: heap 100 B in 1 block$'
	watch valgrind -q --leak-check=no ./plain >out 2>err
	tap_check "fork $mode: memcheck under leakcheck" sum $? 4 3
	tap_check "fork $mode: memcheck's log has the stack" shows err '^==.* by 0x.*: leaks_heap_fn '
	tap_check "fork $mode: and the test's name" \
		shows err 'leakcheck: lost by the test leaks_heap: 100 bytes in 1 block$'
	tap_check "fork $mode: and nothing of ours" hides err 'ninitialised\|Invalid'
	valgrind -q --tool=massif --massif-out-file=massif.out ./linked >out 2>err
	tap_check "fork $mode: under another tool" without_heap $? "a tool of valgrind's replaces malloc"
	valgrind -q --tool=none ./linked >out 2>err
	tap_check "fork $mode: under one that leaves malloc alone" sum $? 4 3
done

# A static program cannot be watched, and is not taken for checked.
compile static kinds.c -static || exit 1
watch ./static >out 2>err
tap_check "a static program is refused" sh -c 'test "$1" -eq 2 && test ! -s out &&
	test "$(wc -l <err)" -eq 1 && grep -q "^leakcheck: .*static. is linked statically" err' sh $?
printf '%s\n' '#!/bin/sh' './static' 'exit 0' >starter
chmod +x starter
watch ./starter >out 2>err
tap_check "one that a script starts: status" test $? -eq 24
tap_check "one that a script starts: why" shows err '^leakcheck: nothing was watched: '
tap_end
