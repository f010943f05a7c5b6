#!/bin/sh
# SPDX-License-Identifier: MIT
# The same verdicts however the program is built, linked and run, in each of
# Check's outputs.
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

# No thread of kinds.c that is alive at the end ever ends.
export LEAKCHECK_OPTIONS=settle=20

# Debian has libcheck as an archive only.
archive=$(pkg-config --variable=libdir check)/libcheck_pic.a
if [ -f "$archive" ]; then
	compile_libs='' compile libcheck.so -shared -Wl,--whole-archive "$archive" \
		-Wl,--no-whole-archive -lsubunit -lrt -lm || exit 1
	shared_libs="$scratch/libcheck.so -Wl,-rpath,$scratch -pthread"
else
	shared_libs=$check_libs
fi
static_libs=$check_libs

cat >text.wanted <<'EOT'
P clean Passed
S leaks_heap leakcheck: 1 leak: heap 100 B in 1 block
S leaks_descriptor leakcheck: 1 leak: fd 1
S leaks_thread leakcheck: 1 leak: thread 1
EOT
cat >xml.wanted <<'EOT'
success clean Passed
failure leaks_heap leakcheck: 1 leak: heap 100 B in 1 block
failure leaks_descriptor leakcheck: 1 leak: fd 1
failure leaks_thread leakcheck: 1 leak: thread 1
EOT
cat >subunit.wanted <<'EOT'
success: kinds:clean
failure: kinds:leaks_heap leakcheck: 1 leak: heap 100 B in 1 block
failure: kinds:leaks_descriptor leakcheck: 1 leak: fd 1
failure: kinds:leaks_thread leakcheck: 1 leak: thread 1
EOT

text_is_right ()
{
	sed -n 's/.*:-*[0-9]*:\([PFSE]\):kinds:\([a-z_]*\):0: \(.*\)/\1 \2 \3/p' out >got
	diff text.wanted got && ! grep -v -e '^  # ' -e :kinds: -e ^Running -e '^25%: Checks: 4, Failures: 3,' out
}

tap_is_right ()
{
	prove --exec cat tap >proved 2>&1
	cat proved
	grep -q 'Failed tests: *2-4$' proved && ! grep 'Parse errors' proved
}

xml_is_right ()
{
	xmllint --noout xml || return 1
	sed -n -e 's/.*<test result="\([a-z]*\)">.*/\1/p' -e 's/.*<id>\(.*\)<\/id>.*/\1/p' \
		-e 's/.*<message>\(.*\)<\/message>.*/\1/p' xml | sed 's/&#x*[Aa1][0;].*//' |
		paste -d ' ' - - - >got
	diff xml.wanted got
}

subunit_is_right ()
{
	sed -n -e 's/^\(success: .*\)/\1/p' -e 's/^\(failure: [^ ]*\) \[ *$/\1/p' \
		-e 's/^\(failure: [^ ]*\) \[ */\1 /p' subunit | sed 's/ \[$//' >got.raw
	awk '/^failure: / { name = $1 " " $2; next }
		name != "" { sub(/^ *[^ ]*:[0-9]+: /, ""); print name " " $0; name = "" }
		/^success: / { print }' subunit >got
	diff subunit.wanted got && test "$(grep -c '^]$' subunit)" -eq 3
}

# Runs PROGRAM as WAY says in both modes and looks at all it writes.
look ()	# PROGRAM WAY
{
	case $2 in
	preloaded) run=watch ;;
	*) run="env" ;;
	esac
	for fork in yes no; do
		rm -f tap xml
		CK_FORK=$fork CK_VERBOSITY=verbose CK_TAP_LOG_FILE_NAME=tap CK_XML_LOG_FILE_NAME=xml \
			$run "./$1" >out 2>err
		tap_check "$1, $2, fork $fork: status and sum" sum $? 4 3
		tap_check "$1, $2, fork $fork: text" text_is_right
		tap_check "$1, $2, fork $fork: TAP" tap_is_right
		tap_check "$1, $2, fork $fork: XML" xml_is_right
		CK_FORK=$fork $run "./$1" subunit >subunit 2>err
		tap_check "$1, $2, fork $fork: subunit" subunit_is_right
	done
}

# Builds kinds.c with FLAGS in all ways of linking.
each_way ()	# NAME LIBRARIES FLAGS...
{
	name=$1 compile_libs=$2
	shift 2
	compile "$name" kinds.c "$@" && look "$name" preloaded
	# shellcheck disable=SC2086 # several words
	compile "$name" kinds.c -DVERIFY_ALL $link_leakcheck "$@" && look "$name" "linked, all"
	# shellcheck disable=SC2086 # several words
	compile "$name" kinds.c -DVERIFY_NONE $link_leakcheck "$@" && look "$name" "linked, teardown"
}

each_way O0 "$static_libs" -O0
each_way O2 "$static_libs" -O2
each_way stripped "$static_libs" -O2 -s
each_way lto "$static_libs" -O2 -flto
each_way no-pie "$static_libs" -O2 -no-pie
each_way now "$static_libs" -O2 -Wl,-z,now -s
each_way shared "$shared_libs" -O2
each_way shared-stripped "$shared_libs" -O2 -s

# The usual way to have both: prove runs the programs, leakcheck each of them.
CK_TAP_LOG_FILE_NAME=- CK_VERBOSITY=silent prove --exec "$leakcheck" ./O2 >out 2>&1
tap_check "prove --exec leakcheck" shows out 'Failed tests: *2-4$'

# What is not asked for is not reported.
for kind in heap descriptors threads; do
	for mode in yes no; do
		CK_FORK=$mode watch --no-$kind ./O2 >out 2>err
		tap_check "fork $mode: --no-$kind" sum $? 4 2
	done
done
tap_end
