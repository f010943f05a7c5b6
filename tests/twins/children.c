/* SPDX-License-Identifier: MIT */
/* Child processes that stay, beside children that are waited for. */
#include <fcntl.h>
#include <pthread.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define TWIN_CASE "children"
#include "twins.h"

extern char **environ;

/* Not for ever: what a test leaves is to be gone soon after the run. */
static void live(void)
{
	signal(SIGALRM, SIG_DFL); /* Check's own handler kills a whole group */
	alarm(20);
	for (;;)
		pause();
}

static void reap(pid_t child)
{
	need(child > 0 && waitpid(child, NULL, 0) == child);
}

static void end(pid_t child)
{
	need(child > 0 && kill(child, SIGKILL) == 0);
	reap(child);
}

static pid_t fork_one(void)
{
	pid_t child = fork();

	if (child == 0)
		live();
	need(child > 0);
	return child;
}

static pid_t fork_ended(void)
{
	pid_t child = fork();
	siginfo_t info;

	if (child == 0)
		_exit(3);
	need(child > 0 && waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT) == 0);
	return child;
}

/* Each way to wait; without Check's fork the first child that has ended must be ours. */
MUST_PASS(wait) { fork_ended(); need(wait(NULL) > 0); } END_TEST
MUST_PASS(wait3) { fork_ended(); need(wait3(NULL, 0, NULL) > 0); } END_TEST
MUST_PASS(wait4) { need(wait4(fork_ended(), NULL, 0, NULL) > 0); } END_TEST
MUST_PASS(waitid)
{
	siginfo_t info;
	fork_ended();
	need(waitid(P_ALL, 0, &info, WEXITED) == 0);
}
END_TEST
MUST_PASS(waitid_raw)
{
	fork_ended();
	need(syscall(SYS_waitid, P_ALL, 0, NULL, WEXITED, NULL) == 0);
}
END_TEST
MUST_PASS(waitid_pidfd)
{
	siginfo_t info;
	int fd = (int)syscall(SYS_pidfd_open, fork_ended(), 0);
	need(fd >= 0 && waitid(P_PIDFD, (id_t)fd, &info, WEXITED) == 0);
	close(fd);
}
END_TEST
MUST_PASS(signal_ignored)
{
	void (*before)(int) = signal(SIGCHLD, SIG_IGN);
	pid_t child = fork();
	if (child == 0)
		_exit(0);
	while (kill(child, 0) == 0)
		sched_yield();
	signal(SIGCHLD, before);
}
END_TEST
MUST_LEAK(waitid_without_taking, "ended, never waited for", "fork_ended")
{
	siginfo_t info;
	fork_ended();
	need(waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) == 0);
}
END_TEST

MUST_LEAK(fork_running, "still running, not waited for, started by fork", "fork_one")
{
	fork_one();
}
END_TEST
MUST_PASS(fork_killed) { end(fork_one()); } END_TEST
MUST_LEAK(fork_ended, "ended, never waited for, started by fork", "fork_ended")
{
	fork_ended();
}
END_TEST
MUST_LEAK(fork_stopped, "stopped, not waited for, started by fork", "fork_one")
{
	siginfo_t info;
	pid_t child = fork_one();
	need(kill(child, SIGSTOP) == 0);
	need(waitid(P_PID, (id_t)child, &info, WSTOPPED) == 0);
}
END_TEST
MUST_LEAK(one_of_three, "started by fork", "fork_ended")
{
	end(fork_one());
	fork_ended();
	end(fork_one());
}
END_TEST
MUST_LEAK(async_fork, "started by fork", BODY)
{
	if (_Fork() == 0)
		live();
}
END_TEST
MUST_PASS(async_fork)
{
	pid_t child = _Fork();
	if (child == 0)
		live();
	end(child);
}
END_TEST

/* What a child starts in its turn. */
static pid_t fork_twice(void)
{
	int pipes[2];
	pid_t grandchild;

	need(pipe(pipes) == 0);
	pid_t child = fork();
	if (child == 0) {
		grandchild = fork();
		if (grandchild == 0) {
			setsid();
			close(pipes[0]);
			close(pipes[1]);
			live();
		}
		need(write(pipes[1], &grandchild, sizeof grandchild) == sizeof grandchild);
		_exit(0);
	}
	reap(child);
	need(read(pipes[0], &grandchild, sizeof grandchild) == sizeof grandchild);
	close(pipes[0]);
	close(pipes[1]);
	return grandchild;
}
MUST_LEAK(daemon_by_hand, "adopted by another process, started by fork", "fork_twice")
{
	fork_twice();
}
END_TEST
MUST_PASS(daemon_by_hand)
{
	pid_t child = fork_twice();
	need(child > 0 && kill(child, SIGKILL) == 0);
}
END_TEST
static void start_daemon(void)
{
	pid_t child = fork();

	if (child == 0) {
		need(daemon(0, 0) == 0);
		live();
	}
	reap(child);
}
MUST_LEAK(daemon, "adopted by another process, started by daemon", "start_daemon")
{
	start_daemon();
}
END_TEST
/* Nothing of ours runs in a shell: only what it leaves is there to be seen. */
static void leave_by_shell(const char *command)
{
	need(system(command) == 0);
}
MUST_LEAK(system_background, "\"sleep 20\", still running, adopted by another process", NOWHERE)
{
	leave_by_shell("sleep 20 & exec true");
}
END_TEST
MUST_LEAK(system_session, "\"sleep 20\", still running, adopted by another process", NOWHERE)
{
	leave_by_shell("setsid -f sleep 20");
}
END_TEST
MUST_PASS(system_background) { leave_by_shell("sleep 20 & kill $!; wait"); } END_TEST
/* It is gone before the waiting for it is over. */
MUST_PASS(system_short_background) { leave_by_shell("sleep 0.05 & exec true"); } END_TEST

