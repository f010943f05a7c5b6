/* SPDX-License-Identifier: MIT */
/* The ledger of a run that has ended (api/ledger.h), read by the leakcheck program. */
#ifndef LK_CLI_LEDGER_H
#define LK_CLI_LEDGER_H

#include <stdbool.h>
#include <stddef.h>

#include "judge/baseline.h"
#include "model/run.h"

struct lk_ledger {
	char **lines; /* in the order in which they were written, without newlines */
	size_t count;
	char *text;
};

/* Takes the lines out of RECORD's file.  False after one sentence. */
bool lk_ledger_read(const struct lk_run *record, struct lk_ledger *ret);
void lk_ledger_release(struct lk_ledger *ledger);

/* Writes the file NAME with what was found in each test.  False after one sentence. */
bool lk_ledger_write_json(const struct lk_ledger *ledger, const struct lk_run *record,
			  char *const *program, const char *name);

/* Writes the leaks of the run as a baseline to the file NAME, if any test was checked.
 * Says how many, or what is wrong. */
bool lk_ledger_write_baseline(const struct lk_ledger *ledger, const struct lk_run *record,
			      const char *name);

/* Says what of BASELINE, the file NAME, is mended: its test was checked, and less was
 * left than RECORD says was known.  PRUNE: takes that out of the file.  False after one
 * sentence. */
bool lk_ledger_tell_mended(const struct lk_ledger *ledger, const struct lk_run *record,
			   const struct lk_baseline *baseline, const char *name, bool prune);

#endif
