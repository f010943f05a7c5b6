/* SPDX-License-Identifier: MIT */
/* json ITEMS DOCUMENTS: DOCUMENTS documents of ITEMS items are built, written, parsed,
 * compared and released with jansson.  An operation is an item. */
#include <jansson.h>

#include "bench.h"

static json_t *build(unsigned long items)
{
	json_t *list = json_array();

	for (unsigned long i = 0; i < items; i++) {
		char name[32];

		snprintf(name, sizeof name, "item %lu", i);
		json_array_append_new(list, json_pack("{s:s, s:i, s:f, s:[i,i,i], s:b}", "name",
						      name, "count", (int)i, "price",
						      1.5 * (double)i, "at", 1, 2, 3, "last", 0));
	}
	return json_pack("{s:o}", "items", list);
}

static int exercise(unsigned long items)
{
	json_error_t error;
	json_t *document = build(items);
	char *text = json_dumps(document, JSON_SORT_KEYS | JSON_INDENT(2));
	json_t *parsed = json_loads(text, 0, &error);
	int equal = json_equal(document, parsed);

	json_decref(parsed);
	json_decref(document);
	free(text);
	return equal;
}

int main(int argc, char **argv)
{
	unsigned long items = number(argc, argv, 1, 10000);
	unsigned long documents = number(argc, argv, 2, 1);
	struct stopwatch watch = start_watch();

	for (unsigned long i = 0; i < documents; i++)
		if (!exercise(items))
			return 1;
	stop_watch(&watch);
	print_bench("json", &watch, items * documents);
	putchar('\n');
	return 0;
}
