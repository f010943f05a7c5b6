/* SPDX-License-Identifier: MIT */
#include "probe/gone.h"

#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "probe/depot.h"
#include "probe/modules.h"
#include "probe/unwind.h"
#include "base/light.h"

enum { KEPT_MAX = 64, LOADED_MAX = 256 };

/* Above what any processor lets a program use. */
#define RANGES UINT64_C(0x4000000000000000)
#define RANGE_SIZE (UINT64_C(1) << 40)

struct lk_loaded {
	size_t count;
	struct lk_module modules[LOADED_MAX];
};

/* A ring.  A row is read when its generation is not 0. */
static struct kept {
	uint32_t generation; /* the first one without the module */
	struct lk_module module;
} kept[KEPT_MAX];
static uint32_t kept_count;

LK_COLD struct lk_loaded *lk_gone_before(void)
{
	struct lk_loaded *before = lk_pages_map(sizeof *before);

	if (before)
		before->count = lk_modules_list(before->modules, LOADED_MAX);
	return before;
}

static bool overlaps(const struct lk_module *one, const struct lk_module *other)
{
	return one->start < other->end && other->start < one->end;
}

static bool is_same(const struct lk_module *one, const struct lk_module *other)
{
	return one->start == other->start && one->end == other->end &&
	       strcmp(one->path, other->path) == 0 && one->build_id_size == other->build_id_size &&
	       memcmp(one->build_id, other->build_id, one->build_id_size) == 0;
}

static bool is_in(const struct lk_module *module, const struct lk_loaded *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (is_same(module, &list->modules[i]))
			return true;
	return false;
}

/* The row of the last module that lay where MODULE did, if it was the same one. */
static struct kept *find_again(const struct lk_module *module)
{
	uint32_t count = __atomic_load_n(&kept_count, __ATOMIC_ACQUIRE);

	for (uint32_t i = 0; i < count && i < KEPT_MAX; i++) {
		struct kept *row = &kept[(count - 1 - i) % KEPT_MAX];

		if (overlaps(&row->module, module))
			return is_same(&row->module, module) ? row : NULL;
	}
	return NULL;
}

static void keep(const struct lk_module *module, uint32_t generation)
{
	struct kept *row = find_again(module);

	if (!row) {
		row = &kept[__atomic_fetch_add(&kept_count, 1, __ATOMIC_ACQ_REL) % KEPT_MAX];
		__atomic_store_n(&row->generation, 0, __ATOMIC_RELEASE);
		row->module = *module;
	}
	__atomic_store_n(&row->generation, generation, __ATOMIC_RELEASE);
}

LK_COLD void lk_gone_after(struct lk_loaded *before)
{
	struct lk_loaded *now = before ? lk_gone_before() : NULL;

	for (size_t i = 0; now && i < before->count; i++)
		if (!is_in(&before->modules[i], now))
			keep(&before->modules[i], lk_unwind_generation());
	if (now)
		lk_pages_unmap(now, sizeof *now);
	if (before)
		lk_pages_unmap(before, sizeof *before);
}

static uintptr_t range_of(const struct kept *row)
{
	return RANGES + (uintptr_t)(row - kept) * RANGE_SIZE;
}

size_t lk_gone_list(struct lk_module *modules, size_t max)
{
	size_t count = 0;

	for (size_t i = 0; i < KEPT_MAX && count < max; i++) {
		const struct kept *row = &kept[i];

		if (!__atomic_load_n(&row->generation, __ATOMIC_ACQUIRE))
			continue;
		struct lk_module *module = &modules[count++];
		*module = row->module;
		module->start = range_of(row);
		module->end = module->start + (row->module.end - row->module.start);
		module->bias = module->start + (row->module.bias - row->module.start);
	}
	return count;
}

static uintptr_t translate(uintptr_t pc, unsigned generation)
{
	const struct kept *found = NULL;

	if (generation == 0)
		return pc;
	for (size_t i = 0; i < KEPT_MAX; i++) {
		const struct kept *row = &kept[i];
		uint32_t gone = __atomic_load_n(&row->generation, __ATOMIC_ACQUIRE);

		/* Of those that went after it was walked through, the first. */
		if (gone > generation && pc - 1 >= row->module.start && pc - 1 < row->module.end &&
		    (!found || gone < found->generation))
			found = row;
	}
	return found ? pc - found->module.start + range_of(found) : pc;
}

void lk_gone_translate(uintptr_t *frames, size_t count, lk_stack_id stack)
{
	if (!__atomic_load_n(&kept_count, __ATOMIC_ACQUIRE))
		return;
	for (size_t i = 0; i < count; i++, stack = lk_depot_parent(stack))
		frames[i] = translate(frames[i], lk_depot_generation(stack));
}
