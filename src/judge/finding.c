/* SPDX-License-Identifier: MIT */
#include "judge/finding.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/baseline.h"
#include "judge/check_frames.h"
#include "judge/describe.h"
#include "judge/holder.h"
#include "judge/named_stack.h"
#include "judge/series.h"
#include "judge/socket.h"
#include "judge/suppression.h"
#include "judge/suspect.h"

/* Names the shown part of a stack. */
static bool name_frames(struct lk_findings *findings, const struct lk_snapshot *snapshot,
			size_t stack, struct lk_finding *finding)
{
	struct lk_named_stack named;

	if (!lk_named_stack_init(&named, findings->symbols, snapshot, stack, SIZE_MAX))
		return false;
	finding->frames = named.frames;
	finding->frames_count = named.count;
	finding->cut = named.cut;
	return true;
}

static uint32_t hash_text(uint32_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 16777619u;
	return (hash ^ 0xff) * 16777619u; /* a separator no text holds */
}

/* FNV-1a over what stays the same from build to build. */
static uint32_t stable_id(const struct lk_finding *finding)
{
	uint32_t hash = hash_text(2166136261u, lk_kind_name(finding->kind));

	for (size_t i = 0; i < finding->frames_count; i++) {
		const struct lk_frame *frame = &finding->frames[i];
		char offset[24] = "?";

		hash = hash_text(hash, frame->module ? lk_module_name(frame->module) : "?");
		if (frame->module)
			snprintf(offset, sizeof offset, "+0x%lx", (unsigned long)frame->offset);
		hash = hash_text(hash, frame->function ? frame->function : offset);
	}
	return hash;
}

static void release_row(struct lk_finding *finding)
{
	free(finding->what);
	free(finding->holder);
	free(finding->frames);
	for (size_t i = 0; i < LK_EARLIER_MAX; i++)
		free(finding->earlier[i].frames);
	*finding = (struct lk_finding){ 0 };
}

/* Keeps FINDING as a row while there is room. */
static bool keep(struct lk_findings *findings, struct lk_finding *finding)
{
	if (findings->count == LK_FINDINGS_MAX) {
		findings->left_out += finding->ruling == LK_RULING_fail;
		findings->hidden -= finding->is_hidden;
		release_row(finding);
		return true;
	}
	if ((findings->count & (findings->count - 1)) == 0) {
		size_t room = findings->count ? findings->count * 2 : 1;
		void *more = realloc(findings->rows, room * sizeof *findings->rows);
		if (!more)
			return false;
		findings->rows = more;
	}
	findings->rows[findings->count++] = *finding;
	return true;
}

/* What one call of the makers below works on. */
struct making {
	const struct lk_snapshot *snapshot;
	const struct lk_policy *policy;
	struct lk_findings *findings;
	enum lk_ruling ruling; /* the rows of this pass */
};

/* Judges FINDING; is it one of this pass? */
static bool rule(const struct making *making, enum lk_class class, size_t series,
		 struct lk_finding *finding)
{
	finding->class = class;
	finding->kind = lk_class_rows[class].kind;
	finding->series = making->snapshot->series ? &making->snapshot->series[series] : NULL;
	finding->again = lk_series_judge(finding->series, lk_series_least(finding->kind));
	finding->ruling = lk_rule(class, finding->again, making->policy->fail_on);
	return finding->ruling == making->ruling;
}

static void count(struct lk_findings *findings, const struct lk_finding *finding)
{
	findings->rulings[finding->ruling]++;
	if (finding->ruling != LK_RULING_fail)
		return;
	findings->leaks[finding->kind]++;
	if (finding->kind != LK_KIND_heap)
		return;
	findings->blocks += finding->blocks + finding->through_blocks;
	findings->bytes += finding->bytes + finding->through_bytes;
}

/* Of what is unproven, for one reason, the first are enough: a library that was set up
 * keeps hundreds of blocks, and to name them takes longer than the test. */
static bool is_shown(const struct making *making, enum lk_ruling ruling)
{
	if (ruling == LK_RULING_unproven && making->findings->unproven < LK_UNPROVEN_MAX)
		return true;
	return ruling == LK_RULING_fail || making->policy->notes;
}

/* What nobody asks for by name is only counted. */
static bool is_named(const struct making *making)
{
	return is_shown(making, making->ruling) || making->policy->suppressions ||
	       making->policy->lists_all;
}

