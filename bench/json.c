/* SPDX-License-Identifier: MIT */
/* json DOCUMENTS: each is built, written, parsed and released with jansson. */
#include <jansson.h>

#include "bench.h"

static json_t *build(unsigned long serial)
{
	json_t *list = json_array(), *document;

	for (unsigned i = 0; i < 8; i++) {
		char name[32];

		snprintf(name, sizeof name, "item %lu", serial + i);
		json_array_append_new(list, json_pack("{s:s, s:i, s:f, s:[i,i,i]}", "name", name,
						      "count", (int)i, "price", 1.5 * i, "at", 1,
						      2, 3));
	}
	document = json_pack("{s:i, s:o, s:b}", "serial", (int)serial, "items", list, "last", 1);
	return document;
}

int main(int argc, char **argv)
{
	unsigned long documents = number(argc, argv, 1, 10000);
	struct stopwatch watch = start_watch();

	for (unsigned long i = 0; i < documents; i++) {
		json_error_t error;
		json_t *document = build(i);
		char *text = json_dumps(document, JSON_SORT_KEYS);
		json_t *parsed = json_loads(text, 0, &error);

		if (!json_equal(document, parsed))
			return 1;
		json_decref(parsed);
		json_decref(document);
		free(text);
	}
	stop_watch(&watch);
	print_bench("json", &watch, documents);
	putchar('\n');
	return 0;
}
