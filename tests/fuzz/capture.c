/* SPDX-License-Identifier: MIT */
/* Capture files that anybody may have written (capture_input.h).
 *
 * What is read must be sound: each index leads somewhere, each text ends; and it can be
 * copied, and written again.
 *
 * with: src/import/capture.c src/import/record.c src/model/capture.c
 * with: src/model/checksum.c src/base/arena.c
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "import/capture.h"
#include "model/capture.h"
#include "model/capture_rows.h"
#include "tests/fuzz/capture_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool truth)
{
	if (!truth)
		abort();
}

#define CHECK_NUMBER(member, limit)
#define CHECK_SIGNED(member, limit)
#define CHECK_BELOW(member, limit) demand((uint64_t)row->member < (uint64_t)(limit));
#define CHECK_STACK(member, limit) demand(row->member < snapshot->stacks_count);
#define CHECK_PATH(member, limit) demand(row->member < snapshot->paths_count);
#define CHECK_SERIES(member, limit) demand(row->member < snapshot->series_count);
#define CHECK_TEXT(member, limit) demand(memchr(row->member, '\0', sizeof row->member) != NULL);
#define CHECK_BYTES(member, limit)
#define CHECK(kind, member, limit) CHECK_##kind(member, limit)

static void check(const struct lk_snapshot *snapshot)
{
	const struct lk_snapshot *row = snapshot;
	volatile uintptr_t sum = 0;

	LK_CAPTURE_HEAD(CHECK)
	demand(snapshot->threads_count <= snapshot->threads_seen);
	demand(snapshot->stacks_count > 0 && snapshot->stacks[0].count == 0);
	for (size_t i = 0; i < snapshot->stacks_count; i++) {
		const struct lk_stack *stack = &snapshot->stacks[i];

		demand(stack->count <= LK_STACK_FRAMES_MAX);
		demand((size_t)stack->first + stack->count <= snapshot->frames_count);
		for (uint32_t k = 0; k < stack->count; k++)
			sum += snapshot->frames[stack->first + k];
	}
#define CHECK_ROWS(number, array, length, most, FIELDS)                      \
	for (size_t i = 0; i < snapshot->length; i++) {                      \
		const __typeof__(*snapshot->array) *row = &snapshot->array[i]; \
		FIELDS(CHECK)                                                \
	}
	LK_CAPTURE_ROWS(CHECK_ROWS)
#undef CHECK_ROWS
}

static void read_all(const void *bytes, size_t size)
{
	struct lk_snapshot snapshot, copy;
	enum lk_capture_result result;
	struct lk_capture_file file;

	lk_capture_open_memory(bytes, size, "input", &file);
	while ((result = lk_capture_next(&file, &snapshot)) != LK_CAPTURE_END) {
		if (result == LK_CAPTURE_WRONG) {
			demand(file.error[0] != '\0');
			continue;
		}
		check(&snapshot);
		if (lk_capture_copy(&snapshot, &copy)) {
			check(&copy);
			demand(lk_capture_size(&copy) > LK_CAPTURE_HEAD_SIZE);
			lk_capture_release(&copy);
		}
		lk_capture_release(&snapshot);
	}
	lk_capture_close(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return read_input(data, size, read_all);
}
