/* SPDX-License-Identifier: MIT */
#include "probe/tracker.h"

#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "probe/counters.h"
#include "probe/descriptor.h"
#include "probe/heap.h"
#include "probe/thread.h"

static struct lk_run run;

static void setup(void)
{
	lk_tracker.run = &run;
	lk_tracker.heap = lk_tracker.descriptors = lk_tracker.threads = true;
}

/* ---- Notices. */

START_TEST(a_sentence_is_kept_once)
{
	ck_assert_uint_eq(lk_tracker_notice("one"), 0);
	ck_assert_uint_eq(lk_tracker_notice("two"), 1);
	ck_assert_uint_eq(lk_tracker_notice("one"), 0);
	ck_assert_uint_eq(lk_tracker_notice("on"), 2);
	ck_assert_uint_eq(lk_tracker_notice("one more"), 3);
	ck_assert_uint_eq(lk_tracker_notice("two"), 1);
	ck_assert_str_eq(run.notices[0].text, "one");
	ck_assert_str_eq(run.notices[3].text, "one more");
	for (unsigned i = 0; i < LK_NOTICES_MAX; i++)
		ck_assert_uint_eq(run.notices[i].taken, i < 4 ? 2 : 0);
}
END_TEST

START_TEST(there_are_sixteen_places)
{
	char sentence[32];

	ck_assert_int_eq(LK_NOTICES_MAX, 16);
	for (unsigned i = 0; i < LK_NOTICES_MAX; i++) {
		snprintf(sentence, sizeof sentence, "sentence %u", i);
		ck_assert_uint_eq(lk_tracker_notice(sentence), i);
	}
	ck_assert_uint_eq(lk_tracker_notice("no room"), LK_NOTICES_MAX);
	ck_assert_uint_eq(lk_tracker_notice("sentence 15"), 15);
	ck_assert_str_eq(run.notices[15].text, "sentence 15");
}
END_TEST

START_TEST(a_long_sentence_is_cut_and_still_kept_once)
{
	char sentence[2 * LK_NOTICE_SIZE];

	memset(sentence, 's', sizeof sentence);
	sentence[sizeof sentence - 1] = '\0';
	ck_assert_uint_eq(lk_tracker_notice(sentence), 0);
	ck_assert_uint_eq(lk_tracker_notice(sentence), 0);
	ck_assert_uint_eq(strnlen(run.notices[0].text, LK_NOTICE_SIZE), LK_NOTICE_SIZE - 1);
	ck_assert_uint_eq(run.notices[1].taken, 0);
}
END_TEST

/* ---- Marks. */

static __attribute__((noinline)) void put(uintptr_t address)
{
	lk_heap_put((void *)address, 8, __builtin_frame_address(0));
}

static void count_block(void *context, const struct lk_block *block)
{
	(void)block;
	++*(unsigned *)context;
}

static void count_row(void *context, const struct lk_thread *row)
{
	(void)row;
	++*(unsigned *)context;
}

START_TEST(a_mark_makes_everything_old)
{
	unsigned blocks = 0, threads = 0;

	lk_tracker.epoch = (uint32_t)_i;
	put(0x10000000000);
	lk_thread_creating(false, __builtin_frame_address(0));
	lk_tracker_mark();
	ck_assert_uint_gt(lk_tracker.epoch, LK_EPOCH_OLD);
	ck_assert_uint_le(lk_tracker.epoch, LK_EPOCH_LAST);
	lk_heap_each(lk_tracker.epoch, count_block, &blocks);
	lk_thread_each(lk_tracker.epoch, count_row, &threads);
	ck_assert_uint_eq(blocks, 0);
	ck_assert_uint_eq(threads, 0);
	ck_assert_int_eq(lk_counters_young(lk_tracker.epoch), 0);
	ck_assert(lk_heap_take((void *)0x10000000000, NULL));
	ck_assert_int_eq(lk_counters_young(lk_tracker.epoch), 0);
}
END_TEST

/* From here on: what was young in the first epoch must not be young again when
 * the epochs start over, after 32766 tests in one process. */
static void start_over(void)
{
	lk_tracker.epoch = LK_EPOCH_LAST;
	lk_tracker_mark();
	ck_assert_uint_eq(lk_tracker.epoch, LK_EPOCH_FIRST);
}

