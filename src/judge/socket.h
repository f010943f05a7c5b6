/* SPDX-License-Identifier: MIT */
/* Words for a socket. */
#ifndef LK_JUDGE_SOCKET_H
#define LK_JUDGE_SOCKET_H

#include <stdbool.h>
#include <stdio.h>

#include "model/descriptor.h"

/* ", TCP 127.0.0.1:80 -> 127.0.0.1:4711, CLOSE_WAIT".  Nothing if ROW is none. */
void lk_socket_print(FILE *out, const struct lk_descriptor *row);

/* Is ROW connected to where syslog() sends? */
bool lk_socket_is_system_log(const struct lk_descriptor *row);

#endif
