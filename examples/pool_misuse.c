/* SPDX-License-Identifier: MIT */
/* A pool that is not given back what it has lent: the allocator sees nothing of it, so
 * the pool tells of its buffers itself. */
#include <leakcheck.h>
#include <string.h>

#include "patterns.h"

enum { BUFFERS = 4096, BUFFER_SIZE = 64 };

static struct buffer {
	bool is_lent;
	char bytes[BUFFER_SIZE];
} buffers[BUFFERS];

static struct buffer *buffer_take(void)
{
	for (size_t i = 0; i < BUFFERS; i++) {
		if (buffers[i].is_lent)
			continue;
		buffers[i].is_lent = true;
		leakcheck_track(&buffers[i], BUFFER_SIZE, "buffer");
		return &buffers[i];
	}
	return NULL;
}

static void buffer_give_back(struct buffer *buffer)
{
	leakcheck_untrack(buffer, "buffer");
	buffer->is_lent = false;
}

int send_text(const char *text)
{
	struct buffer *buffer = buffer_take();

	if (!buffer || strlen(text) >= BUFFER_SIZE)
		return -1; /* the mistake: the buffer is lent for good */
	strcpy(buffer->bytes, text);
	buffer_give_back(buffer);
	return 0;
}

int send_text_mended(const char *text)
{
	if (strlen(text) >= BUFFER_SIZE)
		return -1;
	return send_text(text);
}
