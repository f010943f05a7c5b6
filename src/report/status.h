/* SPDX-License-Identifier: MIT */
/* The exit statuses of leakcheck's own; any other one is the program's. */
#ifndef LK_REPORT_STATUS_H
#define LK_REPORT_STATUS_H

enum lk_status {
#define LK_STATUS(name, number, meaning) LK_STATUS_##name = number,
#include "report/status.def"
#undef LK_STATUS
};

#endif
