/* SPDX-License-Identifier: MIT */
/* DWARF expressions of call frame information, which the program under test brings.
 *
 * Input: the registers that are known, 4 bytes; a byte that says whether a CFA is on the
 * stack; the expression, its length in front.
 *
 * with: src/probe/expression.c
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "probe/cursor.h"
#include "probe/expression.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Memory of which some words can be read, and tell where they were read from. */
static bool load(void *context, uintptr_t address, unsigned size, uintptr_t *value)
{
	(void)context;
	if (size != 1 && size != 2 && size != 4 && size != 8)
		abort();
	*value = address * 31 >> (64 - 8 * size);
	return address % 16 != 8;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lk_registers registers = { .known = 0 };
	uintptr_t cfa = 0x7fff1000, value = 0;

	if (size < 6)
		return -1;
	memcpy(&registers.known, data, sizeof registers.known);
	for (unsigned i = 0; i < LK_REG_COUNT; i++)
		registers.value[i] = 0x7fff0000 + 8 * i;

	struct lk_cursor input = { .at = data + 5, .end = data + size };
	const uint8_t *block = lk_cursor_block(&input);
	return block && lk_expression_evaluate(block, &registers, data[4] & 1 ? &cfa : NULL, load,
					       NULL, &value)
		       ? 0
		       : -1;
}
