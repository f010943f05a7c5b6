/* SPDX-License-Identifier: MIT */
/* Snapshots, statistics and comparisons from inside a program. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>

#include "leakcheck.h"

#define TWIN_CASE "snapshots"
#include "twins.h"

__attribute__((noinline)) static void *take_small(void)
{
	return use(malloc(100));
}

__attribute__((noinline)) static void *take_big(void)
{
	return use(malloc(3000));
}

__attribute__((noinline)) static void *xmalloc(size_t size)
{
	return use(malloc(size));
}

__attribute__((noinline)) static void *take_wrapped(void)
{
	return use(xmalloc(40));
}

static const struct leakcheck_query by_function = { .group = LEAKCHECK_BY_FUNCTION };
enum { ROWS = 8 };
static struct leakcheck_row rows[ROWS];

/* The first rows of STATISTICS, which is freed, but for their strings. */
static size_t keep_rows(struct leakcheck_statistics *statistics, char labels[ROWS][64])
{
	size_t count = leakcheck_statistics_count(statistics);

	for (size_t i = 0; i < count && i < ROWS; i++) {
		ck_assert(leakcheck_statistics_row(statistics, i, &rows[i], sizeof rows[i]));
		snprintf(labels[i], 64, "%s", rows[i].label);
	}
	leakcheck_statistics_free(statistics);
	return count;
}

static char labels[ROWS][64];

static size_t compare(const struct leakcheck_snapshot *now, const struct leakcheck_snapshot *before,
		      const struct leakcheck_query *query)
{
	struct leakcheck_statistics *statistics = leakcheck_snapshot_compare(now, before, query);

	ck_assert_ptr_nonnull(statistics);
	return keep_rows(statistics, labels);
}

