#!/bin/sh
# SPDX-License-Identifier: MIT
# The triage page of values made by hand: well-formed, and whatever names hold stays text.
# shellcheck source=tests/tap.sh
. "${srcdir:-.}/tests/tap.sh"

make_page=$PWD/tests/page/make_page
cd "$scratch" || exit 1

# HTML that is XML, too: each element is closed where it has to be, each value quoted.  What
# a style or script holds is none of XML's business.
well_formed ()	# PAGE
{
	sed -e '/<style>/,/<\/style>/c <style></style>' \
		-e '/^<script>/,/<\/script>/c <script></script>' "$1" >"$1.xml"
	xmllint --noout "$1.xml"
}

counts ()	# NUMBER TEXT PAGE: lines with it
{
	test "$(grep -cF -e "$2" "$3")" -eq "$1" || { grep -nF -e "$2" "$3"; return 1; }
}

# Nothing but what the page itself is made of.
no_controls ()	# PAGE
{
	! LC_ALL=C grep -n "$(printf '[\001-\010\013-\037\177]')" "$1"
}

loads_nothing ()	# PAGE
{
	! grep -nE '(src|href)="[^#]|url\(|@import' "$1"
}

# The hashes in the policy are those of what stands in the page.
policy_fits ()	# PAGE
{
	for element in style script; do
		awk -v begin="<$element>" -v end="</$element>" '
		!inside && index($0, begin) == 1 {
			inside = 1
			$0 = substr($0, length(begin) + 1)
		}
		inside && index($0, end) == 1 { exit }
		inside { print }' "$1" >"$element"
		hash=$(openssl dgst -sha256 -binary "$element" | base64)
		grep -qF "$element-src 'sha256-$hash'" "$1" || { echo "$element: $hash"; return 1; }
	done
}

for what in empty hostile series big; do
	tap_check "$what: it is written" "$make_page" $what
	"$make_page" $what >$what.html
	tap_check "$what: it is well-formed" well_formed $what.html
	tap_check "$what: no control characters" no_controls $what.html
	tap_check "$what: the policy knows style and script" policy_fits $what.html
	tap_check "$what: it loads nothing" loads_nothing $what.html
done
tap_check "hostile: no element comes out of a name" counts 0 '<img' hostile.html
tap_check "hostile: nor an end of one" counts 0 '</title></style>' hostile.html
tap_check "hostile: the titles are the page's own" counts 1 '<title>leakcheck' hostile.html
tap_check "hostile: names are there as text" grep -qF '&lt;/script&gt;&lt;/style&gt;' hostile.html
tap_check "hostile: in JSON, too" grep -qF 'u003c/script' hostile.html
tap_check "hostile: no override of the direction" counts 0 "$(printf '\342\200\256')" hostile.html
tap_check "series: what leaks grows" grep -qF 'grows: rises by 1000 B a second' series.html
tap_check "series: what is filled once does not" grep -qF 'rose once, at 10.0 s, and stays' series.html
tap_check "big: a row for each site" counts 10000 '<tr data-row=""><td title=' big.html
tap_end
