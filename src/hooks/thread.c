/* SPDX-License-Identifier: MIT */
/* The names that make and end threads. */
#include <pthread.h>
#include <threads.h>

#include "base/attributes.h"
#include "base/real.h"
#include "probe/thread.h"
#include "base/light.h"

#define FRAME __builtin_frame_address(0)

static bool is_detached(const pthread_attr_t *attributes)
{
	int state = PTHREAD_CREATE_JOINABLE;

	if (attributes)
		pthread_attr_getdetachstate(attributes, &state);
	return state == PTHREAD_CREATE_DETACHED;
}

LK_EXPORT int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
			     void *(*start)(void *), void *argument)
{
	struct lk_thread *row = lk_thread_creating(is_detached(attributes), FRAME);

	if (!row)
		return LK_REAL(pthread_create)(thread, attributes, start, argument);
	row->start = start;
	row->argument = argument;
	int status = LK_REAL(pthread_create)(thread, attributes, lk_thread_main, row);
	if (status == 0)
		lk_thread_created(row, thread);
	else
		lk_thread_failed(row);
	return status;
}

LK_EXPORT int thrd_create(thrd_t *thread, thrd_start_t start, void *argument)
{
	struct lk_thread *row = lk_thread_creating(false, FRAME);

	if (!row)
		return LK_REAL(thrd_create)(thread, start, argument);
	row->start_c11 = start;
	row->argument = argument;
	int status = LK_REAL(thrd_create)(thread, lk_thread_main_c11, row);
	if (status == thrd_success)
		lk_thread_created(row, thread);
	else
		lk_thread_failed(row);
	return status;
}

static void unclaim(void *row)
{
	lk_thread_unclaim(row);
}

/* The row is claimed first: after a join the handle may name another thread.  A
 * join may be cancelled. */
#define JOIN(name, done, parameters, arguments)                        \
	LK_EXPORT int name parameters                                  \
	{                                                              \
		struct lk_thread *row = lk_thread_claim(thread);       \
		int status;                                            \
		pthread_cleanup_push(unclaim, row);                    \
		status = LK_REAL(name) arguments;                      \
		pthread_cleanup_pop(0);                                \
		if (status == 0)                                       \
			done(row);                                     \
		else                                                   \
			lk_thread_unclaim(row);                        \
		return status;                                         \
	}

JOIN(pthread_join, lk_thread_joined, (pthread_t thread, void **result), (thread, result))
JOIN(pthread_tryjoin_np, lk_thread_joined, (pthread_t thread, void **result), (thread, result))
JOIN(pthread_timedjoin_np, lk_thread_joined,
     (pthread_t thread, void **result, const struct timespec *until), (thread, result, until))
JOIN(pthread_clockjoin_np, lk_thread_joined,
     (pthread_t thread, void **result, clockid_t clock, const struct timespec *until),
     (thread, result, clock, until))
JOIN(thrd_join, lk_thread_joined, (thrd_t thread, int *result), (thread, result))
JOIN(pthread_detach, lk_thread_detached, (pthread_t thread), (thread))
JOIN(thrd_detach, lk_thread_detached, (thrd_t thread), (thread))
_Static_assert(thrd_success == 0, "JOIN takes 0 for success");
