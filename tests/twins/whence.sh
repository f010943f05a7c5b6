#!/bin/sh
# SPDX-License-Identifier: MIT
# leakcheck_whence(): where a block, a descriptor or a thread came from; from gdb, too.
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

# shellcheck disable=SC2086 # several words
compile whence whence.c -DTWINS_LINKED -rdynamic $link_leakcheck || exit 1
judge_by=env
judge whence yes
judge whence no
judge_by=watch
[ -n "${EMULATOR:-}" ] || judge whence yes
tap_check "it prints on standard error" returns 1 ./whence print 0<&-
tap_check "the block" shows err '^leakcheck: 0x[0-9a-f]* is 7 bytes into a block of 50 bytes, from$'
tap_check "its stack" shows err '^  > main  *.*whence.c:[0-9]*$'
tap_check "the descriptor" shows err '^leakcheck: fd 0 is not open$'
tap_check "the thread" shows err '^leakcheck: 0x1 is no thread that was seen to start$'

# Stopped in the middle of malloc.
if [ -n "${EMULATOR:-}" ]; then
	:
elif gdb -q -batch -ex "set startup-with-shell off" -ex run --args true </dev/null 2>&1 |
	grep -q "exited normally"; then
	cat >commands <<EOT
set pagination off
set debuginfod enabled off
set startup-with-shell off
break main
run
tcatch syscall mmap
continue
call (int)leakcheck_whence_descriptor(2)
break malloc
continue
call (int)leakcheck_whence(old_block + 7)
kill
quit
EOT
	timeout 60 gdb -q -batch -x commands --args ./whence stop >gdb.out 2>&1 </dev/null
	tap_check "gdb: it is stopped in malloc" shows gdb.out 'call to syscall mmap'
	tap_check "gdb: a descriptor, stopped anywhere" shows gdb.out '^leakcheck: fd 2 '
	tap_check "gdb: a block" shows gdb.out '^leakcheck: 0x[0-9a-f]* is 7 bytes into a block of 50 bytes, from$'
	tap_check "gdb: its stack" shows gdb.out '^  > main  *.*whence.c:[0-9]*$'
	tap_check "gdb: no thread or process of ours is seen" hides gdb.out 'New \|Detaching'
else
	tap_skip "gdb asks" "gdb cannot trace here"
fi
tap_end
