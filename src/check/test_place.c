/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <valgrind/valgrind.h>

#include "api/watch.h"
#include "base/proc.h"
#include "check/check_records.h"
#include "check/test_case.h"

/* Words of the stack that are looked at - in a signal handler Check's frames are behind
 * all registers - and those of one kind that are kept. */
enum { WORDS_MAX = 2048, PIECE = 64, KEPT_MAX = 32 };

/* What words of the stack lead to, by the size that Check allocated. */
struct found {
	const void *tests[KEPT_MAX], *cases[KEPT_MAX], *suites[KEPT_MAX];
	unsigned tests_count, cases_count, suites_count;
};

static void keep(const void **kept, unsigned *count, uintptr_t word)
{
	for (unsigned i = 0; i < *count; i++)
		if (kept[i] == (const void *)word)
			return;
	if (*count < KEPT_MAX)
		kept[(*count)++] = (const void *)word;
}

static void sort(struct found *found, uintptr_t word)
{
	/* Its size has changed between versions, its beginning has not. */
	const size_t case_least = sizeof(struct lk_check_case), case_most = case_least + 64;
	struct lk_block block;

	if (word % sizeof word != 0 || !lk_heap_find((const void *)word, &block))
		return;
	if (block.size == sizeof(struct lk_check_test))
		keep(found->tests, &found->tests_count, word);
	else if (block.size == sizeof(struct lk_check_suite))
		keep(found->suites, &found->suites_count, word);
	else if (block.size >= case_least && block.size <= case_most)
		keep(found->cases, &found->cases_count, word);
}

static bool is_in_list(const void *item, const struct lk_check_list *address)
{
	struct lk_check_list list;
	const void *items[PIECE];

	if (!lk_proc_memory(address, &list, sizeof list) || list.count > list.room)
		return false;
	for (unsigned at = 0; at < list.count; at += PIECE) {
		unsigned count = list.count - at < PIECE ? list.count - at : PIECE;

		if (!lk_proc_memory(list.items + at, items, count * sizeof *items))
			return false;
		for (unsigned i = 0; i < count; i++)
			if (items[i] == item)
				return true;
	}
	return false;
}

static void read_test(const void *address, struct lk_test_place *ret)
{
	struct lk_check_test record;
	struct lk_check_body body;

	if (!lk_proc_memory(address, &record, sizeof record) ||
	    !lk_proc_memory(record.body, &body, sizeof body) ||
	    !lk_check_text(body.name, ret->test.name, sizeof ret->test.name) ||
	    !lk_check_text(body.file, ret->file, sizeof ret->file))
		return;
	lk_check_take(&record, &ret->test);
	ret->test.record = address;
	ret->line = (unsigned)body.line;
}

/* The test on the stack that is in the list of ROW; NULL if there is none, *ONLY false if
 * there are more. */
static const void *match_test(const struct found *found, const struct lk_check_case *row,
			      bool *only)
{
	const void *match = NULL;

	*only = true;
	for (unsigned i = 0; i < found->tests_count; i++)
		if (is_in_list(found->tests[i], row->tests)) {
			*only = !match;
			match = match ? match : found->tests[i];
		}
	return match;
}

/* The case that holds RECORD or, if that is NULL, a test; fills in both. */
static const void *match_case(const struct found *found, const void *record,
			      struct lk_test_place *ret)
{
	for (unsigned i = 0; i < found->cases_count; i++) {
		struct lk_check_case row;
		bool only = true;

		if (!lk_proc_memory(found->cases[i], &row, sizeof row))
			continue;
		const void *test = record && is_in_list(record, row.tests) ?
					   record :
					   match_test(found, &row, &only);
		if (!test || (record && test != record) ||
		    !lk_check_text(row.name, ret->tcase, sizeof ret->tcase))
			continue;
		if (only)
			read_test(test, ret);
		return found->cases[i];
	}
	return NULL;
}

static void match_suite(const struct found *found, const void *tcase, struct lk_test_place *ret)
{
	struct lk_check_suite row;

	for (unsigned i = 0; i < found->suites_count; i++)
		if (lk_proc_memory(found->suites[i], &row, sizeof row) &&
		    is_in_list(tcase, row.cases) &&
		    lk_check_text(row.name, ret->suite, sizeof ret->suite))
			return;
	ret->suite[0] = '\0';
}

void lk_test_place_find(const void *frame, const void *record, struct lk_test_place *ret)
{
	const uintptr_t *from = frame;
	struct found found = { 0 };
	struct lk_test_place place = { 0 };
	uintptr_t words[PIECE];

	*ret = place;
	if (RUNNING_ON_VALGRIND || !lk_tracker.heap)
		return;
	for (size_t at = 0; at < WORDS_MAX; at += PIECE) {
		if (!lk_proc_memory(from + at, words, sizeof words))
			break;
		for (size_t i = 0; i < PIECE; i++)
			sort(&found, words[i]);
	}
	const void *tcase = match_case(&found, record, &place);
	if (!tcase)
		return;
	match_suite(&found, tcase, &place);
	place.known = true;
	*ret = place;
}
