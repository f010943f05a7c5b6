/* SPDX-License-Identifier: MIT */
#include "probe/received.h"

#include <stddef.h>
#include <string.h>

#include "probe/descriptor.h"
#include "base/light.h"

/* Linux 6.5 and later; the C library's headers need not know it. */
enum { PIDFD = 4 };

static void open_all(const struct cmsghdr *header, size_t size, const void *frame)
{
	const unsigned char *data = CMSG_DATA(header);

	for (size_t at = 0; at + sizeof(int) <= size; at += sizeof(int)) {
		int fd;

		memcpy(&fd, data + at, sizeof fd);
		lk_descriptor_opened(fd, LK_DESCRIPTOR_LOWEST, frame);
	}
}

void lk_received_descriptors(const struct msghdr *message, const void *frame)
{
	const char *control = message->msg_control;
	size_t left = message->msg_controllen;

	while (control && left >= sizeof(struct cmsghdr)) {
		const struct cmsghdr *header = (const void *)control;
		size_t length = header->cmsg_len;

		if (length < sizeof *header || length > left)
			return;
		if (header->cmsg_level == SOL_SOCKET &&
		    (header->cmsg_type == SCM_RIGHTS || header->cmsg_type == PIDFD))
			open_all(header, length - CMSG_LEN(0), frame);
		length = CMSG_ALIGN(length);
		if (length > left)
			return;
		control += length;
		left -= length;
	}
}
