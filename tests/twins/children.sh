#!/bin/sh
# SPDX-License-Identifier: MIT
# Child processes: those that stay, and those that nobody waited for.
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

compile children children.c -lutil || exit 1
judge children yes
CK_RUN_CASE=children
export CK_RUN_CASE
judge children no
tap_end
