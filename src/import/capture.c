/* SPDX-License-Identifier: MIT */
#include "import/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "import/record.h"
#include "model/capture.h"
#include "model/checksum.h"

enum { PIECE = 1 << 16 };
/* No record of ours is as long; memory for one grows with what is really there. */
#define BODY_MAX (UINT64_C(1) << 30)

static bool fail(struct lk_capture_file *file, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static bool fail(struct lk_capture_file *file, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(file->error, sizeof file->error, format, arguments);
	va_end(arguments);
	return false;
}

/* Nothing more can be read. */
static bool give_up(struct lk_capture_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
	file->start = file->used;
	return false;
}

static void begin(struct lk_capture_file *file, int fd, const char *name)
{
	*file = (struct lk_capture_file){ .fd = fd };
	snprintf(file->name, sizeof file->name, "%s", name);
}

bool lk_capture_open(const char *path, struct lk_capture_file *ret)
{
	bool is_input = strcmp(path, "-") == 0;
	int fd = is_input ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
			  : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	begin(ret, fd, is_input ? "standard input" : path);
	return fd >= 0 || fail(ret, "cannot read '%s': %s", ret->name, strerror(errno));
}

void lk_capture_open_descriptor(int fd, const char *name, struct lk_capture_file *ret)
{
	begin(ret, fd, name);
}

void lk_capture_open_memory(const void *bytes, size_t size, const char *name,
			    struct lk_capture_file *ret)
{
	begin(ret, -1, name);
	ret->bytes = (void *)(uintptr_t)bytes;
	ret->used = size;
	ret->is_borrowed = true;
}

void lk_capture_close(struct lk_capture_file *file)
{
	if (!file->is_borrowed)
		free(file->bytes);
	if (file->fd >= 0)
		close(file->fd);
	file->bytes = NULL;
	file->fd = -1;
}

/* Room for one more piece behind what is there. */
static bool make_room(struct lk_capture_file *file)
{
	size_t used = file->used - file->start;

	if (file->start > 0 && used > 0)
		memmove(file->bytes, file->bytes + file->start, used);
	file->start = 0;
	file->used = used;
	if (file->room - used >= PIECE)
		return true;
	size_t room = 2 * file->room + 2 * PIECE;
	unsigned char *bytes = realloc(file->bytes, room);
	if (!bytes)
		return fail(file, "there is no memory left to read '%s'", file->name);
	file->bytes = bytes;
	file->room = room;
	return true;
}

/* Reads on until SIZE bytes lie ready, or the file ends: *RET tells how many do, SIZE at
 * most.  False if it cannot be read. */
static bool make_ready(struct lk_capture_file *file, size_t size, size_t *ret)
{
	while (file->used - file->start < size && file->fd >= 0) {
		if (!make_room(file))
			return give_up(file);
		ssize_t got = read(file->fd, file->bytes + file->used, file->room - file->used);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			fail(file, "cannot read '%s': %s", file->name, strerror(errno));
			return give_up(file);
		}
		if (got == 0)
			break;
		file->used += (size_t)got;
	}
	*ret = file->used - file->start < size ? file->used - file->start : size;
	return true;
}

static uint64_t read_fixed(const unsigned char *at, int size)
{
	uint64_t number = 0;

	for (int i = size; i-- > 0;)
		number = number << 8 | at[i];
	return number;
}

/* Is the header one that can be read?  Otherwise says why it is not. */
static bool check_head(struct lk_capture_file *file, const unsigned char *head)
{
	unsigned major = (unsigned)read_fixed(head + LK_CAPTURE_AT_MAJOR, 2);

	if (read_fixed(head + LK_CAPTURE_AT_HEAD_SUM, 4) !=
	    lk_checksum(head, LK_CAPTURE_AT_HEAD_SUM))
		return fail(file,
			    "record %lu of '%s' is damaged: the checksum of its header "
			    "does not match",
			    file->records, file->name);
	if (major != LK_CAPTURE_MAJOR)
		return fail(file,
			    "record %lu of '%s' has format %u, and this leakcheck reads "
			    "format %d: it was written by a%s one",
			    file->records, file->name, major, LK_CAPTURE_MAJOR,
			    major > LK_CAPTURE_MAJOR ? " newer" : "n older");
	if (head[LK_CAPTURE_AT_WORD] != sizeof(uintptr_t) ||
	    head[LK_CAPTURE_AT_ORDER] != (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 'l' : 'b'))
		return fail(file,
			    "record %lu of '%s' was written on a machine of another kind, "
			    "whose memory cannot be read here",
			    file->records, file->name);
	if (read_fixed(head + LK_CAPTURE_AT_SIZE, 8) > BODY_MAX)
		return fail(file, "record %lu of '%s' is too long", file->records, file->name);
	return true;
}

