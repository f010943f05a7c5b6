#!/bin/sh
# SPDX-License-Identifier: MIT
# Descriptors: what is left open is reported where it was opened.
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

compile descriptors descriptors.c || exit 1
compile described described.c || exit 1
compile openers openers.c || exit 1
: "${CXX:=c++}"
compiler=$CXX compile_libs='' compile fstream.o -c fstream.cc || exit 1
compile streams streams.c ./fstream.o -lstdc++ || exit 1
# What a number leads to now is the question here, not whether that grows.
watch_options=--no-rerun
judge descriptors yes
cp list all
judge descriptors no
watch_options=
compile kept kept.c || exit 1
for program in described kept openers streams; do
	judge $program yes
	cat list >>all
	judge $program no
done
compile misuse misuse.c || exit 1
watch_options=--fail-on=misuse
judge misuse yes
judge misuse no
watch_options=--notes
watch ./misuse >out 2>err
tap_check "misuse fails nothing by itself" grep -q '^100%: Checks: ' out
tap_check "and is a note" shows err '  NOTE [0-9a-f]* fd [0-9]* closed twice, from$'
tap_check "with the stack of the first time" shows err '^    closed before at$'
watch_options=

# What takes the place of what was open before is a note, too.
CK_FORK=no watch --notes ./descriptors >out 2>err
tap_check "a replaced descriptor is a note" shows err '  NOTE [0-9a-f]* fd [0-9]* /dev/zero O_RDONLY'
tap_check "ten descriptors are ten leaks" shows out ':must_leak_many:0: leakcheck: 10 leaks: fd 10$'

# The C library's own connection, in a /dev of the test's own.
compile system_log system_log.c || exit 1
if [ -n "${EMULATOR:-}" ]; then
	: # the command cannot start emulated programs
elif unshare -m true 2>/dev/null; then
	in_own_dev ()
	{
		LEAKCHECK_BY="$leakcheck" unshare -m sh -c \
			'mount -t tmpfs none /dev && exec "$LEAKCHECK_BY" "$@"' sh "$@"
	}
	judge_by=in_own_dev
	judge system_log yes
	judge system_log no
	judge_by=watch
else
	tap_skip "the system log" "no name space of its own for mounts"
fi

# Each function of hooked.def that opens has its twins above.
sed -n 's/^LK_\(OPENER\|STREAM\)([^,]*, *\([a-z0-9_]*\),.*/\2/p' "$srcdir/src/base/hooked.def" >openers
tap_check "the list of openers is read" grep -qx __open_2 openers
while read -r opener; do
	tap_check "$opener has its twins" grep -q "^must_leak_$opener	" all
done <openers
tap_end
