#!/bin/sh
# SPDX-License-Identifier: MIT
# Other allocators: preloaded or linked they are tracked to the last block, however
# close they place them; one inside of the program itself cannot be, which is said.
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

# Whatever is left counts, but for what libc keeps for threads.
export LEAKCHECK_OPTIONS=rerun=no:fail-on=lost,kept,unproven

# The library is found by the linker, and so without knowing the folder.
library_of ()	# NAME
{
	$CC -shared -Wl,--no-as-needed -o probe.so "-l$1" && ldd probe.so | awk -v name="lib$1." \
		'index($1, name) == 1 { print $3 }'
}

with_library ()	# COMMAND...
{
	LD_PRELOAD=$library watch "$@"
}

# A copy of the program for each way; glibc's own for comparison.
compile plain allocators.c || exit 1
judge plain yes
judge plain no

for allocator in jemalloc tcmalloc_minimal mimalloc; do
	library=$(library_of $allocator 2>/dev/null)
	if [ -z "$library" ]; then
		tap_skip "$allocator" "it is not installed"
		continue
	fi
	echo "# $allocator places blocks of 8 bytes $(LD_PRELOAD=$library ./plain distance) bytes apart"
	cp plain "preload-$allocator"
	judge_by=with_library
	judge "preload-$allocator" yes
	judge "preload-$allocator" no
	judge_by=watch
	compile "shared-$allocator" allocators.c -Wl,--no-as-needed "-l$allocator" || continue
	judge "shared-$allocator" yes
	judge "shared-$allocator" no
done

# A program with C++ in it that takes operator new from such a library.
cat >operators.cc <<'EOT'
extern "C" void *cpp_take() { return new char[40]; }
EOT
cat >mixed.c <<'EOT'
#define TWIN_CASE "mixed"
#include "twins.h"
void *cpp_take(void);
MUST_LEAK(malloc, "heap 8 B in 1 block", BODY) { lose(malloc(8)); } END_TEST
TWIN_ROW(leaks_new, NULL, NULL) { use(cpp_take()); } END_TEST
int main(int argc, char **argv) { return twins_main(argc, argv); }
EOT
compiler=${CXX:-c++} compile_libs='' compile operators.o -c -fPIC ./operators.cc &&
	compile mixed ./mixed.c ./operators.o -lstdc++ &&
	compile mixed-jemalloc ./mixed.c ./operators.o -Wl,--no-as-needed -ljemalloc -lstdc++ || exit 1
watch ./mixed >out 2>err
tap_check "libstdc++'s operator new is seen" shows err '^leakcheck: 2 tests checked, 2 leaked'
for mode in yes no; do
	CK_FORK=$mode watch ./mixed-jemalloc >out 2>err
	tap_check "fork $mode: an allocator's operator new is not, which is said" \
		shows err '^leakcheck: C++ operators new and delete are not watched: .* (2 tests)$'
	tap_check "fork $mode: and malloc is" shows err '^leakcheck: 2 tests checked, 1 leaked (1 site), 1 unsure;'
done

# Inside of the program it comes before us.
for archive in jemalloc tcmalloc_minimal; do
	compile "static-$archive" allocators.c "-l:lib$archive.a" -lstdc++ -lm -pthread || continue
	tests=$("./static-$archive" list | wc -l)
	watch "./static-$archive" >out 2>err
	tap_check "$archive in the program: its tests pass" test $? -eq 0
	tap_check "$archive in the program: as unsure ones" shows err \
		"^leakcheck: $tests tests checked, 0 leaked, $tests unsure;"
	tap_check "$archive in the program: why" \
		shows err '^leakcheck: heap memory is not watched: the program brings its own malloc; '
done
tap_end
