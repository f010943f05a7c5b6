/* SPDX-License-Identifier: MIT */
/* What a snapshot holds, as samples of a profile. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "judge/profile_maker.h"
#include "judge/wait.h"

/* Adds SAMPLE; CREATED and NOW are its stacks in the snapshot. */
static bool add_sample(struct lk_profile_adding *adding, const struct lk_profile_sample *sample,
		       size_t created, size_t now)
{
	struct lk_profile *profile = adding->profile;
	struct lk_profile_sample row = *sample;

	if (!LK_ARRAY_RESERVE(profile->samples, profile->samples_count, profile->samples_room, 1) ||
	    !lk_profile_stack_add(adding, created, &row.stack) ||
	    !lk_profile_stack_add(adding, now, &row.now))
		return false;
	row.part = profile->parts_count - 1;
	profile->samples[profile->samples_count++] = row;
	return true;
}

/* FIRST has for each of the snapshot's stacks the first sample, and 1. */
static bool add_total(struct lk_profile_adding *adding, const struct lk_total *total,
		      size_t *first)
{
	struct lk_profile *profile = adding->profile;
	struct lk_profile_part *part = &profile->parts[profile->parts_count - 1];
	struct lk_profile_sample sample = { .kind = LK_KIND_heap };

	if (!lk_profile_stack_add(adding, total->stack, &sample.stack))
		return false;
	if (profile->stacks[sample.stack].is_checks) {
		part->check_blocks += total->blocks;
		part->check_bytes += total->bytes;
		return true;
	}
	if (!first[total->stack]) {
		if (!add_sample(adding, &sample, total->stack, 0))
			return false;
		first[total->stack] = profile->samples_count;
	}
	uint64_t *values = profile->samples[first[total->stack] - 1].values;
	values[LK_VALUE_alloc_blocks] += total->blocks;
	values[LK_VALUE_alloc_bytes] += total->bytes;
	return true;
}

static bool add_heap(struct lk_profile_adding *adding)
{
	const struct lk_snapshot *snapshot = adding->snapshot;
	struct lk_profile *profile = adding->profile;
	size_t *first = calloc(snapshot->stacks_count + 1, sizeof *first);
	bool ok = first;

	for (size_t i = 0; ok && i < snapshot->sites_count; i++) {
		const struct lk_site *site = &snapshot->sites[i];
		struct lk_profile_sample sample = { .kind = LK_KIND_heap, .hold = site->hold };

		sample.values[LK_VALUE_live_blocks] = site->blocks;
		sample.values[LK_VALUE_live_bytes] = site->bytes;
		ok = add_sample(adding, &sample, site->stack, 0);
		if (ok && !first[site->stack])
			first[site->stack] = profile->samples_count;
	}
	for (size_t i = 0; ok && i < snapshot->totals_count; i++)
		ok = add_total(adding, &snapshot->totals[i], first);
	free(first);
	return ok;
}

/* Interns what FORMAT says; NULL when out of memory. */
__attribute__((format(printf, 2, 3))) static const char *word(struct lk_profile *profile,
							      const char *format, ...)
{
	char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	int length = vasprintf(&text, format, arguments);
	va_end(arguments);
	const char *interned = length < 0 ? NULL : lk_intern(&profile->strings, text);
	if (length >= 0)
		free(text);
	return interned;
}

/* "file", "socket", "eventfd" */
static const char *word_for_descriptor(struct lk_profile *profile, const struct lk_descriptor *row)
{
	static const char anonymous[] = "anon_inode:";
	const char *target = row->target;

	if (strncmp(target, anonymous, sizeof anonymous - 1) == 0) {
		target += sizeof anonymous - 1;
		target += *target == '[';
		return word(profile, "%.*s", (int)strcspn(target, "]"), target);
	}
	switch (row->mode & S_IFMT) {
	case S_IFREG:
		return lk_intern(&profile->strings,
				 strncmp(target, "/memfd:", 7) == 0 ? "memfd" : "file");
	case S_IFDIR:
		return lk_intern(&profile->strings, "directory");
	case S_IFCHR:
	case S_IFBLK:
		return lk_intern(&profile->strings, "device");
	case S_IFIFO:
		return lk_intern(&profile->strings, "pipe");
	case S_IFSOCK:
		return lk_intern(&profile->strings, "socket");
	default:
		return lk_intern(&profile->strings, "other");
	}
}

static bool add_descriptor(struct lk_profile_adding *adding, const struct lk_descriptor *row)
{
	struct lk_profile *profile = adding->profile;
	struct lk_profile_sample heap = { .kind = LK_KIND_heap };
	struct lk_profile_sample sample = {
		.kind = LK_KIND_descriptor,
		.number = row->fd,
		.state = word_for_descriptor(profile, row),
		.what = word(profile, "fd %d%s%s", row->fd, row->target[0] ? " " : "", row->target),
		.values = { [LK_VALUE_live_blocks] = 1 },
	};

	if (!sample.state || !sample.what || !add_sample(adding, &sample, row->stack, 0))
		return false;
	if (row->held_blocks == 0)
		return true;
	heap.state = lk_intern(&profile->strings, row->held == LK_HELD_DIR ? "DIR" : "FILE");
	heap.values[LK_VALUE_live_blocks] = row->held_blocks;
	heap.values[LK_VALUE_live_bytes] = row->held_bytes;
	return heap.state && add_sample(adding, &heap, row->stack, 0);
}

