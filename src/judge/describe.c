/* SPDX-License-Identifier: MIT */
#include "judge/describe.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "judge/escape.h"
#include "judge/fdinfo.h"
#include "judge/socket.h"

static void print_flags(FILE *out, const struct lk_descriptor *row)
{
	static const struct {
		int bit;
		const char *name;
	} bits[] = {
		{ O_APPEND, "O_APPEND" },
		{ O_NONBLOCK, "O_NONBLOCK" },
		{ O_TMPFILE, "O_TMPFILE" }, /* holds the bit of O_DIRECTORY */
		{ O_DIRECTORY, "O_DIRECTORY" },
		{ O_PATH, "O_PATH" },
		{ O_DIRECT, "O_DIRECT" },
		{ O_SYNC, "O_SYNC" }, /* holds the bit of O_DSYNC */
		{ O_DSYNC, "O_DSYNC" },
		{ O_ASYNC, "O_ASYNC" },
		{ O_NOATIME, "O_NOATIME" },
		{ O_NOFOLLOW, "O_NOFOLLOW" },
	};
	static const char *const modes[] = { "O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE" };

	if (row->flags < 0)
		return;
	fprintf(out, " %s", modes[row->flags & O_ACCMODE]);
	int left = row->flags;
	for (size_t i = 0; i < sizeof bits / sizeof *bits; i++) {
		if ((left & bits[i].bit) != bits[i].bit)
			continue;
		fprintf(out, "|%s", bits[i].name);
		left &= ~bits[i].bit;
	}
	if (row->close_on_exec)
		fputs("|O_CLOEXEC", out);
}

/* " (FILE, 472 B of heap)" */
static void print_holder(FILE *out, const struct lk_descriptor *row)
{
	if (row->held == LK_HELD_NONE)
		return;
	fputs(row->held == LK_HELD_FILE ? " (FILE" : " (DIR", out);
	if (row->held_blocks > 0)
		fprintf(out, ", %" PRIu64 " B of heap", row->held_bytes);
	fputc(')', out);
}

/* The kind of a file whose name cannot be seen: there is no /proc. */
static void print_mode(FILE *out, const struct lk_descriptor *row)
{
	fputs(S_ISREG(row->mode) ? " file" :
	      S_ISDIR(row->mode) ? " directory" :
	      S_ISFIFO(row->mode) ? " pipe" :
	      S_ISSOCK(row->mode) ? " socket" :
	      S_ISCHR(row->mode) || S_ISBLK(row->mode) ? " device" :
							 " object",
	      out);
	fprintf(out, " without a visible name (inode %" PRIu64 " of device %u:%u)", row->inode,
		major(row->device), minor(row->device));
}

static void print_target(FILE *out, const struct lk_descriptor *row)
{
	static const char deleted[] = " (deleted)";
	size_t length = strlen(row->target), tail = sizeof deleted - 1;

	if (length == 0) {
		if (row->mode)
			print_mode(out, row);
		return;
	}
	fputc(' ', out);
	lk_escape(out, row->target);
	if (length == sizeof row->target - 1)
		fputs("...", out);
	else if (S_ISREG(row->mode) && row->links == 0 &&
		 (length < tail || strcmp(row->target + length - tail, deleted) != 0))
		fputs(deleted, out);
}

static void print_other_end(FILE *out, const struct lk_descriptor *row)
{
	if (row->other_end == LK_END_HERE)
		fprintf(out, ", other end: fd %d", row->other_fd);
	if (row->other_end == LK_END_ELSEWHERE)
		fputs(", other end: in another process", out);
	if (row->other_end == LK_END_CLOSED)
		fputs(", other end: closed", out);
}

char *lk_describe_descriptor(const struct lk_descriptor *row)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fprintf(out, "fd %d", row->fd);
	print_target(out, row);
	print_flags(out, row);
	print_holder(out, row);
	if (S_ISREG(row->mode) && row->offset >= 0)
		fprintf(out, ", offset %" PRId64 " of %" PRIu64, row->offset, row->size);
	if (S_ISSOCK(row->mode))
		lk_socket_print(out, row);
	print_other_end(out, row);
	lk_fdinfo_print(out, row->target, row->fdinfo);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

