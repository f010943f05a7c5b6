/* SPDX-License-Identifier: MIT */
#include "judge/source.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include <dwarf.h>

/* A compilation unit.  LINES and TREE differ only if the functions are in a
 * separate .dwo file. */
struct unit {
	Dwarf_Off offset;
	Dwarf_Die lines, tree;
	Dwarf *tree_dwarf;
	const char *directory;	   /* where the compiler ran */
	struct lk_spans functions; /* value: offset of the function's DIE */
};

static bool add_ranges(const struct lk_libdw *libdw, struct lk_spans *spans, Dwarf_Die *die)
{
	Dwarf_Addr base, start, end;
	ptrdiff_t at = 0;

	while ((at = libdw->dwarf_ranges(die, at, &base, &start, &end)) > 0)
		/* Linkers move the ranges of what they threw away to address 0. */
		if (start != 0 &&
		    !lk_spans_add(spans, start, end, libdw->dwarf_dieoffset(die)))
			return false;
	return true;
}

/* .debug_aranges is a ready-made table, but not every compiler writes it. */
static bool add_table(struct lk_source *source)
{
	const struct lk_libdw *libdw = source->libdw;
	Dwarf_Aranges *table = NULL;
	size_t count = 0;

	if (libdw->dwarf_getaranges(source->dwarf, &table, &count) != 0)
		return true;
	for (size_t i = 0; i < count; i++) {
		Dwarf_Addr start;
		Dwarf_Word length;
		Dwarf_Off offset;
		if (libdw->dwarf_getarangeinfo(libdw->dwarf_onearange(table, i), &start, &length,
					       &offset) != 0)
			continue;
		if (start != 0 && !lk_spans_add(&source->units, start, start + length, offset))
			return false;
		if (!lk_spans_add(&source->tabled, offset, offset + 1, 0))
			return false;
	}
	lk_spans_sort(&source->tabled);
	return true;
}

static bool add_units(struct lk_source *source)
{
	const struct lk_libdw *libdw = source->libdw;
	Dwarf_Off offset = 0, next;
	size_t header_size;

	for (; libdw->dwarf_next_unit(source->dwarf, offset, &next, &header_size, NULL, NULL, NULL,
				      NULL, NULL, NULL) == 0 && next > offset; offset = next) {
		Dwarf_Die unit;
		if (lk_spans_find(&source->tabled, offset + header_size) ||
		    !libdw->dwarf_offdie(source->dwarf, offset + header_size, &unit))
			continue;
		int tag = libdw->dwarf_tag(&unit);
		if ((tag == DW_TAG_compile_unit || tag == DW_TAG_skeleton_unit) &&
		    !add_ranges(libdw, &source->units, &unit))
			return false;
	}
	return true;
}

bool lk_source_init(struct lk_source *source, const struct lk_libdw *libdw, Dwarf *dwarf)
{
	*source = (struct lk_source){ .libdw = libdw, .dwarf = dwarf };
	bool complete = add_table(source) && add_units(source);
	lk_spans_sort(&source->units);
	return complete;
}

/* Collects the functions with code below PARENT: those of C, and those that
 * other languages keep in name spaces and modules. */
static bool add_functions(struct unit *unit, const struct lk_libdw *libdw, Dwarf_Die *parent,
			  unsigned depth)
{
	Dwarf_Die die;

	if (depth == 0 || libdw->dwarf_child(parent, &die) != 0)
		return true;
	do {
		int tag = libdw->dwarf_tag(&die);
		if (tag == DW_TAG_subprogram && !add_ranges(libdw, &unit->functions, &die))
			return false;
		if ((tag == DW_TAG_namespace || tag == DW_TAG_module) &&
		    !add_functions(unit, libdw, &die, depth - 1))
			return false;
	} while (lk_libdw_next_sibling(libdw, &die));
	return true;
}

