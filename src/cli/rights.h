/* SPDX-License-Identifier: MIT */
/* Whether a program would run with other rights than its caller's. */
#ifndef LK_CLI_RIGHTS_H
#define LK_CLI_RIGHTS_H

#include <stdbool.h>

/* Would the kernel run the program PATH without telling its loader to distrust
 * the environment?  If not, says so in one sentence: LD_PRELOAD would be ignored. */
bool lk_rights_are_ours(const char *path);

#endif
