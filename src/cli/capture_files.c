/* SPDX-License-Identifier: MIT */
#include "cli/capture_files.h"

#include <stdlib.h>

#include "cli/complain.h"
#include "judge/array.h"

bool lk_capture_files_take(struct lk_capture_file *file, struct lk_capture_files *files)
{
	bool is_damaged = false;

	for (;;) {
		if (!LK_ARRAY_RESERVE(files->snapshots, files->count, files->room, 1))
			return lk_complain("out of memory");
		switch (lk_capture_next(file, &files->snapshots[files->count])) {
		case LK_CAPTURE_READ:
			files->count++;
			break;
		case LK_CAPTURE_WRONG:
			/* What follows from it need not be told. */
			if (!is_damaged)
				lk_complain("%s", file->error);
			files->is_damaged = is_damaged = true;
			break;
		case LK_CAPTURE_END:
			return true;
		}
	}
}

bool lk_capture_files_read(char **paths, size_t count, struct lk_capture_files *ret)
{
	*ret = (struct lk_capture_files){ 0 };
	for (size_t i = 0; i < count; i++) {
		struct lk_capture_file file;

		if (!lk_capture_open(paths[i], &file))
			return lk_complain("%s", file.error);
		bool ok = lk_capture_files_take(&file, ret);
		lk_capture_close(&file);
		if (!ok)
			return false;
	}
	return ret->count > 0;
}

void lk_capture_files_release(struct lk_capture_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		lk_capture_release(&files->snapshots[i]);
	free(files->snapshots);
	*files = (struct lk_capture_files){ 0 };
}

static bool is_of_same_process(const struct lk_moment *one, const struct lk_moment *other)
{
	return one->process == other->process && one->scope == other->scope &&
	       one->duration_ns > 0 && other->duration_ns > 0 &&
	       one->monotonic_ns - one->duration_ns == other->monotonic_ns - other->duration_ns;
}

/* Is there a later snapshot of this one's process?  The next one usually is it. */
static bool has_later(const struct lk_capture_files *files, size_t snapshot)
{
	for (size_t i = snapshot + 1; i < files->count; i++)
		if (is_of_same_process(&files->snapshots[i].moment,
				       &files->snapshots[snapshot].moment))
			return true;
	return false;
}

static bool is_in(const struct lk_capture_files *files, size_t snapshot,
		  enum lk_capture_scope scope)
{
	bool is_of_test = files->snapshots[snapshot].moment.scope == LK_SCOPE_WINDOW;

	switch (scope) {
	case LK_CAPTURES_OF_TESTS:
		return is_of_test;
	case LK_CAPTURES_OF_PROCESSES:
		return !is_of_test;
	case LK_CAPTURES_LAST_OF_PROCESSES:
		return !is_of_test && !has_later(files, snapshot);
	default:
		return true;
	}
}

bool lk_capture_files_choose(struct lk_capture_files *files, enum lk_capture_scope scope)
{
	size_t kept = 0;

	if (scope == LK_CAPTURES_USUAL) {
		scope = LK_CAPTURES_LAST_OF_PROCESSES;
		for (size_t i = 0; i < files->count; i++)
			if (files->snapshots[i].moment.scope == LK_SCOPE_WINDOW)
				scope = LK_CAPTURES_OF_TESTS;
	}
	for (size_t i = 0; i < files->count; i++) {
		if (is_in(files, i, scope))
			files->snapshots[kept++] = files->snapshots[i];
		else
			lk_capture_release(&files->snapshots[i]);
	}
	files->count = kept;
	return kept > 0 || lk_complain("the capture holds no snapshot of %s",
				       scope == LK_CAPTURES_OF_TESTS ? "a test" : "a process");
}

bool lk_capture_files_add(const struct lk_capture_files *files, enum lk_value sort,
			  struct lk_profile *profile)
{
	bool needs_totals = sort == LK_VALUE_alloc_bytes || sort == LK_VALUE_alloc_blocks;

	for (size_t i = 0; i < files->count; i++)
		if (!lk_profile_add(profile, &files->snapshots[i]))
			return lk_complain("out of memory");
	return !needs_totals || profile->totals_known ||
	       lk_complain("what was allocated was not counted; run the program with --totals");
}
