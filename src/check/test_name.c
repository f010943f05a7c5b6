/* SPDX-License-Identifier: MIT */
#include "check/test_name.h"

#include <stdint.h>
#include <string.h>

#include "check/runner.h"
#include "judge/escape.h"

/* What Check keeps in registers is spilled just below this function's frame. */
__attribute__((noinline)) void lk_test_name_find(struct lk_test_place *ret)
{
	enum { SAVED_WORDS = 16 };

	const struct lk_shared *shared = lk_runner.role == LK_ROLE_RUNNER ? lk_runner.shared : NULL;
	const void *record = shared && shared->test.process ? shared->test.record :
							      lk_runner.test.record;

	__builtin_unwind_init();
	lk_test_place_find((const uintptr_t *)__builtin_frame_address(0) - SAVED_WORDS, record,
			   ret);
	if (ret->test.known)
		lk_runner_count_iteration(&ret->test);
	if (ret->known)
		return;
	/* A test in its own process knows itself by what Check has sent. */
	ret->test = lk_runner.test;
	ret->line = lk_runner.line;
	memcpy(ret->file, lk_runner.file, sizeof ret->file - 1);
}

static bool loops(const struct lk_test_case *test)
{
	return test->known && test->loop_end - test->loop_start > 1;
}

void lk_test_name_add(struct lk_text *text, const struct lk_test_place *place)
{
	lk_text_format(text, "%s%s%s", place->tcase, place->tcase[0] ? ":" : "",
		       place->test.known ? place->test.name : "a test");
	if (loops(&place->test))
		lk_text_format(text, ":%d", place->test.iteration);
	if (place->file[0])
		lk_text_format(text, " at %s:%u", place->file, place->line);
}

void lk_test_name_print(FILE *out, const struct lk_test_place *place)
{
	lk_escape(out, place->test.known ? place->test.name : "test");
	if (loops(&place->test))
		fprintf(out, ":%d", place->test.iteration);
	fputs(" at ", out);
	lk_escape(out, place->file);
	fprintf(out, ":%u", place->line);
	if (!place->suite[0] && !place->tcase[0])
		return;
	fputs(" (", out);
	lk_escape(out, place->suite);
	fputs(place->suite[0] && place->tcase[0] ? ", " : "", out);
	lk_escape(out, place->tcase);
	fputc(')', out);
}
