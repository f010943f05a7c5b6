/* SPDX-License-Identifier: MIT */
#include "probe/cfi.h"

#include <stddef.h>
#include <string.h>

#include "base/light.h"

/* DW_CFA_*: the upper two bits of an instruction, or all of it. */
enum {
	CFA_ADVANCE = 1,
	CFA_OFFSET = 2,
	CFA_RESTORE = 3,

	CFA_NOP = 0x00,
	CFA_SET_LOCATION = 0x01,
	CFA_ADVANCE1 = 0x02,
	CFA_ADVANCE2 = 0x03,
	CFA_ADVANCE4 = 0x04,
	CFA_OFFSET_EXTENDED = 0x05,
	CFA_RESTORE_EXTENDED = 0x06,
	CFA_UNDEFINED = 0x07,
	CFA_SAME_VALUE = 0x08,
	CFA_REGISTER = 0x09,
	CFA_REMEMBER = 0x0a,
	CFA_RECALL = 0x0b,
	CFA_DEFINE = 0x0c,
	CFA_DEFINE_REGISTER = 0x0d,
	CFA_DEFINE_OFFSET = 0x0e,
	CFA_DEFINE_EXPRESSION = 0x0f,
	CFA_EXPRESSION = 0x10,
	CFA_OFFSET_EXTENDED_SF = 0x11,
	CFA_DEFINE_SF = 0x12,
	CFA_DEFINE_OFFSET_SF = 0x13,
	CFA_VALUE_OFFSET = 0x14,
	CFA_VALUE_OFFSET_SF = 0x15,
	CFA_VALUE_EXPRESSION = 0x16,
	CFA_RETURN_ADDRESS_SIGNED = 0x2d, /* aarch64; we always take signatures off */
	CFA_ARGUMENTS_SIZE = 0x2e,
	CFA_OFFSET_EXTENDED_NEGATIVE = 0x2f,
};

/* DW_EH_PE_*: how a pointer is written. */
enum {
	FORMAT_POINTER = 0x00,
	FORMAT_U2 = 0x02,
	FORMAT_U4 = 0x03,
	FORMAT_U8 = 0x04,
	FORMAT_SIGNED = 0x08,
	FORMAT_MASK = 0x0f,
	BASE_SELF = 0x10,
	BASE_MASK = 0x70,
	INDIRECT = 0x80,
	OMITTED = 0xff,
	SEARCH_TABLE = 0x3b, /* pairs of 4 signed bytes, relative to the header */
};

/* What a common information entry says for its functions. */
struct common {
	const uint8_t *instructions, *end;
	uint64_t code_unit;
	int64_t data_unit;
	uint8_t pointer_format;
	bool has_augmentation, is_signal_frame;
};

