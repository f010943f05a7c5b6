#!/bin/sh
# SPDX-License-Identifier: MIT
# The triage page in Chromium: light, dark, on a phone, without scripts; search and zoom.
# $SHOTS is a folder for pictures.
# shellcheck source=tests/tap.sh
. "${srcdir:-.}/tests/tap.sh"

for what in empty hostile series big; do
	tests/page/make_page $what >"$scratch/$what.html" || tap_fail "$what is written"
done
if ! timeout 60 chromium --headless=new --no-sandbox --disable-gpu --dump-dom about:blank \
	>"$scratch/started" 2>&1 </dev/null || ! command -v python3 >/dev/null; then
	tap_skip "in a browser" "Chromium does not start here"
	tap_end
	exit
fi
PYTHONDONTWRITEBYTECODE=1 timeout 300 python3 "$srcdir/tests/page/check.py" "$scratch" ${SHOTS:+"$SHOTS"}
