/* SPDX-License-Identifier: MIT */
/* Files of rules, in all the forms that are understood.
 *
 * Input: the file.
 *
 * with: src/judge/suppression_reader.c src/judge/suppression.c src/judge/pattern.c
 * with: src/judge/demangle.c src/judge/verdict.c src/model/module.c src/base/options.c
 * with: src/base/limits.c src/base/fmt.c src/base/signal_number.c
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "judge/suppression.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct lk_module module = { .path = "/usr/lib/libx.so.1" };
	static struct lk_frame frames[] = {
		{ .function = "malloc", .file = "malloc.c", .line = 1, .module = &module },
		{ .function = "std::vector<int>::push_back(int const&)", .module = &module },
		{ .module = &module },
	};
	const struct lk_finding finding = { .kind = LK_KIND_heap,
					    .frames = frames,
					    .frames_count = sizeof frames / sizeof *frames };
	struct lk_suppressions list = { 0 };
	char error[LK_SUPPRESSION_ERROR_MAX];

	memset(error, '#', sizeof error);
	if (!lk_suppressions_read(&list, "input", (const char *)data, size, error) &&
	    !memchr(error, '\0', sizeof error))
		abort();
	struct lk_rule_use *uses = calloc(list.count + 1, sizeof *uses);
	if (uses) {
		lk_suppressions_cover(&list, &finding, "test_a", uses);
		lk_suppressions_cover(&list, &finding, NULL, uses);
		lk_suppressions_cover_test(&list, "test_a", uses);
		lk_suppressions_run_once(&list, "test_a", uses);
	}
	free(uses);
	lk_suppressions_release(&list);
	return 0;
}
