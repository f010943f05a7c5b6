/* SPDX-License-Identifier: MIT */
/* print_capture FILE: each record of a capture as lines of words, for scripts.
 *
 *   record SCOPE TEST PROGRAM: base name only, "-" for no test
 *   NAME VALUE: a count of the moment; "totals known" and "peak known" only if they are
 *   site HOLD BLOCKS BYTES DEPTH
 *   total BLOCKS BYTES DEPTH
 *   descriptor FD DEPTH TARGET
 *   thread ACTIVITY NAME DEPTH
 *   child COMMAND */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import/capture.h"

static const char *const holds[LK_HOLD_COUNT] = { "unscanned", "lost",	 "memcheck", "indirect",
						  "retained",  "thread", "libc" };

static unsigned depth(const struct lk_snapshot *snapshot, size_t stack)
{
	return snapshot->stacks[stack].count;
}

static void print_moment(const struct lk_moment *moment)
{
	const char *slash = strrchr(moment->program, '/');

	printf("record %s %s %s\n", moment->scope == LK_SCOPE_WINDOW ? "window" : "process",
	       moment->test[0] ? moment->test : "-", slash ? slash + 1 : moment->program);
#define PRINT(name) printf(#name " %" PRIu64 "\n", moment->counts.name);
	PRINT(allocations)
	PRINT(releases)
	PRINT(allocated_bytes)
	PRINT(live_blocks)
	PRINT(live_bytes)
	PRINT(peak_bytes)
	PRINT(heap_used)
	PRINT(heap_system)
	PRINT(descriptors)
	PRINT(threads)
	PRINT(children)
	PRINT(opened)
	PRINT(started)
	PRINT(spawned)
	PRINT(resident_peak)
#undef PRINT
	printf("span_ns %" PRIu64 "\nduration_ns %" PRIu64 "\n", moment->span_ns,
	       moment->duration_ns);
	printf("%s%s", moment->totals_known ? "totals known\n" : "",
	       moment->peak_known ? "peak known\n" : "");
}

static void print(const struct lk_snapshot *snapshot)
{
	print_moment(&snapshot->moment);
	printf("lost %" PRIu64 "\n", snapshot->events_lost);
	for (size_t i = 0; i < snapshot->sites_count; i++)
		printf("site %s %" PRIu64 " %" PRIu64 " %u\n", holds[snapshot->sites[i].hold],
		       snapshot->sites[i].blocks, snapshot->sites[i].bytes,
		       depth(snapshot, snapshot->sites[i].stack));
	for (size_t i = 0; i < snapshot->totals_count; i++)
		printf("total %" PRIu64 " %" PRIu64 " %u\n", snapshot->totals[i].blocks,
		       snapshot->totals[i].bytes, depth(snapshot, snapshot->totals[i].stack));
	for (size_t i = 0; i < snapshot->descriptors_count; i++)
		printf("descriptor %d %u %s\n", snapshot->descriptors[i].fd,
		       depth(snapshot, snapshot->descriptors[i].stack),
		       snapshot->descriptors[i].target);
	for (size_t i = 0; i < snapshot->threads_seen; i++)
		printf("thread %d %s %u\n", snapshot->threads[i].now.activity,
		       snapshot->threads[i].is_main ? "main" : "other",
		       depth(snapshot, snapshot->threads[i].stack));
	for (size_t i = 0; i < snapshot->children_count; i++)
		printf("child %s\n", snapshot->children[i].command);
}

int main(int argc, char **argv)
{
	struct lk_capture_file file;
	struct lk_snapshot snapshot;
	enum lk_capture_result kind;
	int status = EXIT_SUCCESS;

	if (argc != 2 || !lk_capture_open(argv[1], &file)) {
		fprintf(stderr, "%s\n", argc == 2 ? file.error : "usage: print_capture FILE");
		return EXIT_FAILURE;
	}
	while ((kind = lk_capture_next(&file, &snapshot)) != LK_CAPTURE_END) {
		if (kind == LK_CAPTURE_WRONG) {
			fprintf(stderr, "%s\n", file.error);
			status = EXIT_FAILURE;
			continue;
		}
		print(&snapshot);
		lk_capture_release(&snapshot);
	}
	lk_capture_close(&file);
	return status;
}
