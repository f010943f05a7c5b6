# SPDX-License-Identifier: MIT
# A record with something in each section, whole and as a body; and two small ones.
# shellcheck shell=sh
set -eu
folder=$1
top=$(cd "$(dirname "$0")/../.." && pwd)
cat >"$folder/make.c" <<'END'
#include <fcntl.h>
#include <unistd.h>
#include "model/capture.h"
static uintptr_t frames[] = { 0x401111, 0x402222, 0x403333, 0x7f0000001111, 0x402222, 0x403333 };
static struct lk_stack stacks[] = { { 0 }, { 9, 0, 3, false }, { 77, 3, 3, true } };
static struct lk_site sites[] = { { .stack = 1, .hold = LK_HOLD_LOST, .blocks = 2, .bytes = 48 },
				  { .stack = 2, .hold = LK_HOLD_RETAINED, .blocks = 1, .path = 1, .series = 1 } };
static struct lk_total totals[] = { { 1, 20, 480 } };
static struct lk_path paths[] = { { 0 }, { LK_ROOT_TLS, 4711, 0x7fff00001234, 0x400000, 16, 2, { 8, 24 } } };
static struct lk_series series[] = { { 0 }, { 3, 3, 4, -40, { 1, -1 }, { 10, -10 }, 2 } };
static struct lk_descriptor descriptors[] = { { .fd = 7, .stack = 2, .offset = -1, .target = "/tmp/a",
	.fdinfo = "pos: 0", .socket = { .domain = -1, .local_size = 3, .local = { 0, 1, 2 } } } };
static struct lk_thread_left threads[] = { { .tid = 12, .stack = 1, .name = "writer", .now = { .call = -1, .sure = 3 } } };
static struct lk_misuse misuses[] = { { LK_MISUSE_NOT_OWN, 3, 2, 1, 2, 1 } };
static struct lk_child_left children[] = { { .pid = 99, .state = 'Z', .stack = 1, .command = "sleep 1" } };
static struct lk_handles_left handles[] = { { 1, 1, 3, 300, 0x1234, "slot" } };
static struct lk_release releases[] = { { 1, 2, 30 } };
static struct lk_call calls[] = { { 0x402222, 0x7f0000001000 } };
static struct lk_module modules[] = { { 0x400000, 0x500000, 0x400000, { 0xab }, 2, true, false, "/usr/bin/x" } };
static struct lk_snapshot sample = { .moment = { .process = 42, .test = "test_a", .program = "/usr/bin/x" },
	.stacks = stacks, .stacks_count = 3, .frames = frames, .frames_count = 6, .sites = sites, .sites_count = 2,
	.totals = totals, .totals_count = 1, .paths = paths, .paths_count = 2, .series = series, .series_count = 2,
	.descriptors = descriptors, .descriptors_count = 1, .threads = threads, .threads_count = 1, .threads_seen = 1,
	.misuses = misuses, .misuses_count = 1, .children = children, .children_count = 1, .handles = handles,
	.handles_count = 1, .releases = releases, .releases_count = 1, .modules = modules, .modules_count = 1, .calls = calls, .calls_count = 1 };
int main(int argc, char **argv)
{
	static const struct lk_snapshot nothing;
	int fd = open(argv[1], O_RDWR | O_CREAT | O_TRUNC, 0666);
	return argc != 2 || !lk_capture_write(fd, argv[1][0] == 'e' ? &nothing : &sample);
}
END
$CLANG -std=gnu11 -D_GNU_SOURCE -I"$top/src" -o "$folder/make" "$folder/make.c" \
	"$top/src/model/capture.c" "$top/src/model/checksum.c" "$top/src/base/arena.c"
(
	cd "$folder"
	./make full
	./make empty
	{ printf 1; cat full; } >whole
	{ printf 1; cat empty full empty; } >three
	{ printf 0; tail -c +33 full; } >body
	{ printf 0; tail -c +33 empty; } >small
	rm make make.c full empty
)