MUST_PASS(what_is_new_and_gone)
{
	void *gone = take_small();
	struct leakcheck_snapshot *before = leakcheck_snapshot_take();
	void *big = take_big();
	void *wrapped = take_wrapped();
	free(gone);
	struct leakcheck_snapshot *now = leakcheck_snapshot_take();

	ck_assert_uint_ge(compare(now, before, &by_function), 3);
	ck_assert_str_eq(labels[0], "take_big");
	ck_assert_int_eq(rows[0].size_diff, 3000);
	ck_assert_int_eq(rows[0].count_diff, 1);
	ck_assert_uint_eq(rows[0].size, 3000);
	ck_assert_str_eq(labels[1], "take_small");
	ck_assert_int_eq(rows[1].size_diff, -100);
	ck_assert_int_eq(rows[1].count_diff, -1);
	ck_assert_uint_eq(rows[1].count, 0);
	ck_assert_str_eq(labels[2], "take_wrapped");
	ck_assert_int_eq(rows[2].size_diff, 40);
	leakcheck_snapshot_free(now);
	leakcheck_snapshot_free(before);
	free(big);
	free(wrapped);
}
END_TEST
MUST_PASS(a_snapshot_does_not_change)
{
	struct leakcheck_snapshot *before = leakcheck_snapshot_take();
	void *block = take_big();
	struct leakcheck_statistics *own = leakcheck_snapshot_compare(before, before, NULL);

	ck_assert_ptr_nonnull(own);
	for (size_t i = 0; leakcheck_statistics_row(own, i, rows, sizeof rows[0]); i++)
		ck_assert(rows[0].size_diff == 0 && rows[0].count_diff == 0);
	leakcheck_statistics_free(own);
	leakcheck_snapshot_free(before);
	free(block);
}
END_TEST
MUST_PASS(filters)
{
	static const struct leakcheck_filter only = { .pattern = "take_*" };
	static const struct leakcheck_filter both[] = { { .pattern = "take_*" },
							{ .pattern = "take_big", .exclude = 1 } };
	static const struct leakcheck_filter first = { .pattern = "xmalloc", .first_frame = 1 };
	struct leakcheck_query query = { .group = LEAKCHECK_BY_FUNCTION, .filters = &only,
					 .filters_count = 1 };
	void *blocks[] = { take_small(), take_small(), take_big(), take_wrapped() };
	struct leakcheck_snapshot *snapshot = leakcheck_snapshot_take();
	struct leakcheck_statistics *statistics;
	size_t size, count;

	statistics = leakcheck_snapshot_statistics(snapshot, &query);
	leakcheck_statistics_total(statistics, &size, &count);
	ck_assert_uint_eq(size, 3240);
	ck_assert_uint_eq(count, 4);
	ck_assert_uint_eq(keep_rows(statistics, labels), 3);
	ck_assert_str_eq(labels[0], "take_big");
	ck_assert_str_eq(labels[1], "take_small");
	ck_assert_uint_eq(rows[1].size, 200);
	ck_assert_uint_eq(rows[1].count, 2);
	query.filters = both;
	query.filters_count = 2;
	ck_assert_uint_eq(keep_rows(leakcheck_snapshot_statistics(snapshot, &query), labels), 2);
	query.filters = &first;
	query.filters_count = 1;
	ck_assert_uint_eq(keep_rows(leakcheck_snapshot_statistics(snapshot, &query), labels), 0);
	leakcheck_snapshot_free(snapshot);
	for (int i = 0; i < 4; i++)
		free(blocks[i]);
}
END_TEST
MUST_PASS(cumulative_rows_and_frames)
{
	static const struct leakcheck_filter only = { .pattern = "take_wrapped" };
	struct leakcheck_query query = { .group = LEAKCHECK_BY_FUNCTION, .cumulative = 1,
					 .filters = &only, .filters_count = 1 };
	void *block = take_wrapped();
	struct leakcheck_snapshot *snapshot = leakcheck_snapshot_take();
	struct leakcheck_statistics *statistics = leakcheck_snapshot_statistics(snapshot, &query);
	struct leakcheck_frame frames[4];
	int found = 0;

	for (size_t i = 0; leakcheck_statistics_row(statistics, i, rows, sizeof rows[0]); i++) {
		ck_assert_uint_eq(rows[0].size, 40);
		found += strcmp(rows[0].label, "xmalloc") == 0 ||
			 strcmp(rows[0].label, "take_wrapped") == 0;
	}
	ck_assert_int_eq(found, 2);
	ck_assert_uint_gt(leakcheck_statistics_frames(statistics, 0, NULL, 0), 2);
	ck_assert_uint_gt(leakcheck_statistics_frames(statistics, 0, frames, 2), 2);
	ck_assert_str_eq(frames[0].function, "xmalloc");
	ck_assert_str_eq(frames[1].function, "take_wrapped");
	ck_assert_ptr_nonnull(strstr(frames[1].file, "snapshots.c"));
	ck_assert_ptr_nonnull(strstr(frames[1].library, "snapshots"));
	leakcheck_statistics_free(statistics);
	leakcheck_snapshot_free(snapshot);
	free(block);
}
END_TEST
MUST_PASS(text_as_tracemalloc_prints_it)
{
	static const struct leakcheck_filter only = { .pattern = "take_big" };
	struct leakcheck_query query = { .filters = &only, .filters_count = 1 };
	struct leakcheck_snapshot *before = leakcheck_snapshot_take();
	void *block = take_big();
	struct leakcheck_snapshot *now = leakcheck_snapshot_take();
	struct leakcheck_statistics *statistics = leakcheck_snapshot_compare(now, before, &query);
	char text[256], cut[8];

	size_t length = leakcheck_statistics_text(statistics, 0, text, sizeof text);
	ck_assert_uint_eq(length, strlen(text));
	ck_assert_ptr_nonnull(
		strstr(text, ": size=3000 B (+3000 B), count=1 (+1), average=3000 B"));
	ck_assert_uint_eq(leakcheck_statistics_text(statistics, 0, cut, sizeof cut), length);
	ck_assert_int_eq(strncmp(cut, text, 7), 0);
	ck_assert_uint_eq(strlen(cut), 7);
	ck_assert_uint_eq(leakcheck_statistics_text(statistics, 0, NULL, 0), length);
	ck_assert_uint_eq(leakcheck_statistics_text(statistics, 99, text, sizeof text), 0);
	leakcheck_statistics_free(statistics);
	leakcheck_snapshot_free(now);
	leakcheck_snapshot_free(before);
	free(block);
}
END_TEST
MUST_PASS(saved_and_loaded)
{
	char path[] = "snapshot.XXXXXX";
	int fd = mkstemp(path);
	size_t size, count, size_again, count_again;
	void *block = take_big();
	struct leakcheck_snapshot *snapshot = leakcheck_snapshot_take();

	need(fd >= 0);
	ck_assert_int_eq(leakcheck_snapshot_save(snapshot, path), 0);
	/* In place of what was there. */
	ck_assert_int_eq(leakcheck_snapshot_save(snapshot, path), 0);
	struct leakcheck_snapshot *again = leakcheck_snapshot_load(path);
	ck_assert_ptr_nonnull(again);
	struct leakcheck_statistics *one = leakcheck_snapshot_statistics(snapshot, NULL);
	struct leakcheck_statistics *other = leakcheck_snapshot_statistics(again, NULL);
	leakcheck_statistics_total(one, &size, &count);
	leakcheck_statistics_total(other, &size_again, &count_again);
	ck_assert_uint_ge(size, 3000);
	ck_assert_uint_eq(size, size_again);
	ck_assert_uint_eq(count, count_again);
	ck_assert_uint_eq(leakcheck_statistics_count(one), leakcheck_statistics_count(other));
	leakcheck_statistics_free(one);
	leakcheck_statistics_free(other);
	leakcheck_snapshot_free(snapshot);
	leakcheck_snapshot_free(again);
	free(block);
	close(fd);
	unlink(path);
}
END_TEST
MUST_PASS(files_that_cannot_be_used)
{
	struct leakcheck_snapshot *snapshot = leakcheck_snapshot_take();

	errno = EDOM;
	ck_assert_ptr_null(leakcheck_snapshot_load("/no/such/file"));
	ck_assert_ptr_null(leakcheck_snapshot_load("/dev/null"));
	ck_assert_int_eq(leakcheck_snapshot_save(snapshot, "/no/such/file"), -1);
	leakcheck_snapshot_free(snapshot);
	leakcheck_snapshot_free(NULL);
	leakcheck_statistics_free(NULL);
	ck_assert_int_eq(errno, EDOM);
}
END_TEST
MUST_PASS(snapshots_are_no_leaks)
{
	lose(leakcheck_snapshot_take());
	struct leakcheck_snapshot *snapshot = leakcheck_snapshot_take();
	lose(leakcheck_snapshot_statistics(snapshot, NULL));
	leakcheck_snapshot_free(snapshot);
}
END_TEST
MUST_LEAK(beside_a_snapshot, "heap 77 B in 1 block", BODY)
{
	leakcheck_snapshot_free(leakcheck_snapshot_take());
	lose(malloc(77));
}
END_TEST
MUST_PASS(descriptors)
{
	static const struct leakcheck_query each = { .kind = LEAKCHECK_DESCRIPTORS,
						     .group = LEAKCHECK_BY_EACH };
	struct leakcheck_snapshot *before = leakcheck_snapshot_take();
	int fd = open("/dev/null", O_RDONLY);
	struct leakcheck_snapshot *now = leakcheck_snapshot_take();
	char wanted[32];

	snprintf(wanted, sizeof wanted, "fd %d /dev/null", fd);
	compare(now, before, &each);
	ck_assert_int_eq(rows[0].count_diff, 1);
	ck_assert_str_eq(labels[0], wanted);
	ck_assert_int_eq(rows[1].count_diff, 0);
	close(fd);
	leakcheck_snapshot_free(before);
	leakcheck_snapshot_free(now);
}
END_TEST

