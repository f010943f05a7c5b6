#!/bin/sh
# SPDX-License-Identifier: MIT
# Who holds a block: what is lost, what is held and by whom.
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

compile holders holders.c || exit 1
judge holders yes
TWINS_ONLY=must_pass_by_global CK_FORK=no watch --strict ./holders >out 2>err </dev/null
tap_check "--strict: what is kept fails a test" shows out ' heap 50 B in 1 block$'
# In one process, one test's block may come where a pointer of another still stands.
./holders list | sed -n 's/^\(must_leak_[a-z_]*\).*/\1/p' >names
while IFS= read -r name; do
	TWINS_ONLY=$name ./holders list >list
	TWINS_ONLY=$name CK_FORK=no CK_VERBOSITY=verbose watch ./holders >out 2>err </dev/null
	judge_output "holders, fork no"
done <names

# Holders have names.
names_holder ()	# TEST TEXT
{
	TWINS_ONLY=must_pass_$1 CK_FORK=$mode watch --notes "./$program" >out 2>err </dev/null
	tap_check "fork $mode: $1: $2" shows err "^  NOTE [0-9a-f]* heap [0-9]* B in 1 block, $2, "
}
mode=yes program=holders
names_holder by_global "retained by holders.c 'by_global'"
names_holder only_inside "retained by holders.c 'inside', only by a pointer into it"
names_holder by_thread_local "retained by thread-local holders.c 'by_thread_local'"
names_holder by_key 'retained by pthread_setspecific'
names_holder by_late_key 'retained by pthread_setspecific'
names_holder by_mapping 'retained by mapped memory at 0x[0-9a-f]*'
names_holder by_alternate_stack 'retained by sigaltstack'
names_holder by_old_block "retained by holders.c 'old_block' -> \[1]"
names_holder by_frame_of_main 'retained by the stack of who runs the tests'
names_holder behind_guard_page "retained by holders.c 'guarded' -> \[1024]"
names_holder loaders_block_for_a_thread 'libc: held by the dynamic loader'

# Where the type is known, fields have names; where it is not, they are offsets.
compile fields fields.c fields_library.c && compile bare fields.c fields_library.c -g0 || exit 1
program=fields
for mode in yes no; do
	names_holder element "retained by fields.c 'shared_cache'\.items\[2]\.name"
	names_holder grid "retained by fields.c 'shared_cache'\.grid\[1]\[2]"
	names_holder bytes "retained by fields.c 'shared_cache'\.bytes\[8]"
	names_holder chain "retained by fields.c 'cache' -> \.first -> \.name"
	names_holder table "retained by fields.c 'cache' -> \.table -> \[3]"
	names_holder thread_local "retained by thread-local fields.c 'of_thread'\.items\[1]\.link\.previous"
	names_holder in_function "retained by fields.c '[a-z_.]*kept[.0-9]*' -> \[1]\.items\[3]\.pointer"
	names_holder links "retained by fields.c 'links'\.next -> +32"
	names_holder leds "retained by fields.c 'leds'\.next -> +16"
	names_holder hidden "retained by fields.c 'hidden' -> \.slots\[1]\.value"
	names_holder unknown "retained by fields.c 'unknown' -> +32"
done
program=bare
names_holder element "retained by bare 'shared_cache' +[0-9]*"
names_holder chain "retained by fields.c 'cache' -> +168 -> +32"

mode=no program=holders
names_holder by_thread_local "retained by thread-local holders.c 'by_thread_local'"
names_holder by_older_thread 'retained by thread [0-9]*'
tap_check "what a test may be failed for is asked for" \
	sh -c '! TWINS_ONLY=must_pass_by_global "$1" --fail-on=kept ./holders >out 2>err' sh "$leakcheck"
TWINS_ONLY=must_leak_lost CK_FORK=yes watch --fail-on=fd ./holders >out 2>err
tap_check "and only for that" test $? -eq 0

# Nothing that is libc's own counts as anybody else's; the program has variables of
# libc's in its own data.
compile libc_calls -no-pie libc_calls.c || exit 1
watch_options=--fail-on=lost,grows,fd,thread,child,unproven,kept,replaced,misuse
judge libc_calls yes
watch_options=
judge libc_calls no
tap_end
