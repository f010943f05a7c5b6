/* SPDX-License-Identifier: MIT */
/* The names that start another program. */
#include <errno.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/attributes.h"
#include "base/real.h"
#include "probe/child.h"
#include "probe/descriptor.h"
#include "base/light.h"

#define FRAME __builtin_frame_address(0)

#define SPAWN(name, file)                                                                     \
	LK_EXPORT int name(pid_t *child, const char *file,                                    \
			   const posix_spawn_file_actions_t *actions,                         \
			   const posix_spawnattr_t *attributes, char *const words[],          \
			   char *const environment[])                                         \
	{                                                                                     \
		pid_t own, *seen = child ? child : &own;                                      \
		uint64_t since = lk_child_starting();                                         \
		int status = LK_REAL(name)(seen, file, actions, attributes, words,            \
					   environment);                                      \
		if (status == 0)                                                              \
			lk_child_started(*seen, LK_CHILD_BY_posix_spawn, since, FRAME);       \
		return status;                                                                \
	}

SPAWN(posix_spawn, path)
SPAWN(posix_spawnp, file)

/* The descriptor of a pipe's stream, with errno kept. */
static int number_of(FILE *stream)
{
	int saved = errno;
	int fd = fileno(stream);

	errno = saved;
	return fd;
}

LK_EXPORT FILE *popen(const char *command, const char *mode)
{
	uint64_t since = lk_child_starting();
	FILE *stream = LK_REAL(popen)(command, mode);

	if (stream) {
		lk_descriptor_opened(number_of(stream), LK_DESCRIPTOR_LOWEST, FRAME);
		lk_descriptor_held(number_of(stream), stream, LK_HELD_FILE);
		lk_child_started_last(LK_CHILD_BY_popen, since, FRAME);
	}
	return stream;
}

LK_EXPORT int pclose(FILE *stream)
{
	int fd = number_of(stream);
	bool again = lk_descriptor_closing(fd, FRAME);
	int status = LK_REAL(pclose)(stream);

	if (again)
		lk_descriptor_close_ended(fd, again, status == -1 ? errno : 0, FRAME);
	return status;
}

static void awaited(void *row)
{
	lk_child_awaited(row);
}

/* A thread may be cancelled in it. */
LK_EXPORT int system(const char *command)
{
	struct lk_child_row *row = lk_child_awaiting(LK_CHILD_BY_system, FRAME);
	int status;

	pthread_cleanup_push(awaited, row);
	status = LK_REAL(system)(command);
	pthread_cleanup_pop(1);
	return status;
}
