/* SPDX-License-Identifier: MIT */
/* Real descriptors; what the hooks would tell is told by hand. */
#include "probe/descriptor.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/self.h"
#include "probe/misuse.h"
#include "probe/tracker.h"

enum { CHANGES_MAX = 2000 };

static struct lk_descriptor_change changes[CHANGES_MAX];
static size_t changes_count;

static void setup(void)
{
	lk_tracker.descriptors = true;
	lk_tracker.epoch = LK_EPOCH_FIRST;
}

static void mark(void)
{
	lk_tracker_mark();
	ck_assert(lk_descriptor_baseline());
}

static void note(void *context, const struct lk_descriptor_change *change)
{
	ck_assert_ptr_eq(context, changes);
	ck_assert_uint_lt(changes_count, CHANGES_MAX);
	changes[changes_count++] = *change;
}

/* How many new ones there are now; they are in `changes`, together with the numbers
 * that were open before and only taken over. */
static size_t look(void)
{
	size_t count = 0;

	changes_count = 0;
	ck_assert(lk_descriptor_each_new(note, changes));
	for (size_t i = 0; i < changes_count; i++)
		count += !changes[i].replaced;
	return count;
}

static bool is_new(int fd, bool replaced, bool has_stack)
{
	for (size_t i = 0; i < changes_count; i++)
		if (changes[i].fd == fd)
			return changes[i].replaced == replaced &&
			       (changes[i].stack != LK_STACK_NONE) == has_stack;
	return false;
}

static __attribute__((noinline)) void tell_opened(int fd, enum lk_descriptor_number how)
{
	lk_descriptor_opened(fd, how, __builtin_frame_address(0));
}

static int open_told(const char *path)
{
	int fd = open(path, O_RDONLY);

	ck_assert_int_ge(fd, 0);
	tell_opened(fd, LK_DESCRIPTOR_LOWEST);
	return fd;
}

static void close_told(int fd)
{
	lk_descriptor_closing(fd, __builtin_frame_address(0));
	ck_assert_int_eq(close(fd), 0);
}

static void dup2_told(int fd, int number)
{
	ck_assert_int_eq(dup2(fd, number), number);
	tell_opened(number, LK_DESCRIPTOR_CHOSEN);
}

START_TEST(an_opened_one_is_new_until_it_is_closed)
{
	int before = open_told("/dev/null");

	mark();
	ck_assert_uint_eq(look(), 0);
	int fd = open_told("/dev/null"), other = open_told("/dev/zero");
	ck_assert_uint_eq(look(), 2);
	ck_assert(is_new(fd, false, true));
	ck_assert(is_new(other, false, true));
	close_told(fd);
	ck_assert_uint_eq(look(), 1);
	ck_assert(is_new(other, false, true));
	close_told(other);
	close_told(before);
	ck_assert_uint_eq(look(), 0);
	mark();
	ck_assert_uint_eq(look(), 0);
}
END_TEST

START_TEST(one_that_nobody_told_of_is_new_without_a_stack)
{
	mark();
	int fd = open("/dev/null", O_RDONLY);
	ck_assert_uint_eq(look(), 1);
	ck_assert(is_new(fd, false, false));
	close(fd);
	ck_assert_uint_eq(look(), 0);
}
END_TEST

/* The stack of a former owner of the number must not be shown. */
START_TEST(a_stack_of_an_earlier_epoch_is_not_shown)
{
	int fd = open_told("/dev/null");

	close(fd);
	mark();
	ck_assert_int_eq(open("/dev/null", O_RDONLY), fd);
	ck_assert_uint_eq(look(), 1);
	ck_assert(is_new(fd, false, false));
}
END_TEST

START_TEST(closed_and_opened_again_is_new)
{
	int fd = open_told("/dev/null");

	mark();
	close_told(fd);
	ck_assert_int_eq(open_told("/dev/null"), fd); /* the same file */
	ck_assert_uint_eq(look(), 1);
	ck_assert(is_new(fd, false, true));
	close_told(fd);
	ck_assert_int_eq(open_told("/dev/zero"), fd);
	ck_assert_uint_eq(look(), 1);
	ck_assert(is_new(fd, false, true));
	mark();
	ck_assert_uint_eq(look(), 0);
}
END_TEST

START_TEST(put_over_an_open_one_is_a_replacement)
{
	int fd = open_told("/dev/null"), zero = open_told("/dev/zero");

	mark();
	dup2_told(zero, fd);
	ck_assert_uint_eq(look(), 0);
	ck_assert_uint_eq(changes_count, 1);
	ck_assert(is_new(fd, true, true));
	/* And back again: a test that redirects its output and restores it. */
	int null = open_told("/dev/null");
	dup2_told(null, fd);
	close_told(null);
	ck_assert_uint_eq(look(), 0);
}
END_TEST

