/* SPDX-License-Identifier: MIT */
#include "judge/symbols.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/binary.h"
#include "judge/demangle.h"
#include "judge/libdw.h"
#include "judge/names.h"
#include "judge/source.h"
#include "judge/stack_room.h"
#include "judge/types.h"
#include "judge/variables.h"

/* dwarf_getsrclines alone takes 150 KiB. */
enum { LIBDW_STACK = 384 << 10 };

/* What has been read of one module, each part when it is first asked for. */
struct content {
	bool opened, has_names, has_source, has_variables, has_dwarf, has_types;
	bool source_is_broken; /* libdw ran out of memory in it */
	struct lk_binary binary;
	struct lk_names names;
	struct lk_variables variables;
	struct lk_source source;
	struct lk_types types;
	Dwarf *dwarf;
	Dwarf_Addr dwarf_bias;
};

/* A block of memory that is kept until the symbols are closed. */
struct kept {
	struct kept *next;
	_Alignas(max_align_t) char bytes[];
};

struct answer {
	uintptr_t pc;
	size_t count; /* 0: the entry is free */
	struct lk_frame *frames;
};

struct lk_symbols {
	const struct lk_module *modules;
	size_t module_count;
	struct content *contents; /* one for each module */
	bool searched_libdw;
	struct lk_libdw libdw;
	Dwfl *dwfl; /* NULL: nothing can be named */
	struct lk_stack_room stack_room;
	struct lk_demangler demangler;
	struct kept *kept;
	struct answer *answers; /* hash table with open addressing */
	size_t answer_count, answer_room;
	char complaint[LK_MODULE_PATH_MAX + 256];
};

struct lk_symbols *lk_symbols_open(const struct lk_module *modules, size_t count)
{
	struct lk_symbols *symbols = calloc(1, sizeof *symbols);

	if (!symbols)
		return NULL;
	symbols->modules = modules;
	symbols->module_count = count;
	symbols->contents = calloc(count ? count : 1, sizeof *symbols->contents);
	if (!symbols->contents) {
		free(symbols);
		return NULL;
	}
	return symbols;
}

void lk_symbols_close(struct lk_symbols *symbols)
{
	if (!symbols)
		return;
	for (size_t i = 0; i < symbols->module_count; i++) {
		lk_source_deinit(&symbols->contents[i].source);
		lk_names_deinit(&symbols->contents[i].names);
		lk_variables_deinit(&symbols->contents[i].variables);
		lk_types_deinit(&symbols->contents[i].types);
	}
	if (symbols->dwfl)
		symbols->libdw.dwfl_end(symbols->dwfl);
	while (symbols->kept) {
		struct kept *next = symbols->kept->next;
		free(symbols->kept);
		symbols->kept = next;
	}
	free(symbols->answers);
	free(symbols->contents);
	free(symbols);
}

/* The first reason is the one worth telling: others often follow from it. */
__attribute__((format(printf, 2, 3))) static void complain(struct lk_symbols *symbols,
							   const char *format, ...)
{
	va_list arguments;

	if (symbols->complaint[0])
		return;
	va_start(arguments, format);
	vsnprintf(symbols->complaint, sizeof symbols->complaint, format, arguments);
	va_end(arguments);
}

const char *lk_symbols_complaint(const struct lk_symbols *symbols)
{
	return symbols && symbols->complaint[0] ? symbols->complaint : NULL;
}

static void complain_of_memory(struct lk_symbols *symbols)
{
	complain(symbols, "some functions are not named because memory ran out");
}

static void *keep(struct lk_symbols *symbols, const void *bytes, size_t size)
{
	struct kept *kept = malloc(sizeof *kept + size);

	if (!kept) {
		complain_of_memory(symbols);
		return NULL;
	}
	memcpy(kept->bytes, bytes, size);
	kept->next = symbols->kept;
	symbols->kept = kept;
	return kept->bytes;
}

/* NAME as a reader expects it; NULL if it is mangled and cannot be demangled
 * and MANGLED_TOO is not set. */
