#!/bin/sh
# SPDX-License-Identifier: MIT
# Rules that say what to ignore: what they cover passes, the rest fails, and a rule
# that does nothing is named.
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

# shellcheck disable=SC2086 # several words
compile rules suppressions.c -O2 -g && compile rules-linked suppressions.c -O2 -g -DLINKED $link_leakcheck &&
	compile rules-stripped suppressions.c -O2 -s || exit 1

# Runs TESTS of ./rules under the rules in the file my.supp.
under ()	# STATUS TESTS...
{
	under_status=$1
	shift
	returns "$under_status" watch --settle=0 --suppressions=my.supp \
		${strictly:+--strict-suppressions} ./rules "$@"
}
strictly=

covers ()	# NAME RULE TEST...
{
	covers_name=$1
	echo "$2" >my.supp
	shift 2
	tap_check "fork $CK_FORK: $covers_name" under 0 "$@"
}

for mode in yes no; do
	export CK_FORK=$mode
	covers 'a function' 'leak:fill_cache' heap
	covers 'a file of the source' 'leak:suppressions.c' heap
	covers 'the innermost frame' 'leak.top:^fill_cache$' heap
	covers 'a descriptor by its path' 'fd:/dev/null' descriptor
	covers 'a descriptor by a function' 'fd:open_log' descriptor
	covers 'a thread by its start' 'thread:worker' thread
	covers 'a thread by its creator' 'thread.created-by:start_pool' thread
	covers 'a thread by where it is' 'thread:pause [signal wait]' thread
	covers 'a thread by where it is now alone' 'thread.top:^worker$' thread
	covers 'a whole test' 'test:^both$' both
	covers "valgrind's form" '{
   a cache
   Memcheck:Leak
   fun:malloc
   fun:fill_*
   ...
}' heap
	echo 'leak:fill_cache' >my.supp
	tap_check "fork $mode: what no rule covers still fails" under 1 both
	tap_check "fork $mode: and is all that is told" shows out ':0: leakcheck: 1 leak: fd 1$'
	tap_check "fork $mode: what was ignored is counted" \
		shows err '^leakcheck: 1 leak ignored by rules$'
	echo 'thread:worker [poll]' >my.supp
	tap_check "fork $mode: another state" under 1 thread
	echo 'test:^both$ [heap]' >my.supp
	tap_check "fork $mode: one kind in one test" under 1 both
	tap_check "fork $mode: the other kind" shows out ':0: leakcheck: 1 leak: fd 1$'

	# What --gen-suppressions prints is good for the next run.
	rm -f all.txt
	tap_check "fork $mode: rules are made" returns 1 \
		watch --settle=0 --gen-suppressions --report=all.txt ./rules heap descriptor thread
	sed -n -e '/^{$/,/^}$/p' -e '/^id:/p' all.txt >my.supp
	strictly=yes
	tap_check "fork $mode: and cover what they were made for" under 0 heap descriptor thread
	strictly=
done

printf '# ours\nleak:fill_cache # it is a cache\nfd:no_such\n' >my.supp
tap_check "a stale rule fails no test" under 0 heap
tap_check "but is named" shows err "^leakcheck: my.supp:3: the rule 'fd:no_such' matched nothing$"
tap_check "and no other" hides err "fill_cache"
strictly=yes
tap_check "unless it is asked to" under 25 heap
strictly=

cp rules-stripped rules
tap_check "without symbols a rule by name covers nothing" under 1 heap
tap_check "which is said" shows err \
	"^leakcheck: my.supp:2: .* could not be evaluated for 1 leak whose functions have no names$"

echo leak:a >other.supp
tap_check "several files" returns 0 \
	watch --suppressions=other.supp --suppressions=my.supp ./rules clean
tap_check "the first" shows err '^leakcheck: other.supp:1: '
tap_check "the second" shows err '^leakcheck: my.supp:3: '

for mode in yes no; do
	export CK_FORK=$mode
	tap_check "fork $mode: rules in code" returns 0 ./rules-linked heap
	tap_check "fork $mode: a stale one" \
		shows err "^leakcheck: leakcheck_suppress:2: the rule 'fd:/dev/zero' matched nothing$"
	tap_check "fork $mode: what they do not cover" returns 1 ./rules-linked both
	echo 'fd:open_log' >my.supp
	tap_check "fork $mode: with those of a file" returns 0 \
		env LEAKCHECK_OPTIONS=suppressions=my.supp ./rules-linked both
done

# Nothing runs when rules cannot be read.
printf 'leak:a\nleek:b\n' >bad.supp
tap_check "a wrong rule" returns 2 watch --suppressions=bad.supp ./rules heap
tap_check "is named with its place" shows err "^leakcheck: bad.supp:2: 'leek:' is unknown; expected "
tap_check "and nothing ran" hides out Running
tap_check "the same when linked" returns 2 \
	env LEAKCHECK_OPTIONS=suppressions=bad.supp ./rules-linked heap
tap_check "a file that is not there" returns 2 watch --suppressions=none.supp ./rules heap
tap_check "is named" shows err "^leakcheck: suppressions 'none.supp': cannot be read: "
tap_end
