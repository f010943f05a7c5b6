/* SPDX-License-Identifier: MIT */
#include "judge/holder.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "judge/escape.h"

/* Returns the type of what is pointed to from there, NULL if it is unknown; so do those
 * below. */
static const struct lk_typed *print_variable(FILE *out, const struct lk_data_name *variable,
					     struct lk_symbols *symbols)
{
	const struct lk_typed *next = NULL;
	uint64_t offset = variable->offset;

	if (variable->file) {
		lk_escape(out, variable->file);
		fputc(' ', out);
	} else if (variable->module) {
		lk_escape(out, lk_module_name(variable->module));
		fputc(' ', out);
	}
	if (variable->name) {
		fputc('\'', out);
		lk_escape(out, variable->name);
		fputc('\'', out);
	}
	if (variable->name && variable->type)
		next = lk_symbols_field(symbols, variable->type, 0, &offset, out);
	if (offset > 0 || !variable->name)
		fprintf(out, "%s+%" PRIu64, variable->name ? " " : "", offset);
	return next;
}

static const struct lk_typed *print_root(FILE *out, const struct lk_path *path,
					 struct lk_symbols *symbols)
{
	struct lk_data_name variable;

	switch (path->root) {
	case LK_ROOT_DATA:
		lk_symbols_variable(symbols, path->address, &variable);
		return print_variable(out, &variable, symbols);
	case LK_ROOT_TLS:
		if (path->module) {
			fputs("thread-local ", out);
			lk_symbols_thread_local(symbols, path->module, path->offset, &variable);
			return print_variable(out, &variable, symbols);
		}
		fputs("a thread's record", out);
		return NULL;
	case LK_ROOT_THREAD:
		fprintf(out, "thread %d", (int)path->tid);
		return NULL;
	case LK_ROOT_KEY:
		fputs("pthread_setspecific", out);
		return NULL;
	case LK_ROOT_STACK:
		fputs("the stack of who runs the tests", out);
		return NULL;
	case LK_ROOT_ALTSTACK:
		fputs("sigaltstack", out);
		return NULL;
	case LK_ROOT_MAPPING:
		fprintf(out, "mapped memory at 0x%" PRIxPTR, path->address);
		return NULL;
	case LK_ROOT_LOADER:
		fputs("the dynamic loader", out);
		return NULL;
	case LK_ROOT_NONE:
		break;
	}
	fputs("somebody", out);
	return NULL;
}

/* The pointer of PATH that stands in its block I, of which something of TYPE begins where
 * the pointer before points. */
static const struct lk_typed *print_step(FILE *out, const struct lk_path *path, uint32_t i,
					 const struct lk_typed *type, struct lk_symbols *symbols)
{
	uint64_t offset = path->offsets[i], inner = path->inner[i];
	const struct lk_typed *next = NULL;
	uint64_t rest = offset;
	long before;

	fputs(" -> ", out);
	before = ftell(out);
	if (type && offset >= inner) {
		rest = offset - inner;
		next = lk_symbols_field(symbols, type, inner == 0 ? path->sizes[i] : 0, &rest, out);
	}
	if (ftell(out) == before)
		fprintf(out, "+%" PRIu64, offset);
	else if (rest > 0)
		fprintf(out, " +%" PRIu64, rest);
	return next;
}


char *lk_holder_describe(const struct lk_path *path, struct lk_symbols *symbols)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	const struct lk_typed *type = print_root(out, path, symbols);
	for (uint32_t i = 0; i < path->steps && i < LK_PATH_STEPS_MAX; i++)
		type = print_step(out, path, i, type, symbols);
	if (path->steps > LK_PATH_STEPS_MAX)
		fprintf(out, " -> ... %" PRIu32 " more", path->steps - LK_PATH_STEPS_MAX);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
