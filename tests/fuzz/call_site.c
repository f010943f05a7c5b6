/* SPDX-License-Identifier: MIT */
/* What machine code says around a call, where the code may be anything.
 *
 * Input: 2 bytes each for the return address, the function that is called, and the end of
 * it; then the code, up to a page of it.
 *
 * with: src/probe/call_site.c src/base/callee.c src/base/proc.c src/base/raw.c
 * with: src/base/fmt.c
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "base/callee.h"
#include "probe/call_site.h"
#include "probe/code_map.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PAGE = 4096, BEFORE = 6 };

/* A page with nothing on either side. */
static uint8_t *page;

bool lk_code_find(uintptr_t pc, struct lk_code *ret)
{
	*ret = (struct lk_code){ .start = (uintptr_t)page, .end = (uintptr_t)page + PAGE };
	return pc >= ret->start && pc < ret->end;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint16_t at[3];
	uintptr_t value;

	if (size < BEFORE || size > BEFORE + PAGE)
		return -1;
	if (!page) {
		uint8_t *pages =
			mmap(NULL, 3 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		page = pages + PAGE;
		mprotect(page, PAGE, PROT_READ | PROT_WRITE);
	}
	memcpy(at, data, sizeof at);
	/* At the end of the page, where a read too long is seen. */
	uint8_t *code = page + PAGE - (size - BEFORE);
	memset(page, 0x90, PAGE);
	memcpy(code, data + BEFORE, size - BEFORE);

	const uintptr_t start = (uintptr_t)page + at[1] % (PAGE + 8);
	lk_callee((uintptr_t)page + at[0] % (PAGE + 8));
	lk_call_site_judge((uintptr_t)page + at[0] % (PAGE + 8), start);
	lk_call_site_frame_pointer(start, start + at[2], (uintptr_t)&value, &value);
	lk_call_site_frame_pointer((uintptr_t)code, (uintptr_t)page + PAGE, (uintptr_t)&value,
				   &value);
	return 0;
}
