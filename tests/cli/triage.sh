#!/bin/sh
# SPDX-License-Identifier: MIT
# leakcheck triage: of a program, of captures, of what is no capture.
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

compile deadlocks deadlocks.c -O1 || exit 1
unset CK_FORK

triage ()	# STATUS [ARGUMENT...]
{
	triage_wanted=$1
	shift
	returns "$triage_wanted" "$leakcheck" triage "$@"
}

only ()	# TEST COMMAND...: a program that has but this test
{
	TWINS_ONLY=$1
	export TWINS_ONLY
	shift
	"$@"
	only_status=$?
	unset TWINS_ONLY
	return $only_status
}

tap_check "of a program that leaks" only must_leak_abba triage 1 -o page.html --rerun=no -- ./deadlocks
tap_check "it says what leaked" shows err '^  LEAK [0-9a-f]* thread .*must_leak_abba'
tap_check "and the pattern" shows err '^  PATTERN lock cycle: thread '
tap_check "and where the page is" shows err ' page.html$'
tap_check "the page has the leak" shows page.html 'LEAK</span>'
tap_check "and its source" shows page.html 'class="here"><i>'
tap_check "and a picture of the cycle" shows page.html '<path class="cycle"'
tap_check "and the test" shows page.html 'must_leak_abba</bdi></td><td class="bad">leaked'

tap_check "of a program that does not" only must_pass_abab triage 0 -o page.html -- ./deadlocks
tap_check "it says so" shows err '^leakcheck: 0 leaks, 0 unsure'
tap_check "the page, too" shows page.html 'Nothing leaked'

tap_check "a capture is made" only must_leak_abba returns 1 \
	"$leakcheck" --rerun=no --capture=run.lkc ./deadlocks
tap_check "of a capture" triage 0 -o page.html run.lkc
tap_check "it says what leaked there" shows out '^  LEAK [0-9a-f]* thread .*must_leak_abba'
tap_check "in the page, too" shows page.html 'LEAK</span>'
tap_check "without a name the page is leakcheck.html" triage 0 run.lkc
tap_check "there it is" shows leakcheck.html '<title>leakcheck: deadlocks'
tap_check "as a form of report" returns 0 "$leakcheck" report --format=html -o form.html run.lkc
tap_check "it is the same page" cmp page.html form.html
tap_check "as JSON" triage 0 --json run.lkc
tap_check "with the pattern" shows out '"pattern":"lock cycle","threads":\[[0-9]*,[0-9]*\]'
tap_check "as JSON in a file" triage 0 --json=all.json -o page.html run.lkc
tap_check "which is JSON" python3 -m json.tool all.json
tap_check "page of a run" only must_leak_abba returns 1 "$leakcheck" --rerun=no --page=run.html ./deadlocks
tap_check "is written" shows run.html 'LEAK</span>'

tap_check "a ring of joins is captured" only must_leak_ring returns 1 \
	"$leakcheck" --rerun=no --capture=ring.lkc ./deadlocks
tap_check "the dump tells" returns 0 "$leakcheck" report --format=threads ring.lkc
tap_check "who joins whom" shows out '\[join of thread [0-9]*[],]'
tap_check "and the pattern" shows out '^PATTERN join cycle: thread '
tap_check "and the cycle" shows out '^DEADLOCK of 3 threads'

head -c 100 run.lkc >cut.lkc
tap_check "half a capture" triage 2 -o cut.html cut.lkc
cat run.lkc cut.lkc >longer.lkc
tap_check "a capture and half of one" triage 2 -o cut.html longer.lkc
tap_check "the page says that there was more" shows cut.html 'more was there'
tap_check "in the form of a report, too" returns 2 "$leakcheck" report --format=html -o cut.html longer.lkc
tap_check "that page, too" shows cut.html 'more was there'
tap_check "no capture" triage 2 -o no.html "$twins/deadlocks.c"
tap_check "no page of that" test ! -e no.html
tap_check "no file" triage 2 nothing.lkc
tap_check "a page that cannot be written" triage 2 -o /nowhere/page.html run.lkc
tap_check "nor for a program" triage 2 -o /nowhere/page.html -- ./deadlocks
tap_check "nothing at all" triage 2
tap_check "no program" triage 2 --
tap_check "an unknown option" triage 2 --what run.lkc
tap_end
