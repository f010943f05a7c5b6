/* SPDX-License-Identifier: MIT */
/* The verb ignores: what the C library keeps once. */
#include <stdio.h>

#include "cli/verb.h"
#include "report/status.h"
#include "judge/libc_once.h"

int lk_verb_ignores(char **arguments)
{
	if (!lk_verb_takes_nothing("ignores", arguments))
		return LK_STATUS_REFUSED;
	puts("What the C library keeps once is no leak (--no-ignore-libc: it is one).\n"
	     "The evidence: blocks/bytes that are new after a first call, then after a second.");
	for (size_t i = 0; i < lk_libc_once_count; i++)
		printf("\n%s\n  keeps:    %s\n  evidence: %s\n", lk_libc_once_rows[i].function,
		       lk_libc_once_rows[i].keeps, lk_libc_once_rows[i].evidence);
	return lk_verb_end_output();
}
