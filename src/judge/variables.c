/* SPDX-License-Identifier: MIT */
#include "judge/variables.h"

#include <stdlib.h>
#include <string.h>

/* Local symbols follow the name of their file; global ones have none. */
static bool add_all(struct lk_variables *variables, const struct lk_libdw *libdw,
		    Dwfl_Module *module, int total)
{
	const char *file = NULL;
	size_t count = 0;
	bool ok = true;

	for (int i = 1; ok && i < total; i++) {
		GElf_Sym symbol;
		GElf_Addr address;
		const char *name = libdw->dwfl_module_getsym_info(module, i, &symbol, &address,
								  NULL, NULL, NULL);
		unsigned type = GELF_ST_TYPE(symbol.st_info);

		if (!name || !*name)
			continue;
		if (type == STT_FILE) {
			file = name;
			continue;
		}
		if (symbol.st_shndx == SHN_UNDEF || (type != STT_OBJECT && type != STT_TLS))
			continue;
		bool is_local = GELF_ST_BIND(symbol.st_info) == STB_LOCAL;
		variables->rows[count] = (struct lk_variable){ name, is_local ? file : NULL };
		uint64_t start = type == STT_TLS ? symbol.st_value : address;
		ok = lk_spans_add(type == STT_TLS ? &variables->thread_local_data
						  : &variables->data,
				  start, start + symbol.st_size, count++);
	}
	return ok;
}

bool lk_variables_init(struct lk_variables *variables, const struct lk_libdw *libdw,
		       Dwfl_Module *module)
{
	int total = libdw->dwfl_module_getsymtab(module);

	memset(variables, 0, sizeof *variables);
	if (total <= 0)
		return true;
	variables->rows = calloc((size_t)total, sizeof *variables->rows);
	bool ok = variables->rows && add_all(variables, libdw, module, total);
	lk_spans_sort(&variables->data);
	lk_spans_sort(&variables->thread_local_data);
	return ok;
}

const struct lk_variable *lk_variables_find(const struct lk_variables *variables,
					    const struct lk_spans *spans, uint64_t address,
					    uint64_t *offset)
{
	const struct lk_span *span = lk_spans_find(spans, address);

	if (!span)
		return NULL;
	*offset = address - span->start;
	return &variables->rows[span->value];
}

void lk_variables_deinit(struct lk_variables *variables)
{
	lk_spans_deinit(&variables->data);
	lk_spans_deinit(&variables->thread_local_data);
	free(variables->rows);
	variables->rows = NULL;
}
