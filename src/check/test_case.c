/* SPDX-License-Identifier: MIT */
#include "check/test_case.h"

#include <string.h>
#include <valgrind/valgrind.h>

#include "api/watch.h"
#include "base/attributes.h"
#include "check/check_records.h"

/* Words of the stack that are looked at: Check's frame is a few calls out. */
enum { WORDS_MAX = 512, PAGE = 4096 };

/* The last page that was found to be there in this search. */
static LK_HOT uintptr_t page_seen;
/* Where the last record was found: the next one of this process is likely there. */
static LK_HOT size_t found_at;

/* Are SIZE bytes at FROM there?  Asks the kernel, once for each page. */
static bool is_there(const void *from, size_t size)
{
	uintptr_t first = (uintptr_t)from, last = first + size - 1;
	uintptr_t page = first & ~(uintptr_t)(PAGE - 1);

	if (page == 0 || last < first)
		return false;
	for (; page <= last; page += PAGE) {
		if (page != page_seen && !lk_bounds_readable(page))
			return false;
		page_seen = page;
	}
	return true;
}

/* The text may end just before memory does. */
bool lk_check_text(const char *from, char *to, size_t size)
{
	for (size_t i = 0; i < size - 1; i++) {
		if ((i == 0 || (uintptr_t)(from + i) % PAGE == 0) && !is_there(from + i, 1))
			return false;
		to[i] = from[i];
		if (!from[i])
			return true;
	}
	to[size - 1] = '\0';
	return true;
}

void lk_check_take(const struct lk_check_test *record, struct lk_test_case *ret)
{
	ret->exit_status = record->exit_status;
	ret->signal = record->signal;
	ret->loop_start = record->loop_start;
	ret->loop_end = record->loop_end;
	ret->iteration = record->loop_start;
	ret->known = true;
}

static bool is_record(const struct lk_check_test *record, const char *file, unsigned line,
		      struct lk_test_case *ret)
{
	const struct lk_check_body *body = record->body;
	char found[256];

	if (record->loop_start > record->loop_end || (uintptr_t)body % sizeof body != 0 ||
	    !is_there(body, sizeof *body) ||
	    (unsigned)body->line != line || !lk_check_text(body->file, found, sizeof found) ||
	    strcmp(found, file) != 0 || !lk_check_text(body->name, ret->name, sizeof ret->name))
		return false;
	lk_check_take(record, ret);
	return true;
}

/* Is WORD a pointer to Check's record of the test?  Check allocated the record, so
 * the live table knows it; where heap memory is not watched, the kernel is asked. */
static bool leads_to_record(uintptr_t word, const char *file, unsigned line,
			    struct lk_test_case *ret)
{
	const struct lk_check_test *record = (const struct lk_check_test *)word;
	struct lk_block block;

	if (word % sizeof word != 0)
		return false;
	if (lk_tracker.heap ? !lk_heap_find(record, &block) || block.size != sizeof *record
			    : !is_there(record, sizeof *record))
		return false;
	if (!is_record(record, file, line, ret))
		return false;
	ret->record = record;
	return true;
}

static void search(const uintptr_t *words, const char *file, unsigned line,
		   struct lk_test_case *ret)
{
	page_seen = (uintptr_t)words & ~(uintptr_t)(PAGE - 1);
	if (found_at > 0 && is_there(words + found_at, sizeof *words) &&
	    leads_to_record(words[found_at], file, line, ret))
		return;
	for (size_t at = 0; at < WORDS_MAX; at++) {
		/* The page that we stand on is there; the stack may end before the next. */
		if (at > 0 && (uintptr_t)(words + at) % PAGE == 0 && !is_there(words + at, 1))
			break;
		if (leads_to_record(words[at], file, line, ret)) {
			found_at = at;
			return;
		}
	}
	ret->name[0] = '\0';
}

void lk_test_case_find(const void *frame, const char *file, unsigned line,
		       struct lk_test_case *ret)
{
	*ret = (struct lk_test_case){ 0 };
	/* Valgrind would report each word that was never written. */
	VALGRIND_DISABLE_ERROR_REPORTING;
	search(frame, file, line, ret);
	VALGRIND_ENABLE_ERROR_REPORTING;
}
