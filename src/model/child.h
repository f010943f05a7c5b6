/* SPDX-License-Identifier: MIT */
/* A child process as it was left. */
#ifndef LK_MODEL_CHILD_H
#define LK_MODEL_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* How one is started: X(name, how a report says it).  UNSEEN: by nothing that is
 * watched, a bare system call or another program. */
#define LK_CHILD_STARTS(X)          \
	X(unseen, NULL)             \
	X(fork, "fork")             \
	X(vfork, "vfork")           \
	X(clone, "clone")           \
	X(forkpty, "forkpty")       \
	X(daemon, "daemon")         \
	X(posix_spawn, "posix_spawn") \
	X(popen, "popen")           \
	X(system, "system")

enum lk_child_start {
#define LK_NAME(name, text) LK_CHILD_BY_##name,
	LK_CHILD_STARTS(LK_NAME)
#undef LK_NAME
};

enum { LK_COMMAND_MAX = 256 };

struct lk_child_left {
	pid_t pid;
	char state; /* the kernel's letter: R, S, D, T, Z */
	bool is_orphan; /* its parent has ended: nobody of the test can wait for it */
	enum lk_child_start start;
	size_t stack; /* index into the snapshot's stacks: where it was started */
	size_t series;	/* index into the snapshot's series */
	/* Its words with blanks between, cut; of one that has ended only the name.  Not
	 * escaped. */
	char command[LK_COMMAND_MAX];
};

#endif