/* FINDING has its names: now the user's rules can be asked. */
static bool conclude(const struct making *making, struct lk_finding *finding)
{
	const struct lk_policy *policy = making->policy;

	finding->suspect = lk_suspect(finding->frames, finding->frames_count);
	finding->id = stable_id(finding);
	if (policy->suppressions &&
	    lk_suppressions_cover(policy->suppressions, finding, policy->test, policy->uses))
		finding->ruling = LK_RULING_ignored;
	if (policy->baseline && finding->ruling == LK_RULING_fail) {
		finding->known = lk_baseline_cover(policy->baseline, finding, policy->test,
						   policy->covered);
		if (finding->known == lk_baseline_amount(finding))
			finding->ruling = LK_RULING_known;
	}
	count(making->findings, finding);
	finding->is_hidden = !is_shown(making, finding->ruling);
	making->findings->unproven += !finding->is_hidden && finding->ruling == LK_RULING_unproven;
	if (!finding->is_hidden)
		return keep(making->findings, finding);
	/* They leave room for the others. */
	if (policy->lists_all && making->findings->hidden < LK_FINDINGS_MAX / 2) {
		making->findings->hidden++;
		return keep(making->findings, finding);
	}
	release_row(finding);
	return true;
}

/* Of what may be a leak; the rest need not be released there. */
static void find_release(const struct making *making, const struct lk_site *site,
			 struct lk_finding *finding)
{
	size_t suspect = lk_suspect(finding->frames, finding->frames_count);

	if (finding->ruling == LK_RULING_note || suspect == finding->frames_count)
		return;
	lk_release_find(making->snapshot, making->findings->symbols, site->stack,
			finding->frames[suspect].pc, &finding->released);
}

static bool add_site(const struct making *making, const struct lk_site *site)
{
	static const enum lk_class classes[LK_HOLD_COUNT] = {
		[LK_HOLD_UNSCANNED] = LK_CLASS_unscanned, [LK_HOLD_LOST] = LK_CLASS_lost,
		[LK_HOLD_MEMCHECK] = LK_CLASS_memcheck,
		[LK_HOLD_INDIRECT] = LK_CLASS_indirect,	  [LK_HOLD_RETAINED] = LK_CLASS_retained,
		[LK_HOLD_THREAD] = LK_CLASS_held,	  [LK_HOLD_LIBC] = LK_CLASS_libc,
	};
	struct lk_findings *findings = making->findings;
	struct lk_finding finding = { .blocks = site->blocks,
				      .bytes = site->bytes,
				      .inner = site->inner,
				      .serial = site->serial,
				      .through_blocks = site->through_blocks,
				      .through_bytes = site->through_bytes };

	/* Told with its head. */
	if (site->hold == LK_HOLD_INDIRECT)
		return true;
	if (!rule(making, classes[site->hold], site->series, &finding))
		return true;
	if (!is_named(making)) {
		count(findings, &finding);
		return true;
	}
	bool ok = name_frames(findings, making->snapshot, site->stack, &finding);
	if (ok && site->path > 0) {
		finding.holder = lk_holder_describe(&making->snapshot->paths[site->path],
						    findings->symbols);
		ok = finding.holder != NULL;
	}
	if (!ok) {
		release_row(&finding);
		return false;
	}
	find_release(making, site, &finding);
	return conclude(making, &finding);
}

/* A descriptor, thread or child, described as WHAT, which is taken over. */
static bool add_described(const struct making *making, size_t stack, char *what,
			  struct lk_finding *finding)
{
	finding->what = what;
	if (!what || !name_frames(making->findings, making->snapshot, stack, finding)) {
		release_row(finding);
		return false;
	}
	return conclude(making, finding);
}

static bool add_descriptor(const struct making *making, const struct lk_descriptor *row)
{
	/* What the caller put onto a number that was open before is no more descriptors
	 * than there were. */
	enum lk_class class = row->replaced ? LK_CLASS_replaced : LK_CLASS_open;
	struct lk_finding finding = { 0 };

	if (row->stack == 0 && lk_socket_is_system_log(row))
		class = LK_CLASS_system_log;
	if (!rule(making, class, row->series, &finding))
		return true;
	if (is_named(making))
		return add_described(making, row->stack, lk_describe_descriptor(row), &finding);
	count(making->findings, &finding);
	return true;
}

/* Those that the snapshot had no room for. */
static void count_beyond(const struct making *making)
{
	uint64_t beyond = making->snapshot->descriptors_beyond;
	struct lk_finding finding = { 0 };

	if (!rule(making, LK_CLASS_open, 0, &finding))
		return;
	making->findings->rulings[finding.ruling] += beyond;
	if (finding.ruling == LK_RULING_fail) {
		making->findings->leaks[finding.kind] += beyond;
		making->findings->left_out += beyond;
	}
}