START_TEST(old_blocks_stay_old_when_epochs_start_over)
{
	unsigned blocks = 0;

	lk_tracker.epoch = LK_EPOCH_FIRST;
	put(0x10000000000);
	lk_tracker.epoch = LK_EPOCH_LAST;
	put(0x10000000020);
	start_over();
	lk_heap_each(lk_tracker.epoch, count_block, &blocks);
	ck_assert_uint_eq(blocks, 0);
	put(0x10000000040);
	lk_heap_each(lk_tracker.epoch, count_block, &blocks);
	ck_assert_uint_eq(blocks, 1);
	ck_assert_int_eq(lk_counters_young(lk_tracker.epoch), 1);
}
END_TEST

static sem_t counted, leave;

static void *count_and_idle(void *context)
{
	(void)context;
	lk_counters_block(LK_EPOCH_FIRST, LK_EPOCH_FIRST, -1, 0);
	sem_post(&counted);
	sem_wait(&leave);
	return NULL;
}

/* One that released a block of another thread would hide a leak. */
START_TEST(counts_of_an_idle_thread_stay_old_when_epochs_start_over)
{
	pthread_t thread;

	lk_tracker.epoch = LK_EPOCH_FIRST;
	sem_init(&counted, 0, 0);
	sem_init(&leave, 0, 0);
	pthread_create(&thread, NULL, count_and_idle, NULL);
	sem_wait(&counted);
	start_over();
	put(0x10000000040);
	int64_t young = lk_counters_young(lk_tracker.epoch);
	sem_post(&leave);
	pthread_join(thread, NULL);
	ck_assert_int_eq(young, 1);
}
END_TEST

START_TEST(old_threads_stay_old_when_epochs_start_over)
{
	unsigned threads = 0;

	lk_tracker.epoch = LK_EPOCH_FIRST;
	lk_thread_creating(false, __builtin_frame_address(0));
	start_over();
	lk_thread_each(lk_tracker.epoch, count_row, &threads);
	ck_assert_uint_eq(threads, 0);
}
END_TEST

static void keep_change(void *context, const struct lk_descriptor_change *change)
{
	*(struct lk_descriptor_change *)context = *change;
}

START_TEST(old_marks_of_descriptors_stay_old_when_epochs_start_over)
{
	struct lk_descriptor_change change = { .fd = -1 };

	lk_tracker.epoch = LK_EPOCH_FIRST;
	int fd = open("/dev/null", O_RDONLY);
	ck_assert(lk_descriptor_baseline());
	close(fd);
	start_over();
	ck_assert(lk_descriptor_baseline());
	ck_assert_int_eq(open("/dev/null", O_RDONLY), fd);
	ck_assert(lk_descriptor_each_new(keep_change, &change));
	ck_assert_int_eq(change.fd, fd);
	ck_assert(!change.replaced);
}
END_TEST

/* ---- Boot. */

START_TEST(boots_with_the_settings_of_the_environment)
{
	char *environment[] = { "LEAKCHECK_OPTIONSX=heap=maybe", "PATH=/bin",
				"LEAKCHECK_OPTIONS=threads=no:frames=9", NULL };

	lk_tracker_boot(environment);
	ck_assert_int_eq(lk_tracker.process, getpid());
	ck_assert(lk_tracker.descriptors);
	ck_assert(!lk_tracker.threads);
	ck_assert_uint_eq(lk_tracker.options.frames, 9);
	ck_assert(!lk_tracker.run_is_named);
	ck_assert_uint_eq(lk_tracker.run->magic, LK_RUN_MAGIC);
	ck_assert_uint_eq(lk_tracker.run->processes, 1);
	/* There are no hooks here, so nothing of the heap can be seen. */
	ck_assert(!lk_tracker.heap);
	ck_assert_ptr_nonnull(lk_tracker_heap_blind());
}
END_TEST

START_TEST(is_not_blind_to_what_nobody_asked_for)
{
	char *environment[] = { "LEAKCHECK_OPTIONS=heap=no", NULL };

	lk_tracker_boot(environment);
	ck_assert(!lk_tracker.heap);
	ck_assert_ptr_null(lk_tracker_heap_blind());
}
END_TEST

