/* SPDX-License-Identifier: MIT */
/* Names addresses where descriptors, memory or stack are short. */
#include "judge/symbols.h"

#include <malloc.h>
#include <pthread.h>
#include <sys/resource.h>

#include "symbols_fixture.h"

static void list_descriptors(char *text, size_t size)
{
	size_t used = 0;

	for (int fd = 0; fd < 256; fd++) {
		struct stat status;
		if (fstat(fd, &status) == 0)
			used += (size_t)snprintf(text + used, size - used, "%d:%ju ", fd,
						 (uintmax_t)status.st_ino);
	}
}

START_TEST(leaves_no_descriptor_and_no_memory)
{
	char before[4096] = "", after[4096] = "";
	size_t bytes_before = 0, bytes_after = 1;
	struct site site = find_site("mangled");
	struct naming naming;

	make_linked_copy("");
	list_descriptors(before, sizeof before);
	/* The first time loads libraries, which stay; and malloc counts what its
	 * caches hold, until they have settled.  A leak would never settle. */
	for (int round = 0; round < 50 && bytes_before != bytes_after; round++) {
		bytes_before = mallinfo2().uordblks;
		open_path(&naming, copy);
		name(&naming, site.offset);
		assert_frame(&naming.frames[0], "store::clear(int)", site.lines[0]);
		lk_symbols_close(naming.symbols);
		bytes_after = mallinfo2().uordblks;
	}
	list_descriptors(after, sizeof after);
	ck_assert_str_eq(before, after);
	ck_assert_uint_eq(bytes_before, bytes_after);
}
END_TEST

static int lowest_free_descriptor(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

/* Returns the limit so far. */
static rlim_t limit_descriptors(rlim_t count)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	rlim_t before = limit.rlim_cur;
	limit.rlim_cur = count;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	return before;
}

START_TEST(needs_one_descriptor_only)
{
	struct site site = find_site("plain");
	struct naming naming;

	open_path(&naming, sample);
	rlim_t normal = limit_descriptors((rlim_t)lowest_free_descriptor() + 1);
	name(&naming, site.offset);
	limit_descriptors(normal);
	assert_frame(&naming.frames[0], "plain_function", site.lines[0]);
	lk_symbols_close(naming.symbols);
}
END_TEST

START_TEST(says_why_without_descriptors)
{
	struct site site = find_site("plain");
	struct naming naming;

	open_path(&naming, sample);
	rlim_t normal = limit_descriptors((rlim_t)lowest_free_descriptor());
	name(&naming, site.offset);
	limit_descriptors(normal);
	assert_unnamed(&naming);
	ck_assert_ptr_nonnull(lk_symbols_complaint(naming.symbols));
	lk_symbols_close(naming.symbols);
}
END_TEST

static void *name_plain(void *context)
{
	struct naming *naming = context;

	name(naming, naming->frames[0].offset);
	return NULL;
}

START_TEST(says_why_without_stack)
{
	struct site site = find_site("plain");
	struct naming naming;
	pthread_attr_t attributes;
	pthread_t thread;

	open_path(&naming, sample);
	naming.frames[0].offset = site.offset;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 128 << 10);
	ck_assert_int_eq(pthread_create(&thread, &attributes, name_plain, &naming), 0);
	pthread_join(thread, NULL);
	pthread_attr_destroy(&attributes);
	assert_unnamed(&naming);
	ck_assert_ptr_nonnull(lk_symbols_complaint(naming.symbols));
	/* Another thread has more. */
	name(&naming, find_site("mangled").offset);
	ck_assert_str_eq(naming.frames[0].function, "store::clear(int)");
	lk_symbols_close(naming.symbols);
}
END_TEST

/* In a process of its own: 0 if all is well, 1 if nothing was named and nobody
 * said why. */
static int name_with_memory(uintptr_t offset, size_t bytes)
{
	struct lk_module module;
	struct lk_frame frames[FRAMES_MAX];
	unsigned long pages = 0;

	FILE *statm = fopen("/proc/self/statm", "r");
	if (!statm || fscanf(statm, "%lu", &pages) != 1)
		return 2;
	fclose(statm);
	set_module(&module, sample);
	rlim_t limit = pages * (rlim_t)sysconf(_SC_PAGESIZE) + bytes;
	setrlimit(RLIMIT_AS, &(struct rlimit){ limit, limit });
	struct lk_symbols *symbols = lk_symbols_open(&module, 1);
	if (!symbols)
		return 0;
	size_t count = lk_symbols_name(symbols, sample_bias + offset, frames, FRAMES_MAX);
	bool told = lk_symbols_complaint(symbols);
	bool named = count >= 1 && frames[0].function;
	lk_symbols_close(symbols);
	return named || told ? 0 : 1;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { LIMITS_WORK = 0 };
#else
enum { LIMITS_WORK = 1 };
#endif

START_TEST(survives_without_memory)
{
	struct site site = find_site("inlined");

	for (size_t kib = 0; LIMITS_WORK && kib < 4096; kib += 16) {
		int status;
		pid_t child = fork();
		if (child == 0)
			_exit(name_with_memory(site.offset, kib << 10));
		ck_assert_int_eq(waitpid(child, &status, 0), child);
		ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
			      "status %#x with %zu KiB", (unsigned)status, kib);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("symbols_limits");
	TCase *limits = tcase_create("limits");

	tcase_add_checked_fixture(limits, setup, teardown);
	tcase_set_timeout(limits, 60);
	tcase_add_test(limits, leaves_no_descriptor_and_no_memory);
	tcase_add_test(limits, needs_one_descriptor_only);
	tcase_add_test(limits, says_why_without_descriptors);
	tcase_add_test(limits, says_why_without_stack);
	tcase_add_test(limits, survives_without_memory);
	suite_add_tcase(suite, limits);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
