/* SPDX-License-Identifier: MIT */
/* Capture files that are named on the command line. */
#ifndef LK_CLI_CAPTURE_FILES_H
#define LK_CLI_CAPTURE_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "import/capture.h"
#include "judge/profile.h"

/* Which snapshots of the files. */
enum lk_capture_scope {
	LK_CAPTURES_USUAL, /* of tests if there is one, else the last of each process */
	LK_CAPTURES_OF_TESTS,
	LK_CAPTURES_OF_PROCESSES, /* all of them: a process may have been looked at often */
	LK_CAPTURES_ALL,
	LK_CAPTURES_LAST_OF_PROCESSES,
};

struct lk_capture_files {
	struct lk_snapshot *snapshots;
	size_t count, room;
	bool is_damaged; /* a file holds more, which cannot be read: one sentence said so */
};

/* Reads all snapshots of COUNT files; "-" is standard input.  False after one sentence if
 * a file cannot be read at all, or nothing of any; the result is to be released all the
 * same. */
bool lk_capture_files_read(char **paths, size_t count, struct lk_capture_files *ret);
/* Adds what is left of FILE.  False when out of memory, after one sentence. */
bool lk_capture_files_take(struct lk_capture_file *file, struct lk_capture_files *files);
void lk_capture_files_release(struct lk_capture_files *files);

/* Leaves those of SCOPE, in their order.  False after one sentence if there are none. */
bool lk_capture_files_choose(struct lk_capture_files *files, enum lk_capture_scope scope);
/* Adds all to PROFILE, which is to be sorted by SORT.  False after one sentence, also if
 * what they hold says nothing of that. */
bool lk_capture_files_add(const struct lk_capture_files *files, enum lk_value sort,
			  struct lk_profile *profile);

#endif
