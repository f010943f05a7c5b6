/* SPDX-License-Identifier: MIT */
#include "check/test_case.h"

#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "api/watch.h"

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

/* Words of the stack that are looked at: Check's frame is a few calls out. */
enum { WORDS_MAX = 512 };

/* Reads memory that may not be there. */
static bool read_memory(const void *from, void *to, size_t size)
{
	struct iovec target = { to, size }, source = { (void *)from, size };

	return process_vm_readv(getpid(), &target, 1, &source, 1, 0) == (ssize_t)size;
}

/* Reads a zero-terminated text of which at most SIZE - 1 bytes are wanted. */
static bool read_text(const char *from, char *to, size_t size)
{
	size_t page_rest = 4096 - (uintptr_t)from % 4096;

	if (read_memory(from, to, size - 1)) {
		to[size - 1] = '\0';
		return true;
	}
	/* The text may end just before memory does. */
	if (page_rest >= size || !read_memory(from, to, page_rest))
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
	    !read_memory(record->test, &test, sizeof test) ||
	    (unsigned)test.line != line || !read_text(test.file, found, sizeof found) ||
	    strcmp(found, file) != 0 || !read_text(test.name, ret->name, sizeof ret->name))
		return false;
	ret->exit_status = record->exit_status;
	ret->signal = record->signal;
	ret->known = true;
	return true;
}

void lk_test_case_find(const void *frame, const char *file, unsigned line,
		       struct lk_test_case *ret)
{
	const uintptr_t *word = frame, *end = word + WORDS_MAX;
	struct test_function record;
	struct lk_block block;

	*ret = (struct lk_test_case){ 0 };
	if (!lk_tracker.heap)
		return; /* without the live table nothing can be proved */
	if (lk_self.stack_end && (uintptr_t)end > lk_self.stack_end)
		end = (const uintptr_t *)lk_self.stack_end;
	for (; word < end; word++) {
		/* Check allocated its record, so the live table knows it. */
		if (!lk_heap_find((const void *)*word, &block) || block.size != sizeof record)
			continue;
		memcpy(&record, (const void *)*word, sizeof record);
		if (is_record(&record, file, line, ret))
			return;
	}
	ret->name[0] = '\0';
}
