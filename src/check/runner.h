/* SPDX-License-Identifier: MIT */
/* What leakcheck knows of the Check runner in this process. */
#ifndef LK_CHECK_RUNNER_H
#define LK_CHECK_RUNNER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/self.h"
#include "check/message.h"
#include "check/test_case.h"

enum lk_role {
	LK_ROLE_NONE,	   /* no Check runner was seen in this process */
	LK_ROLE_RUNNER,	   /* it runs here */
	LK_ROLE_CANDIDATE, /* forked by the runner; a test once it leads its own group */
	LK_ROLE_TEST,	   /* the process of one test */
	LK_ROLE_BYSTANDER, /* forked by a test or fixture: never verified */
};

/* One test as its process leaves it behind, shared with the runner. */
struct lk_test_record {
	pid_t process;
	bool failed; /* it sent a failure of its own */
	bool in_setup; /* and never reached the test's body */
	bool verify; /* it asked for it */
	bool judged;
	const void *record; /* Check's of it, once it is known (check/test_case.h) */
};

enum { LK_SHARED_REPORT_MAX = 1 << 16 };

/* Shared by a runner with the processes of its tests. */
struct lk_shared {
	struct lk_test_record test;
	/* When Check will end the test, by the monotonic clock; 0 while unknown. */
	uint64_t deadline_ms;
	unsigned slow_copies; /* copies of tests that took too long */
	/* The whole report of a test whose standard error is not the runner's; cut. */
	size_t report_size;
	char *report; /* LK_SHARED_REPORT_MAX bytes; NULL if memory was refused */
};

/* A temporary file that is, or may be, one of Check's. */
struct lk_message_file {
	FILE *stream;
	int fd;
	bool is_checks; /* a test's own file may have the same kind of name */
	dev_t device;
	ino_t inode;
};

struct lk_runner {
	enum lk_role role;
	/* The thread that runs Check: what others flush or fork is a test's. */
	const struct lk_self *thread;
	struct lk_message_file files[8]; /* innermost last */
	unsigned files_count;
	unsigned level; /* of Check's own files when the window was opened */
	bool is_counted; /* the window's test is in the run's count of open ones */
	int pending_fd; /* mkstemp gave it, fdopen will make it a message file; or -1 */
	bool armed;	/* the next context opens a window */
	unsigned streams_made; /* since the last test of the runner's own process */
	bool window_open;
	uint64_t opened_ms; /* by the monotonic clock */
	int ignoring; /* leakcheck_ignore_begin() that were open at its start */
	bool user_code; /* a fixture's or test's own code may be running */
	bool test_seen; /* the window has reached the body of a test */
	bool duration_seen; /* the last message of a test that passed */
	enum lk_context context;
	bool failed;
	char file[LK_MESSAGE_TEXT_MAX]; /* where START_TEST stands */
	unsigned line;
	struct lk_test_case test;
	const char *runs_once; /* why its test is not run again; NULL: it may be */
	/* The last test that ended, and its iteration: the next may be of the same loop. */
	const void *last_record;
	int last_iteration;
	/* LEAKCHECK_VERIFY_NONE() in this window, and where. */
	bool verify;
	const char *verify_file;
	int verify_line;
	long expected; /* leaks of LEAKCHECK_EXPECT_LEAKS() in this window; or -1 */
	struct lk_shared *shared; /* NULL if memory was refused */
	pid_t process; /* the runner's */
	/* What standard error was when the runner was recognised. */
	dev_t error_device;
	ino_t error_inode;
};
extern struct lk_runner lk_runner;

/* Check's message file of now, NULL if there is none; and how many it has: it
 * allows one run inside another. */
const struct lk_message_file *lk_runner_file(void);
unsigned lk_runner_level(void);

/* Check's file behind STREAM or a candidate for one; NULL if it is neither. */
struct lk_message_file *lk_runner_file_of(FILE *stream);

/* Forgets the window; the runner and its message files stay. */
void lk_runner_close_window(void);

/* A Check runner was recognised in this process: from now on programs that it
 * executes are not tracked any more (they lose nothing but our own names in
 * their environment). */
void lk_runner_recognised(void);

/* Which turn of its loop TEST is, by what ran before it. */
void lk_runner_count_iteration(struct lk_test_case *test);
/* The test of Check's RECORD has ended; NULL for one that is not known. */
void lk_runner_test_ended(const void *record);

/* LEAKCHECK_VERIFY_NONE() stood where it cannot work: says so and counts it. */
void lk_runner_misuse(const char *file, int line, const char *why);

#endif
