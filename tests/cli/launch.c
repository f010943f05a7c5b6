/* SPDX-License-Identifier: MIT */
/* launch WAY COMMAND [ARGUMENT...]: starts a command in a way that a shell script
 * cannot, or tells more of its end than a shell does. */
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static int become(char **command)
{
	execvp(command[0], command);
	perror(command[0]);
	return 126;
}

static int as_is(char **command)
{
	return become(command);
}

/* With signals blocked and ignored, among them those that leakcheck waits for. */
static int signals(char **command)
{
	static const int blocked[] = { SIGUSR1, SIGTERM, SIGCHLD, 40 };
	sigset_t mask;

	sigemptyset(&mask);
	for (size_t i = 0; i < sizeof blocked / sizeof *blocked; i++)
		sigaddset(&mask, blocked[i]);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	signal(SIGCHLD, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	return become(command);
}

/* With all standard streams closed, and another descriptor open. */
static int streams(char **command)
{
	if (dup2(STDIN_FILENO, 100) < 0)
		return 126;
	for (int fd = 0; fd < 3; fd++)
		close(fd);
	return become(command);
}

static pid_t start(char **command, int own_group)
{
	pid_t child = fork();

	if (child == 0) {
		if (own_group)
			setpgid(0, 0);
		_exit(become(command));
	}
	if (own_group)
		setpgid(child, child);
	return child;
}

static int tell(int status)
{
	if (WIFEXITED(status))
		printf("exit %d\n", WEXITSTATUS(status));
	else if (WIFSTOPPED(status))
		printf("stop %d\n", WSTOPSIG(status));
	else
		printf("signal %d%s\n", WTERMSIG(status), WCOREDUMP(status) ? " core" : "");
	return 0;
}

/* Prints how it ends; cores are allowed. */
static int end(char **command)
{
	struct rlimit limit;
	int status;

	getrlimit(RLIMIT_CORE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_CORE, &limit);
	waitpid(start(command, 0), &status, 0);
	return tell(status);
}

/* As a job of a shell: prints that it stops, continues its process group and
 * prints how it ends. */
static int job(char **command)
{
	int status;
	pid_t child = start(command, 1);

	waitpid(child, &status, WUNTRACED);
	tell(status);
	fflush(stdout);
	if (!WIFSTOPPED(status))
		return 1;
	kill(-child, SIGCONT);
	waitpid(child, &status, 0);
	return tell(status);
}

/* Reads from FD until a line holds WORD; prints the lines. */
static int expect(int fd, const char *word)
{
	char line[256];
	size_t used = 0;

	while (read(fd, line + used, 1) == 1) {
		if (line[used] != '\n') {
			used += used < sizeof line - 1;
			continue;
		}
		line[used] = '\0';
		line[strcspn(line, "\r")] = '\0';
		puts(line);
		if (strstr(line, word))
			return 1;
		used = 0;
	}
	return 0;
}

/* On a terminal of its own, where somebody types ^C when the command says
 * "ready", and then sends SIGTERM to it alone. */
static int terminal(char **command)
{
	int master, status = 0;
	pid_t child = forkpty(&master, NULL, NULL, NULL);

	if (child == 0)
		_exit(become(command));
	if (expect(master, "ready") && write(master, "\003", 1) == 1 && expect(master, "got 2"))
		kill(child, SIGTERM);
	expect(master, "no such line");
	waitpid(child, &status, 0);
	return tell(status);
}

/* On a terminal of its own that goes away when the command says "ready" to its
 * standard output, which is no terminal; then as above. */
static int hangup(char **command)
{
	int master, status = 0, said[2];

	if (pipe(said) != 0)
		return 126;

	pid_t child = forkpty(&master, NULL, NULL, NULL);
	if (child == 0) {
		dup2(said[1], STDOUT_FILENO);
		close(said[0]);
		close(said[1]);
		_exit(become(command));
	}
	close(said[1]);
	expect(said[0], "ready");
	close(master);
	if (expect(said[0], "got 1"))
		kill(child, SIGTERM);
	expect(said[0], "no such line");
	waitpid(child, &status, 0);
	return tell(status);
}

static const struct way {
	const char *name;
	int (*run)(char **command);
} ways[] = {
	{ "as_is", as_is }, { "signals", signals }, { "streams", streams },
	{ "end", end },	    { "job", job },	    { "terminal", terminal },
	{ "hangup", hangup },
};

int main(int argc, char **argv)
{
	alarm(60); /* nothing that is waited for here takes long */
	for (size_t i = 0; argc > 2 && i < sizeof ways / sizeof *ways; i++)
		if (strcmp(argv[1], ways[i].name) == 0)
			return ways[i].run(argv + 2);
	return 126;
}
