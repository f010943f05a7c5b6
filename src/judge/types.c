/* SPDX-License-Identifier: MIT */
#include "judge/types.h"

#include <stdlib.h>
#include <string.h>

#include <dwarf.h>

#include "judge/escape.h"

/* A unit of a million entries is read in a tenth of a second; names are not worth more. */
enum { ENTRIES_MAX = 1 << 20, DEPTH_MAX = 32 };

struct lk_types_row {
	Dwarf_Die variable;
	const char *file;
};

/* The place of variables that have one for good. */
static bool find_start(const struct lk_libdw *libdw, Dwarf_Die *variable, uint64_t *start,
		       bool *is_thread_local)
{
	Dwarf_Attribute memory, indirect, *attribute;
	Dwarf_Op *steps;
	size_t count;

	attribute = libdw->dwarf_attr(variable, DW_AT_location, &memory);
	if (!attribute || libdw->dwarf_getlocation(attribute, &steps, &count) != 0 || count == 0)
		return false;
	*is_thread_local = count == 2 && (steps[1].atom == DW_OP_form_tls_address ||
					  steps[1].atom == DW_OP_GNU_push_tls_address);
	if (count != 1 && !*is_thread_local)
		return false;
	switch (steps[0].atom) {
	case DW_OP_addr:
	case DW_OP_const4u:
	case DW_OP_const8u:
		*start = steps[0].number;
		return true;
	case DW_OP_addrx:
	case DW_OP_GNU_addr_index:
	case DW_OP_constx:
	case DW_OP_GNU_const_index:
		return libdw->dwarf_getlocation_attr(attribute, steps, &indirect) == 0 &&
		       (libdw->dwarf_formaddr(&indirect, start) == 0 ||
			libdw->dwarf_formudata(&indirect, start) == 0);
	default:
		return false;
	}
}

static bool add_variable(struct lk_types *types, Dwarf_Die *variable, const char *file)
{
	bool is_thread_local;
	uint64_t start;

	if (!find_start(types->libdw, variable, &start, &is_thread_local))
		return true;
	if (types->count == types->room) {
		size_t room = types->room ? types->room * 2 : 64;
		void *more = reallocarray(types->rows, room, sizeof *types->rows);
		if (!more)
			return false;
		types->rows = more;
		types->room = room;
	}
	types->rows[types->count] = (struct lk_types_row){ *variable, file };
	return lk_spans_add(is_thread_local ? &types->thread_local_data : &types->data, start,
			    start + 1, types->count++);
}

/* Collects the variables below PARENT; of those inside of functions only with INNER, and
 * then only those. */
static bool add_variables(struct lk_types *types, Dwarf_Die *parent, const char *file, bool inner,
			  bool in_function, unsigned depth)
{
	const struct lk_libdw *libdw = types->libdw;
	Dwarf_Die die;

	if (depth == 0 || libdw->dwarf_child(parent, &die) != 0)
		return true;
	do {
		int tag = libdw->dwarf_tag(&die);
		bool is_function = tag == DW_TAG_subprogram || tag == DW_TAG_lexical_block ||
				   tag == DW_TAG_inlined_subroutine;

		if (types->left == 0)
			return true;
		types->left--;
		if (tag == DW_TAG_variable && inner == in_function &&
		    !add_variable(types, &die, file))
			return false;
		if ((tag == DW_TAG_namespace || (inner && is_function)) &&
		    !add_variables(types, &die, file, inner, in_function || is_function, depth - 1))
			return false;
	} while (lk_libdw_next_sibling(libdw, &die));
	return true;
}

static const char *base_name(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path;
}

/* Calls VISIT for each compilation unit until it returns false; returns whether none did. */
static bool each_unit(struct lk_types *types,
		      bool (*visit)(struct lk_types *types, Dwarf_Die *unit, void *context),
		      void *context)
{
	const struct lk_libdw *libdw = types->libdw;
	Dwarf_Off offset = 0, next;
	size_t header_size;

	types->left = ENTRIES_MAX;
	for (; libdw->dwarf_next_unit(types->dwarf, offset, &next, &header_size, NULL, NULL, NULL,
				      NULL, NULL, NULL) == 0 && next > offset; offset = next) {
		Dwarf_Die unit, split;
		uint8_t type = 0;

		if (!libdw->dwarf_offdie(types->dwarf, offset + header_size, &unit))
			continue;
		if (libdw->dwarf_cu_info(unit.cu, NULL, &type, NULL, &split, NULL, NULL, NULL) ==
			    0 &&
		    type == DW_UT_skeleton && split.cu) {
			unit = split;
			lk_libdw_watch(libdw, libdw->dwarf_cu_getdwarf(split.cu));
		}
		if (libdw->dwarf_tag(&unit) == DW_TAG_compile_unit && !visit(types, &unit, context))
			return false;
	}
	return true;
}

