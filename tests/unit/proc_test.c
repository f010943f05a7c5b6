/* SPDX-License-Identifier: MIT */
#include "base/proc.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NUMBERS = 1024 };

static unsigned visits[NUMBERS], others;

static void note(void *context, int number)
{
	ck_assert_ptr_eq(context, visits);
	if (number >= 0 && number < NUMBERS)
		visits[number]++;
	else
		others++;
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

/* Visits agree with what the kernel says of each number. */
static void check_descriptors(void)
{
	memset(visits, 0, sizeof visits);
	errno = EXDEV;
	ck_assert(lk_proc_each("/proc/self/fd", note, visits));
	ck_assert_int_eq(errno, EXDEV);
	for (int fd = 0; fd < NUMBERS; fd++)
		if (visits[fd] != is_open(fd))
			ck_abort_msg("descriptor %d: %u visits, open: %d", fd, visits[fd],
				     is_open(fd));
	ck_assert_uint_eq(others, 0);
}

START_TEST(visits_each_open_descriptor_once)
{
	check_descriptors();
	int fd = open("/dev/null", O_RDONLY);
	check_descriptors();
	ck_assert_int_eq(dup2(fd, 999), 999);
	check_descriptors();
	close(fd);
	check_descriptors();
	/* More than one read of the directory. */
	for (int number = 20; number < 900; number += 1 + number % 3)
		ck_assert_int_eq(dup2(999, number), number);
	check_descriptors();
}
END_TEST

START_TEST(leaves_out_what_is_no_number)
{
	static const char *const names[] = { "12", "7", "x3", "4y", "-5", "6.", "+8", "99" };
	char directory[] = "/tmp/proc_test.XXXXXX", path[64];

	ck_assert_ptr_nonnull(mkdtemp(directory));
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "%s/%s", directory, names[i]);
		ck_assert_int_eq(mkdir(path, 0700), 0);
	}
	bool ok = lk_proc_each(directory, note, visits);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "%s/%s", directory, names[i]);
		rmdir(path);
	}
	rmdir(directory);
	ck_assert(ok);
	for (int number = 0; number < NUMBERS; number++)
		ck_assert_uint_eq(visits[number], number == 7 || number == 12 || number == 99);
	ck_assert_uint_eq(others, 0);
}
END_TEST

START_TEST(tells_that_it_cannot_read)
{
	errno = EXDEV;
	ck_assert(!lk_proc_each("/nowhere/at/all", note, visits));
	ck_assert(!lk_proc_each("/proc/self/status", note, visits));
	ck_assert_int_eq(errno, EXDEV);
}
END_TEST

START_TEST(reads_a_file)
{
	char name[32], bytes[64];

	prctl(PR_SET_NAME, "proc_reader");
	errno = EXDEV;
	ck_assert_uint_eq(lk_proc_read("/proc/self/comm", bytes, sizeof bytes), 12);
	ck_assert_str_eq(bytes, "proc_reader\n");
	ck_assert_uint_eq(lk_proc_read("/proc/self/comm", bytes, 5), 4);
	ck_assert_str_eq(bytes, "proc");
	ck_assert_uint_eq(lk_proc_read("/proc/self/comm", bytes, 1), 0);
	ck_assert_str_eq(bytes, "");
	memset(name, '#', sizeof name);
	ck_assert_uint_eq(lk_proc_read("/nowhere/at/all", name, sizeof name), 0);
	ck_assert_str_eq(name, "");
	memset(name, '#', sizeof name);
	ck_assert_uint_eq(lk_proc_read("/proc/self", name, sizeof name), 0);
	ck_assert_str_eq(name, "");
	ck_assert_int_eq(errno, EXDEV);
}
END_TEST

/* /proc hands out a long file in pieces. */
START_TEST(reads_a_long_file_whole)
{
	static char ours[1 << 20], theirs[1 << 20];

	for (int i = 0; i < 200; i++)
		ck_assert(i % 2 ? realloc(NULL, 1 << 20) != NULL : open("/dev/null", 0) >= 0);
	size_t size = lk_proc_read("/proc/self/limits", ours, sizeof ours);
	FILE *file = fopen("/proc/self/limits", "r");
	ck_assert_uint_eq(fread(theirs, 1, sizeof theirs, file), size);
	fclose(file);
	ck_assert_str_eq(ours, theirs);

	size = lk_proc_read("/proc/self/maps", ours, sizeof ours);
	ck_assert_uint_gt(size, 1000);
	ck_assert_uint_eq(strlen(ours), size);
	ck_assert_int_eq(ours[size - 1], '\n');
	ck_assert_ptr_nonnull(strstr(ours, "[stack]"));
}
END_TEST

/* Memory that ends behind two pages, the first of them not readable. */
START_TEST(reads_memory_that_may_not_be_there)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *pages =
		mmap(NULL, 3 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char bytes[8] = "";

	ck_assert_ptr_ne(pages, MAP_FAILED);
	memcpy(pages + 2 * page - 4, "abcd", 4);
	ck_assert_int_eq(munmap(pages + 2 * page, page), 0);
	ck_assert_int_eq(mprotect(pages, page, PROT_NONE), 0);
	ck_assert(lk_proc_memory(pages + 2 * page - 4, bytes, 4));
	ck_assert_str_eq(bytes, "abcd");
	ck_assert(lk_proc_memory(pages + page, bytes, 8));
	errno = EXDEV;
	ck_assert(!lk_proc_memory(pages + 2 * page - 4, bytes, 5));
	ck_assert(!lk_proc_memory(pages + 2 * page, bytes, 1));
	ck_assert(!lk_proc_memory(pages + page - 1, bytes, 2));
	ck_assert(!lk_proc_memory(NULL, bytes, 1));
	ck_assert(!lk_proc_memory((void *)(UINTPTR_MAX - 3), bytes, 8));
	ck_assert_int_eq(errno, EXDEV);
}
END_TEST

START_TEST(leaves_no_descriptor)
{
	char bytes[8];
	int before = dup(0), after;

	close(before);
	lk_proc_read("/proc/self/maps", bytes, sizeof bytes);
	lk_proc_read("/proc/self", bytes, sizeof bytes);
	lk_proc_each("/proc/self/fd", note, visits);
	lk_proc_each("/proc/self/maps", note, visits);
	after = dup(0);
	close(after);
	ck_assert_int_eq(after, before);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("proc");
	TCase *tests = tcase_create("proc");

	tcase_add_test(tests, visits_each_open_descriptor_once);
	tcase_add_test(tests, leaves_out_what_is_no_number);
	tcase_add_test(tests, tells_that_it_cannot_read);
	tcase_add_test(tests, reads_a_file);
	tcase_add_test(tests, reads_a_long_file_whole);
	tcase_add_test(tests, reads_memory_that_may_not_be_there);
	tcase_add_test(tests, leaves_no_descriptor);
	suite_add_tcase(suite, tests);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
