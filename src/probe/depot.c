/* SPDX-License-Identifier: MIT */
#include "probe/depot.h"

#include "base/arena.h"
#include "base/attributes.h"
#include "base/light.h"

/* Nodes lie in chunks that are mapped when their first id is given out; the
 * index is a hash table of ids.  An index slot goes from empty to an id or to
 * FROZEN, and never changes again.  To grow, a bigger index is hung behind the
 * full one, then every empty slot is frozen and every id copied.  Whoever meets
 * a frozen slot knows that the key is not in this index, nor ever will be, and
 * goes on in the next: nobody waits, even for a copier that never resumes. */
enum {
	CHUNK_BITS = 14,
	CHUNKS = 1 << (LK_STACK_ID_BITS - CHUNK_BITS),
	ID_MASK = (1 << LK_STACK_ID_BITS) - 1,
	FIRST_BITS = 11,
	GROW_BITS = 1,
	PROBES_QUICK = 32,
	FIRST_ID = LK_DEPOT_CUT + 1,
};
#define FROZEN UINT32_MAX

struct node {
	uintptr_t pc;
	uint64_t caller; /* the parent, and the generation above it */
};

struct index {
	struct index *bigger;
	uint32_t used;
	unsigned shift; /* 64 - log2 of the number of slots */
	uint32_t *slots; /* 8 bits of hash, then the id */
};

static uint32_t first_slots[1 << FIRST_BITS];
static struct index first = { .shift = 64 - FIRST_BITS, .slots = first_slots };
static struct index *current = &first;

static struct node *chunks[CHUNKS];
static uint32_t next_id = FIRST_ID;
static uint64_t refused;

static inline struct node *node_at(lk_stack_id id)
{
	struct node *chunk = __atomic_load_n(&chunks[id >> CHUNK_BITS], __ATOMIC_ACQUIRE);

	return chunk + (id & ((1u << CHUNK_BITS) - 1));
}

static inline struct node node_for(lk_stack_id parent, uintptr_t pc, uint32_t generation)
{
	return (struct node){ .pc = pc, .caller = (uint64_t)generation << 32 | parent };
}

static inline bool same(const struct node *a, const struct node *b)
{
	return a->pc == b->pc && a->caller == b->caller;
}

/* The parent is known last, when a stack is named, so it is mixed in last. */
static inline uint64_t hash_of(const struct node *node)
{
	uint64_t site = node->pc * UINT64_C(0xbf58476d1ce4e5b9);

	return ((site ^ site >> 32) + node->caller) * UINT64_C(0x9e3779b97f4a7c15);
}

/* The highest bits name the slot, lower ones are its tag. */
static inline uint32_t home(const struct index *index, uint64_t hash)
{
	return (uint32_t)(hash >> index->shift);
}

static inline uint32_t mask_of(const struct index *index)
{
	return (uint32_t)(UINT64_MAX >> index->shift);
}

static inline uint32_t tag_of(uint64_t hash)
{
	return (uint32_t)(hash >> 24) & 0xff;
}

static inline uint32_t tagged(lk_stack_id id, uint64_t hash)
{
	return id | tag_of(hash) << LK_STACK_ID_BITS;
}

static bool map_chunk(lk_stack_id id)
{
	struct node **chunk = &chunks[id >> CHUNK_BITS];
	struct node *none = NULL;
	const size_t size = sizeof **chunk << CHUNK_BITS;

	if (__atomic_load_n(chunk, __ATOMIC_ACQUIRE))
		return true;
	struct node *fresh = lk_pages_map(size);
	if (!fresh)
		return false;
	if (!__atomic_compare_exchange_n(chunk, &none, fresh, false, __ATOMIC_ACQ_REL,
					 __ATOMIC_RELAXED))
		lk_pages_unmap(fresh, size);
	return true;
}

