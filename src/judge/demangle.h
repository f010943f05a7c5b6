/* SPDX-License-Identifier: MIT */
/* Makes the names in symbol tables readable.
 *
 * The demangler is the one the program has loaded already, or else that of
 * libstdc++, loaded when the first mangled name comes along. */
#ifndef LK_JUDGE_DEMANGLE_H
#define LK_JUDGE_DEMANGLE_H

#include <stdbool.h>
#include <stddef.h>

/* All zeros is the valid start; there is nothing to free. */
struct lk_demangler {
	char *(*demangle)(const char *name, char *buffer, size_t *size, int *status);
	bool searched;
};

/* How much of NAME the source knows: without a symbol version ("@GLIBC_2.2")
 * and without what the compiler appends to its copies of a function
 * (".constprop.0", ".part.1", ".cold"). */
size_t lk_demangle_base_length(const char *name);

/* NAME as C++ would write it, from malloc; NULL if it is not mangled or cannot
 * be demangled. */
char *lk_demangle(struct lk_demangler *demangler, const char *name);

#endif