/* What the thread waits for, as one word. */
static const char *word_for_thread(struct lk_profile_adding *adding, struct lk_symbols *symbols,
				   const struct lk_thread_left *row)
{
	struct lk_named_stack now;

	if (row->now.activity == LK_ACTIVITY_LOOKING)
		return lk_intern(&adding->profile->strings, "running");
	if (!lk_named_stack_init(&now, symbols, adding->snapshot, row->now.stack, row->now.sure))
		return NULL;
	struct lk_wait wait = lk_wait_tell(adding->snapshot, row, &now, symbols);
	lk_named_stack_deinit(&now);
	return lk_intern(&adding->profile->strings, lk_wait_word(wait.kind));
}

static bool add_threads(struct lk_profile_adding *adding)
{
	const struct lk_snapshot *snapshot = adding->snapshot;
	struct lk_profile *profile = adding->profile;
	bool is_whole = snapshot->moment.scope == LK_SCOPE_PROCESS;
	size_t count = is_whole ? snapshot->threads_seen : snapshot->threads_count;
	struct lk_symbols *symbols =
		count ? lk_symbols_open(snapshot->modules, snapshot->modules_count) : NULL;
	bool ok = symbols || count == 0;

	for (size_t i = 0; ok && i < count; i++) {
		const struct lk_thread_left *row = &snapshot->threads[i];
		struct lk_profile_sample sample = {
			.kind = LK_KIND_thread,
			.number = (int)row->tid,
			.state = word_for_thread(adding, symbols, row),
			.what = word(profile, "thread %d%s%.*s%s", (int)row->tid,
				     row->name[0] ? " \"" : "", LK_THREAD_NAME_MAX, row->name,
				     row->name[0] ? "\"" : ""),
			.values = { [LK_VALUE_live_blocks] = 1 },
		};

		ok = sample.state && sample.what &&
		     add_sample(adding, &sample, row->stack, row->now.stack);
	}
	lk_symbols_close(symbols);
	return ok;
}

static bool add_child(struct lk_profile_adding *adding, const struct lk_child_left *row)
{
	struct lk_profile *profile = adding->profile;
	struct lk_profile_sample sample = {
		.kind = LK_KIND_child,
		.number = (int)row->pid,
		.state = lk_intern(&profile->strings, row->state == 'Z' ? "zombie" : "running"),
		.what = word(profile, "child %d%s%.*s%s", (int)row->pid,
			     row->command[0] ? " \"" : "", LK_COMMAND_MAX, row->command,
			     row->command[0] ? "\"" : ""),
		.values = { [LK_VALUE_live_blocks] = 1 },
	};

	return sample.state && sample.what && add_sample(adding, &sample, row->stack, 0);
}

/* Those of one stack and kind are one row. */
static bool add_handles(struct lk_profile_adding *adding, const struct lk_handles_left *row)
{
	struct lk_profile_sample sample = {
		.kind = LK_KIND_handle,
		.state = word(adding->profile, "%.*s", LK_HANDLE_KIND_MAX, row->kind),
		.values = { [LK_VALUE_live_blocks] = row->count,
			    [LK_VALUE_live_bytes] = row->bytes },
	};

	return sample.state && add_sample(adding, &sample, row->stack, 0);
}

static bool add_part(struct lk_profile *profile, const struct lk_snapshot *snapshot)
{
	const struct lk_moment *moment = &snapshot->moment;

	if (!LK_ARRAY_RESERVE(profile->parts, profile->parts_count, profile->parts_room, 1))
		return false;
	struct lk_profile_part part = {
		.moment = *moment,
		.test = moment->test[0] ? lk_intern(&profile->strings, moment->test) : NULL,
		.events_lost = snapshot->events_lost,
	};
	profile->parts[profile->parts_count++] = part;
	profile->totals_known &= moment->totals_known;
	return part.test || !moment->test[0];
}

static bool add_all(struct lk_profile_adding *adding)
{
	const struct lk_snapshot *snapshot = adding->snapshot;
	bool ok = add_part(adding->profile, snapshot) && add_heap(adding);

	for (size_t i = 0; ok && i < snapshot->descriptors_count; i++)
		ok = add_descriptor(adding, &snapshot->descriptors[i]);
	ok = ok && add_threads(adding);
	for (size_t i = 0; ok && i < snapshot->children_count; i++)
		ok = add_child(adding, &snapshot->children[i]);
	for (size_t i = 0; ok && i < snapshot->handles_count; i++)
		ok = add_handles(adding, &snapshot->handles[i]);
	return ok;
}

bool lk_profile_add(struct lk_profile *profile, const struct lk_snapshot *snapshot)
{
	struct lk_profile_adding adding = {
		.profile = profile,
		.snapshot = snapshot,
		.modules = calloc(snapshot->modules_count + 1, sizeof *adding.modules),
		.stacks = calloc(snapshot->stacks_count + 1, sizeof *adding.stacks),
	};
	bool ok = adding.modules && adding.stacks && add_all(&adding);

	free(adding.modules);
	free(adding.stacks);
	free(adding.seen);
	lk_index_deinit(&adding.seen_index);
	return ok;
}