static const char *readable(struct lk_symbols *symbols, const char *name, bool mangled_too)
{
	size_t length = lk_demangle_base_length(name);
	char *base = name[length] ? strndup(name, length) : NULL;
	char *plain = lk_demangle(&symbols->demangler, base ? base : name);
	const char *result = mangled_too ? name : NULL;

	if (plain)
		result = keep(symbols, plain, strlen(plain) + 1);
	else if (mangled_too && base)
		result = keep(symbols, base, length + 1);
	free(plain);
	free(base);
	return result;
}

static bool find_libdw(struct lk_symbols *symbols)
{
	char reason[256];

	if (symbols->searched_libdw)
		return symbols->dwfl;
	symbols->searched_libdw = true;
	if (!lk_libdw_load(&symbols->libdw, reason, sizeof reason)) {
		complain(symbols, "%s", reason);
		return false;
	}
	symbols->dwfl = symbols->libdw.dwfl_begin(&lk_binary_callbacks);
	if (!symbols->dwfl)
		complain_of_memory(symbols);
	return symbols->dwfl;
}

static bool open_content(struct lk_symbols *symbols, const struct lk_module *module,
			 struct content *content)
{
	if (content->opened || !find_libdw(symbols))
		return content->binary.dwfl_module;
	content->opened = true;
	switch (lk_binary_open(&content->binary, &symbols->libdw, symbols->dwfl, module)) {
	case LK_BINARY_OPEN:
	case LK_BINARY_NO_FILE:
		break;
	case LK_BINARY_CHANGED:
		complain(symbols, "the functions of %s are not named because the file has changed "
				  "since it was loaded", module->path);
		break;
	case LK_BINARY_NO_ROOM:
		complain(symbols, "the functions of %s are not named because memory or file "
				  "descriptors ran out", module->path);
		break;
	}
	return content->binary.dwfl_module;
}

/* One look-up, as lk_libdw_try wants it. */
struct lookup {
	struct lk_symbols *symbols;
	struct content *content;
	const struct lk_module *module;
	uintptr_t address; /* of the call */
	size_t count;
	struct lk_place places[LK_SOURCE_DEPTH_MAX];
};

static Dwarf *dwarf_of(struct content *content)
{
	if (!content->has_dwarf) {
		content->has_dwarf = true;
		content->dwarf = lk_binary_dwarf(&content->binary, &content->dwarf_bias);
	}
	return content->dwarf;
}

static void find_places(struct lookup *lookup)
{
	struct content *content = lookup->content;
	const struct lk_libdw *libdw = &lookup->symbols->libdw;

	if (!content->has_source) {
		content->has_source = true;
		Dwarf *dwarf = dwarf_of(content);
		if (dwarf && !lk_source_init(&content->source, libdw, dwarf))
			complain_of_memory(lookup->symbols);
	}
	lookup->count = lk_source_find(&content->source, lookup->address - content->dwarf_bias,
				       lookup->places);
}

static void find_name(struct lookup *lookup, struct lk_place *place)
{
	struct content *content = lookup->content;

	if (!content->has_names) {
		content->has_names = true;
		if (!lk_names_init(&content->names, &lookup->symbols->libdw,
				   content->binary.dwfl_module))
			complain_of_memory(lookup->symbols);
	}
	place->linkage_name = lk_names_find(&content->names, lookup->address);
}

static void look_up(void *context)
{
	struct lookup *lookup = context;

	/* The lines of the C library help nobody, and to unpack its debug
	 * information takes longer than all the rest. */
	if (!lk_module_is_libc(lookup->module) && !lookup->content->source_is_broken)
		find_places(lookup);
	if (lookup->count == 0) {
		lookup->count = 1;
		lookup->places[0] = (struct lk_place){ 0 };
	}
	struct lk_place *function = &lookup->places[lookup->count - 1];
	if (!function->name && !function->linkage_name)
		find_name(lookup, function);
}

static const char *choose_name(struct lk_symbols *symbols, const struct lk_place *place)
{
	const char *name = NULL;

	if (place->linkage_name)
		name = readable(symbols, place->linkage_name, !place->name);
	return name ? name : place->name;
}

