/* SPDX-License-Identifier: MIT */
/* Snapshots are taken, written and read. */
#include "api/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "api/capture.h"
#include "api/room.h"
#include "base/attributes.h"
#include "base/fmt.h"
#include "base/real.h"
#include "base/self.h"
#include "import/capture.h"
#include "judge/array.h"
#include "leakcheck.h"
#include "model/capture.h"
#include "probe/freeze.h"

static void *no_memory(void)
{
	lk_say("no snapshot: there is no memory left, or no copy of the process can be made");
	return NULL;
}

static void release(struct leakcheck_snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->count; i++)
		lk_capture_release(&snapshot->parts[i]);
	free(snapshot->parts);
	free(snapshot);
}

LK_EXPORT void leakcheck_snapshot_free(struct leakcheck_snapshot *snapshot)
{
	int saved = lk_quiet_begin();

	if (snapshot)
		release(snapshot);
	lk_quiet_end(saved);
}

static struct leakcheck_snapshot *take(void)
{
	struct leakcheck_snapshot *snapshot = calloc(1, sizeof *snapshot);
	struct lk_snapshot frozen;

	if (!snapshot)
		return no_memory();
	if (!lk_freeze_whole(false, &frozen)) {
		release(snapshot);
		return no_memory();
	}
	lk_capture_heap_use(&frozen.moment.counts);
	bool ok = LK_ARRAY_RESERVE(snapshot->parts, snapshot->count, snapshot->room, 1) &&
		  lk_capture_copy(&frozen, &snapshot->parts[0]);
	lk_freeze_release(&frozen);
	if (!ok) {
		release(snapshot);
		return no_memory();
	}
	snapshot->count = 1;
	return snapshot;
}

LK_EXPORT struct leakcheck_snapshot *leakcheck_snapshot_take(void)
{
	int saved = lk_quiet_begin();
	struct leakcheck_snapshot *snapshot = take();

	lk_quiet_end(saved);
	return snapshot;
}

static bool read_all(struct lk_capture_file *file, struct leakcheck_snapshot *snapshot)
{
	for (;;) {
		if (!LK_ARRAY_RESERVE(snapshot->parts, snapshot->count, snapshot->room, 1))
			return no_memory();
		switch (lk_capture_next(file, &snapshot->parts[snapshot->count])) {
		case LK_CAPTURE_READ:
			snapshot->count++;
			break;
		case LK_CAPTURE_WRONG:
			lk_say("%s", file->error);
			return false;
		case LK_CAPTURE_END:
			return true;
		}
	}
}

/* Of tests if there is one: what they left is in the processes' snapshots, too. */
static void choose_parts(struct leakcheck_snapshot *snapshot)
{
	size_t tests = 0;

	for (size_t i = 0; i < snapshot->count; i++)
		tests += snapshot->parts[i].moment.scope == LK_SCOPE_WINDOW;
	if (tests == 0)
		return;
	tests = 0;
	for (size_t i = 0; i < snapshot->count; i++) {
		if (snapshot->parts[i].moment.scope == LK_SCOPE_WINDOW)
			snapshot->parts[tests++] = snapshot->parts[i];
		else
			lk_capture_release(&snapshot->parts[i]);
	}
	snapshot->count = tests;
}

static struct leakcheck_snapshot *load(const char *path)
{
	struct leakcheck_snapshot *snapshot = calloc(1, sizeof *snapshot);
	struct lk_capture_file file;

	if (!snapshot)
		return no_memory();
	if (!lk_capture_open(path, &file)) {
		lk_say("%s", file.error);
		release(snapshot);
		return NULL;
	}
	bool ok = read_all(&file, snapshot);
	lk_capture_close(&file);
	if (!ok) {
		release(snapshot);
		return NULL;
	}
	choose_parts(snapshot);
	return snapshot;
}

LK_EXPORT struct leakcheck_snapshot *leakcheck_snapshot_load(const char *path)
{
	int saved = lk_quiet_begin();
	struct lk_room room;

	lk_room_make(&room);
	struct leakcheck_snapshot *snapshot = load(path);
	lk_room_give_back(&room);
	lk_quiet_end(saved);
	return snapshot;
}

static bool save(const struct leakcheck_snapshot *snapshot, const char *path)
{
	int fd = LK_REAL(open)(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
	bool ok = fd >= 0;

	for (size_t i = 0; ok && i < snapshot->count; i++)
		ok = lk_capture_write(fd, &snapshot->parts[i]);
	int error = errno;
	if (fd >= 0 && LK_REAL(close)(fd) != 0 && ok) {
		error = errno;
		ok = false;
	}
	if (!ok)
		lk_say("%s: %s", path, strerror(error));
	return ok;
}

LK_EXPORT int leakcheck_snapshot_save(const struct leakcheck_snapshot *snapshot, const char *path)
{
	int saved = lk_quiet_begin();
	struct lk_room room;

	lk_room_make(&room);
	bool ok = save(snapshot, path);
	lk_room_give_back(&room);
	lk_quiet_end(saved);
	return ok ? 0 : -1;
}