/* close(1), open a file as 1, ..., close(1), dup(saved): as it was. */
START_TEST(a_copy_that_puts_back_what_was_there_is_none)
{
	int fd = open_told("/dev/null"), zero = open_told("/dev/zero");
	int saved = dup(fd);

	tell_opened(saved, LK_DESCRIPTOR_COPIED);
	mark();
	close_told(fd);
	ck_assert_int_eq(dup(saved), fd);
	tell_opened(fd, LK_DESCRIPTOR_COPIED);
	ck_assert_uint_eq(look(), 0);
	/* But a copy of another file is a new one. */
	close_told(fd);
	ck_assert_int_eq(dup(zero), fd);
	tell_opened(fd, LK_DESCRIPTOR_COPIED);
	ck_assert_uint_eq(look(), 1);
	ck_assert(is_new(fd, false, true));
}
END_TEST

START_TEST(a_standard_stream_that_comes_back_is_none)
{
	dup2_told(open_told("/dev/null"), STDIN_FILENO);
	mark();
	close_told(STDIN_FILENO);
	ck_assert_int_eq(open_told("/dev/zero"), STDIN_FILENO);
	ck_assert_uint_eq(look(), 1);
	close_told(STDIN_FILENO);
	ck_assert_int_eq(open_told("/dev/null"), STDIN_FILENO);
	ck_assert_uint_eq(look(), 0);
}
END_TEST

START_TEST(put_over_a_closed_one_is_new)
{
	int zero = open_told("/dev/zero");

	mark();
	dup2_told(zero, 900);
	ck_assert_uint_eq(look(), 1);
	ck_assert(is_new(900, false, true));
	dup2_told(zero, 900);
	ck_assert_uint_eq(look(), 1);
	close_told(900);
	ck_assert_uint_eq(look(), 0);
}
END_TEST

START_TEST(an_exempt_one_is_new_to_nobody_until_it_is_closed)
{
	mark();
	int fd = open_told("/dev/null");
	lk_descriptor_exempt(fd);
	ck_assert_uint_eq(look(), 0);
	close_told(fd);
	ck_assert_int_eq(open_told("/dev/null"), fd);
	ck_assert_uint_eq(look(), 1);
	/* Also if nobody tells of the next one. */
	lk_descriptor_exempt(fd);
	close_told(fd);
	ck_assert_int_eq(open("/dev/null", O_RDONLY), fd);
	ck_assert_uint_eq(look(), 1);
	lk_descriptor_exempt(-1);
	lk_descriptor_exempt(INT_MAX);
}
END_TEST

START_TEST(what_leakcheck_opens_is_exempt)
{
	mark();
	uint64_t openings = lk_descriptor_openings();
	lk_self.quiet = 1;
	int ours = open_told("/dev/null");
	lk_self.quiet = 0;
	ck_assert_uint_eq(lk_descriptor_openings(), openings);
	lk_self.ignoring = 1;
	int ignored = open_told("/dev/null");
	lk_self.ignoring = 0;
	ck_assert_uint_eq(lk_descriptor_openings(), openings + 1);
	ck_assert_uint_eq(look(), 0);
	close_told(ours);
	close_told(ignored);
	ck_assert_int_eq(open_told("/dev/null"), ours);
	ck_assert_uint_eq(look(), 1);
	ck_assert_uint_eq(lk_descriptor_openings(), openings + 2);
}
END_TEST

START_TEST(a_range_is_closed)
{
	enum { FIRST = 40, LAST = 60 };
	int null = open_told("/dev/null");

	for (int fd = FIRST; fd <= LAST; fd++)
		dup2_told(null, fd);
	mark();
	lk_descriptor_closing_range(FIRST + 1, LAST - 1, __builtin_frame_address(0));
	for (int fd = FIRST + 1; fd < LAST; fd++)
		close(fd);
	ck_assert_uint_eq(look(), 0);
	for (int fd = FIRST + 1; fd < LAST; fd++)
		tell_opened(dup3(null, fd, 0), LK_DESCRIPTOR_LOWEST);
	ck_assert_uint_eq(look(), LAST - FIRST - 1);
	ck_assert(is_new(FIRST + 1, false, true));
	ck_assert(!is_new(FIRST, false, true));
	lk_descriptor_closing_range(FIRST, UINT_MAX, __builtin_frame_address(0));
	for (int fd = FIRST; fd <= LAST; fd++)
		close(fd);
	ck_assert_uint_eq(look(), 0);
	lk_descriptor_closing_range(UINT_MAX, UINT_MAX, __builtin_frame_address(0));
	lk_descriptor_closing_range(5, 4, __builtin_frame_address(0));
}
END_TEST

