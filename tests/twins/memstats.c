/* SPDX-License-Identifier: MIT */
/* leakcheck_memstats(): each test does something and wants to see by how much the counts
 * have changed. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/wait.h>

#include "leakcheck.h"

#define TWIN_CASE "memstats"
#include "twins.h"

static struct leakcheck_memstats before, after;

/* Check's own assertions allocate, so they come behind what is counted. */
static void begin(void)
{
	need(leakcheck_memstats(&before, sizeof before) == 1);
}

static void end(void)
{
	errno = EDOM;
	need(leakcheck_memstats(&after, sizeof after) == 1 && errno == EDOM);
	/* Go's own rule. */
	ck_assert_uint_eq(after.mallocs - after.frees, after.live_blocks);
}

#define rises(field, by) ck_assert_int_eq((long)(after.field - before.field), by)

MUST_PASS(blocks)
{
	begin();
	void *one = use(malloc(10)), *two = use(calloc(3, 10)), *three = use(malloc(1000));
	free(three);
	end();
	rises(mallocs, 3);
	rises(frees, 1);
	rises(live_blocks, 2);
	rises(live_bytes, 40);
	begin();
	free(one);
	free(two);
	end();
	rises(mallocs, 0);
	rises(frees, 2);
	rises(live_blocks, -2);
	rises(live_bytes, -40);
}
END_TEST
MUST_PASS(realloc_is_both)
{
	void *block = use(malloc(10));

	begin();
	block = use(realloc(block, 5000));
	end();
	rises(mallocs, 1);
	rises(frees, 1);
	rises(live_blocks, 0);
	rises(live_bytes, 4990);
	free(block);
}
END_TEST
MUST_PASS(big)
{
	enum { BIG = 64 << 20 };

	begin();
	char *block = use(malloc(BIG));
	memset(block, 1, BIG);
	end();
	rises(live_bytes, BIG);
	ck_assert_uint_ge(after.heap_in_use - before.heap_in_use, BIG);
	ck_assert_uint_ge(after.heap_system, after.heap_in_use);
	ck_assert_uint_ge(after.resident_peak, BIG);
	free(block);
}
END_TEST
static void *make_many(void *argument)
{
	for (int i = 0; i < 1000; i++)
		free(use(malloc(10)));
	return argument;
}
MUST_PASS(threads)
{
	enum { THREADS = 4 };
	pthread_t threads[THREADS];

	begin();
	for (int i = 0; i < THREADS; i++)
		need(pthread_create(&threads[i], NULL, make_many, NULL) == 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	end();
	ck_assert_uint_ge(after.mallocs - before.mallocs, 4000);
	rises(threads_started, THREADS);
}
END_TEST
MUST_PASS(now)
{
	begin();
	int fd = open("/dev/null", O_RDONLY);
	need(fd >= 0);
	pid_t child = fork();
	if (child == 0) {
		/* It goes on from what its parent had. */
		end();
		_exit(after.mallocs < before.mallocs || after.live_blocks == 0);
	}
	end();
	rises(descriptors, 1);
	rises(descriptors_opened, 1);
	rises(children, 1);
	rises(children_started, 1);
	ck_assert_uint_ge(after.threads, 1);
	int status = -1;
	need(waitpid(child, &status, 0) == child);
	ck_assert_int_eq(status, 0);
	close(fd);
}
END_TEST
/* Each test's process, or all tests together, count from the first time on. */
MUST_PASS(totals)
{
	begin();
	bool was_known = before.counted_from > 0;
	need(leakcheck_memstats_begin() == 1);
	if (!was_known)
		need(before.total_bytes == 0 && before.peak_bytes == 0);
	begin();
	free(use(malloc(100000)));
	free(use(malloc(50000)));
	end();
	rises(total_bytes, 150000);
	rises(counted_from, 0);
	ck_assert_uint_ge(after.peak_bytes, after.live_bytes + 100000);
	if (!was_known)
		ck_assert_uint_eq(after.counted_from, before.mallocs + 1);
}
END_TEST
MUST_PASS(json)
{
	char text[2000], wanted[100];

	need(leakcheck_memstats_json(text, 0) == 0);
	need(leakcheck_memstats_json(text, 10) == 0);
	need(leakcheck_memstats_json(text, sizeof text) == 1);
	begin();
	snprintf(wanted, sizeof wanted, "{\"known\":15,\"mallocs\":%lu,\"frees\":", before.mallocs);
	ck_assert_int_eq(strncmp(text, wanted, strlen(wanted)), 0);
	ck_assert_int_eq(text[strlen(text) - 1], '}');
}
END_TEST
/* One that was compiled against an older, smaller struct, or a newer one. */
MUST_PASS(size)
{
	unsigned long few[3] = { 7, 7, 7 };
	struct {
		struct leakcheck_memstats known;
		unsigned long unknown;
	} more = { .unknown = 7 };

	leakcheck_memstats((struct leakcheck_memstats *)few, 2 * sizeof *few);
	ck_assert_uint_eq(few[0], 15);
	ck_assert_uint_eq(few[2], 7);
	leakcheck_memstats(&more.known, sizeof more);
	ck_assert_uint_eq(more.known.known, 15);
	ck_assert_uint_eq(more.unknown, 0);
}
END_TEST

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "print") == 0) {
		char text[2000];

		leakcheck_memstats_json(text, sizeof text);
		puts(text);
		return 0;
	}
	return twins_main(argc, argv);
}