/* The C library starts threads of its own for timers, asynchronous input and output
 * and lookups of names, by a start routine of its own.  That of std::thread, in
 * libstdc++, is the program's. */
static bool is_helper(const struct making *making, const struct lk_thread_left *row)
{
	const struct lk_snapshot *snapshot = making->snapshot;
	const struct lk_module *module =
		lk_module_find(snapshot->modules, snapshot->modules_count, row->start);

	return module && lk_module_is_libc(module) &&
	       strncmp(lk_module_name(module), "libstdc++", 9) != 0;
}

static bool add_thread(const struct making *making, size_t thread)
{
	const struct lk_thread_waits *doing = &making->findings->waits.rows[thread];
	const struct lk_thread_left *row = doing->thread;
	struct lk_finding finding = { .doing = doing };
	/* A thread that can never go on is none that the program keeps for later.  Where a
	 * further run hangs, it may have waited for the threads of a pool. */
	bool is_kept = (row->is_handle_held || making->snapshot->run_hung) &&
		       !(doing->stuck && doing->stuck_is_sure);
	enum lk_class class = is_helper(making, row) ? LK_CLASS_helper :
			      is_kept		     ? LK_CLASS_joinable :
						       LK_CLASS_left;

	if (!rule(making, class, row->series, &finding))
		return true;
	if (is_named(making))
		return add_described(making, row->stack,
				     lk_describe_thread(row, doing->state,
							making->findings->symbols),
				     &finding);
	count(making->findings, &finding);
	return true;
}

static bool add_earlier(const struct making *making, size_t stack, const char *what,
			struct lk_earlier *ret)
{
	struct lk_finding named = { 0 };

	if (stack == 0)
		return true;
	bool ok = name_frames(making->findings, making->snapshot, stack, &named);
	*ret = (struct lk_earlier){ .frames = named.frames, .frames_count = named.frames_count };
	snprintf(ret->what, sizeof ret->what, "%s", what);
	return ok;
}

static bool add_misuse(const struct making *making, const struct lk_misuse *row)
{
	struct lk_finding finding = { 0 };

	if (!rule(making, LK_CLASS_misused, 0, &finding))
		return true;
	if (!is_named(making)) {
		count(making->findings, &finding);
		return true;
	}
	if (!add_earlier(making, row->closed, "closed before at", &finding.earlier[0]) ||
	    !add_earlier(making, row->opened, "opened at", &finding.earlier[1])) {
		release_row(&finding);
		return false;
	}
	return add_described(making, row->stack, lk_describe_misuse(row), &finding);
}

static bool add_child(const struct making *making, const struct lk_child_left *row)
{
	struct lk_finding finding = { 0 };

	if (!rule(making, LK_CLASS_unreaped, row->series, &finding))
		return true;
	if (is_named(making))
		return add_described(making, row->stack, lk_describe_child(row), &finding);
	count(making->findings, &finding);
	return true;
}

static bool add_handles(const struct making *making, const struct lk_handles_left *row)
{
	struct lk_finding finding = { .blocks = row->count, .bytes = row->bytes };

	if (!rule(making, LK_CLASS_tracked, row->series, &finding))
		return true;
	if (is_named(making))
		return add_described(making, row->stack, lk_describe_handles(row), &finding);
	count(making->findings, &finding);
	return true;
}

/* "900 of them from", "3000 B in 5 blocks from" */
static void describe_share(const struct lk_breach *row, const struct lk_share *share, char *what,
			   size_t size)
{
	if (row->measure == LK_MEASURE_allocations)
		snprintf(what, size, "%" PRIu64 " of them from", share->blocks);
	else
		snprintf(what, size, "%" PRIu64 " B in %" PRIu64 " block%s from", share->bytes,
			 share->blocks, share->blocks == 1 ? "" : "s");
}