START_TEST(ends_the_process_when_a_setting_is_wrong)
{
	char *environment[] = { "LEAKCHECK_OPTIONS=heap=perhaps", NULL };

	close(STDERR_FILENO);
	lk_tracker_boot(environment);
}
END_TEST

/* A file in memory of SIZE bytes that begins with MAGIC, named in ENTRY. */
static int make_run(size_t size, uint32_t magic, char *entry, size_t entry_size)
{
	int fd = memfd_create("run", MFD_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, (off_t)size), 0);
	if (size >= sizeof magic)
		ck_assert_int_eq(pwrite(fd, &magic, sizeof magic, 0), sizeof magic);
	snprintf(entry, entry_size, LK_RUN_VARIABLE "=/proc/self/fd/%d", fd);
	return fd;
}

START_TEST(adds_to_the_run_that_is_named)
{
	char entry[64], *environment[] = { entry, NULL };
	struct lk_run seen;
	int fd = make_run(sizeof seen, LK_RUN_MAGIC, entry, sizeof entry);

	lk_tracker_boot(environment);
	ck_assert(lk_tracker.run_is_named);
	lk_tracker_notice("hello");
	ck_assert_int_eq(pread(fd, &seen, sizeof seen, 0), sizeof seen);
	ck_assert_uint_eq(seen.processes, 1);
	ck_assert_str_eq(seen.notices[0].text, "hello");
}
END_TEST

START_TEST(leaves_a_file_that_is_no_run_alone)
{
	char entry[64], *environment[] = { entry, NULL };
	struct lk_run seen;
	int fd = make_run(sizeof seen, LK_RUN_MAGIC + 1, entry, sizeof entry);

	lk_tracker_boot(environment);
	ck_assert(!lk_tracker.run_is_named);
	ck_assert_int_eq(pread(fd, &seen, sizeof seen, 0), sizeof seen);
	ck_assert_uint_eq(seen.processes, 0);
	ck_assert_uint_eq(seen.magic, LK_RUN_MAGIC + 1);
}
END_TEST

/* The variable may outlive the run, and the number be given to another file. */
START_TEST(leaves_a_file_that_is_too_short_alone)
{
	char entry[64], *environment[] = { entry, NULL };

	make_run(_i == 0 ? 0 : 100, LK_RUN_MAGIC, entry, sizeof entry);
	lk_tracker_boot(environment);
	ck_assert(!lk_tracker.run_is_named);
	ck_assert_uint_eq(lk_tracker.run->processes, 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tracker");
	TCase *notices = tcase_create("notices"), *marks = tcase_create("marks");
	TCase *boot = tcase_create("boot");

	tcase_add_checked_fixture(notices, setup, NULL);
	tcase_add_test(notices, a_sentence_is_kept_once);
	tcase_add_test(notices, there_are_sixteen_places);
	tcase_add_test(notices, a_long_sentence_is_cut_and_still_kept_once);
	suite_add_tcase(suite, notices);
	tcase_add_checked_fixture(marks, setup, NULL);
	tcase_add_loop_test(marks, a_mark_makes_everything_old, LK_EPOCH_FIRST, LK_EPOCH_FIRST + 2);
	tcase_add_loop_test(marks, a_mark_makes_everything_old, LK_EPOCH_LAST - 1,
			    LK_EPOCH_LAST + 1);
	tcase_add_test(marks, old_blocks_stay_old_when_epochs_start_over);
	tcase_add_test(marks, counts_of_an_idle_thread_stay_old_when_epochs_start_over);
	tcase_add_test(marks, old_threads_stay_old_when_epochs_start_over);
	tcase_add_test(marks, old_marks_of_descriptors_stay_old_when_epochs_start_over);
	suite_add_tcase(suite, marks);
	tcase_add_test(boot, boots_with_the_settings_of_the_environment);
	tcase_add_test(boot, is_not_blind_to_what_nobody_asked_for);
	tcase_add_exit_test(boot, ends_the_process_when_a_setting_is_wrong, 2);
	tcase_add_test(boot, adds_to_the_run_that_is_named);
	tcase_add_test(boot, leaves_a_file_that_is_no_run_alone);
	tcase_add_loop_test(boot, leaves_a_file_that_is_too_short_alone, 0, 2);
	suite_add_tcase(suite, boot);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
