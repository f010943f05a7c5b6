/* SPDX-License-Identifier: MIT */
#include "judge/describe.h"

#include <check.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include "probe/modules.h"

enum { MODULES_MAX = 100 };

/* O_LARGEFILE as the kernel gives it; libc's is 0. */
#ifdef __aarch64__
enum { LARGEFILE = 0400000 };
#else
enum { LARGEFILE = 0100000 };
#endif

static struct lk_descriptor descriptor_row(int fd, const char *target, int flags)
{
	struct lk_descriptor row = { .fd = fd, .flags = flags };

	snprintf(row.target, sizeof row.target, "%s", target);
	return row;
}

static void check_descriptor(struct lk_descriptor row, const char *wanted)
{
	char *text = lk_describe_descriptor(&row);

	ck_assert_ptr_nonnull(text);
	ck_assert_str_eq(text, wanted);
	free(text);
}

START_TEST(a_descriptor_with_its_target_and_flags)
{
	struct lk_descriptor row = descriptor_row(7, "/var/lib/x.db", O_RDWR);

	check_descriptor(row, "fd 7 /var/lib/x.db O_RDWR");
	row.close_on_exec = true;
	check_descriptor(row, "fd 7 /var/lib/x.db O_RDWR|O_CLOEXEC");
	row.flags = O_WRONLY | O_APPEND | O_NONBLOCK;
	check_descriptor(row, "fd 7 /var/lib/x.db O_WRONLY|O_APPEND|O_NONBLOCK|O_CLOEXEC");
	check_descriptor(descriptor_row(3, "socket:[12]", O_RDONLY | O_NONBLOCK),
			 "fd 3 socket:[12] O_RDONLY|O_NONBLOCK");
	check_descriptor(descriptor_row(3, "/tmp", O_RDONLY | O_DIRECTORY),
			 "fd 3 /tmp O_RDONLY|O_DIRECTORY");
	check_descriptor(descriptor_row(3, "/tmp/x", LARGEFILE), "fd 3 /tmp/x O_RDONLY");
}
END_TEST

START_TEST(a_descriptor_of_which_little_is_known)
{
	check_descriptor(descriptor_row(2000000, "", -1), "fd 2000000");
	check_descriptor(descriptor_row(5, "", O_RDONLY), "fd 5 O_RDONLY");
	check_descriptor(descriptor_row(5, "pipe:[1]", -1), "fd 5 pipe:[1]");
}
END_TEST

START_TEST(a_target_cannot_end_its_line)
{
	check_descriptor(descriptor_row(5, "/tmp/a\nok 1 - b\x1b[31m\t\\\xff", O_RDONLY),
			 "fd 5 /tmp/a\\nok 1 - b\\x1b[31m\\t\\\\\\xff O_RDONLY");
}
END_TEST

/* /proc may be missing, or not be allowed to say more. */
START_TEST(what_has_no_visible_name_is_told_by_its_kind)
{
	struct lk_descriptor row = descriptor_row(5, "", O_RDWR);

	row.mode = S_IFREG | 0600;
	row.device = makedev(8, 1);
	row.inode = 4711;
	row.offset = 7;
	row.size = 9;
	check_descriptor(row, "fd 5 file without a visible name (inode 4711 of device 8:1) O_RDWR,"
			      " offset 7 of 9");
	row.mode = S_IFIFO;
	row.other_end = LK_END_CLOSED;
	check_descriptor(row, "fd 5 pipe without a visible name (inode 4711 of device 8:1) O_RDWR,"
			      " other end: closed");
}
END_TEST

START_TEST(a_file_says_once_that_it_is_deleted)
{
	struct lk_descriptor row = descriptor_row(5, "/x (deleted)", O_RDWR);

	row.mode = S_IFREG;
	row.offset = -1;
	check_descriptor(row, "fd 5 /x (deleted) O_RDWR");
	strcpy(row.target, "/x");
	check_descriptor(row, "fd 5 /x (deleted) O_RDWR");
	row.links = 1;
	check_descriptor(row, "fd 5 /x O_RDWR");
}
END_TEST

