/* SPDX-License-Identifier: MIT */
#include "check/ledger.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/ledger.h"
#include "api/watch.h"
#include "check/runner.h"
#include "judge/baseline.h"
#include "report/json.h"

static void print_lines(FILE *out, const struct lk_outcome *outcome)
{
	const char *name = lk_runner.test.known ? lk_runner.test.name : NULL;
	struct lk_json_test test = { name, lk_runner.file, lk_runner.line, outcome->verdict };

	if (lk_ledger_wants(LK_WANTED_JSON)) {
		fprintf(out, "%d", LK_WANTED_JSON);
		lk_json_test(out, &test, &outcome->findings);
		fputc('\n', out);
	}
	if (lk_ledger_wants(LK_WANTED_TESTS))
		fprintf(out, "%d%s\n", LK_WANTED_TESTS, name ? name : "-");
	if (lk_ledger_wants(LK_WANTED_KNOWN))
		lk_baseline_write(out, &outcome->findings, name, LK_WANTED_KNOWN);
}

void lk_tell_ledger(const struct lk_outcome *outcome)
{
	char *text = NULL;
	size_t size = 0;

	if (!lk_ledger_wants(LK_WANTED_JSON | LK_WANTED_TESTS | LK_WANTED_KNOWN))
		return;
	int saved = lk_quiet_begin();
	FILE *out = open_memstream(&text, &size);
	if (out) {
		print_lines(out, outcome);
		if (LK_REAL(fclose)(out) == 0 && size > 0)
			lk_ledger_append(text, size);
	}
	free(text);
	lk_quiet_end(saved);
}
