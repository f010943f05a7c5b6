#!/bin/sh
# SPDX-License-Identifier: MIT
# What grows over time, and what only looks like it.
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

compile_libs='' compile trends trends.c -O1 || exit 1

trend ()	# MODE: leaves the verdicts in out
{
	rm -f capture
	"$leakcheck" --every=0.1 --capture=capture ./trends capture "$1" >run 2>&1 || { cat run; return 1; }
	returns 0 "$leakcheck" report --format=trend capture
}

for mode in grows ring once burst opens; do
	tap_check "$mode: it is captured" trend $mode
	tap_check "$mode: the statistics" shows out '^  memory alive .*; median .*, 95 % below .*, deviation '
	cp out $mode.out
done
tap_check "what grows, by how much" shows grows.out '^  memory alive *grows: rises by [0-9.]* [KM]*i*B a second'
tap_check "who holds it" shows grows.out '^  heap grows: .* a second, .*; held by the program, from$'
tap_check "where it comes from" shows grows.out '^    > keep '
tap_check "nothing else grows" test "$(grep -c '^  heap grows' grows.out)" -eq 1
tap_check "a ring does not" hides ring.out grows
tap_check "a ring is flat" shows ring.out '^  memory alive *flat: '
tap_check "what is filled once does not" hides once.out grows
tap_check "and when that was" shows once.out '^  memory alive *flat: rose once, at '
tap_check "a burst does not" hides burst.out grows
tap_check "it came back" shows burst.out '^  memory alive *burst: was at 4.8 MiB from '
tap_check "where it comes from" shows burst.out '^    > fill '
tap_check "descriptors grow" shows opens.out '^  descriptors *grows: '
tap_check "where they are opened" shows opens.out '^    > work '
tap_check "the run says so itself" shows run '^  descriptors *grows: '
tap_check "the page is made" returns 0 "$leakcheck" report --format=html -o page.html capture
tap_check "it has a curve" shows page.html '<polyline points="0.0,'
tap_check "and the verdict" shows page.html 'grows: rises by'
tap_check "and says it in front" shows page.html 'growing over time'
tap_end
