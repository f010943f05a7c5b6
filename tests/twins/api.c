/* SPDX-License-Identifier: MIT */
/* What leakcheck.h promises, in a program that is linked with the library. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>

#include "leakcheck.h"

#define TWIN_CASE "api"
#include "twins.h"

MUST_PASS(ignore)
{
	void *block = use(malloc(100));
	ck_assert_int_eq(leakcheck_ignore(block), 1);
}
END_TEST
MUST_LEAK(ignore_another, "heap 101 B in 1 block", BODY)
{
	void *block = use(malloc(100));
	lose(malloc(101));
	ck_assert_int_eq(leakcheck_ignore(block), 1);
}
END_TEST
MUST_PASS(ignore_unknown)
{
	static char own[64];
	void *block = use(malloc(100));
	ck_assert_int_eq(leakcheck_ignore(NULL), 0);
	ck_assert_int_eq(leakcheck_ignore(own), 0);
	ck_assert_int_eq(leakcheck_ignore((char *)block + 16), 0);
	ck_assert_int_eq(leakcheck_ignore((void *)~0ul), 0);
	free(block);
}
END_TEST
MUST_PASS(ignore_then_grow)
{
	void *block = use(malloc(100));
	ck_assert_int_eq(leakcheck_ignore(block), 1);
	lose(realloc(block, 100000));
}
END_TEST
MUST_LEAK(ignore_then_free, "heap 102 B in 1 block", BODY)
{
	/* The next block at this address is another one. */
	void *block = use(malloc(102));
	ck_assert_int_eq(leakcheck_ignore(block), 1);
	free(block);
	lose(malloc(102));
}
END_TEST
MUST_PASS(ignore_keeps_errno)
{
	void *block = use(malloc(1));
	errno = EDOM;
	leakcheck_ignore(block);
	leakcheck_ignore_begin();
	leakcheck_ignore_end();
	leakcheck_watching(NULL, 0);
	ck_assert_int_eq(errno, EDOM);
	free(block);
}
END_TEST

static void *nothing(void *argument) { return argument; }
static void leak_all_kinds(void)
{
	pthread_t thread;
	lose(malloc(10));
	lose(realloc(use(malloc(5)), 5000));
	need(open("/dev/null", O_RDONLY) >= 0);
	need(pthread_create(&thread, NULL, nothing, NULL) == 0);
}
MUST_PASS(expect_just_as_many)
{
	LEAKCHECK_EXPECT_LEAKS(2);
	lose(malloc(10));
	need(open("/dev/null", O_RDONLY) >= 0);
}
END_TEST
MUST_PASS(expect_none)
{
	LEAKCHECK_EXPECT_LEAKS(0);
	free(use(malloc(10)));
}
END_TEST
MUST_PASS(expect_the_last_word)
{
	LEAKCHECK_EXPECT_LEAKS(7);
	lose(malloc(10));
	LEAKCHECK_EXPECT_LEAKS(1);
}
END_TEST
MUST_LEAK(expect_fewer, AMONG "fd", BODY)
{
	LEAKCHECK_EXPECT_LEAKS(1);
	lose(malloc(10));
	need(open("/dev/null", O_RDONLY) >= 0);
}
END_TEST
MUST_LEAK(expect_more, "heap 103 B in 1 block", BODY)
{
	LEAKCHECK_EXPECT_LEAKS(2);
	lose(malloc(103));
}
END_TEST
MUST_PASS(ignore_span)
{
	leakcheck_ignore_begin();
	leak_all_kinds();
	leakcheck_ignore_end();
}
END_TEST
MUST_LEAK(without_span, AMONG "heap 5000 B in 1 block", "leak_all_kinds")
{
	leak_all_kinds();
}
END_TEST
MUST_PASS(ignore_spans_nest)
{
	leakcheck_ignore_begin();
	leakcheck_ignore_begin();
	leakcheck_ignore_end();
	leak_all_kinds();
	leakcheck_ignore_end();
}
END_TEST
MUST_LEAK(after_span, "heap 103 B in 1 block", BODY)
{
	leakcheck_ignore_begin();
	leakcheck_ignore_end();
	lose(malloc(103));
}
END_TEST
MUST_LEAK(before_span, "heap 104 B in 1 block", BODY)
{
	lose(malloc(104));
	leakcheck_ignore_begin();
	leakcheck_ignore_end();
}
END_TEST
MUST_LEAK(end_without_begin, "heap 105 B in 1 block", BODY)
{
	leakcheck_ignore_end();
	leakcheck_ignore_end();
	leakcheck_ignore_begin();
	leakcheck_ignore_end();
	lose(malloc(105));
}
END_TEST
static void *leak_in_thread(void *argument)
{
	lose(malloc(106));
	return argument;
}
MUST_LEAK(span_of_one_thread, "heap 106 B in 1 block", "leak_in_thread")
{
	pthread_t thread;
	/* Started outside of the span, runs inside of it. */
	leakcheck_ignore_begin();
	void *ignored = use(malloc(1));
	leakcheck_ignore_end();
	need(pthread_create(&thread, NULL, leak_in_thread, NULL) == 0);
	leakcheck_ignore_begin();
	pthread_join(thread, NULL);
	leakcheck_ignore_end();
	lose(ignored);
}
END_TEST

