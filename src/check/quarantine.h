/* SPDX-License-Identifier: MIT */
/* Keeps what a copy does away from the world that it shares with its parent: what is
 * printed, what is pending in streams, files that are open for writing, memory that
 * is shared with other processes.
 *
 * What it does by name, and through pipes and sockets, gets out. */
#ifndef LK_CHECK_QUARANTINE_H
#define LK_CHECK_QUARANTINE_H

#include <stdbool.h>

/* What stays shared, because it is leakcheck's own. */
struct lk_shared_memory {
	const void *starts[3];
};

/* MESSAGE_FILE is the number of Check's message file, which is empty afterwards.
 * False if output cannot be kept in. */
bool lk_quarantine_enter(int message_file, const struct lk_shared_memory *kept);

#endif
