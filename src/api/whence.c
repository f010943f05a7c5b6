/* SPDX-License-Identifier: MIT */
#include "api/whence.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/aside.h"
#include "api/session.h"
#include "base/arena.h"
#include "base/attributes.h"
#include "base/clock.h"
#include "base/fmt.h"
#include "base/proc.h"
#include "base/self.h"
#include "judge/describe.h"
#include "judge/escape.h"
#include "judge/named_stack.h"
#include "judge/suspect.h"
#include "leakcheck.h"
#include "probe/depot.h"
#include "probe/descriptor.h"
#include "probe/descriptor_facts.h"
#include "probe/gone.h"
#include "probe/handle.h"
#include "probe/heap.h"
#include "probe/modules.h"
#include "probe/serial.h"
#include "probe/thread.h"
#include "probe/tracker.h"
#include "probe/unwind.h"
#include "report/frames.h"

enum what { BLOCK, HANDLE, DATA, DESCRIPTOR, THREAD, NAMED_STACK };

/* What is asked, and what the tables know of it. */
struct question {
	enum what what;
	uintptr_t value;
	bool is_known;
	lk_stack_id stack;
	union {
		struct lk_block block;
		struct lk_handle_row handle;
		struct lk_descriptor descriptor;
		struct lk_thread_left thread;
		const char *headline;
	};
};

static void find_block(void *context, const struct lk_block *block)
{
	struct question *question = context;
	/* A block of no size has an address of its own, too. */
	size_t size = block->size > 0 ? block->size : 1;

	if (question->value - block->address >= size)
		return;
	question->is_known = true;
	question->what = BLOCK;
	question->block = *block;
	question->stack = block->stack;
}

static void find_handle(void *context, const struct lk_handle_row *row)
{
	struct question *question = context;

	if (question->is_known || row->handle != question->value)
		return;
	question->is_known = true;
	question->what = HANDLE;
	question->handle = *row;
	question->stack = row->stack;
}

/* By its pthread_t, or by the kernel's number. */
static void find_thread(void *context, const struct lk_thread *row)
{
	struct question *question = context;

	if (question->is_known ||
	    ((uintptr_t)row->handle != question->value && (uintptr_t)row->tid != question->value))
		return;
	question->is_known = true;
	question->stack = row->created;
	question->thread = (struct lk_thread_left){
		.tid = row->tid,
		.is_known = true,
		.finished = row->state & LK_THREAD_FINISHED,
		.detached = row->state & LK_THREAD_DETACHED,
		.creator = row->creator,
		.start = row->start ? (uintptr_t)row->start : (uintptr_t)row->start_c11,
		.age_ms = lk_clock_ms() - row->created_ms,
	};
}

static void note_open(void *context, int fd)
{
	struct question *question = context;

	question->is_known |= (uintptr_t)fd == question->value;
}

/* Only what takes no lock: the tables. */
static void look_up(struct question *question)
{
	switch (question->what) {
	case BLOCK:
		question->what = DATA;
		lk_heap_each(LK_HEAP_ANY, find_block, question);
		if (!question->is_known)
			lk_handle_each(LK_HANDLE_ANY, find_handle, question);
		break;
	case DESCRIPTOR:
		if (question->value <= INT32_MAX &&
		    lk_descriptor_each_open(note_open, question) && question->is_known) {
			question->stack = lk_descriptor_origin((int)question->value);
			lk_descriptor_facts((int)question->value, &question->descriptor);
		}
		break;
	case THREAD:
		lk_thread_each(lk_tracker.epoch, find_thread, question);
		lk_thread_each_other(lk_tracker.epoch, find_thread, question);
		break;
	default:
		question->is_known = true;
		break;
	}
}

static void print_since(FILE *out, uint32_t epoch)
{
	if (epoch == lk_tracker.epoch && epoch >= LK_EPOCH_FIRST)
		fputs(", taken since this test began", out);
}

