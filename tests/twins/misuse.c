/* SPDX-License-Identifier: MIT */
/* Descriptors closed by who should not: run with --fail-on=misuse,fd.  Where only the
 * misuse is asked for, what is open is left to other tests. */
#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define TWIN_CASE "misuse"
#include "twins.h"

static int old_fd;
static __attribute__((noinline)) int some_file(void) { return open("/dev/null", O_RDONLY); }
static __attribute__((noinline)) void first_close(int fd) { close(fd); }
static __attribute__((noinline)) void second_close(int fd) { close(fd); }

MUST_LEAK(closed_twice, "closed twice", "second_close")
{
	int fd = some_file();
	first_close(fd);
	second_close(fd);
}
END_TEST
MUST_LEAK(closed_twice_shows_the_first, "closed twice", "first_close")
{
	int fd = some_file();
	first_close(fd);
	second_close(fd);
}
END_TEST
MUST_LEAK(closed_twice_shows_the_opening, "closed twice", "some_file")
{
	int fd = some_file();
	first_close(fd);
	second_close(fd);
}
END_TEST
MUST_LEAK(closed_twice_often, "closed twice (3 times)", "second_close")
{
	int fds[3] = { some_file(), some_file(), some_file() };
	for (int i = 0; i < 3; i++)
		first_close(fds[i]);
	for (int i = 0; i < 3; i++)
		second_close(fds[i]);
}
END_TEST
MUST_LEAK(stream_closed_underneath, "closed twice", "first_close")
{
	FILE *stream = fopen("/dev/null", "r");
	first_close(fileno(stream));
	fclose(stream);
}
END_TEST
MUST_LEAK(directory_closed_underneath, "closed twice", "first_close")
{
	DIR *directory = opendir("/");
	first_close(dirfd(directory));
	closedir(directory);
}
END_TEST
MUST_LEAK(closed_after_its_stream, "closed twice", "second_close")
{
	FILE *stream = fopen("/dev/null", "r");
	int fd = fileno(stream);
	fclose(stream);
	second_close(fd);
}
END_TEST
MUST_LEAK(closed_twice_by_syscall, "closed twice", BODY)
{
	int fd = some_file();
	syscall(SYS_close, fd);
	syscall(SYS_close, fd);
}
END_TEST
MUST_PASS(closed_and_opened_and_closed)
{
	int fd = some_file();
	first_close(fd);
	need(some_file() == fd);
	second_close(fd);
}
END_TEST
MUST_PASS(put_over_and_closed)
{
	int fd = some_file();
	first_close(fd);
	need(dup2(STDIN_FILENO, fd) == fd);
	second_close(fd);
}
END_TEST
MUST_PASS(nothing_closed)
{
	close(-1);
	close(700);
	close(700);
	close(1 << 30);
	need(fclose(fopen("/dev/null", "r")) == 0);
}
END_TEST
/* As daemons do. */
MUST_PASS(all_swept)
{
	int fd = some_file();
	first_close(fd);
	for (int i = 800; i > old_fd + 100; i--)
		close(i);
	int other = some_file();
	first_close(other);
	for (int i = other; i < 1000; i++)
		if (i != STDERR_FILENO && fcntl(i, F_GETFD) < 0)
			close(i);
}
END_TEST
MUST_PASS(child_closes)
{
	int fd = some_file();
	pid_t child = fork();
	if (child == 0) {
		close(fd);
		close(fd);
		close(old_fd);
		_exit(0);
	}
	need(waitpid(child, NULL, 0) == child);
	child = vfork();
	if (child == 0) {
		close(fd);
		close(old_fd);
		_exit(0);
	}
	need(waitpid(child, NULL, 0) == child);
	close(fd);
}
END_TEST
MUST_PASS(range_closed)
{
	int copy = dup2(old_fd, 750);
	need(close_range((unsigned)copy, 760, 0) == 0);
	closefrom(750);
}
END_TEST

/* What was open before. */
MUST_LEAK(not_own, "closed by a test that did not open it", "second_close")
{
	second_close(old_fd);
	(void)!dup2(STDIN_FILENO, 900); /* takes no low number */
	close(900);
}
END_TEST
MUST_LEAK(not_own_stream, "closed by a test that did not open it", BODY) { fclose(stdin); } END_TEST
MUST_PASS(output_redirected_and_back)
{
	int saved = dup(STDOUT_FILENO), fd = some_file();
	need(dup2(fd, STDOUT_FILENO) == STDOUT_FILENO);
	close(fd);
	need(dup2(saved, STDOUT_FILENO) == STDOUT_FILENO);
	close(saved);
}
END_TEST
MUST_PASS(output_closed_and_back)
{
	int saved = dup(STDOUT_FILENO);
	close(STDOUT_FILENO);
	need(open("/dev/null", O_WRONLY) == STDOUT_FILENO);
	close(STDOUT_FILENO);
	need(dup(saved) == STDOUT_FILENO);
	close(saved);
}
END_TEST

int main(int argc, char **argv)
{
	old_fd = open("/dev/zero", O_RDONLY);
	return twins_main(argc, argv);
}
