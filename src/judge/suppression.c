/* SPDX-License-Identifier: MIT */
/* Rules against findings. */
#include "judge/suppression.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/pattern.h"

static bool frame_has(const char *pattern, const struct lk_frame *frame)
{
	return (frame->function && lk_pattern_in(pattern, frame->function)) ||
	       (frame->file && lk_pattern_in(pattern, frame->file)) ||
	       (frame->module && lk_pattern_in(pattern, frame->module->path));
}

static bool any_frame_has(const char *pattern, const struct lk_frame *frames, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (frame_has(pattern, &frames[i]))
			return true;
	return false;
}

/* What the thread does begins with the rule's state: [poll] is no [epoll]. */
static bool has_state(const struct lk_suppression *rule, const struct lk_finding *finding)
{
	char pattern[128];

	if (!rule->state)
		return true;
	int length = snprintf(pattern, sizeof pattern, "^%s", rule->state);
	return finding->doing && (size_t)length < sizeof pattern &&
	       lk_pattern_in(pattern + (rule->state[0] == '^'), finding->doing->state);
}

/* Where the thread is now: the innermost frame that is not the C library's, and those
 * of the C library inside of it. */
static bool top_has(const char *pattern, const struct lk_named_stack *now)
{
	for (size_t i = 0; i < now->count; i++) {
		const struct lk_module *module = now->frames[i].module;

		if (frame_has(pattern, &now->frames[i]))
			return true;
		if (!module || !lk_module_is_libc(module))
			return false;
	}
	return false;
}

static bool has_pattern(const struct lk_suppression *rule, const struct lk_finding *finding)
{
	const struct lk_thread_waits *doing = finding->doing;
	size_t count = finding->frames_count;

	if (!has_state(rule, finding))
		return false;
	if (rule->where == LK_TOP && doing && doing->now.count > 0)
		return top_has(rule->pattern, &doing->now);
	if (rule->where != LK_ANYWHERE)
		return count > 0 && frame_has(rule->pattern, finding->frames);
	return (finding->what && lk_pattern_in(rule->pattern, finding->what)) ||
	       any_frame_has(rule->pattern, finding->frames, count) ||
	       (doing && any_frame_has(rule->pattern, doing->now.frames, doing->now.count));
}

/* valgrind's stack begins with the allocator, which is not part of ours. */
static bool is_allocator(const char *pattern)
{
	static const char *const names[] = { "malloc",	 "calloc",	   "realloc",
					     "memalign", "posix_memalign", "aligned_alloc",
					     "valloc",	 "reallocarray",   "pvalloc" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (lk_pattern_is(pattern, names[i]))
			return true;
	return false;
}

static bool frame_is(const struct lk_suppression_frame *wanted, const struct lk_frame *frame)
{
	char place[600];

	switch (wanted->what) {
	case LK_FRAME_FUNCTION:
		return lk_pattern_is(wanted->pattern, frame->function ? frame->function : "???");
	case LK_FRAME_OBJECT:
		return frame->module && lk_pattern_is(wanted->pattern, frame->module->path);
	case LK_FRAME_SOURCE:
		if (!frame->file)
			return false;
		snprintf(place, sizeof place, "%s:%u", frame->file, frame->line);
		return lk_pattern_is(wanted->pattern, frame->file) ||
		       lk_pattern_is(wanted->pattern, place);
	case LK_FRAME_ANY:
		break;
	}
	return false;
}

/* Do the rule's frames stand at the inner end of the stack?  As with a star in a
 * pattern, `...` is any run of frames. */
static bool stack_is(const struct lk_suppression_frame *wanted, size_t count,
		     const struct lk_frame *frames, size_t frames_count)
{
	size_t at = 0, i = 0, behind_any = 0, retry = 0;
	bool has_any = false;

	while (at < count) {
		if (wanted[at].what == LK_FRAME_ANY) {
			behind_any = ++at;
			retry = i;
			has_any = true;
		} else if (i < frames_count && frame_is(&wanted[at], &frames[i])) {
			at++;
			i++;
		} else {
			if (!has_any || retry == frames_count)
				return false;
			at = behind_any;
			i = ++retry;
		}
	}
	return true;
}

static bool has_frames(const struct lk_suppression *rule, const struct lk_finding *finding)
{
	const struct lk_suppression_frame *wanted = rule->frames;
	size_t count = rule->frames_count;

	if (stack_is(wanted, count, finding->frames, finding->frames_count))
		return true;
	return finding->kind == LK_KIND_heap && wanted->what == LK_FRAME_FUNCTION &&
	       is_allocator(wanted->pattern) &&
	       stack_is(wanted + 1, count - 1, finding->frames, finding->frames_count);
}

static bool is_lost(const struct lk_finding *finding)
{
	return finding->class == LK_CLASS_lost || finding->class == LK_CLASS_indirect ||
	       finding->class == LK_CLASS_memcheck;
}

static bool covers(const struct lk_suppression *rule, const struct lk_finding *finding,
		   const char *test)
{
	char id[16];

	if (!(rule->kinds >> finding->kind & 1) || (rule->is_for_reachable && is_lost(finding)))
		return false;
	if (rule->is_test)
		return test && lk_pattern_in(rule->pattern, test);
	if (rule->is_id) {
		snprintf(id, sizeof id, "%08x", finding->id);
		return strcmp(rule->pattern, id) == 0;
	}
	return rule->frames ? has_frames(rule, finding) : has_pattern(rule, finding);
}

static bool has_nameless_frame(const struct lk_finding *finding)
{
	for (size_t i = 0; i < finding->frames_count; i++)
		if (!finding->frames[i].function)
			return true;
	return false;
}

static void add(uint32_t *count)
{
	__atomic_fetch_add(count, 1, __ATOMIC_RELAXED);
}

bool lk_suppressions_cover(const struct lk_suppressions *list, const struct lk_finding *finding,
			   const char *test, struct lk_rule_use *uses)
{
	for (size_t i = 0; i < list->count; i++)
		if (covers(&list->rows[i], finding, test)) {
			add(&uses[i].hits);
			return true;
		}
	bool is_nameless = has_nameless_frame(finding);
	for (size_t i = 0; is_nameless && i < list->count; i++) {
		const struct lk_suppression *rule = &list->rows[i];

		if (!rule->is_test && !rule->is_id && rule->kinds >> finding->kind & 1)
			add(&uses[i].blind);
	}
	return false;
}

bool lk_suppressions_cover_test(const struct lk_suppressions *list, const char *test,
				struct lk_rule_use *uses)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->rows[i].is_whole_test && lk_pattern_in(list->rows[i].pattern, test)) {
			add(&uses[i].hits);
			return true;
		}
	return false;
}

bool lk_suppressions_run_once(const struct lk_suppressions *list, const char *test,
			      struct lk_rule_use *uses)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->rows[i].is_once && lk_pattern_in(list->rows[i].pattern, test)) {
			add(&uses[i].hits);
			return true;
		}
	return false;
}
