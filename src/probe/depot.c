/* SPDX-License-Identifier: MIT */
#include "probe/depot.h"

#include "base/arena.h"
#include "base/attributes.h"
#include "base/light.h"

/* Nodes lie in chunks that are mapped when their first id is given out, one after the
 * other: what is new stands together.  The index is a hash table of nodes.  An
 * index slot goes from empty to a node or to frozen, and a node gives way only to one of
 * the same key, when its module is gone.  To grow, a bigger index is hung behind the full
 * one, then every empty slot is frozen and every node copied.  Whoever meets a frozen
 * slot knows that the key is not in this index, nor ever will be, and goes on in the next:
 * nobody waits, even for a copier that never resumes.
 *
 * A forked child hangs a young index behind, and copies nothing: there an empty slot
 * says the same as a frozen one, because only the last index of the chain takes nodes. */
enum {
	FIRST_BITS = 10,
	YOUNG_BITS = 8,
	GROW_BITS = 1,
	FIRST_ID = LK_DEPOT_CUT + 1,
	CHUNK_BITS = 14,
	CHUNKS = 1 << (LK_STACK_ID_BITS - CHUNK_BITS),
	ID_MASK = (1 << LK_STACK_ID_BITS) - 1,
};

const struct lk_depot_node lk_depot_ends[LK_DEPOT_CUT + 1] = {
	[LK_DEPOT_ROOT] = { .id = LK_DEPOT_ROOT },
	[LK_DEPOT_CUT] = { .id = LK_DEPOT_CUT },
};

/* An index with room for its slots. */
#define INDEX(bits)                                                    \
	union {                                                        \
		struct lk_depot_index index;                           \
		char room[sizeof(struct lk_depot_index) +              \
			  (sizeof(struct lk_depot_node *) << (bits))]; \
	}
/* A look-up that meets another key first costs as much as all the rest of it. */
static uint32_t full_part(uint32_t slots)
{
	return slots / 4;
}

static INDEX(FIRST_BITS) first = {
	.index = { .mask = (1 << FIRST_BITS) - 1, .full = (1 << FIRST_BITS) / 4 },
};
static LK_FAR INDEX(YOUNG_BITS) young;
/* What `young` hangs behind; not written there, because that page is the parent's. */
static LK_HOT const struct lk_depot_index *young_is_behind;
static LK_HOT bool wants_young; /* from the first node on */
LK_HOT struct lk_depot_index *lk_depot_current = &first.index;

static LK_FAR struct lk_depot_node *chunks[CHUNKS];
static LK_HOT uint32_t next_id = FIRST_ID;
static LK_HOT uint64_t refused;

/* In a slot: not here, look in the next index. */
static const struct lk_depot_node frozen;

static struct lk_depot_node *node_at(lk_stack_id id)
{
	struct lk_depot_node *chunk = __atomic_load_n(&chunks[id >> CHUNK_BITS], __ATOMIC_ACQUIRE);

	return chunk ? &chunk[id & ((1u << CHUNK_BITS) - 1)] : NULL;
}

static const struct lk_depot_node *caller_of(const struct lk_depot_node *node)
{
	return (const struct lk_depot_node *)(__atomic_load_n(&node->caller, __ATOMIC_RELAXED) &
					      ~(uintptr_t)1);
}

static bool is_gone(const struct lk_depot_node *node)
{
	return __atomic_load_n(&node->caller, __ATOMIC_RELAXED) & 1;
}

static struct lk_depot_index *behind(struct lk_depot_index *index)
{
	struct lk_depot_index *bigger = __atomic_load_n(&index->bigger, __ATOMIC_ACQUIRE);

	return !bigger && index == __atomic_load_n(&young_is_behind, __ATOMIC_ACQUIRE) ?
		       &young.index :
		       bigger;
}