static bool add_breach(const struct making *making, const struct lk_breach *row)
{
	struct lk_finding finding = { .limit = row };
	bool ok = true;

	if (!rule(making, row->is_measured ? LK_CLASS_exceeded : LK_CLASS_unmeasured, 0, &finding))
		return true;
	if (!is_named(making)) {
		count(making->findings, &finding);
		return true;
	}
	for (size_t i = 0, shown = 0; ok && i < row->shares_count; i++) {
		struct lk_earlier *share = &finding.earlier[shown];
		char what[sizeof share->what];

		describe_share(row, &row->shares[i], what, sizeof what);
		ok = add_earlier(making, row->shares[i].stack, what, share);
		/* What Check does for itself is not counted. */
		if (lk_check_frames_tell(share->frames, share->frames_count)) {
			free(share->frames);
			*share = (struct lk_earlier){ .frames = NULL };
		} else {
			shown++;
		}
	}
	if (!ok) {
		release_row(&finding);
		return false;
	}
	return add_described(making, row->shares[0].stack, lk_describe_breach(row), &finding);
}

static int by_bytes(const void *a, const void *b)
{
	const struct lk_site *one = a, *other = b;

	return (one->bytes < other->bytes) - (one->bytes > other->bytes);
}

static bool add_sites(const struct making *making)
{
	size_t count = making->snapshot->sites_count;
	struct lk_site *sites = malloc((count + 1) * sizeof *sites);
	bool ok = sites != NULL;

	if (ok) {
		memcpy(sites, making->snapshot->sites, count * sizeof *sites);
		qsort(sites, count, sizeof *sites, by_bytes);
	}
	for (size_t i = 0; ok && i < count; i++)
		ok = add_site(making, &sites[i]);
	free(sites);
	return ok;
}

static bool add_all(const struct making *making)
{
	const struct lk_snapshot *snapshot = making->snapshot;
	bool ok = add_sites(making);

	for (size_t i = 0; ok && i < snapshot->descriptors_count; i++)
		ok = add_descriptor(making, &snapshot->descriptors[i]);
	if (ok && snapshot->descriptors_beyond > 0)
		count_beyond(making);
	for (size_t i = 0; ok && !making->policy->is_dump && i < snapshot->threads_count; i++)
		ok = add_thread(making, i);
	for (size_t i = 0; ok && i < snapshot->misuses_count; i++)
		ok = add_misuse(making, &snapshot->misuses[i]);
	for (size_t i = 0; ok && i < snapshot->children_count; i++)
		ok = add_child(making, &snapshot->children[i]);
	for (size_t i = 0; ok && i < snapshot->handles_count; i++)
		ok = add_handles(making, &snapshot->handles[i]);
	for (size_t i = 0; ok && i < snapshot->breaches_count; i++)
		ok = add_breach(making, &snapshot->breaches[i]);
	return ok;
}

struct lk_policy lk_policy_of(const struct lk_options *options)
{
	return (struct lk_policy){
		.fail_on = options->strict ? LK_FAIL_ON_ALL : options->fail_on,
		.notes = options->notes,
	};
}

bool lk_findings_make(const struct lk_snapshot *snapshot, const struct lk_policy *policy,
		      struct lk_findings *ret)
{
	struct lk_findings findings = { .expected = -1 };
	struct making making = { snapshot, policy, &findings, LK_RULING_fail };

	if (policy->baseline)
		lk_baseline_begin(policy->baseline);
	memcpy(findings.not_again, snapshot->not_again, sizeof findings.not_again);
	findings.symbols = lk_symbols_open(snapshot->modules, snapshot->modules_count);
	bool ok = findings.symbols != NULL;
	if (ok && (snapshot->threads_count > 0 || policy->is_dump))
		ok = lk_waits_make(snapshot, findings.symbols, !policy->is_dump,
				   &findings.waits);
	for (; ok && making.ruling < LK_RULING_ignored; making.ruling++)
		ok = add_all(&making);
	if (ok)
		*ret = findings;
	else
		lk_findings_release(&findings);
	return ok;
}

void lk_findings_release(struct lk_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++)
		release_row(&findings->rows[i]);
	free(findings->rows);
	lk_waits_release(&findings->waits);
	if (findings->symbols)
		lk_symbols_close(findings->symbols);
	*findings = (struct lk_findings){ 0 };
}

bool lk_findings_is_first(const struct lk_findings *findings, size_t row)
{
	const struct lk_finding *rows = findings->rows;

	for (size_t i = 0; i < row; i++)
		if (rows[i].id == rows[row].id && rows[i].ruling == LK_RULING_fail)
			return false;
	return rows[row].ruling == LK_RULING_fail;
}

uint64_t lk_findings_leaks(const struct lk_findings *findings)
{
	uint64_t sum = 0;

	for (int kind = 0; kind < LK_KIND_COUNT; kind++)
		sum += findings->leaks[kind];
	return sum;
}
