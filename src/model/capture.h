/* SPDX-License-Identifier: MIT */
/* Snapshots as records of a capture file (doc/capture-format.md).
 *
 * A file is a sequence of records, each whole and independent of the others, appended by
 * any process of a run; files may be put one behind the other.  Writing is light; who
 * reads (import/capture.h) trusts nothing. */
#ifndef LK_MODEL_CAPTURE_H
#define LK_MODEL_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/snapshot.h"

/* Eight bytes that no text has, and that a transfer as text would change. */
#define LK_CAPTURE_MAGIC "\x89LKC\r\n\x1a\n"
enum { LK_CAPTURE_MAGIC_SIZE = 8, LK_CAPTURE_MAJOR = 1, LK_CAPTURE_MINOR = 0 };

/* Where the parts of a record's header stand; numbers in it are little-endian. */
enum {
	LK_CAPTURE_AT_MAJOR = 8,     /* 2 bytes: another one cannot be read */
	LK_CAPTURE_AT_MINOR = 10,    /* 2 bytes: a higher one has sections more */
	LK_CAPTURE_AT_ORDER = 12,    /* 'l' or 'b': how numbers lay in memory */
	LK_CAPTURE_AT_WORD = 13,     /* bytes of an address */
	LK_CAPTURE_AT_MACHINE = 14,  /* 2 bytes: e_machine of ELF */
	LK_CAPTURE_AT_SIZE = 16,     /* 8 bytes: of the body */
	LK_CAPTURE_AT_BODY_SUM = 24, /* 4 bytes: CRC-32 of the body */
	LK_CAPTURE_AT_HEAD_SUM = 28, /* 4 bytes: of all before it */
	LK_CAPTURE_HEAD_SIZE = 32,
};
/* The body is sections: 4 bytes number, 4 rows, 8 size, all little-endian, then so many
 * bytes. */
enum { LK_CAPTURE_SECTION_SIZE = 16 };

/* The machine of this build, as ELF numbers it. */
#if defined(__x86_64__)
enum { LK_CAPTURE_MACHINE = 62 };
#elif defined(__aarch64__)
enum { LK_CAPTURE_MACHINE = 183 };
#else
enum { LK_CAPTURE_MACHINE = 0 };
#endif

/* Appends SNAPSHOT to FD as one record, by one call of write() if the kernel takes all of
 * it, so that records of processes that append to one file (O_APPEND) do not mix.  False
 * if memory is refused, if an array has more rows than the format allows, or if it cannot
 * be written (errno tells); then half of it may stand there.  No malloc; callable from
 * several threads. */
bool lk_capture_write(int fd, const struct lk_snapshot *snapshot);

/* How many bytes that writes; 0 if it cannot. */
size_t lk_capture_size(const struct lk_snapshot *snapshot);

#endif
