#!/bin/sh
# SPDX-License-Identifier: MIT
# Known leaks: recorded once, only new and grown ones fail, mended ones are told.
# And what was found in each test, as JSON.
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

# shellcheck disable=SC2046,SC2086 # several words
compile rules suppressions.c -O1 -g &&
	compile rules-linked suppressions.c -O1 -g -DLINKED $link_leakcheck &&
	compile fields fields.c fields_library.c && compile json_get json_get.c $(pkg-config --cflags --libs jansson) || exit 1
watch_options=--settle=0

record ()	# TEST...
{
	returns 0 "$leakcheck" baseline --settle=0 known -- ./rules "$@" && cat known
}

known ()	# STATUS TEST...
{
	known_status=$1
	shift
	returns "$known_status" watch --baseline=known ${more:-} ./rules "$@"
}
more=

for mode in yes no; do
	export CK_FORK=$mode
	tap_check "fork $mode: leaks are recorded" record heap descriptor thread both
	tap_check "fork $mode: how many is told" \
		shows err "^leakcheck: 5 known leaks written to 'known'$"
	tap_check "fork $mode: nothing new" known 0 heap descriptor thread both
	tap_check "fork $mode: what is known is counted" \
		shows err '^leakcheck: 5 known leaks of the baseline$'
	tap_check "fork $mode: what did not run is not mended" known 0 heap
	tap_check "fork $mode: nothing is said of it" hides err mended

	record heap >record.out
	tap_check "fork $mode: a new leak" known 1 heap descriptor
	tap_check "fork $mode: is the only one told" \
		shows out ':descriptor:0: leakcheck: 1 leak: fd 1$'
	tap_check "fork $mode: the same stack in another test is new" known 1 both

	record twice >record.out
	sed 's/ twice 2 / twice 1 /' known >less && mv less known
	tap_check "fork $mode: a leak that has grown" known 1 twice
	tap_check "fork $mode: what of it is known" shows out 'heap 200 B in 2 blocks.* (1 known)'

	record heap thread >record.out
	sed 's/ heap 1 / heap 7 /; s/ thread 1 / clean 1 /' known >more && mv more known
	tap_check "fork $mode: mended leaks fail nothing" known 0 heap clean
	tap_check "fork $mode: less is told" shows err '^leakcheck: mended, 1 of 7 left: .* heap 7'
	tap_check "fork $mode: none is told" shows err '^leakcheck: mended, 0 of 1 left: .* clean 1'
	more=--prune-baseline
	tap_check "fork $mode: they can be taken out" known 0 heap clean
	more=
	tap_check "fork $mode: what is left stays" shows known ' heap 1  # heap, fill_cache at '
	tap_check "fork $mode: what is not goes" hides known ' clean '
	tap_check "fork $mode: and it is a baseline still" known 0 heap clean
	tap_check "fork $mode: of which nothing is mended" hides err mended
done

record heap >record.out
tap_check "linked" returns 1 env LEAKCHECK_OPTIONS=baseline=known:settle=0 ./rules-linked thread heap
tap_check "linked: what is new" shows out ':thread:0: leakcheck: 1 leak: thread 1$'

echo 'c88a6d1b heap two' >known
tap_check "a wrong line" known 2 heap
tap_check "is named" shows err '^leakcheck: known:1: expected an id of eight digits, '
tap_check "no file" returns 2 watch --baseline=nowhere ./rules heap
tap_check "is named, too" shows err "^leakcheck: the baseline 'nowhere' cannot be read: "
tap_check "no test, no baseline" returns 2 "$leakcheck" baseline nothing ./rules
tap_check "no file is left" test ! -e nothing -a ! -e nothing.new
tap_check "no program" returns 2 "$leakcheck" baseline known

# Has the JSON file VALUE at WORD...?
json ()	# VALUE WORD...
{
	json_wanted=$1
	shift
	json_got=$(./json_get found.json "$@")
	test "$json_got" = "$json_wanted" || { echo "$json_got"; return 1; }
}

for mode in yes no; do
	export CK_FORK=$mode
	tap_check "fork $mode: JSON is written" \
		returns 1 watch --json=found.json ./rules heap clean both
	tap_check "fork $mode: JSON: the program" json ./rules program 0
	tap_check "fork $mode: JSON: the sum" json 2 summary leaked
	tap_check "fork $mode: JSON: a verdict" json leaked tests 0 verdict
	tap_check "fork $mode: JSON: a clean test" json clean tests 1 verdict
	tap_check "fork $mode: JSON: a test" json both tests 2 test
	tap_check "fork $mode: JSON: a kind" json fd tests 2 findings 1 kind
	tap_check "fork $mode: JSON: bytes" json 100 tests 0 findings 0 bytes
	tap_check "fork $mode: JSON: a frame" json fill_cache tests 0 findings 0 frames 0 function
	echo 'leak:fill_cache' >my.supp
	tap_check "fork $mode: JSON: what a rule covers" \
		returns 0 watch --suppressions=my.supp --json=found.json ./rules heap
	tap_check "fork $mode: JSON: is there" json ignored tests 0 findings 0 ruling
	tap_check "fork $mode: JSON: and counted" json 1 tests 0 rulings ignored
	tap_check "fork $mode: but people are told a number" hides err IGNORED
	record both >record.out
	sed '/ fd,/d' known >one && mv one known
	tap_check "fork $mode: JSON: what is known" \
		returns 1 watch --baseline=known --json=found.json ./rules both
	tap_check "fork $mode: JSON: is there, too" shows found.json '"ruling":"known"'
	tap_check "fork $mode: JSON: beside what is not" shows found.json '"ruling":"leak"'
	tap_check "fork $mode: JSON: a note" returns 0 env TWINS_ONLY=must_pass_element \
		"$leakcheck" --json=found.json ./fields
	tap_check "fork $mode: JSON: is there" json note tests 0 findings 0 ruling
	tap_check "fork $mode: JSON: with its holder" \
		json "fields.c 'shared_cache'.items[2].name" tests 0 findings 0 holder
	tap_check "fork $mode: who did not ask for notes sees none" hides err NOTE
done
tap_check "JSON that cannot be written" returns 2 watch --json=no/where ./rules clean
tap_end