static int ends[2];

static void *read_byte(void *unused)
{
	char byte;

	return read(ends[0], &byte, 1) == 1 ? unused : NULL;
}

/* What the thread does is looked for until it is there. */
MUST_PASS(threads_and_their_dump)
{
	static const struct leakcheck_query states = { .kind = LEAKCHECK_THREADS,
						       .group = LEAKCHECK_BY_STATE };
	struct leakcheck_snapshot *before = leakcheck_snapshot_take();
	bool reads = false;
	char *text = NULL;
	size_t size;
	pthread_t thread;

	need(pipe(ends) == 0);
	need(pthread_create(&thread, NULL, read_byte, NULL) == 0);
	while (!reads) {
		struct leakcheck_snapshot *now = leakcheck_snapshot_take();

		ck_assert_ptr_nonnull(now);
		compare(now, before, &states);
		reads = strcmp(labels[0], "read") == 0 && rows[0].count_diff == 1;
		leakcheck_snapshot_free(now);
	}
	for (int layout = 1; layout <= 2; layout++) {
		FILE *out = open_memstream(&text, &size);

		need(out);
		ck_assert_int_eq(leakcheck_dump_threads(out, layout), 1);
		fclose(out);
		ck_assert_ptr_nonnull(strstr(text, layout == 1 ? "thread profile: total 2\n" :
								 " [read of fd "));
		ck_assert_ptr_nonnull(strstr(text, "read_byte"));
		free(text);
	}
	need(write(ends[1], "", 1) == 1);
	pthread_join(thread, NULL);
	close(ends[0]);
	close(ends[1]);
	leakcheck_snapshot_free(before);
}
END_TEST
MUST_PASS(traced_memory_and_peak)
{
	size_t now, later, peak;

	ck_assert_int_eq(leakcheck_traced_memory(&now, NULL), 1);
	leakcheck_reset_peak();
	free(take_big());
	void *block = take_small();
	leakcheck_traced_memory(&later, &peak);
	ck_assert_uint_eq(later, now + 100);
	ck_assert_uint_eq(peak, now + 3000);
	leakcheck_reset_peak();
	leakcheck_traced_memory(NULL, &peak);
	ck_assert_uint_eq(peak, now + 100);
	free(block);
}
END_TEST

static struct leakcheck_snapshot *shared;

static void *make_statistics(void *unused)
{
	size_t size, count;

	for (int i = 0; i < 5; i++) {
		struct leakcheck_statistics *statistics =
			leakcheck_snapshot_statistics(shared, &by_function);

		leakcheck_statistics_total(statistics, &size, &count);
		need(size >= 3000);
		leakcheck_statistics_free(statistics);
		leakcheck_snapshot_free(leakcheck_snapshot_take());
	}
	return unused;
}

MUST_PASS(several_threads_at_once)
{
	pthread_t threads[3];
	void *block = take_big();

	shared = leakcheck_snapshot_take();
	for (int i = 0; i < 3; i++)
		need(pthread_create(&threads[i], NULL, make_statistics, NULL) == 0);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	leakcheck_snapshot_free(shared);
	free(block);
}
END_TEST


int main(int argc, char **argv)
{
	return twins_main(argc, argv);
}
