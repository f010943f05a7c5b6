#!/bin/sh
# SPDX-License-Identifier: MIT
# The man page: complete, and clean for those who read it.
# shellcheck source=tests/tap.sh
. "${srcdir:-.}/tests/tap.sh"

page=doc/leakcheck.1
sed 's/\\-/-/g' "$page" >"$scratch/plain"
for name in $(sed -n 's/^LK_OPTION(\([a-z_]*\),.*/\1/p' "$srcdir/src/base/options.def" | tr _ -); do
	tap_check "--$name" grep -q -e "^\.BI --$name\[\?= " "$scratch/plain"
done
for number in $(sed -n 's/^LK_STATUS([A-Z]*, \([0-9]*\),.*/\1/p' "$srcdir/src/report/status.def"); do
	tap_check "status $number" grep -qx ".B $number" "$scratch/plain"
done
for word in $(sed -n 's/^LK_FAIL_ON(\([a-z]*\),.*/\1/p' "$srcdir/src/base/fail_on.def"); do
	tap_check "--fail-on=$word" grep -qx ".B $word" "$scratch/plain"
done
for class in $(sed -n 's/^LK_CLASS([a-z]*, \([a-z]*\), "\([a-z]*\)".*/\1:\2/p' "$srcdir/src/judge/verdict.def"); do
	tap_check "class $class" grep -qx ".B ${class%:*}, ${class#*:}" "$scratch/plain"
done
for name in $(sed -n 's/^LK_REPORT_OPTION(\([a-z_]*\),.*/\1/p' "$srcdir/src/cli/report_options.def" | tr _ -); do
	tap_check "report --$name" grep -qE -e "^\.BI? --$name(=|$)" "$scratch/plain"
done
for form in $(sed -n 's/^LK_FORMAT(\([a-z_]*\),.*/\1/p' "$srcdir/src/cli/format.def" | tr _ -); do
	tap_check "report --format=$form" grep -qx ".B $form" "$scratch/plain"
done
tap_check "nothing is left to fill in" sh -c '! grep -n "@[A-Z_]*@" "$1"' sh "$page"

silent ()	# COMMAND [ARGUMENT...]: succeeds without a warning
{
	"$@" 2>&1 >"$scratch/rendered" | tee "$scratch/warnings"
	[ ! -s "$scratch/warnings" ] && [ -s "$scratch/rendered" ]
}
tap_check "groff has nothing to say" silent groff -ww -man -Tutf8 "$page"
if command -v mandoc >"$scratch/which"; then
	tap_check "mandoc has nothing to say" mandoc -T lint "$page"
else
	tap_skip "mandoc has nothing to say" "needs mandoc"
fi
tap_end
