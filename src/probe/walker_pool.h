/* SPDX-License-Identifier: MIT */
/* Walkers that are lent to threads and given back.  No locks; callable in signal
 * handlers and after fork(). */
#ifndef LK_PROBE_WALKER_POOL_H
#define LK_PROBE_WALKER_POOL_H

struct lk_walker;

/* Depth of the walkers that are taken from now on. */
void lk_walker_pool_set_depth(unsigned frames);

/* A walker for the calling thread, with no walk remembered; NULL if memory is
 * refused.  It is given back by _put, or found here again once the thread that
 * took it has ended. */
struct lk_walker *lk_walker_pool_take(void);
void lk_walker_pool_put(struct lk_walker *walker);

#endif
