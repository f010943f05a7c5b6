#!/bin/sh
# SPDX-License-Identifier: MIT
# The command line, LEAKCHECK_OPTIONS, and what of both reaches the program.
# shellcheck source=tests/cli/setup.sh
. "${srcdir:-.}/tests/cli/setup.sh"

# What the program finds in LEAKCHECK_OPTIONS.
handed_on ()	# NAME TEXT LEAKCHECK-ARGUMENT...
{
	handed_name=$1 handed_text=$2
	shift 2
	prints "$handed_name" "$handed_text" leakcheck "$@" printenv LEAKCHECK_OPTIONS
}

handed_on "without options every test is verified" "verify_all=yes"
handed_on "a number" "frames=12:verify_all=yes" --frames=12
handed_on "a flag by name" "require=yes:verify_all=yes" --require
handed_on "a flag with yes" "require=yes:verify_all=yes" --require=yes
handed_on "a flag with no" "heap=no:verify_all=yes" --heap=no
handed_on "a flag with --no-" "heap=no:verify_all=yes" --no-heap
handed_on "an underscore is a dash" "fail_on=lost,fd:verify_all=yes" --fail_on=fd,lost
handed_on "limits" 'budget=allocations\:1000,bytes\:65536,growth\:none:verify_all=yes' \
	--budget=allocations:1000,bytes:64K,peak:-,growth:none
handed_on "no word" "fail_on=none:verify_all=yes" --fail-on=none
refuses "a word that is none" "option 'fail-on' takes words out of: all, none, lost," \
	leakcheck --fail-on=lots true
handed_on "what is as usual is not handed on" "verify_all=yes" --heap --no-require --frames=64
handed_on "the last word wins" "frames=3:verify_all=yes" --frames=2 --frames=3
handed_on "the verb in front" "frames=3:verify_all=yes" run --frames=3
handed_on "-- ends the options" "frames=3:verify_all=yes" --frames=3 --
prints "--no-verify-all hands on nothing" "" leakcheck --no-verify-all printenv LEAKCHECK_OPTIONS

LEAKCHECK_OPTIONS=frames=7:heap=no
export LEAKCHECK_OPTIONS
handed_on "the environment" "heap=no:frames=7:verify_all=yes"
handed_on "the command line wins" "frames=8:verify_all=yes" --frames=8 --heap
LEAKCHECK_OPTIONS=
handed_on "an empty environment" "verify_all=yes"
LEAKCHECK_OPTIONS=frames=7:depth=3
refuses "an unknown option in the environment" "in LEAKCHECK_OPTIONS: option 'depth' is unknown" \
	leakcheck true
LEAKCHECK_OPTIONS=frames=x
refuses "a bad value in the environment" "LEAKCHECK_OPTIONS: option 'frames' takes a number" \
	leakcheck --frames=3 true
unset LEAKCHECK_OPTIONS

refuses "no word at all" "no program is named; usage: leakcheck" leakcheck
refuses "options but no program" "no program is named" leakcheck --heap
refuses "run but no program" "no program is named" leakcheck run
refuses "-- but no program" "no program is named" leakcheck --
refuses "an unknown option" "option 'depth' is unknown" leakcheck --depth=3 true
refuses "an unknown --no- option" "option 'no-depth' is unknown" leakcheck --no-depth true
refuses "an unknown short option" "option '-x' is unknown" leakcheck -x true
refuses "-- needs a name" "option '' is unknown" leakcheck --=3 true
refuses "a number out of range" "option 'frames' takes a number from 1 to 256" \
	leakcheck --frames=257 true
refuses "a number that is none" "option 'frames'" leakcheck --frames=3x true
refuses "a flag that is neither yes nor no" "option 'heap' takes yes or no" leakcheck --heap=maybe true
refuses "a number without a value" "'--frames' needs a value: --frames=N" leakcheck --frames true
refuses "a file without a value" "'--report' needs a value" leakcheck --report file true
refuses "--no- before a number" "'--no-frames'" leakcheck --no-frames true
refuses "--no- with a value" "'--no-heap=yes'" leakcheck --no-heap=yes true
refuses "control characters are escaped" "option '.x1b\[2Jx.n\.' is unknown" leakcheck "--$(printf '\033[2Jx\n.')" true

echo old >report
prints "a report is made absolute" "report=$PWD/report:verify_all=yes" \
	leakcheck --report=report printenv LEAKCHECK_OPTIONS
tap_check "and begins empty" test -f report -a ! -s report
mkdir "a:b\\c"
prints "a report with a colon and a backslash" "report=$PWD/a\\:b\\\\c/report:verify_all=yes" \
	leakcheck --report='a:b\c/report' printenv LEAKCHECK_OPTIONS
tap_check "is made where it was said" test -f 'a:b\c/report'
refuses "a report that cannot be made" "cannot write the report '.*/nowhere/report'" \
	leakcheck --report=nowhere/report touch ran
refuses "a report that is a folder" "cannot write the report" leakcheck --report=. touch ran
refuses "a report with a long name" "too long" \
	leakcheck --report="$(printf '%01200d' 0)" touch ran
echo old >report
chmod +x report
refuses "a refused program" "neither an ELF" leakcheck --report=report ./report
tap_check "leaves an older report alone" test -s report
tap_check "and no program was run" test ! -e ran

returns "--help" 0 leakcheck --help
returns "-h" 0 leakcheck -h
returns "help" 0 leakcheck help
returns "help after an option" 0 leakcheck --heap --help
leakcheck help >"$scratch/help"
for name in $(sed -n 's/^LK_OPTION(\([a-z_]*\),.*/\1/p' "$srcdir/src/base/options.def" | tr _ -); do
	tap_check "help names --$name" grep -q -e "--$name\[\?=" "$scratch/help"
done
for number in $(sed -n 's/^LK_STATUS([A-Z]*, \([0-9]*\),.*/\1/p' "$srcdir/src/report/status.def"); do
	tap_check "help names status $number" grep -q -e "^ *$number  " "$scratch/help"
done
leakcheck version >"$scratch/version"
tap_check "version" grep -qx 'leakcheck [0-9].*' "$scratch/version"
prints "--version is version" "$(cat "$scratch/version")" leakcheck --version
prints "-V is version" "$(cat "$scratch/version")" leakcheck -V
returns "explain" 0 leakcheck explain
tap_check "explain knows what fails" grep -q '^ *in any case  *fails (lost)$' "$scratch/out"
tap_check "and what is a note" grep -q '^ *happens once  *note (kept)$' "$scratch/out"
returns "explain of other words" 0 leakcheck explain --fail-on=kept,libc
tap_check "they fail instead" grep -q '^ *happens once  *fails (kept)$' "$scratch/out"
tap_check "and others do not" grep -q '^ *in any case  *note (lost)$' "$scratch/out"
returns "explain of all" 0 leakcheck explain --strict
tap_check "then nothing is a note" sh -c '! grep -E "(note|unsure) \(" "$1"' sh "$scratch/out"
refuses "version takes no argument" "'version' takes no argument" leakcheck version now
refuses "help takes no argument" "'help' takes no argument" leakcheck help me
refuses "explain takes no argument" "'explain' takes no argument" leakcheck explain libc
for verb in help version explain; do
	tells "$verb tells when it cannot print" 2 \
		"leakcheck: cannot write to standard output: No space left on device" \
		sh -c 'exec leakcheck "$1" >/dev/full' sh "$verb"
done
tap_end
