# SPDX-License-Identifier: MIT
# Each kind of option, and each name.
# shellcheck shell=sh
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$1"
sed -n 's/^LK_OPTION(\([a-z_]*\), .*/\1/p' "$top/src/base/options.def" | while read -r name; do
	printf '%s=1' "$name" >"$name"
done
printf 'fail-on=lost,fd,all:report=/a\\:b:dump_signal=USR1:every=0.25:frames=3' >kinds
printf 'suppressions=a:suppressions=b:::heap=no:on_failure=report:json=x\\\\y' >more