static bool read_unit(struct unit *unit, struct lk_source *source)
{
	const struct lk_libdw *libdw = source->libdw;
	Dwarf_Attribute attribute;
	Dwarf_Die split;
	uint8_t type = 0;

	if (!libdw->dwarf_offdie(source->dwarf, unit->offset, &unit->lines))
		return false;
	unit->tree = unit->lines;
	unit->tree_dwarf = source->dwarf;
	if (libdw->dwarf_cu_info(unit->lines.cu, NULL, &type, NULL, &split, NULL, NULL, NULL) ==
		    0 &&
	    type == DW_UT_skeleton && split.cu && libdw->dwarf_tag(&split) == DW_TAG_compile_unit) {
		unit->tree = split;
		unit->tree_dwarf = libdw->dwarf_cu_getdwarf(split.cu);
		lk_libdw_watch(libdw, unit->tree_dwarf);
	}
	unit->directory = libdw->dwarf_formstring(
		libdw->dwarf_attr(&unit->lines, DW_AT_comp_dir, &attribute));
	bool complete = add_functions(unit, libdw, &unit->tree, 32);
	lk_spans_sort(&unit->functions);
	return complete;
}

static int compare_units(const void *a, const void *b)
{
	const struct unit *left = a, *right = b;

	return (left->offset > right->offset) - (left->offset < right->offset);
}

static struct unit *open_unit(struct lk_source *source, Dwarf_Off offset)
{
	struct unit key = { .offset = offset };
	struct unit **node = tfind(&key, &source->opened, compare_units);

	if (node)
		return *node;
	struct unit *unit = calloc(1, sizeof *unit);
	if (!unit)
		return NULL;
	unit->offset = offset;
	if (!tsearch(unit, &source->opened, compare_units)) {
		free(unit);
		return NULL;
	}
	/* In the tree before it is read, so that nothing is lost if libdw runs
	 * out of memory.  What could not be read is a unit without functions. */
	read_unit(unit, source);
	return unit;
}

/* The compiler's path, without the directory it ran in. */
static const char *shorten(const char *path, const char *directory)
{
	size_t length = directory ? strlen(directory) : 0;

	while (length > 1 && directory[length - 1] == '/')
		length--;
	if (path && length > 1 && directory[0] == '/' && strncmp(path, directory, length) == 0 &&
	    path[length] == '/')
		path += length + 1;
	while (path && strncmp(path, "./", 2) == 0)
		path += 2;
	while (path && length > 1 && path[0] == '/' && path[1] == '/')
		path++;
	return path && *path ? path : NULL;
}

static void find_line(const struct lk_source *source, struct unit *unit, Dwarf_Addr address,
		      struct lk_place *place)
{
	const struct lk_libdw *libdw = source->libdw;
	Dwarf_Line *line = libdw->dwarf_getsrc_die(&unit->lines, address);
	int number = 0;

	if (!line)
		return;
	place->directory = unit->directory;
	place->file = shorten(libdw->dwarf_linesrc(line, NULL, NULL), unit->directory);
	if (libdw->dwarf_lineno(line, &number) == 0 && number > 0)
		place->line = (unsigned)number;
}

/* Where the inlined call DIE was written. */
static void find_call(const struct lk_source *source, struct unit *unit, Dwarf_Die *die,
		      struct lk_place *place)
{
	const struct lk_libdw *libdw = source->libdw;
	Dwarf_Attribute attribute;
	Dwarf_Word number;
	Dwarf_Files *files;
	size_t count;

	place->directory = unit->directory;
	if (libdw->dwarf_formudata(libdw->dwarf_attr(die, DW_AT_call_file, &attribute),
				   &number) == 0 &&
	    libdw->dwarf_getsrcfiles(&unit->tree, &files, &count) == 0 && number < count)
		place->file = shorten(libdw->dwarf_filesrc(files, number, NULL, NULL),
				      unit->directory);
	if (libdw->dwarf_formudata(libdw->dwarf_attr(die, DW_AT_call_line, &attribute),
				   &number) == 0)
		place->line = (unsigned)number;
}

