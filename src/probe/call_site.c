/* SPDX-License-Identifier: MIT */
#include "probe/call_site.h"

#include <stddef.h>
#include <string.h>

#include "base/callee.h"
#include "base/proc.h"
#include "probe/code_map.h"

#include "base/light.h"

static bool read_code(uintptr_t address, void *to, size_t size)
{
	struct lk_code first, last;

	return lk_code_find(address, &first) && lk_code_find(address + size - 1, &last) &&
	       first.start == last.start && lk_proc_memory((const void *)address, to, size);
}

#ifdef __x86_64__

/* call *register or call *memory: ff /2, of 2 to 7 bytes. */
static bool ends_with_indirect_call(const uint8_t *end)
{
	static const struct {
		uint8_t size, low, high; /* of the byte that tells the operand */
	} forms[] = {
		{ 2, 0xd0, 0xd7 }, { 2, 0x10, 0x13 }, { 2, 0x16, 0x17 }, { 3, 0x50, 0x53 },
		{ 3, 0x55, 0x57 }, { 3, 0x14, 0x14 }, { 4, 0x54, 0x54 }, { 6, 0x90, 0x93 },
		{ 6, 0x95, 0x97 }, { 7, 0x94, 0x94 }, { 7, 0x14, 0x14 },
	};

	for (unsigned i = 0; i < sizeof forms / sizeof *forms; i++) {
		const uint8_t *call = end - forms[i].size;

		if (call[0] == 0xff && call[1] >= forms[i].low && call[1] <= forms[i].high)
			return true;
	}
	return false;
}

enum lk_call lk_call_site_judge(uintptr_t address, uintptr_t callee)
{
	uint8_t code[7];
	uintptr_t target;

	if (!read_code(address - sizeof code, code, sizeof code))
		return LK_CALL_NONE;
	target = lk_callee(address);
	if (target == callee)
		return LK_CALL_MATCHES;
	if (ends_with_indirect_call(code + sizeof code))
		return LK_CALL_SOMEWHERE;
	return lk_code_find(target, &(struct lk_code){ 0 }) ? LK_CALL_ELSEWHERE : LK_CALL_NONE;
}

/* Does the instruction at CODE, if one begins there, take something from the stack
 * pointer or put a register into it, other than the frame pointer? */
static bool moves_stack_pointer(const uint8_t *code)
{
	if ((code[0] & 0xfb) != 0x48 && code[0] != 0x49)
		return false;
	switch (code[1]) {
	case 0x29: /* sub %register,%rsp */
		return (code[2] & 0xc7) == 0xc4;
	case 0x89: /* mov %register,%rsp */
		return (code[2] & 0xc7) == 0xc4 && code[2] != 0xec;
	case 0x2b: /* the same two the other way round */
		return (code[2] & 0xf8) == 0xe0;
	case 0x8b:
		return (code[2] & 0xf8) == 0xe0 && code[2] != 0xe5;
	case 0x81: /* sub or and $number,%rsp */
	case 0x83:
		return code[2] == 0xec || code[2] == 0xe4;
	case 0x8d: /* lea ...(%rsp),%rsp */
		return code[2] == 0x64 || code[2] == 0xa4;
	default:
		return false;
	}
}

static bool has_moving_stack(uintptr_t at, uintptr_t end)
{
	enum { LONGEST = 3 };
	uint8_t code[256];

	for (; at + LONGEST < end; at += sizeof code - LONGEST) {
		size_t size = end - at < sizeof code ? end - at : sizeof code;

		if (!read_code(at, code, size))
			return true;
		for (size_t i = 0; i + LONGEST <= size; i++)
			if (moves_stack_pointer(code + i))
				return true;
	}
	return false;
}

/* [endbr64] push %rbp; mov %rsp,%rbp; pushes; [sub $size,%rsp] */
bool lk_call_site_frame_pointer(uintptr_t start, uintptr_t end, uintptr_t sp, uintptr_t *ret)
{
	static const uint8_t branch_target[4] = { 0xf3, 0x0f, 0x1e, 0xfa };
	uint8_t code[32] = { 0 }, *at = code;
	int32_t size = 0;

	if (end < start ||
	    !read_code(start, code, end - start < sizeof code ? end - start : sizeof code))
		return false;
	if (memcmp(at, branch_target, sizeof branch_target) == 0)
		at += sizeof branch_target;
	if (*at++ != 0x55)
		return false;
	if (memcmp(at, "\x48\x89\xe5", 3) != 0 && memcmp(at, "\x48\x8b\xec", 3) != 0)
		return false;
	for (at += 3; at < code + sizeof code - 8; sp += 8)
		if (*at == 0x53)
			at++;
		else if (*at == 0x41 && at[1] >= 0x54 && at[1] <= 0x57)
			at += 2;
		else
			break;
	if (memcmp(at, "\x48\x83\xec", 3) == 0)
		size = (int8_t)at[3];
	else if (memcmp(at, "\x48\x83\xc4", 3) == 0)
		size = -(int8_t)at[3];
	else if (memcmp(at, "\x48\x81\xec", 3) == 0)
		memcpy(&size, at + 3, sizeof size);
	at += size != 0 ? 3 : 0;
	*ret = sp + (uintptr_t)(intptr_t)size;
	return size >= 0 && !has_moving_stack(start + (uintptr_t)(at - code), end);
}

#elif defined __aarch64__

enum lk_call lk_call_site_judge(uintptr_t address, uintptr_t callee)
{
	uint32_t code;

	if (address % 4 != 0 || !read_code(address - 4, &code, sizeof code))
		return LK_CALL_NONE;
	if (code >> 26 == 0x25) { /* bl: a signed number of instructions */
		int32_t distance = (int32_t)(code << 6) >> 4;

		return address - 4 + (uintptr_t)(intptr_t)distance == callee ? LK_CALL_MATCHES
									     : LK_CALL_SOMEWHERE;
	}
	/* blr, with and without authentication */
	return (code & 0xfeffffe0 & 0xfffff000) >> 12 == 0xd63f0 ? LK_CALL_SOMEWHERE : LK_CALL_NONE;
}

bool lk_call_site_frame_pointer(uintptr_t start, uintptr_t end, uintptr_t sp, uintptr_t *ret)
{
	(void)start;
	(void)end;
	(void)sp;
	(void)ret;
	return false;
}

#endif
