/* SPDX-License-Identifier: MIT */
/* Where each open descriptor came from, and which are new since the mark.
 *
 * The kernel's own list is the truth; the wrappers only add the opening stack
 * and a generation, because numbers are reused.  One fixed slot a number, all
 * stores are single words: callable in signal handlers and never blocking. */
#ifndef LK_PROBE_DESCRIPTOR_H
#define LK_PROBE_DESCRIPTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "model/snapshot.h"
#include "model/stack.h"

enum lk_descriptor_number {
	LK_DESCRIPTOR_LOWEST, /* the kernel chose the number */
	LK_DESCRIPTOR_COPIED, /* so too, for a copy of another descriptor: dup */
	LK_DESCRIPTOR_CHOSEN, /* the caller did: dup2, dup3, freopen */
};

/* FD was opened by the caller of the hook whose frame is FRAME; negative numbers
 * are ignored, so a result can be passed on unseen. */
void lk_descriptor_opened(int fd, enum lk_descriptor_number how, const void *frame);
/* FD belongs to OBJECT, a stream or directory that will close it. */
void lk_descriptor_held(int fd, const void *object, enum lk_held type);
/* FD is about to be closed by the caller of the hook whose frame is FRAME.  Returns
 * whether it had been closed before, and nobody was seen to open it since. */
bool lk_descriptor_closing(int fd, const void *frame);
/* What came of that, if AGAIN is what it returned; needed only if that is true or
 * there was an ERROR (of errno, else 0). */
void lk_descriptor_close_ended(int fd, bool again, int error, const void *frame);
/* All numbers from FIRST to LAST are about to be closed. */
void lk_descriptor_closing_range(unsigned first, unsigned last, const void *frame);
/* FD is Check's own or ours: never reported, until it is closed. */
void lk_descriptor_exempt(int fd);

/* Notes what is open now; call at a mark, after lk_tracker_mark.  False if the
 * kernel's list cannot be read (then nothing is known about descriptors). */
bool lk_descriptor_baseline(void);

/* A look has just found nothing new, and until the next mark only code runs whose
 * openings and closings are all told: then the next mark need not ask the kernel.
 * lk_descriptor_disturbed takes it back. */
void lk_descriptor_rest(void);
void lk_descriptor_disturbed(void);

struct lk_descriptor_change {
	int fd;
	bool was_open; /* something was open under its number at the mark */
	bool replaced; /* and that was taken over since */
	lk_stack_id stack; /* LK_STACK_NONE: opened outside what is watched */
	enum lk_held held; /* what it belongs to, which may be gone: see probe/stream.h */
	const void *holder;
};
/* Calls VISIT for each descriptor that is open now and was not at the mark, or
 * was another one then.  False as above. */
bool lk_descriptor_each_new(void (*visit)(void *context, const struct lk_descriptor_change *),
			    void *context);

/* Calls VISIT for each number that is open now.  False as above. */
bool lk_descriptor_each_open(void (*visit)(void *context, int fd), void *context);

/* Does FD, which was open at the mark and closed since, lead again to what it did? */
bool lk_descriptor_is_put_back(int fd);

/* Descriptors younger than the mark that dup2, dup3 or freopen closed by putting
 * another one over them, for each stack that opened such.  What does not fit into a
 * small table is not told. */
void lk_descriptor_each_overwritten(void (*visit)(void *context, lk_stack_id stack,
						  uint32_t count),
				    void *context);

/* Where FD, whatever its age, was opened; LK_STACK_NONE: nobody saw it. */
lk_stack_id lk_descriptor_origin(int fd);

/* No descriptor of now belongs to an epoch to come: epochs are about to start over. */
void lk_descriptor_age(void);

/* Events that could not be kept because memory was refused or the number is too
 * high. */
uint64_t lk_descriptor_lost(void);

/* Descriptors the wrappers saw opened since the process started. */
uint64_t lk_descriptor_openings(void);

#endif
