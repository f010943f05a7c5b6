/* SPDX-License-Identifier: MIT */
/* The ledger: what a run tells of each test besides the counts, as lines in the file
 * of the run's record (model/run.h).  There is one only if the leakcheck program made
 * the record.  The first byte of a line says for whom it is: a bit of LK_WANTED_* as a
 * digit. */
#ifndef LK_API_LEDGER_H
#define LK_API_LEDGER_H

#include <stdbool.h>
#include <stddef.h>

/* Does somebody want lines of this kind, a bit of LK_WANTED_*? */
bool lk_ledger_wants(unsigned kind);

/* Appends TEXT, SIZE bytes of whole lines; what cannot be written is counted in the
 * run.  From any process and thread; no line is torn. */
void lk_ledger_append(const char *text, size_t size);

#endif
