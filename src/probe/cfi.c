/* SPDX-License-Identifier: MIT */
#include "probe/cfi.h"

#include <stddef.h>
#include <string.h>

#include "probe/cursor.h"

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
	struct lk_cursor instructions;
	uint64_t code_unit;
	int64_t data_unit;
	uint8_t pointer_format;
	bool has_augmentation, is_signal_frame;
};

/* A table entry begins with its length. */
static struct lk_cursor entry_at(const struct lk_code *code, uintptr_t address)
{
	struct lk_cursor entry = {
		.at = (const uint8_t *)address,
		.end = (const uint8_t *)code->end,
		.is_short = address < code->start || address >= code->end,
	};

	if (entry.is_short)
		entry.at = entry.end;
	uint64_t length = lk_cursor_number(&entry, 4);
	const uint8_t *start = entry.at;
	/* That of all ones announces a longer one, which no linker writes here. */
	if (length == 0 || length == UINT32_MAX || !lk_cursor_take(&entry, length))
		entry.is_short = true;
	return (struct lk_cursor){ start, entry.at, entry.is_short };
}

static bool read_pointer(struct lk_cursor *from, uint8_t format, uintptr_t *value)
{
	uintptr_t self = (uintptr_t)from->at;

	switch (format & FORMAT_MASK) {
	case FORMAT_U2:
		*value = lk_cursor_number(from, 2);
		break;
	case FORMAT_U2 | FORMAT_SIGNED:
		*value = (uintptr_t)lk_cursor_signed(from, 2);
		break;
	case FORMAT_U4:
		*value = lk_cursor_number(from, 4);
		break;
	case FORMAT_U4 | FORMAT_SIGNED:
		*value = (uintptr_t)lk_cursor_signed(from, 4);
		break;
	case FORMAT_POINTER:
	case FORMAT_U8:
	case FORMAT_U8 | FORMAT_SIGNED:
		*value = lk_cursor_number(from, 8);
		break;
	default:
		return false;
	}
	if ((format & BASE_MASK) == BASE_SELF)
		*value += self;
	else if (format & BASE_MASK)
		return false;
	return !(format & INDIRECT) && !from->is_short;
}

static int32_t read_row(const uint8_t *table, uint64_t number)
{
	int32_t value;

	memcpy(&value, table + number * sizeof value, sizeof value);
	return value;
}

/* Where the function's entry is whose start is the last one not above PC; 0: there is
 * none. */
static uintptr_t search(const struct lk_code *code, uintptr_t pc)
{
	uintptr_t header = (uintptr_t)code->eh_frame_hdr, unused;
	int64_t relative = (int64_t)(pc - header);

	if (header < code->start || header >= code->end)
		return 0;
	struct lk_cursor from = { .at = code->eh_frame_hdr, .end = (const uint8_t *)code->end };
	const uint8_t *formats = lk_cursor_take(&from, 4);
	if (!formats || formats[0] != 1 || formats[2] != FORMAT_U4 || formats[3] != SEARCH_TABLE ||
	    (formats[1] != OMITTED && !read_pointer(&from, formats[1] & ~INDIRECT, &unused)))
		return 0;
	uint64_t count = lk_cursor_number(&from, 4), low = 0, high = count;
	const uint8_t *table = lk_cursor_take(&from, count * 2 * sizeof(int32_t));

	if (!table || count == 0 || relative < read_row(table, 0))
		return 0;
	while (high - low > 1) {
		uint64_t middle = low + (high - low) / 2;

		if (read_row(table, 2 * middle) <= relative)
			low = middle;
		else
			high = middle;
	}
	return header + (uintptr_t)(intptr_t)read_row(table, 2 * low + 1);
}