static struct lk_descriptor with_info(const char *target, const char *info)
{
	struct lk_descriptor row = descriptor_row(5, target, O_RDWR);

	snprintf(row.fdinfo, sizeof row.fdinfo, "pos:\t0\nflags:\t02\n%s", info);
	return row;
}

START_TEST(a_text_of_the_kernel_may_be_cut_anywhere)
{
	check_descriptor(with_info("anon_inode:[eventpoll]", "tfd:        4 events: 1\ntfd:     1"),
			 "fd 5 anon_inode:[eventpoll] O_RDWR, watches fd 4");
	check_descriptor(with_info("anon_inode:[timerfd]", "clockid: 1\nit_value: (19, "),
			 "fd 5 anon_inode:[timerfd] O_RDWR, CLOCK_MONOTONIC");
	check_descriptor(with_info("anon_inode:[timerfd]", "clockid: 99999"),
			 "fd 5 anon_inode:[timerfd] O_RDWR");
	check_descriptor(with_info("anon_inode:[signalfd]", "sigmask:\t0000000000000001\n"),
			 "fd 5 anon_inode:[signalfd] O_RDWR, for SIGHUP");
	check_descriptor(with_info("anon_inode:[pidfd]", "Pid:\t12\n"),
			 "fd 5 anon_inode:[pidfd] O_RDWR, of process 12");
	check_descriptor(with_info("/x", "lock:\t1: POSIX  ADVISORY  READ 1 fe:00:1 0 EOF\n"),
			 "fd 5 /x O_RDWR, locked (POSIX READ)");
	check_descriptor(with_info("anon_inode:[eventpoll]", ""),
			 "fd 5 anon_inode:[eventpoll] O_RDWR, watches nothing");
}
END_TEST

START_TEST(a_socket_by_its_addresses_and_state)
{
	struct lk_descriptor row = descriptor_row(5, "socket:[1]", O_RDWR);
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(80),
				   .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_un name = { .sun_family = AF_UNIX };

	row.mode = S_IFSOCK;
	row.socket = (struct lk_socket){ .domain = AF_INET6, .type = SOCK_STREAM,
					 .protocol = IPPROTO_TCP };
	check_descriptor(row, "fd 5 socket:[1] O_RDWR, TCP not connected");
	memcpy(row.socket.local, &v6, row.socket.local_size = sizeof v6);
	check_descriptor(row, "fd 5 socket:[1] O_RDWR, TCP bound to [::1]:80");
	row.socket.is_connected = true;
	row.socket.tcp_state = TCP_FIN_WAIT2;
	check_descriptor(row, "fd 5 socket:[1] O_RDWR, TCP connected from [::1]:80, FIN_WAIT2");
	row.socket = (struct lk_socket){ .domain = AF_UNIX, .type = SOCK_DGRAM,
					 .is_listening = true };
	memset(name.sun_path, '\n', sizeof name.sun_path); /* no zero at its end */
	memcpy(row.socket.local, &name, row.socket.local_size = sizeof name);
	char *text = lk_describe_descriptor(&row);
	ck_assert_ptr_null(strchr(text, '\n'));
	ck_assert_uint_eq(strlen(text), strlen("fd 5 socket:[1] O_RDWR, unix datagram listening on ") +
						2 * sizeof name.sun_path);
	free(text);
	row.socket = (struct lk_socket){ .domain = 4711, .type = 99, .protocol = 3 };
	check_descriptor(row, "fd 5 socket:[1] O_RDWR, socket of family 4711 protocol 3 not connected");
	row.socket.domain = -1;
	check_descriptor(row, "fd 5 socket:[1] O_RDWR");
}
END_TEST

