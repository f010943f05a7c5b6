/* SPDX-License-Identifier: MIT */
/* Descriptors that come through a socket. */
#ifndef LK_PROBE_RECEIVED_H
#define LK_PROBE_RECEIVED_H

#include <sys/socket.h>

/* MESSAGE was received by the caller of the hook whose frame is FRAME: the descriptors
 * that came with it are open now. */
void lk_received_descriptors(const struct msghdr *message, const void *frame);

#endif
