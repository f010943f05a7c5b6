/* SPDX-License-Identifier: MIT */
/* What debug information says of an address: the function, the inlined calls
 * it lies in, and the source lines.
 *
 * Only the units that are asked for are read, and each once.  All functions
 * here run below lk_libdw_try, except for lk_source_deinit. */
#ifndef LK_JUDGE_SOURCE_H
#define LK_JUDGE_SOURCE_H

#include "judge/libdw.h"
#include "judge/spans.h"

/* Deeper inlined calls are not looked into. */
enum { LK_SOURCE_DEPTH_MAX = 64 };

/* Strings live as long as the Dwarf.  NULL or 0 where unknown. */
struct lk_place {
	const char *name;	  /* as written in the source */
	const char *linkage_name; /* mangled */
	const char *file;	  /* see struct lk_frame */
	const char *directory;	  /* where the compiler ran */
	unsigned line;
	unsigned start; /* where the function is declared */
	bool inlined; /* into the place that follows */
};

struct lk_source {
	const struct lk_libdw *libdw;
	Dwarf *dwarf;
	struct lk_spans tabled; /* offsets of the units that .debug_aranges covers */
	struct lk_spans units;	/* value: offset of the unit's DIE */
	void *opened;		/* tree of the units that were read, by offset */
};

/* False when out of memory. */
bool lk_source_init(struct lk_source *source, const struct lk_libdw *libdw, Dwarf *dwarf);

/* Writes the places of ADDRESS (as in the debug information), innermost first,
 * and returns how many; 0 if no unit holds it.  The name of the only place is
 * NULL if a unit holds ADDRESS but no function does. */
size_t lk_source_find(struct lk_source *source, Dwarf_Addr address,
		      struct lk_place places[LK_SOURCE_DEPTH_MAX]);

/* Also for a zeroed struct, and for one left half way by lk_libdw_try. */
void lk_source_deinit(struct lk_source *source);

#endif