static size_t name_all(struct lk_symbols *symbols, struct lookup *lookup, struct lk_frame *frames)
{
	struct content *content = lookup->content;

	if (!lk_stack_room_ensure(&symbols->stack_room, LIBDW_STACK)) {
		complain(symbols, "some functions are not named because little stack is left");
		return 1;
	}
	if (!open_content(symbols, lookup->module, content))
		return 1;
	if (!lk_libdw_try(look_up, lookup)) {
		complain_of_memory(symbols);
		content->source_is_broken = true;
		lookup->count = 0;
		look_up(lookup);
	}
	for (size_t i = 0; i < lookup->count; i++) {
		const struct lk_place *place = &lookup->places[i];
		frames[i] = frames[0];
		frames[i].function = choose_name(symbols, place);
		frames[i].file = place->file;
		frames[i].directory = place->directory;
		frames[i].line = place->line;
		frames[i].start = place->start;
		frames[i].inlined = place->inlined;
	}
	return lookup->count;
}

/* The entry for PC, free or not; NULL if there is no table. */
static struct answer *find_answer(const struct lk_symbols *symbols, uintptr_t pc)
{
	size_t at = pc * UINT64_C(0x9E3779B97F4A7C15) >> 20;

	if (!symbols->answers)
		return NULL;
	for (;; at++) {
		struct answer *answer = &symbols->answers[at & (symbols->answer_room - 1)];
		if (answer->count == 0 || answer->pc == pc)
			return answer;
	}
}

/* Room for one more entry, and never a full table. */
static bool make_room(struct lk_symbols *symbols)
{
	size_t old_room = symbols->answer_room;
	struct answer *old = symbols->answers;

	if (symbols->answer_count < old_room / 2)
		return true;
	struct answer *answers = calloc(old_room ? old_room * 2 : 256, sizeof *answers);
	if (!answers)
		return false;
	symbols->answers = answers;
	symbols->answer_room = old_room ? old_room * 2 : 256;
	for (size_t i = 0; i < old_room; i++)
		if (old[i].count > 0)
			*find_answer(symbols, old[i].pc) = old[i];
	free(old);
	return true;
}

static void remember(struct lk_symbols *symbols, uintptr_t pc, const struct lk_frame *frames,
		     size_t count)
{
	if (!make_room(symbols))
		return;
	struct lk_frame *copy = keep(symbols, frames, count * sizeof *frames);
	if (!copy)
		return;
	*find_answer(symbols, pc) = (struct answer){ pc, count, copy };
	symbols->answer_count++;
}

static size_t copy_frames(struct lk_frame *frames, size_t max, const struct lk_frame *found,
			  size_t count)
{
	if (count > max)
		count = max;
	memcpy(frames, found, count * sizeof *frames);
	return count;
}

size_t lk_symbols_name(struct lk_symbols *symbols, uintptr_t return_address,
		       struct lk_frame *frames, size_t max)
{
	struct lk_frame found[LK_SOURCE_DEPTH_MAX];
	struct lookup lookup;
	const struct answer *answer = find_answer(symbols, return_address);
	size_t count = 1;

	if (answer && answer->count > 0)
		return copy_frames(frames, max, answer->frames, answer->count);
	lookup.symbols = symbols;
	lookup.count = 0;
	lookup.address = return_address - 1;
	lookup.module = lk_module_find(symbols->modules, symbols->module_count, lookup.address);
	found[0] = (struct lk_frame){ .pc = return_address,
				      .module = lookup.module,
				      .offset = return_address };
	if (lookup.module) {
		found[0].offset -= lookup.module->bias;
		lookup.content = &symbols->contents[lookup.module - symbols->modules];
		count = name_all(symbols, &lookup, found);
	}
	remember(symbols, return_address, found, count);
	return copy_frames(frames, max, found, count);
}

/* The content of MODULE with its variables, or NULL. */
static struct content *with_variables(struct lk_symbols *symbols, const struct lk_module *module)
{
	struct content *content = &symbols->contents[module - symbols->modules];

	if (!lk_stack_room_ensure(&symbols->stack_room, LIBDW_STACK) ||
	    !open_content(symbols, module, content))
		return NULL;
	if (!content->has_variables) {
		content->has_variables = true;
		if (!lk_variables_init(&content->variables, &symbols->libdw,
				       content->binary.dwfl_module))
			complain_of_memory(symbols);
	}
	return content;
}

