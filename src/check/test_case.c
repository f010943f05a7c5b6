/* SPDX-License-Identifier: MIT */
#include "check/test_case.h"

#include <string.h>
#include <valgrind/valgrind.h>

#include "api/watch.h"
#include "base/proc.h"

/* As check.h and check_impl.h declare them since version 0.13. */
struct test {
	const char *name;
	void (*function)(int);
	const char *file;
	int line;
};
struct test_function {
	const struct test *test;
	int loop_start, loop_end;
	int signal;
	signed char exit_status;
};

/* Words of the stack that are looked at: Check's frame is a few calls out.  The
 * page that we stand on is there; those behind it are read in pieces by the kernel,
 * because the stack may end before. */
enum { WORDS_MAX = 512, PIECE = 64, PAGE = 4096 };

/* Reads a zero-terminated text of which at most SIZE - 1 bytes are wanted. */
static bool read_text(const char *from, char *to, size_t size)
{
	size_t page_rest = 4096 - (uintptr_t)from % 4096;

	if (lk_proc_memory(from, to, size - 1)) {
		to[size - 1] = '\0';
		return true;
	}
	/* The text may end just before memory does. */
	if (page_rest >= size || !lk_proc_memory(from, to, page_rest))
		return false;
	to[page_rest] = '\0';
	return memchr(to, '\0', page_rest) != NULL;
}

static bool is_record(const struct test_function *record, const char *file, unsigned line,
		      struct lk_test_case *ret)
{
	struct test test;
	char found[256];

	if (record->loop_start > record->loop_end ||
	    !lk_proc_memory(record->test, &test, sizeof test) ||
	    (unsigned)test.line != line || !read_text(test.file, found, sizeof found) ||
	    strcmp(found, file) != 0 || !read_text(test.name, ret->name, sizeof ret->name))
		return false;
	ret->exit_status = record->exit_status;
	ret->signal = record->signal;
	ret->known = true;
	return true;
}

/* Is WORD a pointer to Check's record of the test?  Check allocated the record, so
 * the live table knows it; where heap memory is not watched, the kernel is asked. */
static bool leads_to_record(uintptr_t word, const char *file, unsigned line,
			    struct lk_test_case *ret)
{
	struct test_function record;
	struct lk_block block;

	if (lk_tracker.heap &&
	    (!lk_heap_find((const void *)word, &block) || block.size != sizeof record))
		return false;
	return word % sizeof(void *) == 0 &&
	       lk_proc_memory((const void *)word, &record, sizeof record) &&
	       is_record(&record, file, line, ret);
}

void lk_test_case_find(const void *frame, const char *file, unsigned line,
		       struct lk_test_case *ret)
{
	const uintptr_t *from = frame;
	uintptr_t words[PIECE];

	*ret = (struct lk_test_case){ 0 };
	if (RUNNING_ON_VALGRIND)
		return; /* which would report each word that was never written */
	size_t at = 0;

	for (; at < WORDS_MAX && (uintptr_t)(from + at) % PAGE != 0; at++)
		if (leads_to_record(from[at], file, line, ret))
			return;
	for (; at < WORDS_MAX; at += PIECE) {
		if (!lk_proc_memory(from + at, words, sizeof words))
			break;
		for (size_t i = 0; i < PIECE && at + i < WORDS_MAX; i++)
			if (leads_to_record(words[i], file, line, ret))
				return;
	}
	ret->name[0] = '\0';
}
