/* SPDX-License-Identifier: MIT */
#include "probe/checkpoint.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct lk_checkpoint checkpoint;
static volatile int returns;

static __attribute__((noinline)) void mark(void)
{
	lk_checkpoint_save(&checkpoint, lk_checkpoint_room(__builtin_frame_address(0)));
	returns++;
}

/* A frame that has ended when somebody goes back to it. */
static __attribute__((noinline)) int through(int depth, const char *word)
{
	char text[64];

	strcpy(text, word);
	if (depth > 0)
		return through(depth - 1, word) + (strcmp(text, word) == 0);
	mark();
	return strcmp(text, word) == 0;
}

static __attribute__((noinline)) void dirty_stack(void)
{
	volatile char bytes[4096];

	memset((char *)bytes, 0x55, sizeof bytes);
}

/* The copy leaves with the number of returns; -1 if a frame was not as it had been. */
static int run_in_copy(int wanted)
{
	pid_t copy = fork();

	if (copy == 0) {
		double number = 1.5;
		int same = through(4, "a word that is kept");
		if (same != 5 || number != 1.5)
			_exit(255);
		dirty_stack();
		if (returns < wanted)
			lk_checkpoint_return(&checkpoint);
		_exit(returns);
	}
	int status;
	waitpid(copy, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

START_TEST(returns_into_frames_that_have_ended)
{
	ck_assert_int_eq(run_in_copy(1), 1);
	ck_assert_int_eq(run_in_copy(2), 2);
	ck_assert_int_eq(run_in_copy(100), 100);
}
END_TEST

static __attribute__((noinline)) size_t room_far_out(void)
{
	return lk_checkpoint_room(__builtin_frame_address(0));
}

START_TEST(has_room_on_the_stack)
{
	volatile char bytes[LK_CHECKPOINT_STACK_MAX];

	memset((char *)bytes, 0, sizeof bytes);
	ck_assert_uint_eq(room_far_out(), LK_CHECKPOINT_STACK_MAX);
	ck_assert_uint_eq(bytes[0], 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("checkpoint");
	TCase *tests = tcase_create("checkpoint");

	tcase_add_test(tests, returns_into_frames_that_have_ended);
	tcase_add_test(tests, has_room_on_the_stack);
	suite_add_tcase(suite, tests);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
