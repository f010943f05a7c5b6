# SPDX-License-Identifier: MIT
# Small programs as compilers write them.
# shellcheck shell=sh
set -eu
folder=$1
echo 'int main(void) { return 0; }' >"$folder/a.c"
number=0
for flags in "-s" "-s -static" "-s -no-pie" "-s -fsanitize=undefined" "-shared -fPIC -s"; do
	number=$((number + 1))
	# shellcheck disable=SC2086 # a list of words
	"$CLANG" $flags -nostartfiles -Wl,-e,main -Wl,-z,noseparate-code -o "$folder/$number" \
		"$folder/a.c" || rm -f "$folder/$number"
done
rm "$folder/a.c"
