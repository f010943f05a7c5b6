/* SPDX-License-Identifier: MIT */
#include "import/record.h"

#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "model/capture.h"
#include "model/capture_rows.h"

/* What is left of the bytes that are read, and whether all was well so far. */
struct input {
	const unsigned char *at, *end;
	bool is_row; /* behind the end stand zeros */
	bool is_wrong;
	const struct lk_snapshot *snapshot; /* whose arrays indices point into */
};

struct section {
	const unsigned char *bytes;
	size_t size, rows;
};

struct body {
	struct section sections[LK_CAPTURE_SECTIONS];
	uint32_t *callers; /* of each node: index + 1, 0 for none */
	uintptr_t *pcs;
	uint16_t *depths;
};

static uint64_t wrong(struct input *in)
{
	in->is_wrong = true;
	in->at = in->end;
	return 0;
}

static uint64_t take(struct input *in)
{
	uint64_t number = 0;

	if (in->is_row && in->at == in->end)
		return 0;
	for (unsigned shift = 0; in->at < in->end; shift += 7) {
		unsigned byte = *in->at++;

		if (shift == 63 && byte > 1)
			return wrong(in);
		number |= (uint64_t)(byte & 127) << shift;
		if (byte < 128)
			return number;
	}
	return wrong(in);
}

static int64_t take_signed(struct input *in)
{
	uint64_t number = take(in);

	return (int64_t)(number >> 1 ^ -(number & 1));
}

static uint64_t take_below(struct input *in, uint64_t limit)
{
	uint64_t number = take(in);

	return number < limit ? number : 0;
}

/* An index into an array of COUNT elements. */
static size_t take_index(struct input *in, size_t count)
{
	uint64_t number = take(in);

	return number < count ? (size_t)number : (size_t)wrong(in);
}

/* Leaves the rest of TO, which is zeroed, as it is. */
static void take_bytes(struct input *in, void *to, size_t room)
{
	uint64_t size = take(in);

	if (size > (size_t)(in->end - in->at)) {
		wrong(in);
		return;
	}
	memcpy(to, in->at, size < room ? size : room);
	in->at += size;
}

static void take_text(struct input *in, char *to, size_t room)
{
	take_bytes(in, to, room - 1);
	/* What is behind a zero would be there and not be seen. */
	memset(to + strlen(to), 0, room - strlen(to));
}

/* A number that does not fit is no number of ours. */
#define TAKE_NUMBER(member, limit)                             \
	{                                                      \
		uint64_t number = take(in);                    \
		row->member = (__typeof__(row->member))number; \
		if ((uint64_t)row->member != number)           \
			wrong(in);                             \
	}
#define TAKE_SIGNED(member, limit)                             \
	{                                                      \
		int64_t number = take_signed(in);              \
		row->member = (__typeof__(row->member))number; \
		if ((int64_t)row->member != number)            \
			wrong(in);                             \
	}
#define TAKE_BELOW(member, limit) \
	row->member = (__typeof__(row->member))take_below(in, (uint64_t)(limit));
#define TAKE_STACK(member, limit) row->member = take_index(in, in->snapshot->stacks_count);
#define TAKE_PATH(member, limit) row->member = take_index(in, in->snapshot->paths_count);
#define TAKE_SERIES(member, limit) row->member = take_index(in, in->snapshot->series_count);
#define TAKE_TEXT(member, limit) take_text(in, row->member, sizeof row->member);
#define TAKE_BYTES(member, limit) take_bytes(in, row->member, sizeof row->member);
#define TAKE(kind, member, limit) TAKE_##kind(member, limit)

/* The next row; what is in it behind the fields that are known is of a newer minor
 * version. */
static struct input take_row(struct input *in)
{
	uint64_t size = take(in);
	struct input row = { .is_row = true, .snapshot = in->snapshot };

	if (size > (size_t)(in->end - in->at))
		size = wrong(in);
	row.at = in->at;
	row.end = in->at += size;
	return row;
}

#define TAKE_ROWS(number, array, length, most, FIELDS)                                        \
	static bool take_##array(const struct section *section, struct lk_snapshot *snapshot) \
	{                                                                                     \
		struct input rows = { section->bytes, section->bytes + section->size, false,  \
				      false, snapshot };                                      \
		for (size_t i = 0; i < section->rows && !rows.is_wrong; i++) {                \
			__typeof__(*snapshot->array) *row = &snapshot->array[i];              \
			struct input one = take_row(&rows), *in = &one;                       \
			if (one.at == one.end)                                                \
				continue; /* it is zeroed */                                  \
			FIELDS(TAKE)                                                          \
			rows.is_wrong |= one.is_wrong;                                        \
		}                                                                             \
		return !rows.is_wrong && rows.at == rows.end;                                 \
	}