/* " is 16 bytes into a block of 100 bytes" */
static void print_block(FILE *out, const struct question *question)
{
	const struct lk_block *block = &question->block;
	size_t inside = question->value - block->address;

	fprintf(out, "0x%" PRIxPTR " is ", question->value);
	if (inside > 0)
		fprintf(out, "%zu byte%s into ", inside, inside == 1 ? "" : "s");
	fprintf(out, "a block of %zu byte%s", block->size, block->size == 1 ? "" : "s");
	print_since(out, block->epoch);
	if (block->epoch == lk_tracker.epoch && lk_serial_of(block->address) > 0)
		fprintf(out, " at serial %" PRIu64, lk_serial_of(block->address));
}

/* Memory that nobody allocated, as far as is known. */
static void print_data(FILE *out, const struct question *question, struct lk_symbols *symbols)
{
	struct lk_data_name name = { 0 };

	fprintf(out, "0x%" PRIxPTR " is ", question->value);
	lk_symbols_variable(symbols, question->value, &name);
	if (!name.module) {
		fputs("in no block that is known", out);
		return;
	}
	if (name.offset > 0)
		fprintf(out, "%" PRIu64 " byte%s into ", name.offset,
			name.offset == 1 ? "" : "s");
	if (name.name) {
		fputs("the variable ", out);
		lk_escape(out, name.name);
		fputs(" of ", out);
	}
	lk_escape(out, name.file ? name.file : lk_module_name(name.module));
}

static void print_described(FILE *out, char *text)
{
	fputs(text ? text : "memory is refused", out);
	free(text);
}

static void print_headline(FILE *out, const struct question *question,
			   struct lk_symbols *symbols)
{
	switch (question->what) {
	case BLOCK:
		print_block(out, question);
		break;
	case HANDLE:
		fprintf(out, "0x%" PRIxPTR " is a handle, ", question->value);
		lk_escape(out, question->handle.kind);
		print_since(out, question->handle.epoch);
		break;
	case DATA:
		print_data(out, question, symbols);
		break;
	case DESCRIPTOR:
		if (question->is_known)
			print_described(out, lk_describe_descriptor(&question->descriptor));
		else
			fprintf(out, "fd %" PRIuPTR " is not open", question->value);
		break;
	case THREAD:
		if (question->is_known)
			print_described(out,
					lk_describe_thread(&question->thread, NULL, symbols));
		else
			fprintf(out, "0x%" PRIxPTR " is no thread that was seen to start",
				question->value);
		break;
	case NAMED_STACK:
		fputs(question->headline, out);
		break;
	}
}

/* A snapshot of the question's stack alone; false when memory is refused. */
static bool make_snapshot(lk_stack_id stack, struct lk_snapshot *ret)
{
	enum { MODULES_MAX = 1 << 11 };
	const lk_stack_id ids[] = { LK_STACK_NONE, lk_session_stack(), stack };
	struct lk_snapshot snapshot = {
		.stacks = calloc(LK_COUNT(ids), sizeof *snapshot.stacks),
		.stacks_count = LK_COUNT(ids),
		.frames = malloc(LK_COUNT(ids) * LK_STACK_FRAMES_MAX * sizeof *snapshot.frames),
		.modules = malloc(MODULES_MAX * sizeof *snapshot.modules),
		.window_stack = 1,
	};

	*ret = snapshot;
	if (!snapshot.stacks || !snapshot.frames || !snapshot.modules)
		return false;
	for (size_t i = 1; i < LK_COUNT(ids); i++) {
		struct lk_stack *row = &ret->stacks[i];
		uintptr_t *frames = ret->frames + i * LK_STACK_FRAMES_MAX;

		row->first = (uint32_t)(i * LK_STACK_FRAMES_MAX);
		if (ids[i] == LK_STACK_NONE)
			continue;
		row->count = (uint32_t)lk_depot_frames(ids[i], frames, LK_STACK_FRAMES_MAX,
						       &row->cut);
		lk_gone_translate(frames, row->count, ids[i]);
	}
	ret->modules_count = lk_modules_list(ret->modules, MODULES_MAX);
	ret->modules_count += lk_gone_list(ret->modules + ret->modules_count,
					   MODULES_MAX - ret->modules_count);
	return true;
}