/* One look at a type, as lk_libdw_try wants it. */
struct typing {
	struct lk_symbols *symbols;
	struct content *content;
	bool is_thread_local;
	uint64_t start; /* of the variable, in memory or in its thread-local data */
	const char *file;
	struct lk_type type;
	uint64_t room, offset;
	FILE *out;
	bool found;
};

/* Where a type comes from, to go on. */
struct lk_typed {
	struct content *content;
	struct lk_type type;
};

static void find_type(void *context)
{
	struct typing *typing = context;
	struct content *content = typing->content;
	Dwarf *dwarf = dwarf_of(content);

	if (!content->has_types) {
		content->has_types = true;
		if (dwarf && !lk_types_init(&content->types, &typing->symbols->libdw, dwarf))
			complain_of_memory(typing->symbols);
	}
	uint64_t bias = typing->is_thread_local ? 0 : content->dwarf_bias;
	typing->found = lk_types_find(&content->types, typing->is_thread_local,
				      typing->start - bias, &typing->file, &typing->type);
}

static const struct lk_typed *keep_type(struct lk_symbols *symbols, const struct typing *typing)
{
	const struct lk_typed typed = { typing->content, typing->type };

	return typing->found ? keep(symbols, &typed, sizeof typed) : NULL;
}

static bool try_typing(void (*work)(void *context), struct typing *typing)
{
	if (lk_libdw_try(work, typing))
		return true;
	complain_of_memory(typing->symbols);
	typing->content->source_is_broken = true;
	return false;
}

/* VARIABLE, which begins at START, as in struct typing. */
static void name_variable(struct lk_symbols *symbols, struct content *content,
			  const struct lk_variable *variable, bool is_thread_local, uint64_t start,
			  struct lk_data_name *ret)
{
	struct typing typing = { .symbols = symbols,
				 .content = content,
				 .is_thread_local = is_thread_local,
				 .start = start };

	ret->name = readable(symbols, variable->name, true);
	ret->file = variable->file;
	if (lk_module_is_libc(ret->module) || content->source_is_broken ||
	    !try_typing(find_type, &typing))
		return;
	if (typing.file)
		ret->file = typing.file;
	ret->type = keep_type(symbols, &typing);
}

void lk_symbols_variable(struct lk_symbols *symbols, uintptr_t address, struct lk_data_name *ret)
{
	const struct lk_module *module =
		lk_module_find(symbols->modules, symbols->module_count, address);
	struct content *content = module ? with_variables(symbols, module) : NULL;

	*ret = (struct lk_data_name){ .module = module, .offset = address };
	if (module)
		ret->offset -= module->bias;
	const struct lk_variable *variable =
		content ? lk_variables_find(&content->variables, &content->variables.data, address,
					    &ret->offset) :
			  NULL;
	if (variable)
		name_variable(symbols, content, variable, false, address - ret->offset, ret);
}

void lk_symbols_thread_local(struct lk_symbols *symbols, uintptr_t module, uint64_t offset,
			     struct lk_data_name *ret)
{
	*ret = (struct lk_data_name){ .offset = offset };
	for (size_t i = 0; i < symbols->module_count; i++)
		if (symbols->modules[i].bias == module)
			ret->module = &symbols->modules[i];
	struct content *content = ret->module ? with_variables(symbols, ret->module) : NULL;
	const struct lk_variable *variable =
		content ? lk_variables_find(&content->variables,
					    &content->variables.thread_local_data, offset,
					    &ret->offset) :
			  NULL;
	if (variable)
		name_variable(symbols, content, variable, true, offset - ret->offset, ret);
}

static void find_field(void *context)
{
	struct typing *typing = context;

	typing->found = lk_types_field(&typing->content->types, &typing->type, typing->room,
				       &typing->offset, typing->out);
}

const struct lk_typed *lk_symbols_field(struct lk_symbols *symbols, const struct lk_typed *type,
					uint64_t room, uint64_t *offset, FILE *out)
{
	struct typing typing = { .symbols = symbols,
				 .content = type->content,
				 .type = type->type,
				 .room = room,
				 .offset = *offset,
				 .out = out };

	if (type->content->source_is_broken || !try_typing(find_field, &typing))
		return NULL;
	*offset = typing.offset;
	return keep_type(symbols, &typing);
}
