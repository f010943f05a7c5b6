/* SPDX-License-Identifier: MIT */
/* The few compiler attributes the sources share. */
#ifndef LK_BASE_ATTRIBUTES_H
#define LK_BASE_ATTRIBUTES_H

/* Visible outside the library: leakcheck_* and the names of hooked.def only. */
#define LK_EXPORT __attribute__((visibility("default")))
/* Thread-local without a call: touching it can never allocate. */
#define LK_TLS __thread __attribute__((tls_model("initial-exec")))

#define LK_LIKELY(x) __builtin_expect(!!(x), 1)
#define LK_UNLIKELY(x) __builtin_expect(!!(x), 0)
/* Keeps a rare path out of the way of the hot one. */
#define LK_COLD __attribute__((noinline, cold))
/* State that is written in every test stands together: each page of it that a forked
 * test writes is copied, and between big tables it would be scattered over many.  The
 * linker sorts sections by name: data, hot data, small zeroed data, big tables. */
#define LK_HOT __attribute__((section(".data.z_hot")))
#define LK_FAR __attribute__((section(".bss.z_far")))
/* The first of the hot state, on a page of its own, and what is big but written by the
 * test's process alone. */
#define LK_HOT_PAGE __attribute__((section(".data.y_hot"), aligned(4096)))
#define LK_HOT_BIG __attribute__((section(".bss.y_big")))
#define LK_COUNT(array) (sizeof(array) / sizeof *(array))

#endif