static bool add_unit(struct lk_types *types, Dwarf_Die *unit, void *inner)
{
	return add_variables(types, unit, base_name(types->libdw->dwarf_diename(unit)),
			     *(bool *)inner, false, DEPTH_MAX);
}

static bool add_all(struct lk_types *types, bool inner)
{
	bool complete = each_unit(types, add_unit, &inner);

	lk_spans_sort(&types->data);
	lk_spans_sort(&types->thread_local_data);
	return complete;
}

bool lk_types_init(struct lk_types *types, const struct lk_libdw *libdw, Dwarf *dwarf)
{
	*types = (struct lk_types){ .libdw = libdw, .dwarf = dwarf };
	return add_all(types, false);
}

/* The type that DIE names, without typedef, const and the like. */
static bool type_of(const struct lk_libdw *libdw, Dwarf_Die *die, Dwarf_Die *ret)
{
	Dwarf_Attribute attribute;
	Dwarf_Die type;

	return libdw->dwarf_formref_die(libdw->dwarf_attr_integrate(die, DW_AT_type, &attribute),
					&type) &&
	       libdw->dwarf_peel_type(&type, ret) == 0;
}

bool lk_types_find(struct lk_types *types, bool is_thread_local, uint64_t start, const char **file,
		   struct lk_type *type)
{
	const struct lk_spans *spans = is_thread_local ? &types->thread_local_data : &types->data;
	const struct lk_span *span = types->dwarf ? lk_spans_find(spans, start) : NULL;

	if (!span && types->dwarf && !types->has_inner) {
		types->has_inner = true;
		add_all(types, true);
		span = lk_spans_find(spans, start);
	}
	if (!span)
		return false;
	struct lk_types_row *row = &types->rows[span->value];
	if (row->file)
		*file = row->file;
	type->is_target = false;
	return type_of(types->libdw, &row->variable, &type->die);
}

/* What DIE says by the attribute NAME: OTHERWISE if it says nothing, UINT64_MAX if that is
 * to be computed. */
static uint64_t number_of(const struct lk_libdw *libdw, Dwarf_Die *die, unsigned name,
			  uint64_t otherwise)
{
	Dwarf_Attribute memory, *attribute = libdw->dwarf_attr_integrate(die, name, &memory);
	Dwarf_Word number;

	if (!attribute)
		return otherwise;
	return libdw->dwarf_formudata(attribute, &number) == 0 ? number : UINT64_MAX;
}

/* A member of the type, not of each object. */
static bool is_shared(const struct lk_libdw *libdw, Dwarf_Die *member)
{
	Dwarf_Attribute memory;

	return libdw->dwarf_attr(member, DW_AT_external, &memory) ||
	       libdw->dwarf_attr(member, DW_AT_declaration, &memory);
}

/* Of an array without bounds, at the end of a struct, all that follows. */
static uint64_t size_of(const struct lk_libdw *libdw, Dwarf_Die *type)
{
	Dwarf_Word size;

	if (libdw->dwarf_aggregate_size(type, &size) == 0 && size > 0)
		return size;
	return libdw->dwarf_tag(type) == DW_TAG_array_type ? UINT64_MAX : 0;
}

/* The member or base class of the struct TYPE around OFFSET. */
static bool enter_member(const struct lk_libdw *libdw, Dwarf_Die *type, uint64_t *offset, FILE *out)
{
	Dwarf_Die member, inside;

	if (libdw->dwarf_child(type, &member) != 0)
		return false;
	do {
		int tag = libdw->dwarf_tag(&member);
		uint64_t start = number_of(libdw, &member, DW_AT_data_member_location, 0);

		if ((tag != DW_TAG_member && tag != DW_TAG_inheritance) || *offset < start ||
		    is_shared(libdw, &member) ||
		    number_of(libdw, &member, DW_AT_bit_size, 0) != 0 ||
		    !type_of(libdw, &member, &inside) ||
		    *offset - start >= size_of(libdw, &inside))
			continue;
		const char *name = libdw->dwarf_diename(&member);
		if (name && tag == DW_TAG_member) {
			fputc('.', out);
			lk_escape(out, name);
		}
		*offset -= start;
		*type = inside;
		return true;
	} while (lk_libdw_next_sibling(libdw, &member));
	return false;
}

static bool enter_element(const struct lk_libdw *libdw, Dwarf_Die *type, uint64_t *offset,
			  FILE *out)
{
	enum { DIMENSIONS_MAX = 8 };
	uint64_t lengths[DIMENSIONS_MAX], stride;
	size_t dimensions = 0;
	Dwarf_Die element, range;

	if (!type_of(libdw, type, &element) || (stride = size_of(libdw, &element)) == 0 ||
	    stride == UINT64_MAX || libdw->dwarf_child(type, &range) != 0)
		return false;
	do {
		uint64_t last = number_of(libdw, &range, DW_AT_upper_bound, UINT64_MAX);

		if (dimensions == DIMENSIONS_MAX)
			return false;
		lengths[dimensions++] = number_of(libdw, &range, DW_AT_count, last + 1);
	} while (lk_libdw_next_sibling(libdw, &range));
	for (size_t i = 1; i < dimensions; i++)
		if (lengths[i] == 0 || __builtin_mul_overflow(stride, lengths[i], &stride))
			return false;
	for (size_t i = 0; i < dimensions; i++) {
		fprintf(out, "[%llu]", (unsigned long long)(*offset / stride));
		*offset %= stride;
		if (i + 1 < dimensions)
			stride /= lengths[i + 1];
	}
	*type = element;
	return true;
}

