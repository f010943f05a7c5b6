/* SPDX-License-Identifier: MIT */
/* A descriptor that was closed by who should not have. */
#ifndef LK_MODEL_MISUSE_H
#define LK_MODEL_MISUSE_H

#include <stddef.h>
#include <stdint.h>

enum lk_misuse_kind {
	LK_MISUSE_CLOSED_TWICE,
	LK_MISUSE_NOT_OWN, /* it was open before the test, and was not put back */
};

/* Stacks are indices into the snapshot's; 0: it is not known. */
struct lk_misuse {
	enum lk_misuse_kind kind;
	int fd; /* of the first time */
	uint64_t times;
	size_t stack; /* where it was closed so */
	size_t closed; /* CLOSED_TWICE: where it was closed before that */
	size_t opened; /* where it had been opened */
};

#endif
