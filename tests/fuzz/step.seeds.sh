# SPDX-License-Identifier: MIT
# Call frame information that the compiler writes for some functions, and one entry made
# by hand: what compilers never write.
# shellcheck shell=sh
set -eu
folder=$1
cat >"$folder/a.c" <<'END'
#include <stdlib.h>
void *plain(size_t size) { void *p = malloc(size); return p ? p : malloc(1); }
int deep(int (*next)(int, char *), int n)
{
	volatile char room[64];
	room[n % 64] = (char)next(n, (char *)room);
	return next(room[0], NULL) + n;
}
int sized(int (*next)(char *), int n) { char room[n]; return next(room) + n; }
int aligned(int (*next)(char *), int n)
{
	_Alignas(64) char room[n % 7 + 1];
	return next(room) + n;
}
END
number=0
for flags in "-O2" "-O0" "-O2 -fno-omit-frame-pointer -mno-red-zone" "-Os -fasynchronous-unwind-tables"; do
	number=$((number + 1))
	# shellcheck disable=SC2086 # a list of words
	"$CLANG" $flags -shared -fPIC -nostdlib -o "$folder/a.so" "$folder/a.c"
	objcopy -O binary -j .eh_frame_hdr -j .eh_frame "$folder/a.so" "$folder/tables"
	# Where the first function is, seen from the header, stands first in the search table.
	{
		dd if="$folder/tables" bs=4 skip=3 count=1 2>/dev/null
		printf '\007\000\000\000'
		cat "$folder/tables"
	} >"$folder/$number"
done
rm -f "$folder/a.c" "$folder/a.so" "$folder/tables"
