/* SPDX-License-Identifier: MIT */
/* Leaks on purpose, for `leakcheck selftest`: proof of life in the user's own set-up. */
#ifndef LK_CHECK_PLANT_H
#define LK_CHECK_PLANT_H

#include "judge/finding.h"

/* Leaves one leak of each kind behind, as if the test that begins had, if the run is a
 * self-test. */
void lk_plant(void);

/* The test is judged: counts which of them were found. */
void lk_plant_harvest(const struct lk_findings *findings);

#endif
