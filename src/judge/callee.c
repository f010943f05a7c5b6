/* SPDX-License-Identifier: MIT */
#include "judge/callee.h"

#include <string.h>

#ifdef __x86_64__

static int32_t read_offset(const unsigned char *at)
{
	int32_t offset;

	memcpy(&offset, at, sizeof offset);
	return offset;
}

static uintptr_t read_slot(const unsigned char *next_instruction)
{
	uintptr_t target;

	memcpy(&target, next_instruction + read_offset(next_instruction - 4), sizeof target);
	return target;
}

/* An entry of the table is [endbr64] [bnd] jmp *slot(%rip). */
static uintptr_t follow_table(const unsigned char *code)
{
	static const unsigned char endbr64[] = { 0xf3, 0x0f, 0x1e, 0xfa };
	const unsigned char *at = code;

	if (memcmp(at, endbr64, sizeof endbr64) == 0)
		at += sizeof endbr64;
	at += at[0] == 0xf2;
	return at[0] == 0xff && at[1] == 0x25 ? read_slot(at + 6) : (uintptr_t)code;
}

uintptr_t lk_callee(uintptr_t return_address)
{
	const unsigned char *after = (const unsigned char *)return_address;

	if (after[-6] == 0xff && after[-5] == 0x15) /* call *slot(%rip) */
		return read_slot(after);
	if (after[-5] == 0xe8) /* call target */
		return follow_table(after + read_offset(after - 4));
	return 0;
}

#else

uintptr_t lk_callee(uintptr_t return_address)
{
	(void)return_address;
	return 0;
}

#endif
