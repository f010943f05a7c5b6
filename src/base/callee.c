/* SPDX-License-Identifier: MIT */
#include "base/callee.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/proc.h"

#include "base/light.h"

#ifdef __x86_64__

/* Reads SIZE bytes of code or data at ADDRESS; the module may be another by now. */
static bool read_at(uintptr_t address, void *to, size_t size)
{
	return lk_proc_memory((const void *)address, to, size);
}

/* The target of the instruction that ends before NEXT with a 32-bit offset to a slot. */
static uintptr_t read_slot(uintptr_t next, const unsigned char *offset_bytes)
{
	int32_t offset;
	uintptr_t target;

	memcpy(&offset, offset_bytes, sizeof offset);
	return read_at(next + (uintptr_t)offset, &target, sizeof target) ? target : 0;
}

/* An entry of the table is [endbr64] [bnd] jmp *slot(%rip). */
static uintptr_t follow_table(uintptr_t entry)
{
	static const unsigned char endbr64[] = { 0xf3, 0x0f, 0x1e, 0xfa };
	unsigned char code[11];
	size_t at = 0;

	if (!read_at(entry, code, sizeof code))
		return 0;
	if (memcmp(code, endbr64, sizeof endbr64) == 0)
		at += sizeof endbr64;
	at += code[at] == 0xf2;
	if (code[at] != 0xff || code[at + 1] != 0x25)
		return entry;
	return read_slot(entry + at + 6, code + at + 2);
}

uintptr_t lk_callee(uintptr_t return_address)
{
	unsigned char code[6];
	int32_t offset;

	if (!read_at(return_address - sizeof code, code, sizeof code))
		return 0;
	if (code[0] == 0xff && code[1] == 0x15) /* call *slot(%rip) */
		return read_slot(return_address, code + 2);
	if (code[1] != 0xe8) /* call target */
		return 0;
	memcpy(&offset, code + 2, sizeof offset);
	return follow_table(return_address + (uintptr_t)offset);
}

#else

uintptr_t lk_callee(uintptr_t return_address)
{
	(void)return_address;
	return 0;
}

#endif