static void find_names(const struct lk_source *source, Dwarf_Die *die, struct lk_place *place)
{
	const struct lk_libdw *libdw = source->libdw;
	Dwarf_Attribute memory, *attribute;
	Dwarf_Word line;

	place->name = libdw->dwarf_diename(die);
	attribute = libdw->dwarf_attr_integrate(die, DW_AT_linkage_name, &memory);
	if (!attribute)
		attribute = libdw->dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &memory);
	if (attribute)
		place->linkage_name = libdw->dwarf_formstring(attribute);
	if (libdw->dwarf_formudata(libdw->dwarf_attr_integrate(die, DW_AT_decl_line, &memory),
				   &line) == 0)
		place->start = (unsigned)line;
}

/* Moves DIE to its child that holds ADDRESS: an inlined call or a block. */
static bool enter_scope(const struct lk_libdw *libdw, Dwarf_Die *die, Dwarf_Addr address)
{
	Dwarf_Die child;

	if (libdw->dwarf_child(die, &child) != 0)
		return false;
	do {
		int tag = libdw->dwarf_tag(&child);
		if ((tag == DW_TAG_inlined_subroutine || tag == DW_TAG_lexical_block ||
		     tag == DW_TAG_try_block || tag == DW_TAG_catch_block) &&
		    libdw->dwarf_haspc(&child, address) > 0) {
			*die = child;
			return true;
		}
	} while (lk_libdw_next_sibling(libdw, &child));
	return false;
}

/* The function and the inlined calls that hold ADDRESS, outermost first. */
static size_t find_scopes(const struct lk_source *source, const struct unit *unit,
			  Dwarf_Addr address, Dwarf_Die scopes[LK_SOURCE_DEPTH_MAX])
{
	const struct lk_libdw *libdw = source->libdw;
	const struct lk_span *function = lk_spans_find(&unit->functions, address);
	size_t count = 0;
	Dwarf_Die die;

	if (!function || !libdw->dwarf_offdie(unit->tree_dwarf, function->value, &die))
		return 0;
	scopes[count++] = die;
	for (unsigned depth = 0; depth < 4 * LK_SOURCE_DEPTH_MAX; depth++) {
		if (count == LK_SOURCE_DEPTH_MAX || !enter_scope(libdw, &die, address))
			break;
		if (libdw->dwarf_tag(&die) == DW_TAG_inlined_subroutine)
			scopes[count++] = die;
	}
	return count;
}

size_t lk_source_find(struct lk_source *source, Dwarf_Addr address,
		      struct lk_place places[LK_SOURCE_DEPTH_MAX])
{
	const struct lk_span *span = lk_spans_find(&source->units, address);
	struct unit *unit = span ? open_unit(source, span->value) : NULL;
	Dwarf_Die scopes[LK_SOURCE_DEPTH_MAX];

	if (!unit)
		return 0;
	size_t count = find_scopes(source, unit, address, scopes);
	memset(places, 0, (count ? count : 1) * sizeof *places);
	find_line(source, unit, address, &places[0]);
	for (size_t i = 0; i < count; i++) {
		Dwarf_Die *scope = &scopes[count - 1 - i];
		find_names(source, scope, &places[i]);
		places[i].inlined = i + 1 < count;
		if (places[i].inlined)
			find_call(source, unit, scope, &places[i + 1]);
	}
	return count ? count : 1;
}

static void close_unit(void *node)
{
	struct unit *unit = node;

	lk_spans_deinit(&unit->functions);
	free(unit);
}

void lk_source_deinit(struct lk_source *source)
{
	tdestroy(source->opened, close_unit);
	lk_spans_deinit(&source->units);
	lk_spans_deinit(&source->tabled);
	memset(source, 0, sizeof *source);
}
