/* SPDX-License-Identifier: MIT */
#include "probe/stream.h"

#include <stdio.h>
#include <wchar.h>

#include "base/attributes.h"
#include "base/proc.h"
#include "base/light.h"

/* glibc, libio/libio.h: the buffer is the program's own. */
enum { USER_BUFFER = 1 };

/* glibc, libio/libio.h: how struct _IO_wide_data begins; all versions since 2.2. */
struct wide_data {
	wchar_t *read_ptr, *read_end, *read_base, *write_base, *write_ptr, *write_end;
	wchar_t *buffer, *buffer_end, *save_base;
};

static size_t add(const void *address, struct lk_block *ret, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (ret[i].address == (uintptr_t)address)
			return count;
	return count + (address && lk_heap_find(address, &ret[count]));
}

static size_t add_buffers(const FILE *stream, struct lk_block *ret, size_t count)
{
	struct wide_data wide;
	/* What ungetc makes stands in read_base while it is read from, else in save_base. */
	const void *const buffers[] = { stream->_IO_buf_base, stream->_IO_read_base,
					stream->_IO_save_base };

	for (size_t i = 0; i < LK_COUNT(buffers); i++)
		if (!(stream->_flags & USER_BUFFER) || buffers[i] != stream->_IO_buf_base)
			count = add(buffers[i], ret, count);
	if (stream->_mode > 0 && lk_proc_memory(stream->_wide_data, &wide, sizeof wide)) {
		count = add(wide.buffer, ret, count);
		count = add(wide.read_base, ret, count);
		count = add(wide.save_base, ret, count);
	}
	return count;
}

size_t lk_stream_blocks(const void *holder, enum lk_held type, int fd,
			struct lk_block ret[LK_STREAM_BLOCKS_MAX])
{
	/* Only a live block may be read. */
	if (type == LK_HELD_NONE || add(holder, ret, 0) == 0)
		return 0;
	if (type == LK_HELD_DIR)
		return 1;
	FILE stream;
	if (ret[0].size < sizeof stream || !lk_proc_memory(holder, &stream, sizeof stream) ||
	    stream._fileno != fd)
		return 0;
	return add_buffers(&stream, ret, 1);
}