static lk_stack_id node_create(const struct node *node)
{
	lk_stack_id id = __atomic_load_n(&next_id, __ATOMIC_RELAXED);

	/* ID_MASK itself stays unused: with tag 255 it would read as FROZEN. */
	do {
		if (id >= ID_MASK || !map_chunk(id))
			return LK_STACK_NONE;
	} while (!__atomic_compare_exchange_n(&next_id, &id, id + 1, false, __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
	*node_at(id) = *node;
	return id;
}

/* Puts the node ID, known to be in none of them, into INDEX or one behind it. */
static bool copy_id(struct index *index, lk_stack_id id)
{
	uint64_t hash = hash_of(node_at(id));

	for (; index; index = __atomic_load_n(&index->bigger, __ATOMIC_ACQUIRE)) {
		uint32_t mask = mask_of(index), at = home(index, hash);

		for (uint32_t probes = 0; probes <= mask; probes++, at = (at + 1) & mask) {
			uint32_t slot = 0;

			if (__atomic_compare_exchange_n(&index->slots[at], &slot, tagged(id, hash),
							false, __ATOMIC_RELEASE,
							__ATOMIC_ACQUIRE)) {
				__atomic_fetch_add(&index->used, 1, __ATOMIC_RELAXED);
				return true;
			}
			if (slot == FROZEN)
				break;
		}
	}
	return false;
}

static LK_COLD void grow(struct index *index)
{
	unsigned shift = index->shift - GROW_BITS;
	size_t size = sizeof *index + (sizeof *index->slots << (64 - shift));
	struct index *none = NULL, *bigger;

	if (shift < 64 - LK_STACK_ID_BITS - GROW_BITS ||
	    __atomic_load_n(&index->bigger, __ATOMIC_ACQUIRE))
		return;
	bigger = lk_pages_map(size);
	if (!bigger)
		return;
	bigger->shift = shift;
	bigger->slots = (uint32_t *)(bigger + 1);
	if (!__atomic_compare_exchange_n(&index->bigger, &none, bigger, false, __ATOMIC_ACQ_REL,
					 __ATOMIC_RELAXED)) {
		lk_pages_unmap(bigger, size);
		return;
	}
	for (uint32_t at = 0; at <= mask_of(index); at++) {
		uint32_t slot = 0;

		if (!__atomic_compare_exchange_n(&index->slots[at], &slot, FROZEN, false,
						 __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE) &&
		    !copy_id(bigger, slot & ID_MASK))
			return;
	}
	/* Only the step from this index: an older one may still be current when
	 * its copier was lost in a fork, and then the way leads through it. */
	__atomic_compare_exchange_n(&current, &index, bigger, false, __ATOMIC_ACQ_REL,
				    __ATOMIC_RELAXED);
}

/* An index is kept at most a quarter full: a lookup that meets another key first
 * costs as much as all the rest of it. */
static void note_used(struct index *index)
{
	if (__atomic_add_fetch(&index->used, 1, __ATOMIC_RELAXED) > mask_of(index) / 4)
		grow(index);
}

static LK_COLD lk_stack_id refuse(void)
{
	__atomic_fetch_add(&refused, 1, __ATOMIC_RELAXED);
	return LK_STACK_NONE;
}

/* Finds or makes the node, in CURRENT or an index behind it. */
static LK_COLD lk_stack_id insert(lk_stack_id parent, uintptr_t pc, uint32_t generation)
{
	struct index *index = __atomic_load_n(&current, __ATOMIC_ACQUIRE);
	const struct node wanted = node_for(parent, pc, generation);
	uint64_t hash = hash_of(&wanted);
	lk_stack_id id = LK_STACK_NONE;

	for (; index; index = __atomic_load_n(&index->bigger, __ATOMIC_ACQUIRE)) {
		uint32_t mask = mask_of(index), at = home(index, hash);

		for (uint32_t probes = 0; probes <= mask; probes++, at = (at + 1) & mask) {
			uint32_t slot = __atomic_load_n(&index->slots[at], __ATOMIC_ACQUIRE);

			if (slot == 0) {
				if (id == LK_STACK_NONE)
					id = node_create(&wanted);
				if (id == LK_STACK_NONE)
					return refuse();
				if (__atomic_compare_exchange_n(&index->slots[at], &slot,
								tagged(id, hash), false,
								__ATOMIC_ACQ_REL,
								__ATOMIC_ACQUIRE)) {
					note_used(index);
					return id;
				}
			}
			if (slot == FROZEN)
				break;
			if (same(node_at(slot & ID_MASK), &wanted))
				return slot & ID_MASK;
		}
	}
	return refuse();
}

lk_stack_id lk_depot_child(lk_stack_id parent, uintptr_t pc, unsigned generation)
{
	const struct node wanted = node_for(parent, pc, generation);
	uint64_t hash = hash_of(&wanted);
	const struct index *index = __atomic_load_n(&current, __ATOMIC_ACQUIRE);
	uint32_t mask = mask_of(index), at = home(index, hash);

	for (unsigned probes = 0; probes < PROBES_QUICK; probes++, at = (at + 1) & mask) {
		uint32_t slot = __atomic_load_n(&index->slots[at], __ATOMIC_ACQUIRE);

		if (LK_UNLIKELY(slot == 0 || slot == FROZEN))
			break;
		if (LK_LIKELY(slot >> LK_STACK_ID_BITS == tag_of(hash) &&
			      same(node_at(slot & ID_MASK), &wanted)))
			return slot & ID_MASK;
	}
	return insert(parent, pc, generation);
}

static bool is_node(lk_stack_id id)
{
	return id >= FIRST_ID && id < __atomic_load_n(&next_id, __ATOMIC_RELAXED);
}

size_t lk_depot_frames(lk_stack_id stack, uintptr_t *frames, size_t max, bool *cut)
{
	size_t count = 0;

	for (; is_node(stack) && count < max; stack = lk_depot_parent(stack))
		frames[count++] = node_at(stack)->pc;
	if (cut)
		*cut = stack != LK_DEPOT_ROOT;
	return count;
}

unsigned lk_depot_generation(lk_stack_id stack)
{
	return is_node(stack) ? (unsigned)(node_at(stack)->caller >> 32) : 0;
}

lk_stack_id lk_depot_parent(lk_stack_id stack)
{
	return is_node(stack) ? (lk_stack_id)node_at(stack)->caller : LK_STACK_NONE;
}

size_t lk_depot_size(void)
{
	return __atomic_load_n(&next_id, __ATOMIC_RELAXED) - FIRST_ID;
}

uint64_t lk_depot_refused(void)
{
	return __atomic_load_n(&refused, __ATOMIC_RELAXED);
}
