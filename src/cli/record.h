/* SPDX-License-Identifier: MIT */
/* The shared record of a run (model/run.h), as the leakcheck program makes it. */
#ifndef LK_CLI_RECORD_H
#define LK_CLI_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/options.h"
#include "model/run.h"

/* Makes an empty record in memory and names it in the environment; it stays
 * until this process ends.  NULL after one sentence. */
struct lk_run *lk_record_create(void);

/* The program has ended with STATUS (as wait gives it): a test that was still open
 * in the runner's own process ended with it, and was not checked. */
void lk_record_close(struct lk_run *run, int status);

/* Reads SIZE bytes at OFFSET of the record's file, as pread does. */
ssize_t lk_record_read(size_t offset, void *to, size_t size);

/* Says in one sentence why no test was seen, if none was. */
void lk_record_complain_if_empty(const struct lk_run *run, bool verify_all);

/* The exit status of a run whose program returned 0, under OPTIONS; one sentence says
 * why it is another one. */
int lk_record_status(const struct lk_run *run, const struct lk_options *options);

#endif
