/* SPDX-License-Identifier: MIT */
/* Reads capture files (doc/capture-format.md), with total distrust: whatever the bytes
 * are, the result is a snapshot whose indices and texts are sound, or one sentence. */
#ifndef LK_IMPORT_CAPTURE_H
#define LK_IMPORT_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>

#include "model/snapshot.h"

enum { LK_CAPTURE_ERROR_MAX = 512, LK_CAPTURE_NAME_MAX = 256 };

struct lk_capture_file {
	char name[LK_CAPTURE_NAME_MAX];	  /* for sentences; cut */
	char error[LK_CAPTURE_ERROR_MAX]; /* the last sentence: not escaped, no newline */
	unsigned long records;		  /* that were come upon so far, damaged ones included */
	int fd;				  /* -1: all is in memory */
	unsigned char *bytes; /* that were read and not yet used: from `start` up to `used` */
	size_t start, used, room;
	bool is_borrowed; /* the bytes belong to the caller */
	bool is_lost;	  /* the last record was wrong: look for the next one */
};

/* Opens the file PATH, "-" for standard input.  False: ret->error says why, and nothing
 * is to be closed. */
bool lk_capture_open(const char *path, struct lk_capture_file *ret);

/* Reads the descriptor FD from where it is; it is the file's from now on. */
void lk_capture_open_descriptor(int fd, const char *name, struct lk_capture_file *ret);

/* Reads SIZE BYTES, which must stay until lk_capture_close. */
void lk_capture_open_memory(const void *bytes, size_t size, const char *name,
			    struct lk_capture_file *ret);

void lk_capture_close(struct lk_capture_file *file);

enum lk_capture_result {
	LK_CAPTURE_END,
	LK_CAPTURE_READ,
	LK_CAPTURE_WRONG, /* file->error says why; the next call looks for the next record */
};

/* Reads the next record into *RET, which is to be released by lk_capture_release.  A file
 * without a record is WRONG. */
enum lk_capture_result lk_capture_next(struct lk_capture_file *file, struct lk_snapshot *ret);

/* SNAPSHOT as a value of its own in as little memory as it needs, released likewise;
 * false if memory is refused. */
bool lk_capture_copy(const struct lk_snapshot *snapshot, struct lk_snapshot *ret);

void lk_capture_release(struct lk_snapshot *snapshot);

#endif
