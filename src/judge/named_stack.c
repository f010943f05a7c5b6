/* SPDX-License-Identifier: MIT */
#include "judge/named_stack.h"

#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "judge/trim.h"

/* Between the test's fixture and the frames that lk_trim leaves out stands the
 * function of Check's that runs fixtures; known by name where there is one. */
static size_t before_check(const struct lk_frame *frames, size_t count)
{
	static const char *const functions[] = {
		"srunner_run_setup",	      "srunner_run_teardown", "tcase_run_checked_setup",
		"tcase_run_checked_teardown", "tcase_run_tfun_fork",  "tcase_run_tfun_nofork",
	};

	while (count > 1) {
		const char *last = frames[count - 1].function;
		bool is_check = false;

		for (size_t i = 0; last && i < LK_COUNT(functions); i++)
			is_check |= strcmp(last, functions[i]) == 0;
		if (!is_check)
			break;
		count--;
	}
	return count;
}

static bool begins_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

/* AddressSanitizer's runtime stands between an allocation and its caller. */
static size_t behind_sanitizer(const struct lk_frame *frames, size_t count)
{
	static const char *const calls[] = { "__interceptor_", "malloc",	 "calloc",
					     "realloc",	       "posix_memalign", "aligned_alloc",
					     "memalign",       "operator new" };
	size_t inner = 0;

	while (inner < count && frames[inner].function &&
	       (begins_with(frames[inner].function, "__sanitizer::") ||
		begins_with(frames[inner].function, "__asan::")))
		inner++;
	for (size_t i = 0; inner > 0 && inner < count && i < LK_COUNT(calls); i++)
		if (frames[inner].function && begins_with(frames[inner].function, calls[i]))
			return inner + 1;
	return inner;
}

size_t lk_named_stack_trim(const struct lk_frame *frames, size_t *count)
{
	size_t end = before_check(frames, *count), first = behind_sanitizer(frames, end);

	*count = end - first;
	return first;
}

bool lk_named_stack_init(struct lk_named_stack *ret, struct lk_symbols *symbols,
			 const struct lk_snapshot *snapshot, size_t stack, size_t sure)
{
	enum { INLINED_MAX = 16 };
	const struct lk_stack *row = &snapshot->stacks[stack];
	struct lk_named_stack named = { .cut = row->cut, .sure = SIZE_MAX };
	size_t shown = lk_trim(snapshot, stack), room = 0;

	for (size_t i = 0; i < shown; i++) {
		if (i == sure)
			named.sure = named.count;
		if (lk_trim_is_ours(snapshot, stack, i))
			continue;
		if (named.count + INLINED_MAX > room) {
			room = room * 2 + INLINED_MAX;
			void *more = realloc(named.frames, room * sizeof *named.frames);
			if (!more) {
				lk_named_stack_deinit(&named);
				return false;
			}
			named.frames = more;
		}
		named.count += lk_symbols_name(symbols, snapshot->frames[row->first + i],
					       named.frames + named.count, INLINED_MAX);
	}
	size_t first = lk_named_stack_trim(named.frames, &named.count);
	if (first > 0)
		memmove(named.frames, named.frames + first, named.count * sizeof *named.frames);
	if (named.sure > named.count)
		named.sure = named.count;
	*ret = named;
	return true;
}

void lk_named_stack_deinit(struct lk_named_stack *named)
{
	free(named->frames);
	*named = (struct lk_named_stack){ 0 };
}
