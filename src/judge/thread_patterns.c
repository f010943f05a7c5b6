/* SPDX-License-Identifier: MIT */
#include "judge/thread_patterns.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "judge/describe.h"
#include "judge/escape.h"
#include "judge/suspect.h"

const char *const lk_thread_pattern_words[LK_THREAD_PATTERN_COUNT] = {
#define LK_NAME(name, words) words,
	LK_THREAD_PATTERNS(LK_NAME)
#undef LK_NAME
};

typedef bool test_of_row(const struct lk_waits *waits, const struct lk_thread_waits *row);
typedef bool test_of_pair(const struct lk_thread_waits *one, const struct lk_thread_waits *other);

static bool is_at_descriptor(enum lk_wait_kind kind)
{
	return kind == LK_WAIT_read || kind == LK_WAIT_write || kind == LK_WAIT_receive ||
	       kind == LK_WAIT_send || kind == LK_WAIT_accept || kind == LK_WAIT_epoll ||
	       kind == LK_WAIT_flock || kind == LK_WAIT_file_lock;
}

/* Where it waits is known, and it is no wait for the time to pass. */
static bool is_in_crowd(const struct lk_waits *waits, const struct lk_thread_waits *row)
{
	(void)waits;
	return row->thread->now.activity == LK_ACTIVITY_CALL && row->wait.kind != LK_WAIT_sleep &&
	       (row->wait.object || is_at_descriptor(row->wait.kind) || row->now.count > 0);
}

static bool have_one_stack(const struct lk_thread_waits *one, const struct lk_thread_waits *other)
{
	if (one->now.count == 0 || one->now.count != other->now.count)
		return false;
	for (size_t i = 0; i < one->now.count; i++)
		if (one->now.frames[i].pc != other->now.frames[i].pc)
			return false;
	return true;
}

static bool have_one_wait(const struct lk_thread_waits *one, const struct lk_thread_waits *other)
{
	if (one->wait.kind != other->wait.kind)
		return false;
	if (one->wait.object || other->wait.object)
		return one->wait.object == other->wait.object;
	if (one->wait.kind == LK_WAIT_join)
		return one->wait.holder == other->wait.holder;
	if (is_at_descriptor(one->wait.kind))
		return one->thread->now.arguments[0] == other->thread->now.arguments[0];
	return have_one_stack(one, other);
}

static bool have_one_target(const struct lk_thread_waits *one, const struct lk_thread_waits *other)
{
	return strcmp(one->thread->now.target, other->thread->now.target) == 0;
}

static bool always(const struct lk_thread_waits *one, const struct lk_thread_waits *other)
{
	(void)one;
	(void)other;
	return true;
}

static bool is_asleep(const struct lk_waits *waits, const struct lk_thread_waits *row)
{
	(void)waits;
	return row->wait.kind == LK_WAIT_sleep;
}

static bool is_never_joined(const struct lk_waits *waits, const struct lk_thread_waits *row)
{
	(void)waits;
	return row->thread->finished && !row->thread->detached;
}

/* May READER take something out of the pipe that WRITER waits for?  Who runs may come to
 * it, and of who waits for several descriptors we do not know which. */
static bool may_read(const struct lk_thread_waits *reader, const struct lk_thread_waits *writer)
{
	switch (reader->thread->now.activity) {
	case LK_ACTIVITY_UNKNOWN:
	case LK_ACTIVITY_RUNNING:
	case LK_ACTIVITY_STALLED:
		return true;
	case LK_ACTIVITY_LOOKING:
	case LK_ACTIVITY_ENDED:
		return false;
	case LK_ACTIVITY_CALL:
		break;
	}
	switch (reader->wait.kind) {
	case LK_WAIT_read:
		return have_one_target(reader, writer);
	case LK_WAIT_poll:
	case LK_WAIT_select:
	case LK_WAIT_epoll:
	case LK_WAIT_call:
	case LK_WAIT_unknown:
		return true;
	default:
		return false;
	}
}

static bool is_unread(const struct lk_waits *waits, const struct lk_thread_waits *row)
{
	const struct lk_thread_now *now = &row->thread->now;

	if (row->wait.kind != LK_WAIT_write || now->other_end != LK_END_HERE || !now->target[0])
		return false;
	for (size_t i = 0; i < waits->count; i++)
		if (may_read(&waits->rows[i], row))
			return false;
	return true;
}

/* What one search works on: room for each thread in each pattern but the cycles, which are
 * never in two of them. */
struct search {
	const struct lk_waits *waits;
	struct lk_thread_patterns found;
	bool *taken;
};

static void end(struct search *search, enum lk_thread_pattern_kind kind, size_t first)
{
	search->found.rows[search->found.count++] =
		(struct lk_thread_pattern){ kind, first, search->found.members_count - first };
}

static void add_cycle(struct search *search, size_t cycle)
{
	const struct lk_waits *waits = search->waits;
	size_t first = search->found.members_count, start = 0, joins = 0;

	while (waits->rows[start].cycle != cycle)
		start++;
	for (size_t at = start;;) {
		search->found.members[search->found.members_count++] = at;
		joins += waits->rows[at].wait.kind == LK_WAIT_join;
		at = waits->rows[at].holder;
		if (at == start)
			break;
	}
	size_t length = search->found.members_count - first;
	end(search,
	    joins == 0	      ? LK_THREAD_PATTERN_lock_cycle
	    : joins == length ? LK_THREAD_PATTERN_join_cycle
			      : LK_THREAD_PATTERN_mixed_cycle,
	    first);
}

