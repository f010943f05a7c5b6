/* SPDX-License-Identifier: MIT */
#include "judge/holder.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "judge/escape.h"

static void print_variable(FILE *out, const struct lk_data_name *variable)
{
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
	if (variable->offset > 0 || !variable->name)
		fprintf(out, "%s+%" PRIu64, variable->name ? " " : "", variable->offset);
}

static void print_root(FILE *out, const struct lk_path *path, struct lk_symbols *symbols)
{
	struct lk_data_name variable;

	switch (path->root) {
	case LK_ROOT_DATA:
		lk_symbols_variable(symbols, path->address, &variable);
		print_variable(out, &variable);
		return;
	case LK_ROOT_TLS:
		if (path->module) {
			fputs("thread-local ", out);
			lk_symbols_thread_local(symbols, path->module, path->offset, &variable);
			print_variable(out, &variable);
		} else {
			fputs("a thread's record", out);
		}
		return;
	case LK_ROOT_THREAD:
		fprintf(out, "thread %d", (int)path->tid);
		return;
	case LK_ROOT_KEY:
		fputs("pthread_setspecific", out);
		return;
	case LK_ROOT_STACK:
		fputs("the stack of who runs the tests", out);
		return;
	case LK_ROOT_ALTSTACK:
		fputs("sigaltstack", out);
		return;
	case LK_ROOT_MAPPING:
		fprintf(out, "mapped memory at 0x%" PRIxPTR, path->address);
		return;
	case LK_ROOT_LOADER:
		fputs("the dynamic loader", out);
		return;
	case LK_ROOT_NONE:
		break;
	}
	fputs("somebody", out);
}

char *lk_holder_describe(const struct lk_path *path, struct lk_symbols *symbols)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	print_root(out, path, symbols);
	for (uint32_t i = 0; i < path->steps && i < LK_PATH_STEPS_MAX; i++)
		fprintf(out, " -> +%" PRIu64, path->offsets[i]);
	if (path->steps > LK_PATH_STEPS_MAX)
		fprintf(out, " -> ... %" PRIu32 " more", path->steps - LK_PATH_STEPS_MAX);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