void lk_describe_who(FILE *out, const struct lk_thread_left *row)
{
	fputs(row->is_main ? "main thread" : "thread", out);
	if (row->tid)
		fprintf(out, " %d", (int)row->tid);
	if (row->name[0] && !row->finished && !row->is_main) {
		fputs(" \"", out);
		lk_escape(out, row->name);
		fputc('"', out);
	}
}

static void print_time(FILE *out, uint64_t milliseconds)
{
	if (milliseconds < 1000)
		fprintf(out, "%" PRIu64 " ms", milliseconds);
	else if (milliseconds < 120000)
		fprintf(out, "%" PRIu64 " s", milliseconds / 1000);
	else
		fprintf(out, "%" PRIu64 " min", milliseconds / 60000);
}

static void print_times(FILE *out, const struct lk_thread_left *row)
{
	if (row->is_known) {
		fputs(", ", out);
		print_time(out, row->age_ms);
		fputs(" old", out);
	}
	if (row->settled_ms == 0)
		return;
	if (row->cpu_us < 1000) {
		fputs(", idle for ", out);
	} else {
		fputs(", busy for ", out);
		print_time(out, row->cpu_us / 1000);
		fputs(" of the last ", out);
	}
	print_time(out, row->settled_ms);
}

char *lk_describe_thread(const struct lk_thread_left *row, const char *state,
			 struct lk_symbols *symbols)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	lk_describe_who(out, row);
	if (state && !row->finished)
		fprintf(out, " [%s]", state);
	fputs(row->finished ? ", finished, never joined" :
	      row->detached ? ", detached, still running" :
			      ", still running, not joined",
	      out);
	if (row->start) {
		struct lk_frame frame;

		/* A start routine's address is looked up as it is, not as a return. */
		lk_symbols_name(symbols, row->start + 1, &frame, 1);
		fputs(", started in ", out);
		lk_escape(out, frame.function ? frame.function : "unknown code");
	}
	print_times(out, row);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

static const char *state_words(char state)
{
	switch (state) {
	case 'Z':
		return "ended, never waited for";
	case 'T':
	case 't':
		return "stopped, not waited for";
	default:
		return "still running, not waited for";
	}
}

char *lk_describe_child(const struct lk_child_left *row)
{
	static const char *const starts[] = {
#define LK_TEXT(name, text) text,
		LK_CHILD_STARTS(LK_TEXT)
#undef LK_TEXT
	};
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fprintf(out, "child %d", (int)row->pid);
	if (row->command[0]) {
		fputs(" \"", out);
		lk_escape(out, row->command);
		fputc('"', out);
	}
	/* Who started it has ended, so nobody here can wait for it. */
	fprintf(out, ", %s", row->is_orphan ? "still running, adopted by another process" :
					      state_words(row->state));
	if (starts[row->start])
		fprintf(out, ", started by %s", starts[row->start]);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

char *lk_describe_misuse(const struct lk_misuse *row)
{
	char *text = NULL, times[40] = "";

	if (row->times > 1)
		snprintf(times, sizeof times, " (%" PRIu64 " times)", row->times);
	if (asprintf(&text, "fd %d %s%s", row->fd,
		     row->kind == LK_MISUSE_CLOSED_TWICE ?
			     "closed twice" :
			     "closed by a test that did not open it",
		     times) < 0)
		return NULL;
	return text;
}

char *lk_describe_handles(const struct lk_handles_left *row)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fputs("handle ", out);
	lk_escape(out, row->kind);
	fprintf(out, " 0x%" PRIxPTR, row->first);
	if (row->count > 1)
		fprintf(out, " and %" PRIu64 " more", row->count - 1);
	if (row->bytes > 0)
		fprintf(out, ", %" PRIu64 " B", row->bytes);
	fputs(", not given back", out);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

char *lk_describe_breach(const struct lk_breach *row)
{
	const char *measure = lk_measure_words[row->measure];
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	if (row->is_measured)
		fprintf(out, "%" PRIu64 " %s, %" PRIu64 " allowed", row->measured, measure,
			row->allowed);
	else
		fprintf(out, "at most %" PRIu64 " %s", row->allowed, measure);
	if (row->file[0]) {
		fputs(" by ", out);
		lk_escape(out, row->file);
		fprintf(out, ":%u", row->line);
	}
	if (!row->is_measured)
		fputs(": it could not be measured", out);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}