START_TEST(a_target_may_fill_its_place)
{
	struct lk_descriptor row = { .fd = 1, .flags = -1 };

	memset(row.target, '\n', sizeof row.target - 1);
	char *text = lk_describe_descriptor(&row);
	ck_assert_uint_eq(strlen(text), strlen("fd 1 ...") + 2 * (LK_TARGET_MAX - 1));
	free(text);
}
END_TEST

/* ---- Threads. */

static struct lk_module modules[MODULES_MAX];
static struct lk_symbols *symbols;

static void setup(void)
{
	symbols = lk_symbols_open(modules, lk_modules_list(modules, MODULES_MAX));
	ck_assert_ptr_nonnull(symbols);
}

static void teardown(void)
{
	lk_symbols_close(symbols);
}

/* A start routine's symbol is what covers its first byte, not the one before. */
void *describe_test_worker(void *argument);
__attribute__((noinline)) void *describe_test_worker(void *argument)
{
	return argument;
}

static const struct lk_thread_left worker = { .tid = 4711,
					      .start = (uintptr_t)describe_test_worker,
					      .name = "writer" };

static bool says(const struct lk_thread_left *row, const char *part)
{
	char *text = lk_describe_thread(row, NULL, symbols);

	ck_assert_ptr_nonnull(text);
	ck_assert_int_eq(strncmp(text, "thread", 6), 0);
	ck_assert_ptr_null(strchr(text, '\n'));
	bool found = strstr(text, part) != NULL;
	free(text);
	return found;
}

START_TEST(a_thread_with_its_name_and_start)
{
	ck_assert(says(&worker, "thread 4711 \"writer\","));
	ck_assert(says(&worker, "describe_test_worker"));
}
END_TEST

START_TEST(states_of_threads_differ)
{
	struct lk_thread_left finished = worker, detached = worker;

	finished.finished = true;
	detached.detached = true;
	ck_assert(says(&finished, "finished"));
	/* Its number may be another thread's by now: the name was that one's. */
	ck_assert(!says(&finished, "writer"));
	ck_assert(says(&detached, "detached"));
	ck_assert(!says(&worker, "detached") && !says(&worker, "finished"));
}
END_TEST

START_TEST(a_thread_of_which_little_is_known)
{
	struct lk_thread_left row = { .start = 0x10 };

	ck_assert(says(&row, "unknown code"));
	ck_assert(!says(&row, "\""));
	ck_assert(!says(&row, " 0"));
	row.start = 0;
	ck_assert(!says(&row, "unknown code"));
}
END_TEST

START_TEST(a_name_cannot_end_its_line)
{
	struct lk_thread_left row = worker;

	strcpy(row.name, "a\nb\x1b");
	ck_assert(says(&row, "\"a\\nb\\x1b\""));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("describe");
	TCase *descriptors = tcase_create("descriptors"), *threads = tcase_create("threads");

	tcase_add_test(descriptors, a_descriptor_with_its_target_and_flags);
	tcase_add_test(descriptors, a_descriptor_of_which_little_is_known);
	tcase_add_test(descriptors, a_target_cannot_end_its_line);
	tcase_add_test(descriptors, a_target_may_fill_its_place);
	tcase_add_test(descriptors, what_has_no_visible_name_is_told_by_its_kind);
	tcase_add_test(descriptors, a_file_says_once_that_it_is_deleted);
	tcase_add_test(descriptors, a_text_of_the_kernel_may_be_cut_anywhere);
	tcase_add_test(descriptors, a_socket_by_its_addresses_and_state);
	suite_add_tcase(suite, descriptors);
	tcase_add_checked_fixture(threads, setup, teardown);
	tcase_add_test(threads, a_thread_with_its_name_and_start);
	tcase_add_test(threads, states_of_threads_differ);
	tcase_add_test(threads, a_thread_of_which_little_is_known);
	tcase_add_test(threads, a_name_cannot_end_its_line);
	suite_add_tcase(suite, threads);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