static bool cut_short(struct lk_capture_file *file)
{
	return fail(file, "'%s' ends in the middle of record %lu", file->name, file->records);
}

/* Reads the record that begins here. */
static bool read_record(struct lk_capture_file *file, struct lk_snapshot *ret)
{
	const char *why;
	size_t ready;

	if (!make_ready(file, LK_CAPTURE_HEAD_SIZE, &ready))
		return false;
	const unsigned char *head = file->bytes + file->start;
	if (ready < LK_CAPTURE_MAGIC_SIZE ||
	    memcmp(head, LK_CAPTURE_MAGIC, LK_CAPTURE_MAGIC_SIZE) != 0)
		return file->records == 1
			       ? fail(file, "'%s' is no capture of leakcheck", file->name)
			       : fail(file,
				      "record %lu of '%s' is damaged: it does not begin as "
				      "records do",
				      file->records, file->name);
	if (ready < LK_CAPTURE_HEAD_SIZE)
		return cut_short(file);
	if (!check_head(file, head))
		return false;
	size_t size = (size_t)read_fixed(head + LK_CAPTURE_AT_SIZE, 8);
	uint32_t sum = (uint32_t)read_fixed(head + LK_CAPTURE_AT_BODY_SUM, 4);
	if (!make_ready(file, LK_CAPTURE_HEAD_SIZE + size, &ready))
		return false;
	if (ready < LK_CAPTURE_HEAD_SIZE + size)
		return cut_short(file);
	const unsigned char *body = file->bytes + file->start + LK_CAPTURE_HEAD_SIZE;
	if (lk_checksum(body, size) != sum)
		return fail(file, "record %lu of '%s' is damaged: its checksum does not match",
			    file->records, file->name);
	if (!lk_record_decode(body, size, ret, &why))
		return fail(file, "record %lu of '%s' %s", file->records, file->name, why);
	file->start += LK_CAPTURE_HEAD_SIZE + size;
	return true;
}

/* Goes on behind the beginning of a wrong record, to where the next one may begin. */
static bool find_next(struct lk_capture_file *file)
{
	size_t ready;

	file->start += file->used > file->start;
	for (;;) {
		if (!make_ready(file, LK_CAPTURE_MAGIC_SIZE, &ready))
			return false;
		const unsigned char *at = file->bytes + file->start;
		const unsigned char *found =
			ready < LK_CAPTURE_MAGIC_SIZE
				? NULL
				: memmem(at, file->used - file->start, LK_CAPTURE_MAGIC,
					 LK_CAPTURE_MAGIC_SIZE);
		if (found) {
			file->start += (size_t)(found - at);
			return true;
		}
		if (ready < LK_CAPTURE_MAGIC_SIZE) {
			file->start = file->used;
			return true;
		}
		file->start = file->used - (LK_CAPTURE_MAGIC_SIZE - 1);
	}
}

enum lk_capture_result lk_capture_next(struct lk_capture_file *file, struct lk_snapshot *ret)
{
	size_t ready;

	if (file->is_lost && !find_next(file))
		return LK_CAPTURE_WRONG;
	file->is_lost = false;
	if (!make_ready(file, 1, &ready)) {
		file->records += file->records == 0;
		return LK_CAPTURE_WRONG;
	}
	if (ready == 0 && file->records > 0)
		return LK_CAPTURE_END;
	file->records++;
	if (ready == 0) {
		fail(file, "'%s' is empty: it holds no capture", file->name);
		return LK_CAPTURE_WRONG;
	}
	if (read_record(file, ret))
		return LK_CAPTURE_READ;
	file->is_lost = true;
	return LK_CAPTURE_WRONG;
}

bool lk_capture_copy(const struct lk_snapshot *snapshot, struct lk_snapshot *ret)
{
	return lk_record_copy(snapshot, ret);
}

void lk_capture_release(struct lk_snapshot *snapshot)
{
	lk_record_release(snapshot);
}
