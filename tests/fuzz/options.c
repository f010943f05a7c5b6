/* SPDX-License-Identifier: MIT */
/* What stands in LEAKCHECK_OPTIONS.
 *
 * Input: the text, up to its first zero.
 *
 * with: src/base/options.c src/base/fmt.c src/base/signal_number.c src/base/limits.c
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/options.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct lk_options options;
	char error[LK_OPTION_ERROR_MAX], *text = malloc(size + 1);

	if (!text)
		return -1;
	memcpy(text, data, size);
	text[size] = '\0';
	memset(error, '#', sizeof error);
	lk_options_init(&options);
	if (!lk_options_parse(&options, text, error) && !memchr(error, '\0', sizeof error))
		abort();
	free(text);
	return 0;
}
