/* SPDX-License-Identifier: MIT */
#include "check/quarantine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/watch.h"
#include "base/attributes.h"
#include "base/proc.h"

/* glibc's list of all open streams. */
extern FILE *_IO_list_all;

/* A descriptor that takes everything and gives nothing; there may be no number left
 * for it, and no /dev. */
static int open_nowhere(void)
{
	int fd = LK_REAL(open)("/dev/null", O_RDWR);

	for (int victim = 0; fd < 0 && errno == EMFILE && victim <= STDERR_FILENO; victim++) {
		LK_REAL(close)(victim);
		fd = LK_REAL(open)("/dev/null", O_RDWR);
	}
	return fd >= 0 ? fd : LK_REAL(memfd_create)("nowhere", 0);
}

struct muting {
	int nowhere;
	struct stat standard[3];
	bool is_open[3];
};

static bool leads_to_standard(const struct muting *muting, int fd)
{
	struct stat status;

	if (fd <= STDERR_FILENO)
		return muting->is_open[fd];
	if (fstat(fd, &status) != 0)
		return false;
	for (int i = STDOUT_FILENO; i <= STDERR_FILENO; i++)
		if (muting->is_open[i] && status.st_dev == muting->standard[i].st_dev &&
		    status.st_ino == muting->standard[i].st_ino)
			return true;
	return false;
}

static void mute(void *context, int fd)
{
	const struct muting *muting = context;

	if (fd != muting->nowhere && leads_to_standard(muting, fd))
		LK_REAL(dup2)(muting->nowhere, fd);
}

/* The standard streams, and copies of them that a test keeps to put them back. */
static bool mute_all(void)
{
	struct muting muting = { 0 };

	for (int i = 0; i <= STDERR_FILENO; i++)
		muting.is_open[i] = fstat(i, &muting.standard[i]) == 0;
	muting.nowhere = open_nowhere();
	if (muting.nowhere < 0)
		return false;
	if (!lk_proc_each("/proc/self/fd", mute, &muting))
		for (int i = 0; i <= STDERR_FILENO; i++)
			mute(&muting, i);
	if (muting.nowhere > STDERR_FILENO || !muting.is_open[muting.nowhere])
		LK_REAL(close)(muting.nowhere);
	return true;
}

/* What the parent will write yet. */
static void drop_pending_output(void)
{
	for (FILE *stream = _IO_list_all; stream; stream = stream->_chain)
		if (__fpending(stream) > 0)
			__fpurge(stream);
}

/* Puts FROM, which may be the same number, in the place of NUMBER. */
static bool put(int from, int number, bool close_on_exec)
{
	bool ok = from == number || (from >= 0 && LK_REAL(dup3)(from, number, 0) == number);

	if (ok && close_on_exec)
		LK_REAL(fcntl)(number, F_SETFD, FD_CLOEXEC);
	if (from >= 0 && from != number)
		LK_REAL(close)(from);
	return ok;
}

/* The same file, with a place of its own where the next read or write goes. */
static int open_again(int number, int flags)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/self/fd/%d", number);
	return LK_REAL(open)(path, flags | O_CLOEXEC);
}

/* A file in memory with the content of the one that NUMBER leads to. */
static int copy_file(int number, off_t size)
{
	int to = LK_REAL(memfd_create)("file", MFD_CLOEXEC);
	int from = to >= 0 ? open_again(number, O_RDONLY) : -1;
	off_t at = 0;

	while (from >= 0 && at < size && sendfile(to, from, &at, (size_t)(size - at)) > 0)
		;
	if (from >= 0)
		LK_REAL(close)(from);
	/* What cannot be read can at least be written over. */
	if (to < 0 || at == size || ftruncate(to, size) == 0)
		return to;
	LK_REAL(close)(to);
	return -1;
}

/* Both processes share where the next read of an open file is.  One that the copy
 * could write to is a file of its own there, unless it is big. */
