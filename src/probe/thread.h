/* SPDX-License-Identifier: MIT */
/* The table of threads made by pthread_create and thrd_create.
 *
 * A row lives from the creation until the thread is joined, or until it has
 * both ended and been detached.  Rows are reused; rows and their state are
 * single words, so nothing blocks. */
#ifndef LK_PROBE_THREAD_H
#define LK_PROBE_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "model/stack.h"

struct lk_thread {
	/* The flags below, and above them how often the row was taken, so that a claim
	 * cannot hit a later thread; no flag: the row is free. */
	uint64_t state;
	uint32_t epoch;
	pid_t tid; /* 0 until it runs */
	lk_stack_id created;
	pthread_t handle; /* 0 until it is known */
	void *(*start)(void *);
	int (*start_c11)(void *);
	void *argument;
	pid_t creator;
	uint64_t created_ms;  /* monotonic */
	uint64_t settling_ns; /* processor time it had used when settling began */
};

enum {
	LK_THREAD_TAKEN = 1,
	LK_THREAD_CREATING = 2, /* its creator is not done: the row is kept */
	LK_THREAD_FINISHED = 4, /* but for the destructors of its thread-local data */
	LK_THREAD_DETACHED = 8,
	LK_THREAD_CLAIMED = 16, /* somebody is joining or detaching it */
	LK_THREAD_RESERVED = 32, /* being emptied for the next thread */
	LK_THREAD_JOINED = 64,
	LK_THREAD_FLAGS = 255,
};

/* A row for the thread that the caller of the hook (frame FRAME) is about to
 * make; NULL if it is not to be tracked or there is no room (counted). */
struct lk_thread *lk_thread_creating(bool detached, const void *frame);
/* What the thread must run instead of its start routine; the argument is the row. */
void *lk_thread_main(void *row);
int lk_thread_main_c11(void *row);
/* The creation succeeded, and the handle was written to WHERE, which the thread may
 * have released by now; or it failed. */
void lk_thread_created(struct lk_thread *row, const pthread_t *where);
void lk_thread_failed(struct lk_thread *row);

/* Claims the row of HANDLE, NULL if it is unknown.  Call before joining or
 * detaching: as soon as that is done another thread may have the same handle. */
struct lk_thread *lk_thread_claim(pthread_t handle);
/* What became of the claimed ROW (may be NULL): joined, detached, neither. */
void lk_thread_joined(struct lk_thread *row);
void lk_thread_detached(struct lk_thread *row);
void lk_thread_unclaim(struct lk_thread *row);

/* Calls VISIT for each thread of EPOCH that is alive, or finished but neither
 * joined nor detached. */
void lk_thread_each(uint32_t epoch, void (*visit)(void *context, const struct lk_thread *row),
		    void *context);

/* The row of the thread TID, which is alive; NULL if no hook saw its creation. */
const struct lk_thread *lk_thread_find(pid_t tid);

/* As lk_thread_each, for each thread that is not of EPOCH. */
void lk_thread_each_other(uint32_t epoch, void (*visit)(void *context, const struct lk_thread *row),
			  void *context);

/* Was TID joined, or did it end detached, so that it is gone although the kernel may
 * still list it? */
bool lk_thread_is_gone(pid_t tid);

/* From now on threads are waited for: notes the processor time they have used. */
void lk_thread_settling(void);
/* Milliseconds since then, 0 if that was not in this epoch. */
uint64_t lk_thread_settled_ms(void);

/* Does the finished thread of ROW still run destructors, as far as the kernel tells? */
bool lk_thread_is_leaving(const struct lk_thread *row);

/* Threads whose code still runs, the destructors of their thread-local data
 * included; the calling one is not counted. */
unsigned lk_thread_running(void);

/* No thread of now belongs to an epoch to come: epochs are about to start over. */
void lk_thread_age(void);

/* After fork: the other threads are not in this process. */
void lk_thread_forked(void);

uint64_t lk_thread_creations(void);
uint64_t lk_thread_lost(void);

#endif