static bool map_chunk(lk_stack_id id)
{
	struct lk_depot_node **chunk = &chunks[id >> CHUNK_BITS], *none = NULL;
	const size_t size = sizeof **chunk << CHUNK_BITS;

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

static struct lk_depot_node *create(const struct lk_depot_node *wanted)
{
	lk_stack_id id = __atomic_load_n(&next_id, __ATOMIC_RELAXED);

	do {
		if (id > ID_MASK || !map_chunk(id))
			return NULL;
	} while (!__atomic_compare_exchange_n(&next_id, &id, id + 1, false, __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
	struct lk_depot_node *node = node_at(id);
	*node = *wanted;
	node->id = id;
	return node;
}

/* Puts NODE into INDEX or one behind it, if another copier has not. */
static bool copy(struct lk_depot_index *index, const struct lk_depot_node *node)
{
	for (; index; index = behind(index)) {
		uint32_t at = lk_depot_home(index, caller_of(node), node->pc);

		for (uint32_t probes = 0; probes <= index->mask; probes++) {
			const struct lk_depot_node *slot = NULL;

			if (__atomic_compare_exchange_n(&index->slots[at], &slot, node, false,
							__ATOMIC_RELEASE, __ATOMIC_ACQUIRE)) {
				__atomic_fetch_add(&index->used, 1, __ATOMIC_RELAXED);
				return true;
			}
			if (slot == node)
				return true;
			if (slot == &frozen)
				break;
			at = (at + 1) & index->mask;
		}
	}
	return false;
}

/* Copies INDEX into BIGGER, and leaves no slot in which a node could be put. */
static bool move(struct lk_depot_index *index, struct lk_depot_index *bigger)
{
	for (uint32_t at = 0; at <= index->mask; at++) {
		const struct lk_depot_node *slot = NULL;

		if (!__atomic_compare_exchange_n(&index->slots[at], &slot, &frozen, false,
						 __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE) &&
		    slot != &frozen && !is_gone(slot) && !copy(bigger, slot))
			return false;
	}
	return true;
}

static struct lk_depot_index *make_index(size_t slots)
{
	struct lk_depot_index *index = NULL;

	if (slots <= (size_t)4 << LK_STACK_ID_BITS)
		index = lk_pages_map(sizeof *index + slots * sizeof *index->slots);
	if (index) {
		index->mask = (uint32_t)(slots - 1);
		index->full = full_part((uint32_t)slots);
	}
	return index;
}

/* INDEX, the last one of the chain, is full.  While a forked child has few nodes of its
 * own, only they are moved: the rest is on its parent's pages. */
static LK_COLD void grow(struct lk_depot_index *index)
{
	struct lk_depot_index *current = __atomic_load_n(&lk_depot_current, __ATOMIC_ACQUIRE);
	size_t slots = ((size_t)index->mask + 1) << GROW_BITS;
	struct lk_depot_index *none = NULL, *bigger, *old = index;

	if (__atomic_load_n(&index->bigger, __ATOMIC_ACQUIRE))
		return;
	if (slots > current->mask)
		old = current;
	bigger = make_index(slots);
	if (!bigger)
		return;
	if (!__atomic_compare_exchange_n(&index->bigger, &none, bigger, false, __ATOMIC_ACQ_REL,
					 __ATOMIC_RELAXED)) {
		lk_pages_unmap(bigger, sizeof *bigger + slots * sizeof *bigger->slots);
		return;
	}
	bool is_whole = old == current;
	for (; old != bigger; old = behind(old))
		if (!move(old, bigger))
			return;
	if (is_whole)
		__atomic_compare_exchange_n(&lk_depot_current, &current, bigger, false,
					    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

static void note_used(struct lk_depot_index *index)
{
	if (__atomic_add_fetch(&index->used, 1, __ATOMIC_RELAXED) > index->full)
		grow(index);
}

static const struct lk_depot_node *refuse(void)
{
	__atomic_fetch_add(&refused, 1, __ATOMIC_RELAXED);
	return NULL;
}

__attribute__((noinline)) const struct lk_depot_node *
lk_depot_search(const struct lk_depot_node *caller, uintptr_t pc)
{
	struct lk_depot_index *index = __atomic_load_n(&lk_depot_current, __ATOMIC_ACQUIRE);

	for (; index; index = behind(index)) {
		uint32_t at = lk_depot_home(index, caller, pc);

		for (uint32_t probes = 0; probes <= index->mask; probes++) {
			const struct lk_depot_node *slot =
				__atomic_load_n(&index->slots[at], __ATOMIC_ACQUIRE);

			if (!slot || slot == &frozen)
				break;
			if (lk_depot_is(slot, caller, pc))
				return slot;
			at = (at + 1) & index->mask;
		}
	}
	return NULL;
}

/* Does the key of WANTED belong into a slot that has SLOT? */
static bool gives_way(const struct lk_depot_node *slot, const struct lk_depot_node *wanted)
{
	return !slot || (slot->pc == wanted->pc && is_gone(slot) &&
			 (uintptr_t)caller_of(slot) == wanted->caller);
}

/* The first node of a forked child, or several at once. */
static void begin_young(void)
{
	const struct lk_depot_index *none = NULL;
	struct lk_depot_index *last = lk_depot_current;

	while (behind(last))
		last = behind(last);
	if (last == &young.index)
		return;
	young.index.mask = (1 << YOUNG_BITS) - 1;
	young.index.full = (1 << YOUNG_BITS) / 2;
	__atomic_compare_exchange_n(&young_is_behind, &none, last, false, __ATOMIC_ACQ_REL,
				    __ATOMIC_RELAXED);
}

static LK_COLD const struct lk_depot_node *find_or_create(const struct lk_depot_node *wanted)
{
	const struct lk_depot_node *caller = (const struct lk_depot_node *)wanted->caller;

	if (wants_young && !__atomic_load_n(&young_is_behind, __ATOMIC_ACQUIRE))
		begin_young();
	struct lk_depot_index *index = __atomic_load_n(&lk_depot_current, __ATOMIC_ACQUIRE);
	const struct lk_depot_node *node = NULL;

	for (; index; index = behind(index)) {
		uint32_t at = lk_depot_home(index, caller, wanted->pc);

		for (uint32_t probes = 0; probes <= index->mask; probes++) {
			const struct lk_depot_node *slot =
				__atomic_load_n(&index->slots[at], __ATOMIC_ACQUIRE);
			bool was_empty = !slot;

			if (slot != &frozen && gives_way(slot, wanted)) {
				if (behind(index))
					break;
				if (!node && !(node = create(wanted)))
					return refuse();
				if (__atomic_compare_exchange_n(&index->slots[at], &slot, node,
								false, __ATOMIC_ACQ_REL,
								__ATOMIC_ACQUIRE)) {
					if (was_empty)
						note_used(index);
					return node;
				}
			}
			if (slot == &frozen)
				break;
			if (lk_depot_is(slot, caller, wanted->pc))
				return slot;
			at = (at + 1) & index->mask;
		}
	}
	return refuse();
}

const struct lk_depot_node *lk_depot_put(const struct lk_depot_node *caller, uintptr_t pc,
					 uint32_t generation, uint64_t rule)
{
	if (pc == 0)
		return NULL;
	return find_or_create(&(struct lk_depot_node){
		.pc = pc,
		.caller = (uintptr_t)caller,
		.rule = rule,
		.generation = generation,
	});
}

const struct lk_depot_node *lk_depot_node(lk_stack_id stack)
{
	return stack <= LK_DEPOT_CUT ? &lk_depot_ends[stack] : node_at(stack);
}

void lk_depot_forget_node(const struct lk_depot_node *node)
{
	__atomic_fetch_or((uintptr_t *)&node->caller, 1, __ATOMIC_RELAXED);
}

void lk_depot_forget(uintptr_t start, uintptr_t end)
{
	lk_stack_id next = __atomic_load_n(&next_id, __ATOMIC_ACQUIRE);

	for (lk_stack_id id = FIRST_ID; id < next; id++) {
		const struct lk_depot_node *node = node_at(id);

		if (node->pc > start && node->pc <= end)
			lk_depot_forget_node(node);
	}
}

void lk_depot_forked(void)
{
	wants_young = !young_is_behind;
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
	return is_node(stack) ? node_at(stack)->generation : 0;
}

lk_stack_id lk_depot_parent(lk_stack_id stack)
{
	return is_node(stack) ? caller_of(node_at(stack))->id : LK_STACK_NONE;
}

size_t lk_depot_size(void)
{
	return __atomic_load_n(&next_id, __ATOMIC_RELAXED) - FIRST_ID;
}

uint64_t lk_depot_refused(void)
{
	return __atomic_load_n(&refused, __ATOMIC_RELAXED);
}
