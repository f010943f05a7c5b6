/* SPDX-License-Identifier: MIT */
/* leakcheck_whence(): each test asks where something came from and wants the answer. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>

#include "leakcheck.h"

#define TWIN_CASE "whence"
#include "twins.h"

static char answer[8192];

/* Is TEXT said of VALUE, and is it known? */
static void wants(enum leakcheck_kind kind, unsigned long value, int known, const char *text)
{
	errno = EDOM;
	ck_assert_int_eq(leakcheck_whence_text(kind, value, answer, sizeof answer), known);
	ck_assert_int_eq(errno, EDOM);
	if (!strstr(answer, text))
		ck_abort_msg("'%s' is not in: %s", text, answer);
	if (strncmp(answer, "leakcheck: ", 11) != 0)
		ck_abort_msg("no line of leakcheck's: %s", answer);
}

static void is_said(const void *pointer, const char *text)
{
	wants(LEAKCHECK_HEAP, (unsigned long)pointer, 1, text);
}

static __attribute__((noinline)) char *make_block(size_t size)
{
	return use(malloc(size));
}

MUST_PASS(block)
{
	char *block = make_block(100);

	is_said(block, " is a block of 100 bytes, taken since this test began, from\n");
	is_said(block, "  > make_block ");
	is_said(block, "must_pass_block_fn ");
	ck_assert_ptr_null(strstr(answer, "srunner"));
	free(block);
}
END_TEST
MUST_PASS(inside)
{
	char *block = make_block(100);

	is_said(block + 1, " is 1 byte into a block of 100 bytes");
	is_said(block + 99, " is 99 bytes into a block of 100 bytes");
	wants(LEAKCHECK_HEAP, (unsigned long)(block + 100), 0, " is in no block that is known\n");
	free(block);
	wants(LEAKCHECK_HEAP, (unsigned long)block, 0, " is in no block that is known\n");
}
END_TEST
MUST_PASS(big)
{
	enum { BIG = 40 << 20 };
	char *block = make_block(BIG);

	is_said(block + BIG - 1, " is 41943039 bytes into a block of 41943040 bytes");
	free(block);
}
END_TEST
MUST_PASS(empty)
{
	char *block = make_block(0);

	is_said(block, " is a block of 0 bytes");
	free(block);
}
END_TEST
static char *old_block;
MUST_PASS(old)
{
	is_said(old_block + 3, " is 3 bytes into a block of 50 bytes, from\n");
	is_said(old_block + 3, "main ");
}
END_TEST
static long variable[4];
MUST_PASS(data)
{
	wants(LEAKCHECK_HEAP, (unsigned long)&variable[1], 0,
	      " is 8 bytes into the variable variable of ");
	wants(LEAKCHECK_HEAP, 0, 0, "0x0 is in no block that is known\n");
	wants(LEAKCHECK_HEAP, ~0ul, 0, " is in no block that is known\n");
}
END_TEST
MUST_PASS(handle)
{
	leakcheck_track((void *)77, 0, "session");
	is_said((void *)77, "0x4d is a handle, session, taken since this test began, from\n");
	is_said((void *)77, "must_pass_handle_fn ");
	leakcheck_untrack((void *)77, "session");
}
END_TEST
static __attribute__((noinline)) int open_null(void)
{
	int fd = open("/dev/null", O_RDONLY);

	need(fd >= 0);
	return fd;
}
MUST_PASS(descriptor)
{
	int fd = open_null();
	char text[64];

	snprintf(text, sizeof text, "fd %d /dev/null O_RDONLY, from\n", fd);
	wants(LEAKCHECK_DESCRIPTORS, (unsigned long)fd, 1, text);
	wants(LEAKCHECK_DESCRIPTORS, (unsigned long)fd, 1, "  > open_null ");
	close(fd);
	snprintf(text, sizeof text, "fd %d is not open\n", fd);
	wants(LEAKCHECK_DESCRIPTORS, (unsigned long)fd, 0, text);
	wants(LEAKCHECK_DESCRIPTORS, ~0ul, 0, " is not open\n");
}
END_TEST
static pid_t tid;
static void *wait_there(void *argument)
{
	__atomic_store_n(&tid, (pid_t)syscall(SYS_gettid), __ATOMIC_RELEASE);
	pthread_mutex_lock(argument);
	pthread_mutex_unlock(argument);
	return NULL;
}
MUST_PASS(thread)
{
	static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
	pthread_t thread;

	pthread_mutex_lock(&gate);
	need(pthread_create(&thread, NULL, wait_there, &gate) == 0);
	while (!__atomic_load_n(&tid, __ATOMIC_ACQUIRE))
		usleep(100);
	wants(LEAKCHECK_THREADS, thread, 1, ", still running, not joined, started in wait_there");
	wants(LEAKCHECK_THREADS, thread, 1, "must_pass_thread_fn ");
	wants(LEAKCHECK_THREADS, (unsigned long)tid, 1, ", started in wait_there");
	pthread_mutex_unlock(&gate);
	pthread_join(thread, NULL);
	wants(LEAKCHECK_THREADS, thread, 0, " is no thread that was seen to start\n");
}
END_TEST
/* The least stack that a thread can have. */
static void *ask_there(void *argument)
{
	static char text[4096];

	(void)argument;
	leakcheck_whence(old_block);
	return leakcheck_whence_text(LEAKCHECK_HEAP, (unsigned long)old_block, text, sizeof text) ==
				       1 && strstr(text, "main ") ?
		       text :
		       NULL;
}
MUST_PASS(tiny_stack)
{
	pthread_attr_t attributes;
	pthread_t thread;
	void *result;

	pthread_attr_init(&attributes);
	need(pthread_attr_setstacksize(&attributes, (size_t)sysconf(_SC_THREAD_STACK_MIN)) == 0);
	need(pthread_create(&thread, &attributes, ask_there, NULL) == 0);
	pthread_attr_destroy(&attributes);
	pthread_join(thread, &result);
	ck_assert_ptr_nonnull(result);
}
END_TEST
MUST_PASS(cut)
{
	char *block = make_block(1), text[12] = "";

	ck_assert_int_eq(leakcheck_whence_text(LEAKCHECK_HEAP, (unsigned long)block, text, 0), 0);
	leakcheck_whence_text(LEAKCHECK_HEAP, (unsigned long)block, text, sizeof text);
	ck_assert_str_eq(text, "leakcheck: ");
	free(block);
}
END_TEST
/* It is asked wherever a signal comes, most often in malloc. */
static volatile int asked, wrong;
static void ask_in_signal(int number)
{
	static char text[8192];

	(void)number;
	asked++;
	int known = leakcheck_whence_text(LEAKCHECK_HEAP, (unsigned long)old_block, text,
					  sizeof text);
	if (known != 1 || !strstr(text, "main "))
		wrong++;
}
MUST_PASS(in_malloc)
{
	enum { TIMES = 10 };

	asked = wrong = 0;
	signal(SIGALRM, ask_in_signal);
	for (int i = 0; i < TIMES; i++) {
		ualarm(200, 0);
		while (asked <= i)
			free(use(malloc(5000)));
	}
	signal(SIGALRM, SIG_IGN);
	ck_assert_int_eq(wrong, 0);
}
END_TEST
/* It leaves nothing: no memory, no descriptor, no child, and disturbs no count. */
MUST_LEAK(beside, "heap 31 B in 1 block", "make_block")
{
	make_block(31);
	is_said(old_block, "main ");
	wants(LEAKCHECK_DESCRIPTORS, 1, 1, "fd 1 ");
}
END_TEST

int main(int argc, char **argv)
{
	old_block = malloc(50);
	if (argc > 1 && strcmp(argv[1], "stop") == 0) {
		use(malloc(1 << 20)); /* the allocator asks the kernel for so much */
		raise(SIGTRAP);
	}
	if (argc > 1 && strcmp(argv[1], "print") == 0)
		return leakcheck_whence(old_block + 7) + 2 * leakcheck_whence_descriptor(0) +
		       4 * leakcheck_whence_thread(1);
	return twins_main(argc, argv);
}