static struct lk_misuse_row misuses[CHANGES_MAX];
static size_t misuses_count;

static void note_misuse(void *context, const struct lk_misuse_row *row)
{
	(void)context;
	misuses[misuses_count++] = *row;
}

static size_t look_for_misuse(void)
{
	misuses_count = 0;
	lk_misuse_each(note_misuse, NULL);
	return misuses_count;
}

static void close_again_told(int fd)
{
	bool again = lk_descriptor_closing(fd, __builtin_frame_address(0));

	ck_assert_int_eq(close(fd), -1);
	lk_descriptor_close_ended(fd, again, EBADF, __builtin_frame_address(0));
}

START_TEST(a_second_close_is_misuse)
{
	mark();
	int fd = open_told("/dev/null");
	close_told(fd);
	ck_assert_uint_eq(look_for_misuse(), 0);
	close_again_told(fd);
	ck_assert_uint_eq(look_for_misuse(), 1);
	ck_assert_int_eq(misuses[0].kind, LK_MISUSE_CLOSED_TWICE);
	ck_assert_int_eq(misuses[0].fd, fd);
	ck_assert(misuses[0].stack && misuses[0].closed && misuses[0].opened);
	ck_assert(misuses[0].stack != misuses[0].closed && misuses[0].closed != misuses[0].opened);
	mark();
	ck_assert_uint_eq(look_for_misuse(), 0);
}
END_TEST

START_TEST(a_close_of_what_was_open_before_is_misuse_unless_it_comes_back)
{
	int fd = open_told("/dev/null");

	mark();
	close_told(fd);
	ck_assert_uint_eq(look_for_misuse(), 1);
	ck_assert_int_eq(misuses[0].kind, LK_MISUSE_NOT_OWN);
	ck_assert(!lk_descriptor_is_put_back(fd));
	ck_assert_int_eq(open_told("/dev/null"), fd);
	ck_assert(lk_descriptor_is_put_back(fd));
}
END_TEST

START_TEST(a_sweep_over_all_numbers_is_none)
{
	int own = open_told("/dev/null");

	mark();
	int fd = open_told("/dev/null");
	close_told(fd);
	volatile int times = 3; /* one call in a loop, not three */
	for (int i = 0; i < times; i++)
		close_again_told(i == 0 ? fd : 900 + i);
	ck_assert_uint_eq(look_for_misuse(), 0);
	lk_descriptor_closing_range((unsigned)own, (unsigned)own, __builtin_frame_address(0));
	ck_assert_uint_eq(look_for_misuse(), 0);
}
END_TEST

START_TEST(misuse_beyond_the_table_is_harmless)
{
	mark();
	for (unsigned i = 0; i < 3 * LK_MISUSES_MAX; i++)
		lk_misuse_put(&(struct lk_misuse_row){ .kind = LK_MISUSE_NOT_OWN, .fd = (int)i,
						       .stack = 1 });
	lk_misuse_put(&(struct lk_misuse_row){ .kind = LK_MISUSE_NOT_OWN, .fd = 0, .stack = 1 });
	ck_assert_uint_eq(look_for_misuse(), LK_MISUSES_MAX);
	ck_assert_uint_eq(misuses[0].times, 2);
	for (unsigned i = 2; i < 100; i++)
		lk_misuse_sweeps(i);
	ck_assert_uint_eq(look_for_misuse(), LK_MISUSES_MAX);
}
END_TEST

static uint32_t overwritten_count;

static void note_overwritten(void *context, lk_stack_id stack, uint32_t count)
{
	(void)context;
	ck_assert(stack != LK_STACK_NONE);
	overwritten_count += count;
}

START_TEST(young_ones_that_others_are_put_over_are_counted)
{
	int old = open_told("/dev/null");

	mark();
	int zero = open_told("/dev/zero");
	dup2_told(zero, old);	/* an old one */
	dup2_told(zero, old);	/* a young one */
	dup2_told(zero, 800);	/* none */
	dup2_told(zero, 800);
	close_told(800);
	dup2_told(zero, 800);
	lk_descriptor_each_overwritten(note_overwritten, NULL);
	ck_assert_uint_eq(overwritten_count, 2);
	mark();
	lk_descriptor_each_overwritten(note_overwritten, NULL);
	ck_assert_uint_eq(overwritten_count, 2);
}
END_TEST

