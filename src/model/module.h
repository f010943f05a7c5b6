/* SPDX-License-Identifier: MIT */
/* A loaded object: enough to turn a program counter into module + offset, and
 * to find its symbols later or elsewhere. */
#ifndef LK_MODEL_MODULE_H
#define LK_MODEL_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LK_BUILD_ID_MAX = 32, LK_MODULE_PATH_MAX = 512 };

struct lk_module {
	uintptr_t start, end; /* first byte, and one after the last, of its segments */
	uintptr_t bias;       /* address in memory minus address in the file */
	uint8_t build_id[LK_BUILD_ID_MAX];
	uint8_t build_id_size; /* 0: it has none */
	bool is_program;       /* the executable itself */
	bool is_ours;          /* libleakcheck.so */
	char path[LK_MODULE_PATH_MAX];
};

/* The module that holds ADDRESS, or NULL. */
const struct lk_module *lk_module_find(const struct lk_module *modules, size_t count,
				       uintptr_t address);

/* Base name of the module's path. */
const char *lk_module_name(const struct lk_module *module);

/* Does the module belong to the C library's family (libc, ld.so, libm, NSS,
 * gconv, libstdc++, libgcc_s)? */
bool lk_module_is_libc(const struct lk_module *module);

/* Is the module installed by the system (below /lib or /usr/lib), as opposed to
 * built by the user? */
bool lk_module_is_system(const struct lk_module *module);

#endif
