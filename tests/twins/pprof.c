/* SPDX-License-Identifier: MIT */
/* Tests that leave and use up known quantities: $ROWS rows of 100 bytes, made in a function
 * that is inlined, and as many of 10 bytes through a wrapper.  With an argument, a program
 * without tests. */
#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *volatile taken;

__attribute__((noinline)) static void *xmalloc(size_t size)
{
	void *block = malloc(size);

	if (!block)
		abort();
	return block;
}

static inline __attribute__((always_inline)) void make_row(void)
{
	taken = malloc(100);
}

__attribute__((noinline)) void load_rows(int count);
void load_rows(int count)
{
	for (int i = 0; i < count; i++) {
		make_row();
		taken = xmalloc(10);
	}
	taken = NULL;
}

__attribute__((noinline)) static void use_up(void)
{
	for (int i = 0; i < 7; i++) {
		taken = malloc(50);
		free(taken);
	}
	taken = NULL;
}

__attribute__((noinline)) static void open_log(void)
{
	open("/dev/null", O_WRONLY);
	taken = NULL;
}

static void *wait_for_ever(void *unused)
{
	(void)unused;
	pause();
	return NULL;
}

__attribute__((noinline)) static void start_worker(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, wait_for_ever, NULL);
	taken = NULL;
}

__attribute__((noinline)) static void fork_child(void)
{
	if (fork() == 0)
		_exit(0);
	taken = NULL;
}

START_TEST(test_rows)
{
	use_up();
	load_rows(atoi(getenv("ROWS")));
	taken = NULL;
}
END_TEST

START_TEST(test_nothing)
{
	use_up();
	for (int i = 0; i < 1000; i++)
		ck_assert(i < 1000);
}
END_TEST

START_TEST(test_log)
{
	open_log();
	open_log();
	taken = NULL;
}
END_TEST

START_TEST(test_worker)
{
	start_worker();
	taken = NULL;
}
END_TEST

START_TEST(test_child)
{
	fork_child();
	taken = NULL;
}
END_TEST

static int run_tests(void)
{
	Suite *suite = suite_create("pprof");
	TCase *tcase = tcase_create("pprof");
	SRunner *runner = srunner_create(suite);

	tcase_add_test(tcase, test_rows);
	tcase_add_test(tcase, test_nothing);
	tcase_add_test(tcase, test_log);
	tcase_add_test(tcase, test_worker);
	tcase_add_test(tcase, test_child);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	srunner_free(runner);
	return 0;
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc == 1)
		return run_tests();
	load_rows(6);
	/* So that leakcheck --every looks meanwhile. */
	for (int i = 0; i < 30; i++) {
		usleep(10000);
		use_up();
	}
	return 0;
}
