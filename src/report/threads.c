/* SPDX-License-Identifier: MIT */
#include "report/threads.h"

#include <inttypes.h>
#include <stdlib.h>

#include "judge/describe.h"
#include "judge/escape.h"
#include "judge/thread_patterns.h"
#include "report/frames.h"
#include "report/plural.h"

static void print_function(FILE *out, const struct lk_frame *frame)
{
	lk_escape(out, frame->function ? frame->function : "?");
}

/* "file:line" or "module+0x12". */
static void print_place(FILE *out, const struct lk_frame *frame)
{
	if (frame->file) {
		lk_escape(out, frame->file);
		fprintf(out, ":%u", frame->line);
	} else if (frame->module) {
		lk_escape(out, lk_module_name(frame->module));
		fprintf(out, "+0x%" PRIxPTR, frame->offset);
	} else {
		fprintf(out, "0x%" PRIxPTR, frame->pc);
	}
}

static void print_frame(FILE *out, const struct lk_frame *frame, const char *prefix)
{
	fputs(prefix, out);
	print_function(out, frame);
	fprintf(out, "\n%s\t", prefix);
	print_place(out, frame);
	fputc('\n', out);
}

static void print_now(FILE *out, const struct lk_named_stack *now, const char *prefix)
{
	for (size_t i = 0; i < now->count; i++) {
		if (i == now->sure)
			fprintf(out, "%sprobably called by:\n", prefix);
		print_frame(out, &now->frames[i], prefix);
	}
	if (now->cut && now->count > 0)
		fprintf(out, "%s...outer frames not known...\n", prefix);
}

static void print_created(FILE *out, const struct lk_thread_waits *row, const char *prefix)
{
	const struct lk_named_stack *created = &row->created;

	if (created->count == 0)
		return;
	fprintf(out, "%screated by ", prefix);
	print_function(out, &created->frames[0]);
	if (row->thread->creator)
		fprintf(out, " in thread %d", (int)row->thread->creator);
	fprintf(out, "\n%s\t", prefix);
	print_place(out, &created->frames[0]);
	fputc('\n', out);
	for (size_t i = 1; i < created->count; i++)
		print_frame(out, &created->frames[i], prefix);
}

static void print_head(FILE *out, const struct lk_thread_waits *row, const char *prefix)
{
	fputs(prefix, out);
	lk_describe_who(out, row->thread);
	fprintf(out, " [%s", row->state);
	if (row->thread->detached)
		fputs(", detached", out);
	else if (row->thread->finished)
		fputs(", never joined", out);
	fputs("]:\n", out);
	if (row->stuck)
		fprintf(out, "%s%snever goes on: %s\n", prefix,
			row->stuck_is_sure ? "" : "probably ", row->stuck);
}

void lk_report_threads(FILE *out, const struct lk_waits *waits, const char *prefix)
{
	for (size_t i = 0; i < waits->count; i++) {
		const struct lk_thread_waits *row = &waits->rows[i];

		if (i > 0)
			fprintf(out, "%s\n", prefix);
		print_head(out, row, prefix);
		print_now(out, &row->now, prefix);
		print_created(out, row, prefix);
	}
	lk_report_deadlocks(out, waits, false, prefix);
	lk_report_thread_patterns(out, waits, false, prefix);
}

/* Threads with one stack. */
struct group {
	const struct lk_thread_waits *first;
	size_t count;
};

static bool is_same(const struct lk_thread_waits *a, const struct lk_thread_waits *b)
{
	if (a->now.count != b->now.count || a->wait.kind != b->wait.kind)
		return false;
	for (size_t i = 0; i < a->now.count; i++)
		if (a->now.frames[i].pc != b->now.frames[i].pc)
			return false;
	return true;
}

static int by_count(const void *a, const void *b)
{
	const struct group *one = a, *other = b;

	return (one->count < other->count) - (one->count > other->count);
}

static void print_group(FILE *out, const struct group *group, const char *prefix)
{
	const struct lk_named_stack *now = &group->first->now;

	fprintf(out, "%s%zu @", prefix, group->count);
	for (size_t i = 0; i < now->count; i++)
		if (!now->frames[i].inlined)
			fprintf(out, " 0x%" PRIxPTR, now->frames[i].pc);
	fprintf(out, "\n%s# state: %s\n", prefix, lk_wait_word(group->first->wait.kind));
	for (size_t i = 0; i < now->count; i++) {
		fprintf(out, "%s#\t0x%" PRIxPTR "\t", prefix, now->frames[i].pc);
		print_function(out, &now->frames[i]);
		fputc('\t', out);
		print_place(out, &now->frames[i]);
		fputs(i >= now->sure ? "\tprobably\n" : "\n", out);
	}
}

bool lk_report_threads_counted(FILE *out, const struct lk_waits *waits, const char *prefix)
{
	struct group *groups = calloc(waits->count + 1, sizeof *groups);
	size_t count = 0;

	if (!groups)
		return false;
	for (size_t i = 0; i < waits->count; i++) {
		size_t k = 0;

		while (k < count && !is_same(groups[k].first, &waits->rows[i]))
			k++;
		groups[k].first = &waits->rows[i];
		groups[k].count++;
		count += k == count;
	}
	qsort(groups, count, sizeof *groups, by_count);
	fprintf(out, "%sthread profile: total %zu\n", prefix, waits->count);
	for (size_t k = 0; k < count; k++)
		print_group(out, &groups[k], prefix);
	free(groups);
	return true;
}

static size_t length_of_cycle(const struct lk_waits *waits, size_t cycle)
{
	size_t length = 0;

	for (size_t i = 0; i < waits->count; i++)
		length += waits->rows[i].cycle == cycle;
	return length;
}

static void print_edge(FILE *out, const struct lk_thread_waits *row, const char *prefix)
{
	fprintf(out, "%s  ", prefix);
	lk_describe_who(out, row->thread);
	fprintf(out, " waits for %s%s\n", row->state, row->now.count > 0 ? ", in" : "");
	lk_report_named_stack(out, &row->now, prefix);
}

void lk_report_deadlocks(FILE *out, const struct lk_waits *waits, bool young, const char *prefix)
{
	for (size_t cycle = 1; cycle <= waits->cycles; cycle++) {
		size_t length = length_of_cycle(waits, cycle), at = 0;

		while (waits->rows[at].cycle != cycle)
			at++;
		/* The young threads come first. */
		if (young && at >= waits->young)
			continue;
		fprintf(out, "%sDEADLOCK of %zu thread%s\n", prefix, length, lk_plural(length));
		for (size_t i = 0; i < length; i++, at = waits->rows[at].holder)
			print_edge(out, &waits->rows[at], prefix);
	}
}

static bool has_young(const struct lk_waits *waits, const struct lk_thread_patterns *patterns,
		      size_t row)
{
	const struct lk_thread_pattern *pattern = &patterns->rows[row];

	for (size_t i = 0; i < pattern->count; i++)
		if (patterns->members[pattern->first + i] < waits->young)
			return true;
	return false;
}

bool lk_report_thread_patterns(FILE *out, const struct lk_waits *waits, bool young,
			       const char *prefix)
{
	struct lk_thread_patterns patterns;

	if (!lk_thread_patterns_find(waits, &patterns))
		return false;
	for (size_t i = 0; i < patterns.count; i++) {
		if (young && !has_young(waits, &patterns, i))
			continue;
		fprintf(out, "%sPATTERN ", prefix);
		lk_thread_pattern_print(out, waits, &patterns, i);
		fputc('\n', out);
	}
	lk_thread_patterns_release(&patterns);
	return true;
}
