/* SPDX-License-Identifier: MIT */
/* What leakcheck knows of the Check runner in this process. */
#ifndef LK_CHECK_RUNNER_H
#define LK_CHECK_RUNNER_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

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
	bool judged;
	bool leaked;
};

struct lk_runner {
	enum lk_role role;
	/* Check's message files, innermost last: it allows one nested run. */
	struct {
		FILE *stream;
		int fd;
		dev_t device;
		ino_t inode;
	} files[2];
	unsigned files_count;
	unsigned level; /* files_count when the window was opened */
	int pending_fd; /* mkstemp gave it, fdopen will make it a message file; or -1 */
	bool armed;	/* the next context opens a window */
	bool window_open;
	bool user_code; /* a fixture's or test's own code may be running */
	bool test_seen; /* the window has reached the body of a test */
	bool duration_seen; /* the last message of a test that passed */
	enum lk_context context;
	bool failed;
	char file[LK_MESSAGE_FILE_MAX]; /* where START_TEST stands */
	unsigned line;
	struct lk_test_case test;
	/* LEAKCHECK_VERIFY_NONE() in this window, and where. */
	bool verify;
	const char *verify_file;
	int verify_line;
	struct lk_test_record *record;
};
extern struct lk_runner lk_runner;

/* The stream to which messages go now, NULL if there is none. */
FILE *lk_runner_stream(void);

/* Forgets the window; the runner and its message files stay. */
void lk_runner_close_window(void);

/* A Check runner was recognised in this process: from now on programs that it
 * executes are not tracked any more (they lose nothing but our own names in
 * their environment). */
void lk_runner_recognised(void);

/* LEAKCHECK_VERIFY_NONE() stood where it cannot work: says so, once a place. */
void lk_runner_misuse(const char *file, int line, const char *why);

#endif
