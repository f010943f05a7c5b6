/* SPDX-License-Identifier: MIT */
/* A table that only grows: everything in it can be reached, nothing of it is ever used
 * again. */
#include <stdlib.h>
#include <string.h>

#include "patterns.h"

struct session {
	struct session *next;
	char user[32];
};

static struct session *sessions;

static struct session *session_open(const char *user)
{
	struct session *session = calloc(1, sizeof *session);

	strncpy(session->user, user, sizeof session->user - 1);
	session->next = sessions;
	sessions = session;
	return session;
}

static void session_close(struct session *session)
{
	struct session **link = &sessions;

	while (*link != session)
		link = &(*link)->next;
	*link = session->next;
	free(session);
}

void request_handle(const char *user)
{
	session_open(user); /* the mistake: nobody closes it */
}

void request_handle_mended(const char *user)
{
	session_close(session_open(user));
}

void sessions_clear(void)
{
	while (sessions)
		session_close(sessions);
}
