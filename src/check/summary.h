/* SPDX-License-Identifier: MIT */
/* The last word of a program that is linked with the library and was not started
 * by the leakcheck command, which would say it. */
#ifndef LK_CHECK_SUMMARY_H
#define LK_CHECK_SUMMARY_H

/* This process runs Check: when it ends and anything was verified, the summary is
 * printed, and a status of 0 becomes one of ours where something must fail. */
void lk_summary_expect(void);

/* The process ends: does that. */
void lk_summary_finish(void);

#endif