/* The struct that another unit defines and one only declares. */
struct wanted {
	const char *name;
	int tag;
	Dwarf_Die *ret;
};

static bool find_in_unit(struct lk_types *types, Dwarf_Die *unit, void *context)
{
	const struct lk_libdw *libdw = types->libdw;
	struct wanted *wanted = context;
	Dwarf_Attribute memory;
	Dwarf_Die die;

	if (libdw->dwarf_child(unit, &die) != 0)
		return true;
	do {
		const char *name;

		if (types->left == 0)
			return false;
		types->left--;
		if (libdw->dwarf_tag(&die) == wanted->tag &&
		    (name = libdw->dwarf_diename(&die)) && strcmp(name, wanted->name) == 0 &&
		    !libdw->dwarf_attr(&die, DW_AT_declaration, &memory)) {
			*wanted->ret = die;
			return false;
		}
	} while (lk_libdw_next_sibling(libdw, &die));
	return true;
}

static void complete(struct lk_types *types, Dwarf_Die *type)
{
	Dwarf_Attribute memory;
	struct wanted wanted = { types->libdw->dwarf_diename(type), types->libdw->dwarf_tag(type),
				 type };

	if (wanted.name && types->libdw->dwarf_attr(type, DW_AT_declaration, &memory))
		each_unit(types, find_in_unit, &wanted);
}

/* Such as a list's links, which often begin a bigger struct. */
static bool refers_to_itself(const struct lk_libdw *libdw, Dwarf_Die *type)
{
	Dwarf_Off self = libdw->dwarf_dieoffset(type);
	Dwarf_Die member, inside, target;

	if (libdw->dwarf_child(type, &member) != 0)
		return false;
	do
		if (libdw->dwarf_tag(&member) == DW_TAG_member &&
		    type_of(libdw, &member, &inside) &&
		    libdw->dwarf_tag(&inside) == DW_TAG_pointer_type &&
		    type_of(libdw, &inside, &target) && libdw->dwarf_dieoffset(&target) == self)
			return true;
	while (lk_libdw_next_sibling(libdw, &member));
	return false;
}

/* Which of several TYPEs in a row that fill ROOM bytes; false if that says nothing. */
static bool enter_target(const struct lk_libdw *libdw, Dwarf_Die *type, uint64_t room,
			 uint64_t *offset, FILE *out)
{
	int tag = libdw->dwarf_tag(type);
	uint64_t size = size_of(libdw, type);
	bool is_whole = tag == DW_TAG_structure_type || tag == DW_TAG_class_type ||
			tag == DW_TAG_union_type;

	if ((!is_whole && tag != DW_TAG_pointer_type) || size == 0)
		return false;
	/* Behind the first may stand others, or the rest of what the first begins. */
	if (*offset >= size &&
	    (room == 0 || room % size != 0 || (is_whole && refers_to_itself(libdw, type))))
		return false;
	if (*offset >= size || !is_whole)
		fprintf(out, "[%llu]", (unsigned long long)(*offset / size));
	*offset %= size;
	return true;
}

bool lk_types_field(struct lk_types *types, struct lk_type *type, uint64_t room, uint64_t *offset,
		    FILE *out)
{
	const struct lk_libdw *libdw = types->libdw;
	Dwarf_Die *die = &type->die;

	if (type->is_target)
		complete(types, die);

	if (type->is_target && !enter_target(libdw, die, room, offset, out))
		return false;
	for (unsigned depth = 0; depth < DEPTH_MAX; depth++) {
		switch (libdw->dwarf_tag(die)) {
		case DW_TAG_structure_type:
		case DW_TAG_class_type:
		case DW_TAG_union_type:
			if (!enter_member(libdw, die, offset, out))
				return false;
			break;
		case DW_TAG_array_type:
			if (!enter_element(libdw, die, offset, out))
				return false;
			break;
		case DW_TAG_pointer_type:
			type->is_target = true;
			return *offset == 0 && type_of(libdw, die, die);
		default:
			return false;
		}
	}
	return false;
}

void lk_types_deinit(struct lk_types *types)
{
	lk_spans_deinit(&types->data);
	lk_spans_deinit(&types->thread_local_data);
	free(types->rows);
	memset(types, 0, sizeof *types);
}