LK_CAPTURE_ROWS(TAKE_ROWS)
#undef TAKE_ROWS

static bool take_snapshot(const struct section *section, struct lk_snapshot *row)
{
	struct input rows = { section->bytes, section->bytes + section->size, false, false, row };
	struct input one = take_row(&rows), *in = &one;

	LK_CAPTURE_HEAD(TAKE)
	return !rows.is_wrong && !one.is_wrong && rows.at == rows.end &&
	       row->threads_count <= row->threads_seen;
}

static uint64_t read_fixed(const unsigned char *at, int size)
{
	uint64_t number = 0;

	for (int i = size; i-- > 0;)
		number = number << 8 | at[i];
	return number;
}

/* The most rows a section may have, and the fewest bytes that a row takes. */
static const struct bounds {
	size_t rows, bytes;
} bounds[LK_CAPTURE_SECTIONS] = {
	[LK_CAPTURE_NODES] = { LK_CAPTURE_NODES_MAX, 2 },
	[LK_CAPTURE_STACKS] = { LK_CAPTURE_STACKS_MAX, 3 },
	[LK_CAPTURE_SNAPSHOT] = { 1, 1 },
#define BOUNDS(number, array, length, most, FIELDS) [number] = { most, 1 },
	LK_CAPTURE_ROWS(BOUNDS)
#undef BOUNDS
};

static bool find_sections(const unsigned char *at, size_t size, struct body *body)
{
	const unsigned char *end = at + size;

	while (at < end) {
		if (end - at < LK_CAPTURE_SECTION_SIZE)
			return false;
		uint64_t number = read_fixed(at, 4);
		struct section section = { .rows = read_fixed(at + 4, 4) };
		uint64_t bytes = read_fixed(at + 8, 8);

		at += LK_CAPTURE_SECTION_SIZE;
		if (bytes > (uint64_t)(end - at))
			return false;
		section.bytes = at;
		section.size = (size_t)bytes;
		at += bytes;
		if (number == 0 || number >= LK_CAPTURE_SECTIONS)
			continue; /* of a newer minor version */
		if (body->sections[number].bytes || section.rows > bounds[number].rows ||
		    section.rows > section.size / bounds[number].bytes)
			return false;
		body->sections[number] = section;
	}
	for (size_t i = 0; i < LK_CAPTURE_SECTIONS; i++)
		if (!body->sections[i].bytes)
			body->sections[i].bytes = end;
	return body->sections[LK_CAPTURE_SNAPSHOT].rows == 1;
}

static bool take_nodes(struct body *body)
{
	const struct section *section = &body->sections[LK_CAPTURE_NODES];
	struct input in = { section->bytes, section->bytes + section->size, false, false, NULL };
	uintptr_t pc = 0;

	for (size_t i = 0; i < section->rows && !in.is_wrong; i++) {
		uint64_t distance = take(&in);

		if (distance > i)
			return false;
		body->callers[i] = distance ? (uint32_t)(i + 1 - distance) : 0;
		body->depths[i] = distance ? (uint16_t)(body->depths[i - distance] + 1) : 1;
		if (body->depths[i] > LK_STACK_FRAMES_MAX)
			return false;
		pc += (uintptr_t)take_signed(&in);
		body->pcs[i] = pc;
	}
	return !in.is_wrong && in.at == in.end;
}

/* Reads the stacks: without SNAPSHOT only to count their frames. */
static bool take_stacks(const struct body *body, struct lk_snapshot *snapshot, size_t *ret_frames)
{
	const struct section *section = &body->sections[LK_CAPTURE_STACKS];
	struct input in = { section->bytes, section->bytes + section->size, false, false, NULL };
	size_t frames = 0;

	for (size_t i = 0; i < section->rows; i++) {
		uint64_t id = take(&in);
		size_t node = take_index(&in, body->sections[LK_CAPTURE_NODES].rows + 1);
		uint64_t cut = take(&in);
		unsigned depth = node ? body->depths[node - 1] : 0;

		if (in.is_wrong || id > UINT32_MAX || (i == 0 && node != 0) ||
		    frames + depth > LK_RECORD_FRAMES_MAX)
			return false;
		if (snapshot) {
			snapshot->stacks[i] = (struct lk_stack){ (lk_stack_id)id, (uint32_t)frames,
								 depth, cut != 0 };
			for (; node; node = body->callers[node - 1])
				snapshot->frames[frames++] = body->pcs[node - 1];
		} else {
			frames += depth;
		}
	}
	*ret_frames = frames;
	return in.at == in.end;
}