/* One letter each for what follows in the augmentation data. */
static bool read_augmentation(struct common *common, const char *letters, struct lk_cursor *from)
{
	uintptr_t unused;

	for (; *letters; letters++)
		switch (*letters) {
		case 'R':
			common->pointer_format = (uint8_t)lk_cursor_number(from, 1);
			break;
		case 'L':
			lk_cursor_number(from, 1);
			break;
		case 'P': {
			uint8_t format = (uint8_t)lk_cursor_number(from, 1);

			if (!read_pointer(from, format & ~INDIRECT, &unused))
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

/* The bytes that follow their number; none if there are fewer. */
static struct lk_cursor take_counted(struct lk_cursor *from)
{
	uint64_t size = lk_cursor_uleb128(from);
	const uint8_t *start = lk_cursor_take(from, size);

	return (struct lk_cursor){ start, start ? start + size : NULL, false };
}

static bool read_common(struct common *common, struct lk_cursor from)
{
	*common = (struct common){ .code_unit = 0 };
	if (lk_cursor_number(&from, 4) != 0)
		return false;
	uint8_t version = (uint8_t)lk_cursor_number(&from, 1);
	const char *letters = (const char *)from.at;
	const char *zero = memchr(letters, '\0', (size_t)(from.end - from.at));

	if (!zero || (version != 1 && version != 3))
		return false;
	from.at = (const uint8_t *)zero + 1;
	common->code_unit = lk_cursor_uleb128(&from);
	common->data_unit = lk_cursor_sleb128(&from);
	if ((version == 1 ? lk_cursor_number(&from, 1) : lk_cursor_uleb128(&from)) != LK_REG_PC)
		return false;
	common->has_augmentation = *letters == 'z';
	if (common->has_augmentation) {
		struct lk_cursor data = take_counted(&from);

		if (!read_augmentation(common, letters + 1, &data) || data.is_short)
			return false;
	} else if (*letters) {
		return false;
	}
	common->instructions = from;
	return !from.is_short;
}

/* One run over a sequence of instructions. */
struct run {
	struct lk_cfi *cfi;
	const struct common *common;
	struct lk_cursor from;
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

/* An offset in units of data.  Whoever writes a table may write any number. */
static int64_t scaled(const struct run *run, uint64_t number)
{
	return (int64_t)(number * (uint64_t)run->common->data_unit);
}

/* Instructions that say where the caller's value of one register is. */
static bool register_instruction(struct run *run, uint8_t code)
{
	struct lk_cfi_cell ignored, *cell = cell_of(run, lk_cursor_uleb128(&run->from), &ignored);
	uint64_t reg;

	switch (code) {
	case CFA_OFFSET_EXTENDED:
	case CFA_VALUE_OFFSET:
		cell->how = code == CFA_VALUE_OFFSET ? LK_CFI_IS_OFFSET : LK_CFI_AT_OFFSET;
		cell->offset = scaled(run, lk_cursor_uleb128(&run->from));
		return true;
	case CFA_OFFSET_EXTENDED_SF:
	case CFA_VALUE_OFFSET_SF:
		cell->how = code == CFA_VALUE_OFFSET_SF ? LK_CFI_IS_OFFSET : LK_CFI_AT_OFFSET;
		cell->offset = scaled(run, (uint64_t)lk_cursor_sleb128(&run->from));
		return true;
	case CFA_OFFSET_EXTENDED_NEGATIVE:
		cell->how = LK_CFI_AT_OFFSET;
		cell->offset = scaled(run, -lk_cursor_uleb128(&run->from));
		return true;
	case CFA_UNDEFINED:
		cell->how = LK_CFI_UNDEFINED;
		return true;
	case CFA_SAME_VALUE:
		cell->how = LK_CFI_SAME;
		return true;
	case CFA_REGISTER:
		reg = lk_cursor_uleb128(&run->from);
		cell->how = reg < LK_REG_COUNT ? LK_CFI_REGISTER : LK_CFI_UNDEFINED;
		cell->reg = (uint8_t)reg;
		cell->offset = 0;
		return true;
	case CFA_EXPRESSION:
	case CFA_VALUE_EXPRESSION:
		cell->how = code == CFA_EXPRESSION ? LK_CFI_AT_EXPRESSION : LK_CFI_IS_EXPRESSION;
		cell->expression = lk_cursor_block(&run->from);
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

	/* These change one half of a register with an offset. */
	if ((code == CFA_DEFINE_REGISTER || code == CFA_DEFINE_OFFSET ||
	     code == CFA_DEFINE_OFFSET_SF) &&
	    cfa->how != LK_CFI_REGISTER)
		return false;
	switch (code) {
	case CFA_DEFINE:
	case CFA_DEFINE_SF:
	case CFA_DEFINE_REGISTER:
		reg = lk_cursor_uleb128(&run->from);
		if (reg >= LK_REG_COUNT)
			return false;
		if (code == CFA_DEFINE)
			cfa->offset = (int64_t)lk_cursor_uleb128(&run->from);
		else if (code == CFA_DEFINE_SF)
			cfa->offset = scaled(run, (uint64_t)lk_cursor_sleb128(&run->from));
		cfa->how = LK_CFI_REGISTER;
		cfa->reg = (uint8_t)reg;
		return true;
	case CFA_DEFINE_OFFSET:
		cfa->offset = (int64_t)lk_cursor_uleb128(&run->from);
		return true;
	case CFA_DEFINE_OFFSET_SF:
		cfa->offset = scaled(run, (uint64_t)lk_cursor_sleb128(&run->from));
		return true;
	case CFA_DEFINE_EXPRESSION:
		cfa->how = LK_CFI_IS_EXPRESSION;
		cfa->expression = lk_cursor_block(&run->from);
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
		return read_pointer(&run->from, run->common->pointer_format, &run->location);
	case CFA_ADVANCE1:
		run->location += lk_cursor_number(&run->from, 1) * unit;
		return true;
	case CFA_ADVANCE2:
		run->location += lk_cursor_number(&run->from, 2) * unit;
		return true;
	case CFA_ADVANCE4:
		run->location += lk_cursor_number(&run->from, 4) * unit;
		return true;
	case CFA_RESTORE_EXTENDED:
		restore(run, lk_cursor_uleb128(&run->from));
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
		lk_cursor_uleb128(&run->from);
		return true;
	default:
		return frame_instruction(run, code) || register_instruction(run, code);
	}
}

/* Runs from START up to the row that holds for PC. */
static bool run_to(struct lk_cfi *cfi, const struct common *common, struct lk_cursor from,
		   uintptr_t start, uintptr_t pc)
{
	struct run run = { .cfi = cfi, .common = common, .from = from, .location = start };

	while (run.from.at < run.from.end && run.location <= pc) {
		uint8_t code = *run.from.at++, operand = code & 0x3f;
		struct lk_cfi_cell ignored, *cell;

		switch (code >> 6) {
		case CFA_ADVANCE:
			run.location += operand * common->code_unit;
			break;
		case CFA_OFFSET:
			cell = cell_of(&run, operand, &ignored);
			cell->how = LK_CFI_AT_OFFSET;
			cell->offset = scaled(&run, lk_cursor_uleb128(&run.from));
			break;
		case CFA_RESTORE:
			restore(&run, operand);
			break;
		default:
			if (!extended_instruction(&run, code))
				return false;
		}
	}
	return !run.from.is_short;
}

bool lk_cfi_find(struct lk_cfi *cfi, const struct lk_code *code, uintptr_t pc)
{
	uintptr_t entry = search(code, pc), start, size;
	struct lk_cursor from = entry_at(code, entry);
	uintptr_t self = (uintptr_t)from.at;
	struct common common;

	if (from.is_short ||
	    !read_common(&common, entry_at(code, self - lk_cursor_number(&from, 4))) ||
	    !read_pointer(&from, common.pointer_format, &start) ||
	    !read_pointer(&from, common.pointer_format & FORMAT_MASK, &size) || pc - start >= size)
		return false;
	if (common.has_augmentation)
		take_counted(&from);
	memset(&cfi->row, 0, sizeof cfi->row);
	cfi->initial = cfi->row;
	cfi->is_signal_frame = common.is_signal_frame;
	cfi->start = start;
	cfi->end = start + size;
	if (!run_to(cfi, &common, common.instructions, 0, UINTPTR_MAX))
		return false;
	cfi->initial = cfi->row;
	return run_to(cfi, &common, from, start, pc);
}

bool lk_cfi_find_call(struct lk_cfi *cfi, const struct lk_code *code, uintptr_t pc)
{
	if (lk_cfi_find(cfi, code, pc - 1))
		return true;
	if (!lk_cfi_find(cfi, code, pc))
		return false;
	cfi->row.registers[LK_REG_PC].how = LK_CFI_UNDEFINED;
	return true;
}