START_TEST(strange_numbers_are_ignored)
{
	uint64_t openings = lk_descriptor_openings();

	mark();
	tell_opened(-1, LK_DESCRIPTOR_LOWEST);
	tell_opened(INT_MIN, LK_DESCRIPTOR_LOWEST);
	lk_descriptor_closing(-1, __builtin_frame_address(0));
	lk_descriptor_closing(INT_MAX, __builtin_frame_address(0));
	ck_assert_uint_eq(lk_descriptor_openings(), openings);
	ck_assert_uint_eq(look(), 0);
}
END_TEST

/* The child of vfork has descriptors of its own, but our memory. */
START_TEST(a_child_of_vfork_changes_nothing)
{
	int fd = open_told("/dev/null");

	mark();
	uint64_t openings = lk_descriptor_openings();
	lk_self.in_vfork_child = 1;
	lk_descriptor_closing(fd, __builtin_frame_address(0));
	tell_opened(fd, LK_DESCRIPTOR_LOWEST);
	lk_self.in_vfork_child = 0;
	ck_assert_uint_eq(look(), 0);
	ck_assert_uint_eq(lk_descriptor_openings(), openings);
}
END_TEST

START_TEST(counts_and_finds_a_thousand)
{
	enum { COUNT = 900 };
	uint64_t openings = lk_descriptor_openings();

	mark();
	for (int i = 0; i < COUNT; i++)
		open_told("/dev/null");
	ck_assert_uint_eq(look(), COUNT);
	ck_assert_uint_eq(lk_descriptor_lost(), 0);
	ck_assert_uint_eq(lk_descriptor_openings(), openings + COUNT);
	ck_assert(is_new(COUNT, false, true));
	mark();
	ck_assert_uint_eq(look(), 0);
}
END_TEST

START_TEST(switched_off_records_nothing)
{
	mark();
	uint64_t openings = lk_descriptor_openings();
	lk_tracker.descriptors = false;
	int fd = open_told("/dev/null");
	lk_descriptor_closing(0, __builtin_frame_address(0));
	lk_tracker.descriptors = true;
	ck_assert_uint_eq(lk_descriptor_openings(), openings);
	ck_assert_uint_eq(look(), 1);
	ck_assert(is_new(fd, false, false));
}
END_TEST

/* Never green on missing data: what the table cannot hold is told or counted. */
START_TEST(does_not_claim_to_know_without_memory)
{
	struct rlimit before, none = { 0 };

	getrlimit(RLIMIT_AS, &before);
	none.rlim_max = before.rlim_max;
	setrlimit(RLIMIT_AS, &none);
	lk_tracker_mark();
	bool known = lk_descriptor_baseline();
	int fd = open("/dev/null", O_RDONLY);
	bool readable = lk_descriptor_each_new(note, changes);
	setrlimit(RLIMIT_AS, &before);
	ck_assert_int_ge(fd, 0);
	ck_assert(!known || !readable || lk_descriptor_lost() > 0 || is_new(fd, false, false));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("descriptor");
	TCase *tests = tcase_create("descriptor");

	tcase_add_checked_fixture(tests, setup, NULL);
	tcase_add_test(tests, an_opened_one_is_new_until_it_is_closed);
	tcase_add_test(tests, one_that_nobody_told_of_is_new_without_a_stack);
	tcase_add_test(tests, a_stack_of_an_earlier_epoch_is_not_shown);
	tcase_add_test(tests, closed_and_opened_again_is_new);
	tcase_add_test(tests, put_over_an_open_one_is_a_replacement);
	tcase_add_test(tests, a_copy_that_puts_back_what_was_there_is_none);
	tcase_add_test(tests, a_standard_stream_that_comes_back_is_none);
	tcase_add_test(tests, put_over_a_closed_one_is_new);
	tcase_add_test(tests, an_exempt_one_is_new_to_nobody_until_it_is_closed);
	tcase_add_test(tests, what_leakcheck_opens_is_exempt);
	tcase_add_test(tests, a_range_is_closed);
	tcase_add_test(tests, a_second_close_is_misuse);
	tcase_add_test(tests, a_close_of_what_was_open_before_is_misuse_unless_it_comes_back);
	tcase_add_test(tests, a_sweep_over_all_numbers_is_none);
	tcase_add_test(tests, misuse_beyond_the_table_is_harmless);
	tcase_add_test(tests, young_ones_that_others_are_put_over_are_counted);
	tcase_add_test(tests, strange_numbers_are_ignored);
	tcase_add_test(tests, a_child_of_vfork_changes_nothing);
	tcase_add_test(tests, counts_and_finds_a_thousand);
	tcase_add_test(tests, switched_off_records_nothing);
	tcase_add_test(tests, does_not_claim_to_know_without_memory);
	suite_add_tcase(suite, tests);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
