/* SPDX-License-Identifier: MIT */
#include "model/capture.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "model/capture_rows.h"
#include "model/checksum.h"
#include "base/light.h"

/* Room is reserved for the longest form of every field, so that nothing is checked while
 * it is filled; what is not touched costs nothing. */
struct output {
	unsigned char *start, *at, *section;
	size_t room;
};

enum { NUMBER_MAX = 10 };

static void put(struct output *out, uint64_t number)
{
	for (; number > 127; number >>= 7)
		*out->at++ = (unsigned char)(number | 128);
	*out->at++ = (unsigned char)number;
}

static void put_signed(struct output *out, int64_t number)
{
	put(out, (uint64_t)number << 1 ^ (uint64_t)(number >> 63));
}

static void put_bytes(struct output *out, const void *bytes, size_t size)
{
	put(out, size);
	memcpy(out->at, bytes, size);
	out->at += size;
}

static size_t size_without_zeros(const unsigned char *bytes, size_t size)
{
	while (size > 0 && bytes[size - 1] == 0)
		size--;
	return size;
}

static void put_fixed(unsigned char *at, uint64_t number, int size)
{
	for (int i = 0; i < size; i++)
		at[i] = (unsigned char)(number >> 8 * i);
}

static void begin_section(struct output *out, unsigned number, size_t rows)
{
	out->section = out->at;
	put_fixed(out->at, number, 4);
	put_fixed(out->at + 4, rows, 4);
	out->at += LK_CAPTURE_SECTION_SIZE;
}

static void end_section(struct output *out)
{
	put_fixed(out->section + 8, (uint64_t)(out->at - out->section - LK_CAPTURE_SECTION_SIZE),
		  8);
}

/* A row says how long it is.  Each field that is 0 or empty is one byte 0, and no other
 * field ends in one, so those at its end are left out. */
static unsigned char *begin_row(struct output *out)
{
	out->at += NUMBER_MAX;
	return out->at;
}

static void end_row(struct output *out, unsigned char *start)
{
	size_t size = size_without_zeros(start, (size_t)(out->at - start));

	out->at = start - NUMBER_MAX;
	put(out, size);
	memmove(out->at, start, size);
	out->at += size;
}

/* The longest form of a field. */
#define ROOM_NUMBER(member) NUMBER_MAX
#define ROOM_SIGNED(member) NUMBER_MAX
#define ROOM_BELOW(member) NUMBER_MAX
#define ROOM_STACK(member) NUMBER_MAX
#define ROOM_PATH(member) NUMBER_MAX
#define ROOM_SERIES(member) NUMBER_MAX
#define ROOM_TEXT(member) NUMBER_MAX + sizeof row->member
#define ROOM_BYTES(member) NUMBER_MAX + sizeof row->member
#define ROOM(kind, member, limit) +(ROOM_##kind(member))

#define PUT_NUMBER(member) put(out, (uint64_t)row->member)
#define PUT_SIGNED(member) put_signed(out, (int64_t)row->member)
#define PUT_BELOW(member) put(out, (uint64_t)row->member)
#define PUT_STACK(member) put(out, row->member)
#define PUT_PATH(member) put(out, row->member)
#define PUT_SERIES(member) put(out, row->member)
#define PUT_TEXT(member) put_bytes(out, row->member, strlen(row->member))
#define PUT_BYTES(member) \
	put_bytes(out, row->member, size_without_zeros(row->member, sizeof row->member))
#define PUT(kind, member, limit) PUT_##kind(member);

#define PUT_ROWS(number, array, length, most, FIELDS)                                   \
	static void put_##array(struct output *out, const struct lk_snapshot *snapshot) \
	{                                                                               \
		if (snapshot->length == 0)                                              \
			return;                                                         \
		begin_section(out, number, snapshot->length);                           \
		for (size_t i = 0; i < snapshot->length; i++) {                         \
			const __typeof__(*snapshot->array) *row = &snapshot->array[i];  \
			unsigned char *start = begin_row(out);                          \
			FIELDS(PUT)                                                     \
			end_row(out, start);                                            \
		}                                                                       \
		end_section(out);                                                       \
	}                                                                               \
	static size_t room_of_##array(const struct lk_snapshot *snapshot)               \
	{                                                                               \
		const __typeof__(*snapshot->array) *row = NULL;                         \
		(void)row;                                                              \
		return LK_CAPTURE_SECTION_SIZE +                                        \
		       snapshot->length * (NUMBER_MAX FIELDS(ROOM));                    \
	}
