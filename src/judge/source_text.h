/* SPDX-License-Identifier: MIT */
/* Lines of a source file, as far as the machine that reports has it.
 *
 * Which file that is, debug information says, and that may be somebody else's: only regular
 * files with the ending of a source file are opened, so that a program that was made for
 * it cannot bring other files of the reader's into a report. */
#ifndef LK_JUDGE_SOURCE_TEXT_H
#define LK_JUDGE_SOURCE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct lk_source_text {
	char *bytes;   /* lines end with a zero byte */
	char **lines;
	unsigned count;
	bool is_newer; /* than the program: lines may have moved */
};

/* Reads FILE, which is relative to DIRECTORY, to the current one, or to that of PROGRAM or
 * one above it (as where a build lies beside the sources); the latter two may be NULL.
 * False if it cannot be found or read. */
bool lk_source_text_open(const char *file, const char *directory, const char *program,
			 struct lk_source_text *ret);
/* Line NUMBER, counted from 1, without its end; NULL if there is none. */
const char *lk_source_text_line(const struct lk_source_text *text, unsigned number);
/* Also for a zeroed struct. */
void lk_source_text_close(struct lk_source_text *text);

#endif
