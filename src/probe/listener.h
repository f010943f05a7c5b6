/* SPDX-License-Identifier: MIT */
/* What the hooks tell.  A hook calls the real function and tells; whoever
 * defines lk_listener decides.  The library's is check/boundary.c; a unit test
 * may bring its own.
 *
 * Told before the real call unless the name says otherwise.  The thread is not
 * quiet: what a listener does itself it must bracket. */
#ifndef LK_PROBE_LISTENER_H
#define LK_PROBE_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct lk_listener {
	/* mkstemp made FD from a template that ended in TEMPLATE. */
	void (*temporary_made)(const char *template, int fd);
	/* Is the stream, or the descriptor to be made a stream, leakcheck's or
	 * Check's own, so that the call is not the program's? */
	bool (*owns_stream)(FILE *stream);
	bool (*owns_descriptor)(int fd);
	void (*stream_made)(int fd, FILE *stream); /* by fdopen */
	void (*stream_closing)(FILE *stream);
	/* Returns whether the stream is Check's, as owns_stream. */
	bool (*writing)(const void *bytes, size_t size, FILE *stream, const void *frame);
	void (*flushing)(FILE *stream);
	void (*rewinding)(FILE *stream);
	/* fork: before it in the parent, and after it in the child.  Returns whether the
	 * child is the program's, not Check's own. */
	bool (*forking)(void);
	void (*forked_child)(void);
	/* setpgid succeeded; FRAME is the hook's. */
	void (*group_set)(pid_t process, pid_t group, const void *frame);
	/* waitpid gave STATUS for PROCESS. */
	void (*waited)(pid_t process, int status);
	/* killpg: signal NUMBER is about to be sent to the processes of GROUP; perhaps from
	 * a signal handler. */
	void (*killing)(pid_t group, int number);
	/* A timer was set to go off once, MILLISECONDS from now. */
	void (*timer_set)(uint64_t milliseconds);
	/* The process ends at once, by _exit. */
	void (*leaving)(void);
	/* exit(STATUS) was called: the status to leave with. */
	int (*exiting)(int status);
};

extern const struct lk_listener lk_listener;

#endif