static void replace_file(void *context, int number)
{
	enum { SIZE_MAX_COPIED = 8 << 20 };
	struct stat status;
	int flags = LK_REAL(fcntl)(number, F_GETFL);
	off_t at = lseek(number, 0, SEEK_CUR);
	bool is_written = (flags & O_ACCMODE) != O_RDONLY;

	(void)context;
	if (flags < 0 || (flags & O_PATH) || at < 0 || fstat(number, &status) != 0 ||
	    !(S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)) ||
	    (is_written && status.st_size > SIZE_MAX_COPIED))
		return;
	int own = is_written ? copy_file(number, status.st_size) : open_again(number, O_RDONLY);
	if (own < 0)
		return;
	lseek(own, at, SEEK_SET);
	LK_REAL(fcntl)(own, F_SETFL, flags & (O_APPEND | O_NONBLOCK));
	put(own, number, LK_REAL(fcntl)(number, F_GETFD) & FD_CLOEXEC);
}

/* Shared mappings, to be replaced. */
enum { MAPPINGS_MAX = 256, MAPPING_SIZE_MAX = 8 << 20 };
struct mappings {
	const struct lk_shared_memory *kept;
	struct {
		uintptr_t start;
		size_t size;
		bool is_sparse; /* pages that are in no memory hold nothing */
	} rows[MAPPINGS_MAX];
	size_t count;
};

static bool is_memory(const char *name)
{
	return name[0] == '/' &&
	       (strncmp(name, "/dev/", 5) != 0 || strncmp(name, "/dev/zero", 9) == 0 ||
		strncmp(name, "/dev/shm/", 9) == 0);
}

static void find_shared(void *context, const struct lk_map *map)
{
	struct mappings *mappings = context;

	if (!map->shared || !map->writable || map->end - map->start > MAPPING_SIZE_MAX ||
	    !is_memory(map->name) || mappings->count == MAPPINGS_MAX)
		return;
	for (size_t i = 0; i < LK_COUNT(mappings->kept->starts); i++) {
		uintptr_t kept = (uintptr_t)mappings->kept->starts[i];

		if (kept >= map->start && kept < map->end)
			return;
	}
	mappings->rows[mappings->count].start = map->start;
	mappings->rows[mappings->count].is_sparse = strncmp(map->name, "/dev/zero", 9) == 0 ||
						    strncmp(map->name, "/memfd:", 7) == 0;
	mappings->rows[mappings->count++].size = map->end - map->start;
}

static bool is_nothing_swapped(void)
{
	struct sysinfo info;

	return sysinfo(&info) == 0 && info.freeswap == info.totalswap;
}

/* The same content at the same place, shared with the copy's own children only. */
static void replace_mapping(uintptr_t start, size_t size, bool is_sparse)
{
	enum { PAGE = 4096 };
	unsigned char resident[MAPPING_SIZE_MAX / PAGE];
	char *own = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (own == MAP_FAILED)
		return;
	is_sparse = is_sparse && mincore((void *)start, size, resident) == 0;
	/* A file may end before its mapping does. */
	for (size_t at = 0; at < size; at += PAGE)
		if (!is_sparse || resident[at / PAGE] & 1)
			lk_proc_memory((const void *)(start + at), own + at, PAGE);
	if (mremap(own, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, start) == MAP_FAILED)
		munmap(own, size);
}

static void replace_shared_memory(const struct lk_shared_memory *kept)
{
	struct mappings mappings = { .kept = kept };

	lk_proc_maps(find_shared, &mappings);
	bool is_sure = is_nothing_swapped();
	for (size_t i = 0; i < mappings.count; i++)
		replace_mapping(mappings.rows[i].start, mappings.rows[i].size,
				is_sure && mappings.rows[i].is_sparse);
}

/* Empty, in place of Check's, which both processes share. */
static bool replace_message_file(int number)
{
	LK_REAL(close)(number);
	return put(LK_REAL(memfd_create)("check", 0), number, false);
}

bool lk_quarantine_enter(int message_file, const struct lk_shared_memory *kept)
{
	drop_pending_output();
	if (!mute_all() || !replace_message_file(message_file))
		return false;
	lk_proc_each("/proc/self/fd", replace_file, NULL);
	replace_shared_memory(kept);
	return true;
}