/* The other names. */
static pid_t vfork_one(void)
{
	pid_t child = vfork();

	if (child == 0) {
		execl("/bin/sleep", "sleep", "20", NULL);
		_exit(127);
	}
	return child;
}
MUST_LEAK(vfork, "\"sleep 20\", still running, not waited for, started by vfork", "vfork_one")
{
	vfork_one();
}
END_TEST
MUST_PASS(vfork) { end(vfork_one()); } END_TEST
static pid_t spawn_one(const char *name)
{
	char *words[] = { (char *)name, "20", NULL };
	pid_t child;

	need(posix_spawn(&child, "/bin/sleep", NULL, NULL, words, environ) == 0);
	return child;
}
MUST_LEAK(posix_spawn, "\"sleep 20\", still running, not waited for, started by posix_spawn",
	  "spawn_one")
{
	spawn_one("sleep");
}
END_TEST
MUST_PASS(posix_spawn) { end(spawn_one("sleep")); } END_TEST
MUST_LEAK(name_with_controls, "\"\\x1b[2J\\nok 1 20\", still running", "spawn_one")
{
	spawn_one("\033[2J\nok 1");
}
END_TEST
static pid_t spawn_in_path(void)
{
	char *words[] = { "sleep", "20", NULL };
	pid_t child;

	need(posix_spawnp(&child, "sleep", NULL, NULL, words, environ) == 0);
	return child;
}
MUST_LEAK(posix_spawnp, "started by posix_spawn", "spawn_in_path") { spawn_in_path(); } END_TEST
MUST_PASS(posix_spawnp) { end(spawn_in_path()); } END_TEST
static FILE *open_pipe(void)
{
	FILE *pipe = popen("exec sleep 20", "w");

	need(pipe);
	return pipe;
}
MUST_LEAK(popen, AMONG "still running, not waited for, started by popen", "open_pipe")
{
	use(open_pipe());
}
END_TEST
MUST_PASS(popen)
{
	FILE *pipe = popen("cat >/dev/null", "w");
	need(pipe && pclose(pipe) == 0);
}
END_TEST
static void *run_sleep(void *argument)
{
	need(system("exec sleep 20") >= 0);
	return argument;
}
static int has_child(void)
{
	siginfo_t info;
	return syscall(SYS_waitid, P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT, NULL) == 0;
}
#undef TWIN_CASE
#define TWIN_CASE "in a thread"
MUST_LEAK(system_in_thread, AMONG "still running, not waited for, started by system", "run_sleep")
{
	pthread_t thread;
	need(pthread_create(&thread, NULL, run_sleep, NULL) == 0);
	pthread_detach(thread);
	while (!has_child())
		sched_yield();
}
END_TEST
#undef TWIN_CASE
#define TWIN_CASE "children"
static pid_t open_terminal(int *fd)
{
	pid_t child = forkpty(fd, NULL, NULL, NULL);

	if (child == 0)
		live();
	return child;
}
MUST_LEAK(forkpty, AMONG "still running, not waited for, started by forkpty", "open_terminal")
{
	int fd;
	need(open_terminal(&fd) > 0);
}
END_TEST
MUST_PASS(forkpty)
{
	int fd;
	end(open_terminal(&fd));
	close(fd);
}
END_TEST
static int clone_main(void *argument)
{
	(void)argument;
	live();
	return 0;
}
static pid_t clone_one(int flags)
{
	static char stack[65536];
	return clone(clone_main, stack + sizeof stack, flags, NULL);
}
MUST_LEAK(clone, "still running, not waited for, started by clone", "clone_one")
{
	need(clone_one(SIGCHLD) > 0);
}
END_TEST
MUST_PASS(clone) { end(clone_one(SIGCHLD)); } END_TEST
MUST_LEAK(clone_without_signal, "started by clone", "clone_one")
{
	need(clone_one(0) > 0);
}
END_TEST
static pid_t clone_raw(void)
{
	pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	if (child == 0)
		live();
	return child;
}
MUST_LEAK(clone_raw, "still running, not waited for", NOWHERE) { need(clone_raw() > 0); } END_TEST
MUST_PASS(clone_raw) { end(clone_raw()); } END_TEST
/* A child that no wrapper saw is no test either. */
MUST_PASS(clone_raw_exits)
{
	pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	int status;

	if (child == 0) {
		lose(malloc(1000));
		exit(0);
	}
	need(waitpid(child, &status, 0) == child);
	ck_assert_int_eq(status, 0);
}
END_TEST

static void await_all(int number)
{
	(void)number;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}
/* The child ends a little after the test, and the handler waits for it then; the last,
 * for without Check's fork the handler stays. */
MUST_PASS(signal_handled)
{
	struct sigaction action = { .sa_handler = await_all, .sa_flags = SA_RESTART };
	sigaction(SIGCHLD, &action, NULL);
	if (fork() == 0) {
		usleep(20000);
		_exit(0);
	}
}
END_TEST

int main(int argc, char **argv)
{
	return twins_main(argc, argv);
}
