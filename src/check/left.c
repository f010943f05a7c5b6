/* SPDX-License-Identifier: MIT */
#include "check/left.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/session.h"
#include "api/watch.h"
#include "check/output.h"
#include "check/runner.h"
#include "check/test_name.h"
#include "report/text.h"

bool lk_left_is_wanted(void)
{
	return strcmp(lk_tracker.options.on_failure, "report") == 0 &&
	       (lk_tracker.options.verify_all || lk_runner.verify);
}

static char *describe(int reason, const struct lk_findings *findings, size_t *ret_size)
{
	static const char *const reasons[] = {
#define LK_TEXT(name, text) text,
		LK_NOT_CHECKED_LIST(LK_TEXT)
#undef LK_TEXT
	};
	struct lk_test_place place;
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_size);

	if (!out)
		return NULL;
	lk_test_name_find(&place);
	fputs("leakcheck: ", out);
	lk_test_name_print(out, &place);
	fprintf(out, ": %s; not judged, it left\n", reasons[reason]);
	lk_report_left(out, findings, "  ");
	if (LK_REAL(fclose)(out) == 0)
		return text;
	free(text);
	return NULL;
}

void lk_left_report(int reason)
{
	struct lk_outcome outcome;
	size_t size;

	if (!lk_left_is_wanted())
		return;
	int saved = lk_quiet_begin();
	bool ok = lk_session_look(false, &outcome);
	char *text = ok && outcome.findings.count > 0 ?
			     describe(reason, &outcome.findings, &size) :
			     NULL;

	if (text && !lk_output_append(text, size))
		lk_output_say(text, size);
	free(text);
	lk_outcome_release(&outcome);
	lk_quiet_end(saved);
}
