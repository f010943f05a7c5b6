/* SPDX-License-Identifier: MIT */
#include "cli/gzip.h"

#include <limits.h>
#include <zlib.h>

bool lk_gzip_write(FILE *out, const void *bytes, size_t size)
{
	/* 16 asks for gzip's header; the rest are zlib's defaults. */
	enum { WINDOW_BITS = 15 + 16, MEMORY_LEVEL = 8, CHUNK = 16384 };
	unsigned char chunk[CHUNK];
	z_stream stream = { .next_in = (z_const Bytef *)bytes };
	int result;

	if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, WINDOW_BITS, MEMORY_LEVEL,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		return false;
	do {
		/* zlib counts in unsigned int. */
		uInt piece = size < UINT_MAX / 2 ? (uInt)size : UINT_MAX / 2;

		size -= piece;
		stream.avail_in += piece;
		do {
			stream.next_out = chunk;
			stream.avail_out = sizeof chunk;
			result = deflate(&stream, size > 0 ? Z_NO_FLUSH : Z_FINISH);
			fwrite(chunk, 1, sizeof chunk - stream.avail_out, out);
		} while (stream.avail_out == 0);
	} while (size > 0);
	deflateEnd(&stream);
	return result == Z_STREAM_END;
}