/* Groups of at least LEAST threads that are MEMBERs and TOGETHER. */
static void add_groups(struct search *search, enum lk_thread_pattern_kind kind, size_t least,
		       test_of_row *is_member, test_of_pair *are_together)
{
	const struct lk_waits *waits = search->waits;
	struct lk_thread_patterns *found = &search->found;

	for (size_t i = 0; i < waits->count; i++)
		search->taken[i] = !is_member(waits, &waits->rows[i]);
	for (size_t i = 0; i < waits->count; i++) {
		size_t first = found->members_count;

		for (size_t j = i; j < waits->count && !search->taken[i]; j++)
			if (!search->taken[j] && are_together(&waits->rows[i], &waits->rows[j]))
				found->members[found->members_count++] = j;
		for (size_t j = first; j < found->members_count; j++)
			search->taken[found->members[j]] = true;
		if (found->members_count - first >= least)
			end(search, kind, first);
		else
			found->members_count = first;
	}
}

static int in_order(const void *a, const void *b)
{
	const struct lk_thread_pattern *one = a, *other = b;

	if (one->kind != other->kind)
		return one->kind < other->kind ? -1 : 1;
	if (one->count != other->count)
		return one->count > other->count ? -1 : 1;
	return (one->first > other->first) - (one->first < other->first);
}

bool lk_thread_patterns_find(const struct lk_waits *waits, struct lk_thread_patterns *ret)
{
	enum { AT_MOST = 5 }; /* patterns that one thread can be part of */
	struct search search = { .waits = waits };
	struct lk_thread_patterns *found = &search.found;

	found->rows = calloc(AT_MOST * waits->count + 1, sizeof *found->rows);
	found->members = calloc(AT_MOST * waits->count + 1, sizeof *found->members);
	search.taken = calloc(waits->count + 1, sizeof *search.taken);
	if (!found->rows || !found->members || !search.taken) {
		free(search.taken);
		lk_thread_patterns_release(found);
		return false;
	}
	for (size_t cycle = 1; cycle <= waits->cycles; cycle++)
		add_cycle(&search, cycle);
	add_groups(&search, LK_THREAD_PATTERN_unread_pipe, 1, is_unread, have_one_target);
	add_groups(&search, LK_THREAD_PATTERN_crowd, LK_CROWD_LEAST, is_in_crowd, have_one_wait);
	add_groups(&search, LK_THREAD_PATTERN_sleepers, 1, is_asleep, always);
	add_groups(&search, LK_THREAD_PATTERN_never_joined, 1, is_never_joined, always);
	qsort(found->rows, found->count, sizeof *found->rows, in_order);
	free(search.taken);
	*ret = *found;
	return true;
}

/* Where a reader should look: at where it is, or at who made it if it has ended. */
static void print_place(FILE *out, const struct lk_thread_waits *row)
{
	const struct lk_named_stack *stack = row->thread->finished ? &row->created : &row->now;
	size_t suspect = lk_suspect(stack->frames, stack->count);

	if (suspect == stack->count)
		return;
	const struct lk_frame *frame = &stack->frames[suspect];
	fputs(row->thread->finished ? " started at " : " at ", out);
	if (frame->file) {
		lk_escape(out, frame->file);
		fprintf(out, ":%u", frame->line);
	} else {
		lk_escape(out, frame->function ? frame->function
			       : frame->module ? lk_module_name(frame->module)
					       : "an unknown place");
	}
}

static void print_members(FILE *out, const struct lk_waits *waits,
			  const struct lk_thread_patterns *patterns,
			  const struct lk_thread_pattern *pattern)
{
	enum { SHOWN_MAX = 16 };

	for (size_t i = 0; i < pattern->count && i < SHOWN_MAX; i++) {
		const struct lk_thread_waits *row =
			&waits->rows[patterns->members[pattern->first + i]];

		fputs(i > 0 ? ", " : "", out);
		lk_describe_who(out, row->thread);
		print_place(out, row);
	}
	if (pattern->count > SHOWN_MAX)
		fprintf(out, " and %zu more", pattern->count - SHOWN_MAX);
}

static void print_cycle(FILE *out, const struct lk_waits *waits,
			const struct lk_thread_patterns *patterns,
			const struct lk_thread_pattern *pattern)
{
	for (size_t i = 0; i <= pattern->count; i++) {
		size_t member = patterns->members[pattern->first + i % pattern->count];

		fputs(i > 0 ? " -> " : "", out);
		lk_describe_who(out, waits->rows[member].thread);
	}
}

void lk_thread_pattern_print(FILE *out, const struct lk_waits *waits,
			     const struct lk_thread_patterns *patterns, size_t row)
{
	const struct lk_thread_pattern *pattern = &patterns->rows[row];
	const struct lk_thread_waits *first = &waits->rows[patterns->members[pattern->first]];
	const char *words = lk_thread_pattern_words[pattern->kind];

	switch (pattern->kind) {
	case LK_THREAD_PATTERN_lock_cycle:
	case LK_THREAD_PATTERN_join_cycle:
	case LK_THREAD_PATTERN_mixed_cycle:
		fprintf(out, "%s: ", words);
		print_cycle(out, waits, patterns, pattern);
		break;
	case LK_THREAD_PATTERN_unread_pipe:
	case LK_THREAD_PATTERN_crowd:
		fprintf(out, "%zu %s: %s: ", pattern->count, words, first->state);
		print_members(out, waits, patterns, pattern);
		break;
	default:
		fprintf(out, "%zu %s: ", pattern->count, words);
		print_members(out, waits, patterns, pattern);
		break;
	}
}

void lk_thread_patterns_release(struct lk_thread_patterns *patterns)
{
	free(patterns->rows);
	free(patterns->members);
	*patterns = (struct lk_thread_patterns){ 0 };
}
