/* SPDX-License-Identifier: MIT */
/* JSON texts, parsed and written again. */
#include <jansson.h>

#include "program.h"

int main(int argc, char **argv)
{
	static const char text[] = "{\"a\":[1,2,{\"b\":[true,null,\"text\",[[[[1.5]]]]]}],"
				   "\"c\":{\"d\":{\"e\":{\"f\":[\"x\",\"y\",\"z\"]}}}}";

	for (int round = rounds_of(argc, argv) * 10; round > 0; round--) {
		json_error_t error;
		json_t *value = json_loads(text, 0, &error), *copy = json_deep_copy(value);
		char *written = json_dumps(copy, JSON_INDENT(2) | JSON_SORT_KEYS);

		free(written);
		json_decref(copy);
		json_decref(value);
	}
	return 0;
}