static void *wait_for_ever(void *argument)
{
	pause();
	return argument;
}
static void take_all_kinds(void)
{
	pthread_t thread;
	lose(malloc(11));
	need(open("/dev/null", O_RDONLY) >= 0);
	need(dup2(open("/dev/null", O_RDONLY), 60) == 60);
	need(pthread_create(&thread, NULL, wait_for_ever, NULL) == 0);
	need(fork() != 0 || pause());
}
static int kept_fd = -1;
MUST_PASS(ignore_current)
{
	kept_fd = open("/dev/null", O_RDONLY);
	take_all_kinds();
	errno = EDOM;
	leakcheck_ignore_current();
	ck_assert_int_eq(errno, EDOM);
	free(use(malloc(10)));
	/* What is closed is no misuse, and its number is new when it comes again. */
	need(close(kept_fd) == 0);
}
END_TEST
MUST_LEAK(after_ignore_current, "heap 107 B in 1 block", BODY)
{
	take_all_kinds();
	leakcheck_ignore_current();
	lose(malloc(107));
}
END_TEST
MUST_LEAK(descriptor_after_ignore_current, "fd ", BODY)
{
	int fd = open("/dev/null", O_RDONLY);
	leakcheck_ignore_current();
	close(fd);
	need(open("/dev/null", O_RDONLY) == fd);
}
END_TEST
/* A copy of a process with threads may die under an emulator: nothing is proven then. */
#ifndef TWINS_EMULATED
MUST_LEAK(thread_after_ignore_current, "thread ", BODY)
{
	take_all_kinds();
	leakcheck_ignore_current();
	pthread_t thread;
	need(pthread_create(&thread, NULL, wait_for_ever, NULL) == 0);
}
END_TEST
#endif
MUST_LEAK(child_after_ignore_current, "child ", BODY)
{
	take_all_kinds();
	leakcheck_ignore_current();
	need(fork() != 0 || pause());
}
END_TEST
struct node {
	struct node *next;
};
static struct node *list, *warm;
/* It grows each time, whatever each run ignores before. */
MUST_LEAK(growth_after_ignore_current, "heap 8 B in 1 block, retained by api.c 'list', rises each time", BODY)
{
	lose(malloc(12));
	leakcheck_ignore_current();
	struct node *node = malloc(sizeof *node);
	need(node);
	node->next = list;
	list = node;
}
END_TEST
MUST_PASS(growth_before_ignore_current)
{
	struct node *node = malloc(sizeof *node);
	need(node);
	node->next = warm;
	warm = node;
	leakcheck_ignore_current();
}
END_TEST

MUST_PASS(watching)
{
	char why[200] = "untouched";
	ck_assert_uint_eq(leakcheck_watching(why, sizeof why),
			  LEAKCHECK_HEAP | LEAKCHECK_DESCRIPTORS | LEAKCHECK_THREADS |
				  LEAKCHECK_CHILDREN);
	ck_assert_str_eq(why, "");
	ck_assert_uint_eq(leakcheck_watching(NULL, 0), 15);
}
END_TEST

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "watching") == 0) {
		char why[200];
		printf("%u", leakcheck_watching(why, sizeof why));
		printf(" '%s'\n", why);
		return 0;
	}
	return twins_main(argc, argv);
}