/* In the copy of the process, which releases nothing. */
static bool write_answer(void *context, char *text, size_t size)
{
	const struct question *question = context;
	struct lk_snapshot snapshot;
	struct lk_named_stack named = { 0 };
	FILE *out = fmemopen(text, size, "w");

	if (!out || !make_snapshot(question->stack, &snapshot))
		return false;
	struct lk_symbols *symbols = lk_symbols_open(snapshot.modules, snapshot.modules_count);
	if (!symbols || !lk_named_stack_init(&named, symbols, &snapshot, 2, SIZE_MAX))
		return false;
	fputs("leakcheck: ", out);
	print_headline(out, question, symbols);
	fputs(named.count > 0 ? ", from\n" : question->is_known ? ", stack unknown\n" : "\n", out);
	lk_report_frames(out, named.frames, named.count, lk_suspect(named.frames, named.count), "");
	if (named.cut && named.count > 0)
		fputs("    ... outer frames not kept\n", out);
	fflush(out);
	return true;
}

/* What can be said without names. */
static void write_addresses(const struct question *question, char *text, size_t size)
{
	uintptr_t frames[LK_STACK_FRAMES_MAX];
	size_t count = question->stack == LK_STACK_NONE ?
			       0 :
			       lk_depot_frames(question->stack, frames, LK_STACK_FRAMES_MAX, NULL);
	struct lk_text out;

	lk_text_init(&out, text, size);
	lk_text_add(&out, "leakcheck: ");
	if (question->what == NAMED_STACK)
		lk_text_add(&out, question->headline);
	else if (question->what == BLOCK)
		lk_text_format(&out, "0x%lx is %zu bytes into a block of %zu bytes",
			       (unsigned long)question->value,
			       (size_t)(question->value - question->block.address),
			       question->block.size);
	else
		lk_text_format(&out, "0x%lx", (unsigned long)question->value);
	lk_text_add(&out, count > 0 ? ", from (names cannot be looked up here)\n" :
		    question->is_known ? ", stack unknown\n" :
					 " is not known\n");
	for (size_t i = 0; i < count; i++)
		lk_text_format(&out, "    0x%lx\n", (unsigned long)frames[i]);
}

static void answer(struct question *question, char *text, size_t size)
{
	int saved = lk_quiet_begin();

	look_up(question);
	if (!lk_aside_write(write_answer, question, text, size))
		write_addresses(question, text, size);
	lk_quiet_end(saved);
}

void lk_whence_here(const char *headline, const void *frame, char *text)
{
	struct question question = { .what = NAMED_STACK, .stack = lk_unwind(frame) };

	question.headline = headline;
	answer(&question, text, LK_WHENCE_TEXT_MAX);
}

LK_EXPORT int leakcheck_whence_text(enum leakcheck_kind kind, unsigned long value, char *text,
				    size_t size)
{
	struct question question = {
		.what = kind == LEAKCHECK_DESCRIPTORS ? DESCRIPTOR :
			kind == LEAKCHECK_THREADS     ? THREAD :
							BLOCK,
		.value = value,
	};

	if (size > 0)
		answer(&question, text, size);
	return question.is_known;
}

static int print(enum leakcheck_kind kind, unsigned long value)
{
	char *text = lk_pages_map(LK_WHENCE_TEXT_MAX);
	if (!text)
		return 0;
	int is_known = leakcheck_whence_text(kind, value, text, LK_WHENCE_TEXT_MAX);
	int saved = lk_quiet_begin();
	size_t length = strlen(text);

	for (size_t done = 0; done < length;) {
		ssize_t written = write(STDERR_FILENO, text + done, length - done);

		if (written <= 0)
			break;
		done += (size_t)written;
	}
	lk_quiet_end(saved);
	lk_pages_unmap(text, LK_WHENCE_TEXT_MAX);
	return is_known;
}

LK_EXPORT int leakcheck_whence(const void *pointer)
{
	return print(LEAKCHECK_HEAP, (unsigned long)pointer);
}

LK_EXPORT int leakcheck_whence_descriptor(int fd)
{
	return print(LEAKCHECK_DESCRIPTORS, (unsigned long)(long)fd);
}

LK_EXPORT int leakcheck_whence_thread(unsigned long thread)
{
	return print(LEAKCHECK_THREADS, thread);
}