LK_CAPTURE_ROWS(PUT_ROWS)
#undef PUT_ROWS

static void put_snapshot(struct output *out, const struct lk_snapshot *row)
{
	begin_section(out, LK_CAPTURE_SNAPSHOT, 1);
	unsigned char *start = begin_row(out);
	LK_CAPTURE_HEAD(PUT)
	end_row(out, start);
	end_section(out);
}

/* The tree of calls: equal callers are written once. */
struct node {
	uint32_t caller; /* index + 1, 0: none */
	uintptr_t pc;
};
struct tree {
	struct node *nodes;
	uint32_t *index;		      /* (caller, pc) -> node + 1, open addressing */
	uint32_t *innermost;		      /* of each stack: node + 1, 0: it is empty */
	size_t nodes_room, index_size, count; /* index_size is a power of two */
};

static uint32_t node_of(struct tree *tree, uint32_t caller, uintptr_t pc)
{
	uint64_t hash =
		(pc * UINT64_C(0xbf58476d1ce4e5b9) + caller * UINT64_C(0x9e3779b97f4a7c15)) >> 24;
	size_t place = hash & (tree->index_size - 1);

	for (; tree->index[place]; place = (place + 1) & (tree->index_size - 1)) {
		const struct node *node = &tree->nodes[tree->index[place] - 1];

		if (node->pc == pc && node->caller == caller)
			return tree->index[place];
	}
	tree->nodes[tree->count] = (struct node){ caller, pc };
	return tree->index[place] = (uint32_t)++tree->count;
}

static void tree_release(struct tree *tree, const struct lk_snapshot *snapshot)
{
	if (tree->nodes)
		lk_pages_unmap(tree->nodes, tree->nodes_room * sizeof *tree->nodes);
	if (tree->index)
		lk_pages_unmap(tree->index, tree->index_size * sizeof *tree->index);
	if (tree->innermost)
		lk_pages_unmap(tree->innermost,
			       (snapshot->stacks_count + 1) * sizeof *tree->innermost);
}

static bool tree_make(struct tree *tree, const struct lk_snapshot *snapshot)
{
	size_t frames = 0;

	for (size_t i = 0; i < snapshot->stacks_count; i++)
		frames += snapshot->stacks[i].count;
	*tree = (struct tree){ .nodes_room = frames + 1, .index_size = 64 };
	while (tree->index_size < 2 * frames)
		tree->index_size *= 2;
	tree->nodes = lk_pages_map(tree->nodes_room * sizeof *tree->nodes);
	tree->index = lk_pages_map(tree->index_size * sizeof *tree->index);
	tree->innermost = lk_pages_map((snapshot->stacks_count + 1) * sizeof *tree->innermost);
	if (!tree->nodes || !tree->index || !tree->innermost || frames > UINT32_MAX / 2)
		return false;
	for (size_t i = 0; i < snapshot->stacks_count; i++) {
		const struct lk_stack *stack = &snapshot->stacks[i];
		uint32_t node = 0;

		for (uint32_t k = stack->count; k > 0; k--)
			node = node_of(tree, node, snapshot->frames[stack->first + k - 1]);
		tree->innermost[i] = node;
	}
	return true;
}

static void put_stacks(struct output *out, const struct tree *tree,
		       const struct lk_snapshot *snapshot)
{
	uintptr_t before = 0;

	begin_section(out, LK_CAPTURE_NODES, tree->count);
	for (size_t i = 0; i < tree->count; i++) {
		const struct node *node = &tree->nodes[i];

		put(out, node->caller ? i + 1 - node->caller : 0);
		put_signed(out, (int64_t)(node->pc - before));
		before = node->pc;
	}
	end_section(out);
	begin_section(out, LK_CAPTURE_STACKS, snapshot->stacks_count);
	for (size_t i = 0; i < snapshot->stacks_count; i++) {
		put(out, snapshot->stacks[i].id);
		put(out, tree->innermost[i]);
		put(out, snapshot->stacks[i].cut);
	}
	end_section(out);
}

