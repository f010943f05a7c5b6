/* SPDX-License-Identifier: MIT */
/* Holds what is known to the byte when it ends: profiled N [M]. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { KEPT_MAX = 1000 };
/* Not static, or the compiler sees that nobody reads them. */
extern void *kept[KEPT_MAX];
void *kept[KEPT_MAX];
static unsigned kept_count;

__attribute__((noinline)) static void *xmalloc(size_t size)
{
	void *block = malloc(size);

	if (!block)
		abort();
	return kept[kept_count++] = block;
}

__attribute__((noinline)) static void keep_many(unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		xmalloc(100);
}

__attribute__((noinline)) static void keep_more(unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		xmalloc(7);
}

__attribute__((noinline)) static void keep_through(unsigned count)
{
	keep_more(count);
	kept[kept_count++] = malloc(1000);
}

__attribute__((noinline)) static void keep_open(unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (open("/dev/null", O_RDONLY | O_CLOEXEC) < 0)
			abort();
}

int main(int argc, char **argv)
{
	unsigned many = argc > 1 ? (unsigned)atoi(argv[1]) : 3;
	unsigned open_files = argc > 2 ? (unsigned)atoi(argv[2]) : 0;

	keep_many(many);
	keep_through(4);
	keep_open(open_files);
	return 0;
}
