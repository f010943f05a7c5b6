/* SPDX-License-Identifier: MIT */
/* json_get FILE WORD...: prints what a JSON file has at that place; a WORD is a member
 * or an index. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	json_error_t error;
	json_t *root = argc > 1 ? json_load_file(argv[1], 0, &error) : NULL, *at = root;

	if (!root) {
		fprintf(stderr, "%d: %s\n", error.line, error.text);
		return 2;
	}
	for (int i = 2; at && i < argc; i++)
		at = json_is_array(at) ? json_array_get(at, strtoul(argv[i], NULL, 10)) :
					 json_object_get(at, argv[i]);
	if (!at)
		return 1;
	if (json_is_string(at))
		puts(json_string_value(at));
	else
		json_dumpf(at, stdout, JSON_ENCODE_ANY);
	json_decref(root);
	return 0;
}
