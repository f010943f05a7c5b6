/* SPDX-License-Identifier: MIT */
#include "api/room.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* libdw keeps one for each module and for its separate debug file. */
enum { NEEDED = 1024 };

static bool is_full(void)
{
	int fd = (int)syscall(SYS_openat, AT_FDCWD, "/", O_PATH | O_CLOEXEC);

	if (fd >= 0)
		syscall(SYS_close, fd);
	return fd < 0 && errno == EMFILE;
}

void lk_room_make(struct lk_room *ret)
{
	struct rlimit limits;

	*ret = (struct lk_room){ 0 };
	if (!is_full() || getrlimit(RLIMIT_NOFILE, &limits) != 0)
		return;
	ret->before = limits;
	if (limits.rlim_max - limits.rlim_cur < NEEDED)
		limits.rlim_max = limits.rlim_cur + NEEDED;
	limits.rlim_cur += NEEDED;
	ret->is_made = setrlimit(RLIMIT_NOFILE, &limits) == 0;
	if (ret->is_made)
		return;
	limits.rlim_cur = limits.rlim_max = ret->before.rlim_max;
	ret->is_made = setrlimit(RLIMIT_NOFILE, &limits) == 0;
}

void lk_room_give_back(struct lk_room *room)
{
	if (room->is_made)
		setrlimit(RLIMIT_NOFILE, &room->before);
	room->is_made = false;
}
