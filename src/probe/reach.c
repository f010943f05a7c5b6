/* SPDX-License-Identifier: MIT */
#include "probe/reach.h"

#include "base/arena.h"
#include "probe/frozen.h"
#include "probe/heap.h"
#include "probe/scan.h"
#include "probe/serial.h"
#include "probe/thread.h"
#include "probe/tracker.h"
#include "base/light.h"

enum { INDEX_SIZE = 2 * LK_REACH_SITES_MAX };

struct grouping {
	struct lk_reach *reach;
	const struct lk_reach_told *told;
	const struct lk_roots *roots;
	uint32_t *index; /* (stack, hold) -> site + 1, open addressing */
};

static struct lk_reach_site *site_of(const struct grouping *grouping, lk_stack_id stack,
				     enum lk_hold hold)
{
	struct lk_reach *reach = grouping->reach;
	/* Ids are small numbers in a row: scattered, each would cost a page. */
	size_t place = (stack + hold * (INDEX_SIZE / LK_HOLD_COUNT)) % INDEX_SIZE;

	for (; grouping->index[place]; place = (place + 1) % INDEX_SIZE) {
		struct lk_reach_site *site = &reach->sites[grouping->index[place] - 1];

		if (site->stack == stack && site->hold == hold)
			return site;
	}
	if (reach->sites_count == LK_REACH_SITES_MAX) {
		reach->is_short = true;
		return NULL;
	}
	struct lk_reach_site *site = &reach->sites[reach->sites_count++];
	*site = (struct lk_reach_site){ .stack = stack, .hold = hold };
	grouping->index[place] = (uint32_t)reach->sites_count;
	return site;
}

static bool is_told(const struct grouping *grouping, const struct lk_live *block)
{
	const struct lk_reach_told *told = grouping->told;

	return told && told->holds(told->context, block->start);
}

/* Thread-local data lies elsewhere in each thread: what names it is an offset. */
static void name_thread_local(const struct lk_roots *roots, struct lk_path *path)
{
	for (size_t i = 0; i < roots->areas_count; i++) {
		const struct lk_root_area *area = &roots->areas[i];

		if (area->is_tls && path->address - area->start < area->end - area->start) {
			path->module = area->bias;
			path->offset = path->address - area->start;
		}
	}
}

static void group(const struct grouping *grouping, const struct lk_marking *marking,
		  const struct lk_live *block)
{
	bool is_lost = block->hold == LK_HOLD_LOST || block->hold == LK_HOLD_INDIRECT;
	const struct lk_live *head = is_lost ? &marking->index.blocks[block->parent - 1] : block;

	if (is_told(grouping, block))
		return;
	enum lk_hold hold = is_told(grouping, head) ? LK_HOLD_LOST : block->hold;
	struct lk_reach_site *site = site_of(grouping, block->stack, hold);
	if (!site)
		return;
	if (site->blocks == 0 && !is_lost) {
		lk_mark_path(marking, block, &site->path);
		if (site->path.root == LK_ROOT_TLS)
			name_thread_local(grouping->roots, &site->path);
	}
	uint64_t serial = lk_serial_of(block->start);
	if (serial > 0 && (site->serial == 0 || serial < site->serial))
		site->serial = serial;
	site->blocks++;
	site->bytes += block->size;
	site->inner += !block->is_exact;
	site = hold == LK_HOLD_INDIRECT ? site_of(grouping, head->stack, LK_HOLD_LOST) : NULL;
	if (site) {
		site->through_blocks++;
		site->through_bytes += block->size;
	}
}

/* The epoch of the blocks that are judged. */
static uint32_t young_of(const struct lk_roots *roots)
{
	return roots->is_whole ? LK_HEAP_ANY : lk_tracker.epoch;
}

/* Scans and groups; in a copy. */
static bool scan(struct lk_reach *reach, const struct lk_roots *roots,
		 const struct lk_reach_told *told)
{
	struct grouping grouping = { reach, told, roots,
				     lk_pages_map(INDEX_SIZE * sizeof(uint32_t)) };
	struct lk_scan scan = { 0 };
	bool ok = grouping.index && lk_scan_make(&scan, roots, young_of(roots), reach->handles,
						 reach->handles_count);

	for (size_t i = 0; ok && i < scan.marking.index.count; i++)
		if (scan.marking.index.blocks[i].is_young)
			group(&grouping, &scan.marking, &scan.marking.index.blocks[i]);
	reach->is_short |= scan.is_short;
	reach->is_done = ok;
	lk_scan_release(&scan);
	if (grouping.index)
		lk_pages_unmap(grouping.index, INDEX_SIZE * sizeof(uint32_t));
	return ok;
}

static void note_handle(void *context, const struct lk_thread *row)
{
	struct lk_reach *reach = context;

	if (row->handle && reach->handles_count < LK_HANDLES_MAX)
		reach->handles[reach->handles_count++] =
			(struct lk_handle){ .value = (uintptr_t)row->handle, .tid = row->tid };
}

static struct lk_reach *begin(bool is_whole, struct lk_roots **ret_roots)
{
	struct lk_reach *reach = lk_pages_map_shared(sizeof *reach);
	struct lk_roots *roots = reach ? lk_roots_collect(is_whole) : NULL;

	if (!roots) {
		lk_reach_release(reach);
		return NULL;
	}
	lk_thread_each(lk_tracker.epoch, note_handle, reach);
	*ret_roots = roots;
	return reach;
}

struct scanning {
	struct lk_reach *reach;
	const struct lk_roots *roots;
	const struct lk_reach_told *told;
};

static bool scan_in_copy(void *context)
{
	const struct scanning *scanning = context;

	lk_frozen_make_room();
	return scan(scanning->reach, scanning->roots, scanning->told);
}

static bool scan_copy(struct lk_reach *reach, const struct lk_roots *roots,
		      const struct lk_reach_told *told)
{
	struct scanning scanning = { reach, roots, told };

	lk_frozen_run(scan_in_copy, &scanning);
	return reach->is_done;
}

typedef bool scan_work(struct lk_reach *reach, const struct lk_roots *roots,
		       const struct lk_reach_told *told);

static struct lk_reach *scan_by(scan_work *work, const struct lk_reach_told *told)
{
	struct lk_roots *roots;
	struct lk_reach *reach = begin(false, &roots);

	if (!reach)
		return NULL;
	bool ok = work(reach, roots, told);
	lk_roots_release(roots);
	if (ok)
		return reach;
	lk_reach_release(reach);
	return NULL;
}

struct lk_reach *lk_reach_scan(const struct lk_reach_told *told)
{
	return scan_by(scan_copy, told);
}

struct lk_reach *lk_reach_scan_here(const struct lk_reach_told *told)
{
	return scan_by(scan, told);
}

struct lk_reach *lk_reach_prepare_whole(struct lk_roots **ret_roots)
{
	return begin(true, ret_roots);
}

bool lk_reach_scan_whole(struct lk_reach *reach, const struct lk_roots *roots)
{
	return scan(reach, roots, NULL);
}

void lk_reach_release(struct lk_reach *reach)
{
	if (reach)
		lk_pages_unmap(reach, sizeof *reach);
}
