/* SPDX-License-Identifier: MIT */
/* How reports call a test. */
#ifndef LK_CHECK_TEST_NAME_H
#define LK_CHECK_TEST_NAME_H

#include <stdio.h>

#include "base/fmt.h"
#include "check/test_case.h"

/* The test whose window is open, or that the runner waits for.  Call it below Check's
 * own frames. */
void lk_test_name_find(struct lk_test_place *ret);

/* "case:test at file.c:12", with the turn behind the name of a test that loops; not
 * escaped. */
void lk_test_name_add(struct lk_text *text, const struct lk_test_place *place);
/* "test at file.c:12 (suite, case)", escaped. */
void lk_test_name_print(FILE *out, const struct lk_test_place *place);

#endif
