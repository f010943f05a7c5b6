/* SPDX-License-Identifier: MIT */
/* What debug information says of variables: their source file, and the fields of their
 * types.
 *
 * All functions here run below lk_libdw_try, except for lk_types_deinit. */
#ifndef LK_JUDGE_TYPES_H
#define LK_JUDGE_TYPES_H

#include <stdio.h>

#include "judge/libdw.h"
#include "judge/spans.h"

struct lk_types {
	const struct lk_libdw *libdw;
	Dwarf *dwarf;
	struct lk_types_row *rows;
	size_t count, room;
	/* Where variables begin, as in the debug information; value: the row. */
	struct lk_spans data, thread_local_data;
	bool has_inner; /* variables inside of functions were read, too */
	unsigned left;	/* entries that may still be read */
};

/* A type, and whether it is what a pointer points to: then there may be several in a
 * row. */
struct lk_type {
	Dwarf_Die die;
	bool is_target;
};

/* False when out of memory. */
bool lk_types_init(struct lk_types *types, const struct lk_libdw *libdw, Dwarf *dwarf);

/* The variable that begins at START of the thread-local data or else of the other.
 * False if nothing is known; *FILE, without folders, and *TYPE are untouched where they
 * are not. */
bool lk_types_find(struct lk_types *types, bool is_thread_local, uint64_t start, const char **file,
		   struct lk_type *type);

/* Writes what stands *OFFSET bytes into TYPE as C has it, ".items[3].next"; *OFFSET is
 * then what is left of it, inside of what has no parts.  What a pointer points to may be
 * several in a row, which fill ROOM bytes; 0: it is one.  True if a pointer stands there
 * and is of a known type: TYPE is then what it points to. */
bool lk_types_field(struct lk_types *types, struct lk_type *type, uint64_t room, uint64_t *offset,
		    FILE *out);

/* Also for a zeroed struct, and for one left half way by lk_libdw_try. */
void lk_types_deinit(struct lk_types *types);

#endif