static size_t room_for(const struct lk_snapshot *snapshot, const struct tree *tree)
{
	const struct lk_snapshot *row = NULL;
	size_t room = LK_CAPTURE_HEAD_SIZE + 3 * LK_CAPTURE_SECTION_SIZE +
		      (NUMBER_MAX LK_CAPTURE_HEAD(ROOM)) + tree->count * 2 * NUMBER_MAX +
		      snapshot->stacks_count * 3 * NUMBER_MAX;

	(void)row;
#define ADD(number, array, length, most, FIELDS) room += room_of_##array(snapshot);
	LK_CAPTURE_ROWS(ADD)
#undef ADD
	return room;
}

static bool is_in_bounds(const struct lk_snapshot *snapshot)
{
#define CHECK(number, array, length, most, FIELDS) \
	if (snapshot->length > (most))             \
		return false;
	LK_CAPTURE_ROWS(CHECK)
#undef CHECK
	return snapshot->stacks_count <= LK_CAPTURE_STACKS_MAX;
}

static void put_head(unsigned char *head, size_t size)
{
	memcpy(head, LK_CAPTURE_MAGIC, LK_CAPTURE_MAGIC_SIZE);
	put_fixed(head + LK_CAPTURE_AT_MAJOR, LK_CAPTURE_MAJOR, 2);
	put_fixed(head + LK_CAPTURE_AT_MINOR, LK_CAPTURE_MINOR, 2);
	head[LK_CAPTURE_AT_ORDER] = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 'l' : 'b';
	head[LK_CAPTURE_AT_WORD] = sizeof(uintptr_t);
	put_fixed(head + LK_CAPTURE_AT_MACHINE, LK_CAPTURE_MACHINE, 2);
	put_fixed(head + LK_CAPTURE_AT_SIZE, size, 8);
	put_fixed(head + LK_CAPTURE_AT_BODY_SUM, lk_checksum(head + LK_CAPTURE_HEAD_SIZE, size), 4);
	put_fixed(head + LK_CAPTURE_AT_HEAD_SUM, lk_checksum(head, LK_CAPTURE_AT_HEAD_SUM), 4);
}

/* The whole record, in pages of ROOM bytes to be given back; START is NULL if it cannot be
 * made. */
static struct output encode(const struct lk_snapshot *snapshot)
{
	struct output out = { 0 };
	struct tree tree = { 0 };

	errno = EFBIG;
	if (is_in_bounds(snapshot) && tree_make(&tree, snapshot) &&
	    tree.count <= LK_CAPTURE_NODES_MAX) {
		out.room = room_for(snapshot, &tree);
		out.start = lk_pages_map(out.room);
		errno = ENOMEM;
	}
	if (out.start) {
		out.at = out.start + LK_CAPTURE_HEAD_SIZE;
		put_stacks(&out, &tree, snapshot);
		put_snapshot(&out, snapshot);
#define ADD(number, array, length, most, FIELDS) put_##array(&out, snapshot);
		LK_CAPTURE_ROWS(ADD)
#undef ADD
		put_head(out.start, (size_t)(out.at - out.start) - LK_CAPTURE_HEAD_SIZE);
	}
	tree_release(&tree, snapshot);
	return out;
}

bool lk_capture_write(int fd, const struct lk_snapshot *snapshot)
{
	struct output out = encode(snapshot);
	const unsigned char *at = out.start;
	bool ok = at != NULL;

	while (ok && at < out.at) {
		ssize_t written = write(fd, at, (size_t)(out.at - at));

		ok = written > 0 || (written < 0 && errno == EINTR);
		at += written > 0 ? written : 0;
	}
	if (out.start)
		lk_pages_unmap(out.start, out.room);
	return ok;
}

size_t lk_capture_size(const struct lk_snapshot *snapshot)
{
	struct output out = encode(snapshot);
	size_t size = (size_t)(out.at - out.start);

	if (out.start)
		lk_pages_unmap(out.start, out.room);
	return size;
}