/* All arrays of a snapshot, the first one first: X(array, its count). */
#define LAY_ROWS(number, array, length, most, FIELDS) LAY(array, length)
#define ARRAYS LAY(stacks, stacks_count) LAY(frames, frames_count) LK_CAPTURE_ROWS(LAY_ROWS)

static size_t aligned(size_t size)
{
	return (size + 15) & ~(size_t)15;
}

/* Gives SNAPSHOT, whose counts are known, one zeroed block for its arrays. */
static bool lay_out(struct lk_snapshot *snapshot)
{
	size_t size = 0;

#define LAY(array, length) size += aligned(snapshot->length * sizeof *snapshot->array);
	ARRAYS
#undef LAY
	char *block = calloc(1, size ? size : 1);
	if (!block)
		return false;
#define LAY(array, length)               \
	snapshot->array = (void *)block; \
	block += aligned(snapshot->length * sizeof *snapshot->array);
	ARRAYS
#undef LAY
	return true;
}

void lk_record_release(struct lk_snapshot *snapshot)
{
	free(snapshot->stacks); /* the first in the block */
	memset(snapshot, 0, sizeof *snapshot);
}

bool lk_record_copy(const struct lk_snapshot *snapshot, struct lk_snapshot *ret)
{
	struct lk_snapshot copy = *snapshot;

	copy.series_max = copy.series_count;
	if (!lay_out(&copy))
		return false;
#define LAY(array, length)   \
	if (copy.length > 0) \
		memcpy(copy.array, snapshot->array, copy.length * sizeof *copy.array);
	ARRAYS
#undef LAY
	*ret = copy;
	return true;
}

static bool take_all(const struct body *body, struct lk_snapshot *snapshot)
{
	size_t frames;
	bool ok = take_stacks(body, snapshot, &frames) &&
		  take_snapshot(&body->sections[LK_CAPTURE_SNAPSHOT], snapshot);

#define ADD(number, array, length, most, FIELDS) \
	ok = ok && take_##array(&body->sections[number], snapshot);
	LK_CAPTURE_ROWS(ADD)
#undef ADD
	return ok;
}

static bool decode(struct body *body, struct lk_snapshot *ret, const char **why)
{
	struct lk_snapshot snapshot = { 0 };

	*why = "is damaged: its parts do not fit together";
	if (!take_nodes(body) || !take_stacks(body, NULL, &snapshot.frames_count))
		return false;
	snapshot.stacks_count = body->sections[LK_CAPTURE_STACKS].rows;
#define COUNT(number, array, length, most, FIELDS) snapshot.length = body->sections[number].rows;
	LK_CAPTURE_ROWS(COUNT)
#undef COUNT
	/* The empty one of each, which others lead to, is always there. */
	snapshot.stacks_count += snapshot.stacks_count == 0;
	snapshot.paths_count += snapshot.paths_count == 0;
	snapshot.series_count += snapshot.series_count == 0;
	snapshot.series_max = snapshot.series_count;
	if (!lay_out(&snapshot)) {
		*why = "needs more memory than there is";
		return false;
	}
	if (!take_all(body, &snapshot)) {
		lk_record_release(&snapshot);
		return false;
	}
	*ret = snapshot;
	return true;
}

bool lk_record_decode(const unsigned char *bytes, size_t size, struct lk_snapshot *ret,
		      const char **why)
{
	struct body body = { 0 };

	if (!find_sections(bytes, size, &body)) {
		*why = "is damaged: its sections do not fit together";
		return false;
	}
	size_t nodes = body.sections[LK_CAPTURE_NODES].rows + 1;
	body.callers = malloc(nodes * sizeof *body.callers);
	body.pcs = malloc(nodes * sizeof *body.pcs);
	body.depths = malloc(nodes * sizeof *body.depths);
	*why = "needs more memory than there is";
	bool ok = body.callers && body.pcs && body.depths && decode(&body, ret, why);
	free(body.callers);
	free(body.pcs);
	free(body.depths);
	return ok;
}
