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
enum { FIRST_BITS = 12, GROW_BITS = 1, FIRST_ID = LK_DEPOT_CUT + 1 };
#define FROZEN UINT32_MAX

static LK_FAR uint32_t first_slots[1 << FIRST_BITS];
static LK_HOT struct lk_depot_index first = { .slots = first_slots, .mask = (1 << FIRST_BITS) - 1 };
LK_HOT struct lk_depot_index *lk_depot_current = &first;
LK_FAR struct lk_depot_node *lk_depot_chunks[LK_DEPOT_CHUNKS];

static LK_HOT uint32_t next_id = FIRST_ID;
static LK_HOT uint64_t refused;

static inline uint32_t tagged(lk_stack_id id, uint64_t hash)
{
	return id | lk_depot_tag(hash) << LK_STACK_ID_BITS;
}

static bool map_chunk(lk_stack_id id)
{
	struct lk_depot_node **chunk = &lk_depot_chunks[id >> LK_DEPOT_CHUNK_BITS];
	struct lk_depot_node *none = NULL;
	const size_t size = sizeof **chunk << LK_DEPOT_CHUNK_BITS;

	if (__atomic_load_n(chunk, __ATOMIC_ACQUIRE))
		return true;
	struct lk_depot_node *fresh = lk_pages_map(size);
	if (!fresh)
		return false;
	if (!__atomic_compare_exchange_n(chunk, &none, fresh, false, __ATOMIC_ACQ_REL,
					 __ATOMIC_RELAXED))
		lk_pages_unmap(fresh, size);
	return true;
}

static lk_stack_id node_create(const struct lk_depot_node *node)
{
	lk_stack_id id = __atomic_load_n(&next_id, __ATOMIC_RELAXED);

	do {
		if (id > LK_DEPOT_ID_MASK || !map_chunk(id))
			return LK_STACK_NONE;
	} while (!__atomic_compare_exchange_n(&next_id, &id, id + 1, false, __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
	*lk_depot_node_at(id) = *node;
	return id;
}

/* Puts the node ID, known to be in none of them, into INDEX or one behind it. */
static bool copy_id(struct lk_depot_index *index, lk_stack_id id)
{
	uint64_t hash = lk_depot_hash(lk_depot_node_at(id));

	for (; index; index = __atomic_load_n(&index->bigger, __ATOMIC_ACQUIRE)) {
		uint32_t at = lk_depot_home(index, hash);

		for (uint32_t probes = 0; probes <= index->mask; probes++) {
			uint32_t slot = 0;

			if (__atomic_compare_exchange_n(&index->slots[at], &slot, tagged(id, hash),
							false, __ATOMIC_RELEASE,
							__ATOMIC_ACQUIRE)) {
				__atomic_fetch_add(&index->used, 1, __ATOMIC_RELAXED);
				return true;
			}
			if (slot == FROZEN)
				break;
			at = (at + 1) & index->mask;
		}
	}
	return false;
}

static LK_COLD void grow(struct lk_depot_index *index)
{
	size_t slots = ((size_t)index->mask + 1) << GROW_BITS;
	size_t size = sizeof *index + slots * sizeof *index->slots;
	struct lk_depot_index *none = NULL, *bigger;

	if (slots > (size_t)4 << LK_STACK_ID_BITS ||
	    __atomic_load_n(&index->bigger, __ATOMIC_ACQUIRE))
		return;
	bigger = lk_pages_map(size);
	if (!bigger)
		return;
	bigger->mask = (uint32_t)(slots - 1);
	bigger->slots = (uint32_t *)(bigger + 1);
	if (!__atomic_compare_exchange_n(&index->bigger, &none, bigger, false, __ATOMIC_ACQ_REL,
					 __ATOMIC_RELAXED)) {
		lk_pages_unmap(bigger, size);
		return;
	}
	for (uint32_t at = 0; at <= index->mask; at++) {
		uint32_t slot = 0;

		if (!__atomic_compare_exchange_n(&index->slots[at], &slot, FROZEN, false,
						 __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE) &&
		    !copy_id(bigger, slot & LK_DEPOT_ID_MASK))
			return;
	}
	/* Only the step from this index: an older one may still be current when
	 * its copier was lost in a fork, and then the way leads through it. */
	__atomic_compare_exchange_n(&lk_depot_current, &index, bigger, false, __ATOMIC_ACQ_REL,
				    __ATOMIC_RELAXED);
}

/* An index is kept at most an eighth full: a lookup that meets another key first
 * costs as much as all the rest of it. */
static void note_used(struct lk_depot_index *index)
{
	if (__atomic_add_fetch(&index->used, 1, __ATOMIC_RELAXED) > index->mask / 8)
		grow(index);
}

static lk_stack_id refuse(void)
{
	__atomic_fetch_add(&refused, 1, __ATOMIC_RELAXED);
	return LK_STACK_NONE;
}

__attribute__((noinline)) lk_stack_id lk_depot_search(lk_stack_id parent, uintptr_t pc,
						      unsigned generation)
{
	struct lk_depot_index *index = __atomic_load_n(&lk_depot_current, __ATOMIC_ACQUIRE);
	const struct lk_depot_node wanted = { pc, (uint64_t)generation << 32 | parent };
	uint64_t hash = lk_depot_hash(&wanted);
	lk_stack_id id = LK_STACK_NONE;

	for (; index; index = __atomic_load_n(&index->bigger, __ATOMIC_ACQUIRE)) {
		uint32_t at = lk_depot_home(index, hash);

		for (uint32_t probes = 0; probes <= index->mask; probes++) {
			uint32_t slot = __atomic_load_n(&index->slots[at], __ATOMIC_ACQUIRE);

			if (slot == 0 && id == LK_STACK_NONE &&
			    (id = node_create(&wanted)) == LK_STACK_NONE)
				return refuse();
			if (slot == 0 && __atomic_compare_exchange_n(&index->slots[at], &slot,
								     tagged(id, hash), false,
								     __ATOMIC_ACQ_REL,
								     __ATOMIC_ACQUIRE)) {
				note_used(index);
				return id;
			}
			if (slot == FROZEN)
				break;
			if (lk_depot_same(lk_depot_node_at(slot & LK_DEPOT_ID_MASK), &wanted))
				return slot & LK_DEPOT_ID_MASK;
			at = (at + 1) & index->mask;
		}
	}
	return refuse();
}

static bool is_node(lk_stack_id id)
{
	return id >= FIRST_ID && id < __atomic_load_n(&next_id, __ATOMIC_RELAXED);
}

size_t lk_depot_frames(lk_stack_id stack, uintptr_t *frames, size_t max, bool *cut)
{
	size_t count = 0;

	for (; is_node(stack) && count < max; stack = lk_depot_parent(stack))
		frames[count++] = lk_depot_node_at(stack)->pc;
	if (cut)
		*cut = stack != LK_DEPOT_ROOT;
	return count;
}

unsigned lk_depot_generation(lk_stack_id stack)
{
	return is_node(stack) ? (unsigned)(lk_depot_node_at(stack)->caller >> 32) : 0;
}

lk_stack_id lk_depot_parent(lk_stack_id stack)
{
	return is_node(stack) ? (lk_stack_id)lk_depot_node_at(stack)->caller : LK_STACK_NONE;
}

size_t lk_depot_size(void)
{
	return __atomic_load_n(&next_id, __ATOMIC_RELAXED) - FIRST_ID;
}

uint64_t lk_depot_refused(void)
{
	return __atomic_load_n(&refused, __ATOMIC_RELAXED);
}