uint64_t lk_cfi_uleb128(const uint8_t **at)
{
	uint64_t value = 0;
	unsigned shift = 0;
	uint8_t byte;

	do {
		byte = *(*at)++;
		if (shift < 64)
			value |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	return value;
}

int64_t lk_cfi_sleb128(const uint8_t **at)
{
	uint64_t value = 0;
	unsigned shift = 0;
	uint8_t byte;

	do {
		byte = *(*at)++;
		if (shift < 64)
			value |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	if (shift < 64 && (byte & 0x40))
		value |= ~UINT64_C(0) << shift;
	return (int64_t)value;
}

static uint64_t read_bytes(const uint8_t **at, unsigned size)
{
	uint64_t value = 0;

	memcpy(&value, *at, size); /* both processors are little endian */
	*at += size;
	return value;
}

static bool read_pointer(const uint8_t **at, uint8_t format, uintptr_t *value)
{
	uintptr_t self = (uintptr_t)*at;

	switch (format & FORMAT_MASK) {
	case FORMAT_U2:
		*value = read_bytes(at, 2);
		break;
	case FORMAT_U2 | FORMAT_SIGNED:
		*value = (uintptr_t)(int16_t)read_bytes(at, 2);
		break;
	case FORMAT_U4:
		*value = read_bytes(at, 4);
		break;
	case FORMAT_U4 | FORMAT_SIGNED:
		*value = (uintptr_t)(int32_t)read_bytes(at, 4);
		break;
	case FORMAT_POINTER:
	case FORMAT_U8:
	case FORMAT_U8 | FORMAT_SIGNED:
		*value = read_bytes(at, 8);
		break;
	default:
		return false;
	}
	if ((format & BASE_MASK) == BASE_SELF)
		*value += self;
	else if (format & BASE_MASK)
		return false;
	return !(format & INDIRECT);
}

/* The function's entry whose start is the last one not above PC. */
static const uint8_t *search(const uint8_t *header, uintptr_t pc)
{
	const uint8_t *at = header + 4;
	uintptr_t unused;
	int64_t relative = (int64_t)(pc - (uintptr_t)header);

	if (header[0] != 1 || header[2] != FORMAT_U4 || header[3] != SEARCH_TABLE ||
	    (header[1] != OMITTED && !read_pointer(&at, header[1] & ~INDIRECT, &unused)))
		return NULL;
	uint32_t count = (uint32_t)read_bytes(&at, 4), low = 0, high = count;
	const int32_t *table = (const int32_t *)at;

	if (count == 0 || relative < table[0])
		return NULL;
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (table[2 * middle] <= relative)
			low = middle;
		else
			high = middle;
	}
	return header + table[2 * low + 1];
}

/* One letter each for what follows in the augmentation data. */
static bool read_augmentation(struct common *common, const char *letters, const uint8_t *at)
{
	uintptr_t unused;

	for (; *letters; letters++)
		switch (*letters) {
		case 'R':
			common->pointer_format = *at++;
			break;
		case 'L':
			at++;
			break;
		case 'P': {
			uint8_t format = *at++;

			if (!read_pointer(&at, format & ~INDIRECT, &unused))
				return false;
			break;
		}
		case 'S':
			common->is_signal_frame = true;
			break;
		case 'B': /* aarch64: signed with the other key */
		case 'G': /* aarch64: tagged stack memory */
			break;
		default:
			return false;
		}
	return true;
}

static bool read_common(struct common *common, const uint8_t *at)
{
	uint32_t length = (uint32_t)read_bytes(&at, 4);

	*common = (struct common){ .end = at + length };
	if (length == UINT32_MAX || read_bytes(&at, 4) != 0)
		return false;
	uint8_t version = *at++;
	const char *letters = (const char *)at;

	at += strlen(letters) + 1;
	if (version != 1 && version != 3)
		return false;
	common->code_unit = lk_cfi_uleb128(&at);
	common->data_unit = lk_cfi_sleb128(&at);
	if ((version == 1 ? *at++ : lk_cfi_uleb128(&at)) != LK_REG_PC)
		return false;
	common->has_augmentation = *letters == 'z';
	if (common->has_augmentation) {
		uint64_t size = lk_cfi_uleb128(&at);

		if (!read_augmentation(common, letters + 1, at))
			return false;
		at += size;
	} else if (*letters) {
		return false;
	}
	common->instructions = at;
	return true;
}

/* One run over a sequence of instructions. */
struct run {
	struct lk_cfi *cfi;
	const struct common *common;
	const uint8_t *at;
	uintptr_t location;
	unsigned remembered;
};

/* Registers we do not follow (vector registers) write into a cell nobody reads. */
static struct lk_cfi_cell *cell_of(struct run *run, uint64_t reg, struct lk_cfi_cell *ignored)
{
	return reg < LK_REG_COUNT ? &run->cfi->row.registers[reg] : ignored;
}

static void restore(struct run *run, uint64_t reg)
{
	if (reg < LK_REG_COUNT)
		run->cfi->row.registers[reg] = run->cfi->initial.registers[reg];
}

static const uint8_t *take_expression(struct run *run)
{
	const uint8_t *block = run->at;
	uint64_t length = lk_cfi_uleb128(&run->at);

	run->at += length;
	return block;
}

/* Instructions that say where the caller's value of one register is. */
static bool register_instruction(struct run *run, uint8_t code)
{
	struct lk_cfi_cell ignored, *cell = cell_of(run, lk_cfi_uleb128(&run->at), &ignored);
	int64_t unit = run->common->data_unit;
	uint64_t reg;

	switch (code) {
	case CFA_OFFSET_EXTENDED:
	case CFA_VALUE_OFFSET:
		cell->how = code == CFA_VALUE_OFFSET ? LK_CFI_IS_OFFSET : LK_CFI_AT_OFFSET;
		cell->offset = (int64_t)lk_cfi_uleb128(&run->at) * unit;
		return true;
	case CFA_OFFSET_EXTENDED_SF:
	case CFA_VALUE_OFFSET_SF:
		cell->how = code == CFA_VALUE_OFFSET_SF ? LK_CFI_IS_OFFSET : LK_CFI_AT_OFFSET;
		cell->offset = lk_cfi_sleb128(&run->at) * unit;
		return true;
	case CFA_OFFSET_EXTENDED_NEGATIVE:
		cell->how = LK_CFI_AT_OFFSET;
		cell->offset = -(int64_t)lk_cfi_uleb128(&run->at) * unit;
		return true;
	case CFA_UNDEFINED:
		cell->how = LK_CFI_UNDEFINED;
		return true;
	case CFA_SAME_VALUE:
		cell->how = LK_CFI_SAME;
		return true;
	case CFA_REGISTER:
		reg = lk_cfi_uleb128(&run->at);
		cell->how = reg < LK_REG_COUNT ? LK_CFI_REGISTER : LK_CFI_UNDEFINED;
		cell->reg = (uint8_t)reg;
		cell->offset = 0;
		return true;
	case CFA_EXPRESSION:
	case CFA_VALUE_EXPRESSION:
		cell->how = code == CFA_EXPRESSION ? LK_CFI_AT_EXPRESSION : LK_CFI_IS_EXPRESSION;
		cell->expression = take_expression(run);
		return true;
	default:
		return false;
	}
}

/* Instructions that say where the frame (its CFA) is. */
static bool frame_instruction(struct run *run, uint8_t code)
{
	struct lk_cfi_cell *cfa = &run->cfi->row.cfa;
	uint64_t reg;

	switch (code) {
	case CFA_DEFINE:
	case CFA_DEFINE_SF:
	case CFA_DEFINE_REGISTER:
		reg = lk_cfi_uleb128(&run->at);
		if (reg >= LK_REG_COUNT)
			return false;
		if (code == CFA_DEFINE)
			cfa->offset = (int64_t)lk_cfi_uleb128(&run->at);
		else if (code == CFA_DEFINE_SF)
			cfa->offset = lk_cfi_sleb128(&run->at) * run->common->data_unit;
		cfa->how = LK_CFI_REGISTER;
		cfa->reg = (uint8_t)reg;
		return true;
	case CFA_DEFINE_OFFSET:
		cfa->offset = (int64_t)lk_cfi_uleb128(&run->at);
		return true;
	case CFA_DEFINE_OFFSET_SF:
		cfa->offset = lk_cfi_sleb128(&run->at) * run->common->data_unit;
		return true;
	case CFA_DEFINE_EXPRESSION:
		cfa->how = LK_CFI_IS_EXPRESSION;
		cfa->expression = take_expression(run);
		return true;
	default:
		return false;
	}
}

static bool extended_instruction(struct run *run, uint8_t code)
{
	uint64_t unit = run->common->code_unit;

	switch (code) {
	case CFA_NOP:
	case CFA_RETURN_ADDRESS_SIGNED:
		return true;
	case CFA_SET_LOCATION:
		return read_pointer(&run->at, run->common->pointer_format, &run->location);
	case CFA_ADVANCE1:
		run->location += read_bytes(&run->at, 1) * unit;
		return true;
	case CFA_ADVANCE2:
		run->location += read_bytes(&run->at, 2) * unit;
		return true;
	case CFA_ADVANCE4:
		run->location += read_bytes(&run->at, 4) * unit;
		return true;
	case CFA_RESTORE_EXTENDED:
		restore(run, lk_cfi_uleb128(&run->at));
		return true;
	case CFA_REMEMBER:
		if (run->remembered == LK_CFI_REMEMBERED_MAX)
			return false;
		run->cfi->remembered[run->remembered++] = run->cfi->row;
		return true;
	case CFA_RECALL:
		if (run->remembered == 0)
			return false;
		run->cfi->row = run->cfi->remembered[--run->remembered];
		return true;
	case CFA_ARGUMENTS_SIZE:
		lk_cfi_uleb128(&run->at);
		return true;
	default:
		return frame_instruction(run, code) || register_instruction(run, code);
	}
}

/* Runs from START up to the row that holds for PC. */
static bool run_to(struct lk_cfi *cfi, const struct common *common, const uint8_t *at,
		   const uint8_t *end, uintptr_t start, uintptr_t pc)
{
	struct run run = { .cfi = cfi, .common = common, .at = at, .location = start };

	while (run.at < end && run.location <= pc) {
		uint8_t code = *run.at++, operand = code & 0x3f;
		struct lk_cfi_cell ignored, *cell;

		switch (code >> 6) {
		case CFA_ADVANCE:
			run.location += operand * common->code_unit;
			break;
		case CFA_OFFSET:
			cell = cell_of(&run, operand, &ignored);
			cell->how = LK_CFI_AT_OFFSET;
			cell->offset = (int64_t)lk_cfi_uleb128(&run.at) * common->data_unit;
			break;
		case CFA_RESTORE:
			restore(&run, operand);
			break;
		default:
			if (!extended_instruction(&run, code))
				return false;
		}
	}
	return true;
}

bool lk_cfi_find(struct lk_cfi *cfi, const uint8_t *eh_frame_hdr, uintptr_t pc)
{
	const uint8_t *at = search(eh_frame_hdr, pc);
	struct common common;
	uintptr_t start, size;

	if (!at)
		return false;
	uint32_t length = (uint32_t)read_bytes(&at, 4);
	const uint8_t *end = at + length, *self = at;
	uint32_t back = (uint32_t)read_bytes(&at, 4);

	if (length == UINT32_MAX || !read_common(&common, self - back) ||
	    !read_pointer(&at, common.pointer_format, &start) ||
	    !read_pointer(&at, common.pointer_format & FORMAT_MASK, &size) || pc - start >= size)
		return false;
	if (common.has_augmentation) {
		uint64_t skipped = lk_cfi_uleb128(&at);

		at += skipped;
	}
	memset(&cfi->row, 0, sizeof cfi->row);
	cfi->is_signal_frame = common.is_signal_frame;
	cfi->start = start;
	cfi->end = start + size;
	if (!run_to(cfi, &common, common.instructions, common.end, 0, UINTPTR_MAX))
		return false;
	cfi->initial = cfi->row;
	return run_to(cfi, &common, at, end, start, pc);
}

bool lk_cfi_find_call(struct lk_cfi *cfi, const uint8_t *eh_frame_hdr, uintptr_t pc)
{
	if (lk_cfi_find(cfi, eh_frame_hdr, pc - 1))
		return true;
	if (!lk_cfi_find(cfi, eh_frame_hdr, pc))
		return false;
	cfi->row.registers[LK_REG_PC].how = LK_CFI_UNDEFINED;
	return true;
}
