/* SPDX-License-Identifier: MIT */
/* What the run's ledger is told of a test (api/ledger.h). */
#ifndef LK_CHECK_LEDGER_H
#define LK_CHECK_LEDGER_H

#include "api/session.h"

/* Writes the lines that are wanted of the test that OUTCOME is of; nothing else is
 * done when none are. */
void lk_tell_ledger(const struct lk_outcome *outcome);

#endif
