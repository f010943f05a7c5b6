/* SPDX-License-Identifier: MIT */
/* Tests that keep something, so that they run again, and that look at the world, or
 * act on it: nobody may see that there was more than one run.
 *
 *     rerun_world TEST...        in this order */
#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct node { struct node *next; };
static struct node *list;
static int lines_fd = -1, children_seen;
static FILE *journal;

/* Grows, so all the runs there are are used. */
static void keep(void)
{
	struct node *node = malloc(sizeof *node);
	node->next = list;
	list = node;
}

/* How often the test has run before. */
#define RUNS_BEFORE ({ static int runs_before; runs_before++; })

START_TEST(keeps_once)
{
	if (!list)
		keep();
	puts("printed");
}
END_TEST
static char next_letter(int fd)
{
	char letter = '-';
	return read(fd, &letter, 1) == 1 ? letter : '-';
}

START_TEST(prints)
{
	keep();
	puts("printed");
	fputs("printed\n", stderr);
	fflush(NULL);
	ck_assert_int_eq(dprintf(STDOUT_FILENO, "written\n"), 8);
}
END_TEST
/* What is in the buffer of a stream of the suite must not be written by a copy. */
START_TEST(notes)
{
	keep();
	fputs("noted\n", journal);
	fflush(NULL);
}
END_TEST
START_TEST(reads_a)
{
	char letter = next_letter(lines_fd);
	if (RUNS_BEFORE == 0)
		ck_assert_int_eq(letter, 'a');
	keep();
}
END_TEST
START_TEST(reads_b) { ck_assert_int_eq(next_letter(lines_fd), 'b'); } END_TEST
START_TEST(reads_input_a)
{
	char letter = next_letter(STDIN_FILENO);
	if (RUNS_BEFORE == 0)
		ck_assert_int_eq(letter, 'a');
	keep();
}
END_TEST
START_TEST(reads_input_b) { ck_assert_int_eq(next_letter(STDIN_FILENO), 'b'); } END_TEST
/* Forked tests have no other memory in common. */
static int *shared;
START_TEST(counts_1)
{
	if (RUNS_BEFORE == 0)
		ck_assert_int_eq(*shared, 0);
	++*shared;
	keep();
}
END_TEST
START_TEST(counts_2) { ck_assert_int_eq(++*shared, 2); } END_TEST
static void see_child(int signal)
{
	(void)signal;
	children_seen++;
}
START_TEST(awaits_children)
{
	signal(SIGCHLD, see_child);
	keep();
}
END_TEST
START_TEST(ignores_children)
{
	signal(SIGCHLD, SIG_IGN);
	keep();
}
END_TEST
START_TEST(saw_no_child)
{
	sigset_t pending;
	sigpending(&pending);
	ck_assert(!sigismember(&pending, SIGCHLD));
	ck_assert_int_eq(children_seen, 0);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
}
END_TEST
/* A daemon of another run writes its number, which the script looks for. */
START_TEST(starts_daemon)
{
	bool is_second = RUNS_BEFORE == 1;
	if (is_second && fork() == 0) {
		setsid();
		if (fork() == 0) {
			FILE *file = fopen("daemon.new", "w");
			fprintf(file, "%d\n", (int)getpid());
			fclose(file);
			rename("daemon.new", "daemon");
			pause();
		}
		_exit(0);
	}
	if (is_second) {
		wait(NULL);
		while (access("daemon", F_OK) != 0)
			usleep(1000);
	}
	keep();
}
END_TEST
static void print_end(void)
{
	int fd = open("ends", O_WRONLY | O_APPEND | O_CREAT, 0644);
	dprintf(fd, "end\n");
	close(fd);
}
START_TEST(has_handler)
{
	if (RUNS_BEFORE == 0)
		atexit(print_end);
	keep();
}
END_TEST
START_TEST(locks)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	pthread_mutex_lock(&mutex);
	keep();
}
END_TEST
START_TEST(kills_group)
{
	if (RUNS_BEFORE > 0)
		kill(0, SIGKILL);
	keep();
}
END_TEST
START_TEST(quits)
{
	if (RUNS_BEFORE > 0)
		_exit(3);
	keep();
}
END_TEST
START_TEST(fails)
{
	ck_assert_msg(RUNS_BEFORE == 0, "a state of the world");
	keep();
}
END_TEST
START_TEST(takes_numbers)
{
	while (open("/dev/null", O_RDONLY) >= 0)
		;
	keep();
	closefrom(4);
}
END_TEST
START_TEST(closes_output)
{
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
	keep();
}
END_TEST

static const struct {
	const char *name;
	const TTest **test;
} tests[] = {
	{ "keeps_once", &keeps_once },
	{ "prints", &prints },
	{ "notes", &notes },
	{ "reads_a", &reads_a },
	{ "reads_b", &reads_b },
	{ "reads_input_a", &reads_input_a },
	{ "reads_input_b", &reads_input_b },
	{ "counts_1", &counts_1 },
	{ "counts_2", &counts_2 },
	{ "awaits_children", &awaits_children },
	{ "ignores_children", &ignores_children },
	{ "saw_no_child", &saw_no_child },
	{ "starts_daemon", &starts_daemon },
	{ "has_handler", &has_handler },
	{ "locks", &locks },
	{ "kills_group", &kills_group },
	{ "quits", &quits },
	{ "fails", &fails },
	{ "takes_numbers", &takes_numbers },
	{ "closes_output", &closes_output },
};

int main(int argc, char **argv)
{
	Suite *suite = suite_create("World");
	const char *timeout = getenv("WORLD_TIMEOUT");

	journal = fopen("journal", "w");
	fputs("begun\n", journal);
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	lines_fd = open("letters", O_RDONLY);
	for (int i = 1; i < argc; i++)
		for (size_t k = 0; k < sizeof tests / sizeof *tests; k++) {
			if (strcmp(argv[i], tests[k].name) != 0)
				continue;
			TCase *tcase = tcase_create(argv[i]);
			if (timeout)
				tcase_set_timeout(tcase, atof(timeout));
			suite_add_tcase(suite, tcase);
			tcase_add_test(tcase, *tests[k].test);
		}
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, getenv("WORLD_SUBUNIT") ? CK_SUBUNIT : CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	fclose(journal);
	return failed != 0;
}
