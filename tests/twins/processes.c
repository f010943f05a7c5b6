/* SPDX-License-Identifier: MIT */
/* Tests that split, and that run other programs: a child of a test is no test. */
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <sys/wait.h>

#define TWIN_CASE "processes"
#include "twins.h"

extern char **environ;

/* The status with which CHILD ends. */
static int status_of(pid_t child)
{
	int status;

	need(child > 0 && waitpid(child, &status, 0) == child);
	need(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void end_by_exit_0(void) { exit(0); }
static void end_by_exit_3(void) { exit(3); }
static void end_at_once(void) { _exit(4); }
static void leak_and_exit(void) { lose(malloc(1000)); open("/dev/null", O_RDONLY); exit(0); }
static void lead_and_exit(void) { setpgid(0, 0); exit(0); }
static void lead_leak_and_exit(void) { setpgid(0, 0); lose(malloc(1000)); exit(0); }

/* In a child that lives as long as BODY. */
static int in_child(void (*body)(void))
{
	pid_t child = fork();

	if (child == 0)
		body();
	return status_of(child);
}

/* Each end of a child, in a clean test and in one that leaks. */
#define CHILD(body, status)                                                          \
	MUST_PASS(body) { ck_assert_int_eq(in_child(body), status); } END_TEST       \
	MUST_LEAK(body, "heap 50 B in 1 block", BODY)                                \
	{                                                                            \
		void *block = use(malloc(50));                                       \
		ck_assert_int_eq(in_child(body), status);                            \
		lose(block);                                                         \
	}                                                                            \
	END_TEST
CHILD(end_by_exit_0, 0)
CHILD(end_by_exit_3, 3)
CHILD(end_at_once, 4)
CHILD(leak_and_exit, 0)
CHILD(lead_and_exit, 0)
CHILD(lead_leak_and_exit, 0)

/* The child gives back what the parent keeps. */
static void *shared_block;
static void free_and_exit(void) { free(shared_block); exit(0); }
MUST_LEAK(freed_in_child_only, "heap 60 B in 1 block", BODY)
{
	shared_block = malloc(60);
	ck_assert_int_eq(in_child(free_and_exit), 0);
	shared_block = NULL;
}
END_TEST
MUST_PASS(freed_on_both_sides)
{
	shared_block = malloc(60);
	ck_assert_int_eq(in_child(free_and_exit), 0);
	free(shared_block);
}
END_TEST

static void *short_thread(void *argument) { return argument; }
static void use_threads(void)
{
	pthread_t thread;

	need(pthread_create(&thread, NULL, short_thread, NULL) == 0);
	pthread_join(thread, NULL);
	_exit(in_child(end_by_exit_3) == 3 ? 0 : 1);
}
CHILD(use_threads, 0)

/* Other programs. */
MUST_PASS(vfork_and_exec)
{
	void *block = use(malloc(10));
	int fd = open("/dev/null", O_RDONLY);
	pid_t child = vfork();
	if (child == 0) {
		dup2(fd, STDIN_FILENO);
		close(fd);
		execl("/bin/sh", "sh", "-c", "exit 5", NULL);
		_exit(127);
	}
	ck_assert_int_eq(status_of(child), 5);
	close(fd);
	free(block);
}
END_TEST
MUST_LEAK(vfork_and_exec, "fd ", BODY)
{
	/* What the child closes stays open in the parent. */
	int fd = open("/dev/null", O_RDONLY);
	pid_t child = vfork();
	if (child == 0) {
		close(fd);
		execl("/bin/true", "true", NULL);
		_exit(127);
	}
	ck_assert_int_eq(status_of(child), 0);
}
END_TEST
MUST_PASS(vfork_failing_exec)
{
	pid_t child = vfork();
	if (child == 0) {
		execl("/nowhere/program", "program", NULL);
		_exit(6);
	}
	ck_assert_int_eq(status_of(child), 6);
}
END_TEST
static int spawn(void)
{
	char *words[] = { "sh", "-c", "exit 7", NULL };
	pid_t child;

	need(posix_spawn(&child, "/bin/sh", NULL, NULL, words, environ) == 0);
	return status_of(child);
}
MUST_PASS(posix_spawn) { ck_assert_int_eq(spawn(), 7); } END_TEST
MUST_LEAK(posix_spawn, "heap 70 B in 1 block", BODY)
{
	lose(malloc(70));
	ck_assert_int_eq(spawn(), 7);
}
END_TEST
MUST_PASS(system) { ck_assert_int_eq(WEXITSTATUS(system("exit 8")), 8); } END_TEST
MUST_LEAK(system, "fd ", BODY)
{
	need(open("/dev/null", O_RDONLY) >= 0);
	ck_assert_int_eq(WEXITSTATUS(system("exit 8")), 8);
}
END_TEST
static void run_through_pipe(char *line, int size)
{
	FILE *pipe = popen("echo hello", "r");

	need(pipe && fgets(line, size, pipe) && pclose(pipe) == 0);
}
MUST_PASS(popen)
{
	char line[16];
	run_through_pipe(line, sizeof line);
	ck_assert_str_eq(line, "hello\n");
}
END_TEST
MUST_LEAK(popen, "heap 80 B in 1 block", BODY)
{
	char line[16];
	lose(malloc(80));
	run_through_pipe(line, sizeof line);
}
END_TEST

/* Where Check forks, the test leads a group already. */
static void lead(void)
{
	if (getpgid(0) == getpid())
		need(setpgid(0, 0) == 0);
}
MUST_PASS(leads_again) { lead(); } END_TEST
MUST_LEAK(leads_again, "heap 90 B in 1 block", BODY)
{
	lose(malloc(90));
	lead();
	ck_assert_int_eq(in_child(lead_and_exit), 0);
}
END_TEST

/* What a program that a test starts finds in its environment. */
static const char *first_line(const char *command)
{
	static char line[4096];
	FILE *pipe = popen(command, "r");

	line[0] = '\0';
	need(pipe && fgets(line, sizeof line, pipe));
	pclose(pipe);
	line[strcspn(line, "\n")] = '\0';
	return line;
}
MUST_PASS(environment_without_us)
{
	ck_assert_str_eq(first_line("env | grep -c -e '^LD_PRELOAD=.*leakcheck' -e ^LEAKCHECK_RUN="),
			 "0");
}
END_TEST
MUST_PASS(environment_with_others)
{
	const char *others = getenv("OTHERS");
	ck_assert_str_eq(first_line("echo \"$LD_PRELOAD\""), others ? others : "");
	ck_assert_str_eq(getenv("LD_PRELOAD") ? getenv("LD_PRELOAD") : "", others ? others : "");
}
END_TEST
MUST_PASS(other_program_unwatched)
{
	ck_assert_str_eq(first_line("grep -c leakcheck.so /proc/self/maps"), "0");
}
END_TEST

/* Check's own way to fork in a test ends the test by exit, so it is not checked. */
#undef TWIN_CASE
#define TWIN_CASE "check_fork"
MUST_PASS(check_fork)
{
	pid_t child = check_fork();
	if (child == 0) {
		lose(malloc(10));
		exit(EXIT_SUCCESS);
	}
	check_waitpid_and_exit(child);
}
END_TEST

int main(int argc, char **argv)
{
	return twins_main(argc, argv);
}
