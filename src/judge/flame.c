/* SPDX-License-Identifier: MIT */
#include "judge/flame.h"

#include <stdlib.h>
#include <string.h>

#include "judge/array.h"

/* Nodes as they are found, and the way to them by parent and name. */
struct making {
	const struct lk_profile *profile;
	struct lk_flame_node *nodes;
	size_t count, room;
	struct lk_index index;
};

static bool is_same(const struct lk_flame_node *one, const struct lk_flame_node *other)
{
	return one->parent == other->parent && one->function == other->function &&
	       one->module == other->module && one->offset == other->offset;
}

/* The child like NODE, made if there is none; LK_INDEX_NONE when out of memory. */
static size_t find_child(struct making *making, const struct lk_flame_node *node)
{
	uint64_t hash = lk_hash_number(lk_hash_number(node->parent, (uintptr_t)node->function),
				       node->offset ^ (uintptr_t)node->module);
	size_t at = 0, row;

	while ((row = lk_index_next(&making->index, hash, &at)) != LK_INDEX_NONE)
		if (is_same(&making->nodes[row], node))
			return row;
	if (making->count >= UINT32_MAX ||
	    !LK_ARRAY_RESERVE(making->nodes, making->count, making->room, 1) ||
	    !lk_index_put(&making->index, hash, making->count))
		return LK_INDEX_NONE;
	making->nodes[making->count] = *node;
	return making->count++;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* What LINE, of a location of MODULE at OFFSET, is below PARENT. */
static struct lk_flame_node make_node(const struct lk_profile_line *line,
				      const struct lk_profile_module *module, uint64_t offset,
				      size_t parent, uint32_t depth)
{
	struct lk_flame_node node = { .function = line->function,
				      .module = module ? base_name(module->path) : NULL,
				      .parent = (uint32_t)parent,
				      .depth = depth };

	if (!line->function)
		node.offset = offset;
	node.origin = !module || module->is_libc ? LK_FLAME_SYSTEM
		      : module->is_system	 ? LK_FLAME_LIBRARY
						 : LK_FLAME_OWN;
	return node;
}

static void add_values(struct lk_flame_node *node, const uint64_t values[LK_VALUE_COUNT])
{
	for (int i = 0; i < LK_VALUE_COUNT; i++)
		node->values[i] += values[i];
}

/* One location, outermost line first, below *NODE, which it moves on. */
static bool add_location(struct making *making, size_t index, size_t *node,
			 const uint64_t values[LK_VALUE_COUNT])
{
	const struct lk_profile *profile = making->profile;
	const struct lk_profile_location *location = &profile->locations[index];
	const struct lk_profile_module *module =
		location->module == LK_PROFILE_NONE ? NULL : &profile->modules[location->module];

	for (size_t i = location->lines_count; i-- > 0;) {
		struct lk_flame_node like =
			make_node(&profile->lines[location->first_line + i], module,
				  location->offset, *node, making->nodes[*node].depth + 1);

		*node = find_child(making, &like);
		if (*node == LK_INDEX_NONE)
			return false;
		add_values(&making->nodes[*node], values);
	}
	return true;
}

static bool add_stack(struct making *making, const struct lk_profile_stack *stack,
		      const uint64_t values[LK_VALUE_COUNT])
{
	size_t node = 0;

	add_values(&making->nodes[0], values);
	for (size_t i = stack->count; i-- > 0;)
		if (!add_location(making, making->profile->paths[stack->first + i], &node, values))
			return false;
	return true;
}

/* Adds up what each stack has, so that it is walked once. */
static bool add_all(struct making *making, const bool *chosen, enum lk_kind kind)
{
	const struct lk_profile *profile = making->profile;
	uint64_t(*sums)[LK_VALUE_COUNT] = calloc(profile->stacks_count + 1, sizeof *sums);
	bool ok = sums != NULL;

	for (size_t i = 0; ok && i < profile->samples_count; i++) {
		const struct lk_profile_sample *sample = &profile->samples[i];

		if (sample->kind != kind || (chosen && !chosen[sample->part]))
			continue;
		for (int k = 0; k < LK_VALUE_COUNT; k++)
			sums[sample->stack][k] += sample->values[k];
	}
	for (size_t i = 0; ok && i < profile->stacks_count; i++)
		if (sums[i][LK_VALUE_live_blocks] || sums[i][LK_VALUE_alloc_blocks])
			ok = add_stack(making, &profile->stacks[i], sums[i]);
	free(sums);
	return ok;
}

/* A node and its place in the tree. */
struct order {
	const struct lk_flame_node *node;
	uint32_t number;
};

static int in_order(const void *a, const void *b)
{
	const struct order *one = a, *other = b;
	static const enum lk_value values[] = { LK_VALUE_live_bytes, LK_VALUE_alloc_bytes,
						LK_VALUE_live_blocks };

	if (one->node->parent != other->node->parent)
		return one->node->parent < other->node->parent ? -1 : 1;
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		if (one->node->values[values[i]] != other->node->values[values[i]])
			return one->node->values[values[i]] > other->node->values[values[i]] ? -1
											     : 1;
	return one->number < other->number ? -1 : 1;
}

/* Where the children of each node begin in ORDER, which is sorted by parent. */
static void find_first(const struct order *order, size_t count, uint32_t *first)
{
	size_t next = 1;

	for (size_t parent = 0; parent < count; parent++) {
		while (next < count && order[next].node->parent < parent)
			next++;
		first[parent] = (uint32_t)next;
	}
	first[count] = (uint32_t)count;
}

/* Writes NODES to SORTED in the order that the header promises. */
static void sort_into(const struct making *making, const struct order *order, const uint32_t *first,
		      uint32_t *next, struct lk_flame_node *sorted)
{
	size_t count = 0, place = 0; /* PLACE: the number of the node that we are at */
	uint32_t at = 0, *parents = next + making->count;

	memcpy(next, first, making->count * sizeof *next);
	sorted[count++] = making->nodes[0];
	parents[0] = 0;
	while (true) {
		if (next[at] < making->count && order[next[at]].node->parent == at) {
			const struct order *child = &order[next[at]++];

			sorted[count] = *child->node;
			sorted[count].parent = (uint32_t)place;
			place = count++;
			at = child->number;
			parents[at] = (uint32_t)place;
		} else if (at == 0) {
			return;
		} else {
			at = making->nodes[at].parent;
			place = parents[at];
		}
	}
}

static bool sort(const struct making *making, struct lk_flame *ret)
{
	size_t count = making->count;
	struct order *order = calloc(count, sizeof *order);
	uint32_t *first = calloc(count + 1, sizeof *first);
	uint32_t *next = calloc(2 * count, sizeof *next);
	struct lk_flame_node *sorted = calloc(count, sizeof *sorted);
	bool ok = order && first && next && sorted;

	for (size_t i = 0; ok && i < count; i++)
		order[i] = (struct order){ &making->nodes[i], (uint32_t)i };
	if (ok) {
		/* The root stays in front: it is its own parent. */
		qsort(order + 1, count - 1, sizeof *order, in_order);
		find_first(order, count, first);
		sort_into(making, order, first, next, sorted);
		*ret = (struct lk_flame){ sorted, count };
	} else
		free(sorted);
	free(next);
	free(first);
	free(order);
	return ok;
}

bool lk_flame_make(const struct lk_profile *profile, const bool *chosen, enum lk_kind kind,
		   struct lk_flame *ret)
{
	struct making making = { .profile = profile };
	bool ok = LK_ARRAY_RESERVE(making.nodes, 0, making.room, 1);

	if (ok) {
		making.nodes[making.count++] = (struct lk_flame_node){ .origin = LK_FLAME_SYSTEM };
		ok = add_all(&making, chosen, kind) && sort(&making, ret);
	}
	lk_index_deinit(&making.index);
	free(making.nodes);
	return ok;
}

void lk_flame_release(struct lk_flame *flame)
{
	free(flame->nodes);
	*flame = (struct lk_flame){ 0 };
}
