#!/bin/sh
# SPDX-License-Identifier: MIT
# Between two tests the kernel is not asked again for the open descriptors unless some
# code ran that may have opened one unseen: no test is blamed for it, and none is spared.
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

compile rest rest.c || exit 1
for mode in yes no; do
	CK_FORK=$mode watch ./rest >out 2>err
	tap_check "fork $mode: what main and fixtures open is no test's" sum $? 36 0
	CK_FORK=$mode watch ./rest leak >out 2>err
	tap_check "fork $mode: what a test opens is" sum $? 37 1
	tap_check "fork $mode: nobody saw it opened" \
		shows out ':tests:opens:0: leakcheck: 1 leak: fd 1$'
done
tap_end
