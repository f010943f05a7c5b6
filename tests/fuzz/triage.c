/* SPDX-License-Identifier: MIT */
/* What is made of captures that anybody may have written (capture_input.h): judged, summed
 * up, and written in each form.  Whatever the snapshots say, the page is text inside of
 * the page's own elements.
 *
 * with: src/import/capture.c src/import/record.c src/model/capture.c src/model/module.c
 * with: src/model/series.c src/model/checksum.c src/base/arena.c src/base/fmt.c
 * with: src/base/options.c src/base/limits.c src/base/signal_number.c src/base/proc.c
 * with: src/base/callee.c src/judge/[a-z]*.c
 * with: src/report/html.c src/report/page.c src/report/page_*.c src/report/growth.c
 * with: src/report/triage.c src/report/text.c src/report/json.c src/report/frames.c
 * with: src/report/threads.c src/cli/judged.c src/cli/complain.c -ldl
 */
#include <stdio.h>

#include "cli/judged.h"
#include "import/capture.h"
#include "report/growth.h"
#include "report/threads.h"
#include "report/triage.h"
#include "tests/fuzz/capture_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SNAPSHOTS_MAX = 8 };

/* A quote that is not the page's own would be one that ends an attribute. */
static void check_page(char *page)
{
	static const char *const never[] = { "<img", "<iframe", "javascript:", "onerror=\"" };

	for (size_t i = 0; i < sizeof never / sizeof *never; i++)
		if (strstr(page, never[i]))
			abort();
}

static void write_all(const struct lk_judged *judged)
{
	char *text = NULL;
	size_t size;
	bool some;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		abort();
	lk_page_write(out, &judged->page);
	fclose(out);
	check_page(text);
	free(text);
	out = fopen("/dev/null", "w");
	lk_triage_text(out, &judged->page);
	lk_triage_json(out, &judged->page);
	lk_report_growth(out, &judged->profile, &some);
	for (size_t i = 0; i < judged->page.parts_count; i++) {
		lk_report_threads(out, &judged->findings[i].waits, "");
		lk_report_threads_counted(out, &judged->findings[i].waits, "");
	}
	fclose(out);
}

static void read_all(const void *bytes, size_t size)
{
	struct lk_snapshot snapshots[SNAPSHOTS_MAX];
	struct lk_capture_file file;
	struct lk_judged judged;
	enum lk_capture_result result = LK_CAPTURE_READ;
	size_t count = 0;

	lk_capture_open_memory(bytes, size, "input", &file);
	while (count < SNAPSHOTS_MAX &&
	       (result = lk_capture_next(&file, &snapshots[count])) != LK_CAPTURE_END)
		count += result == LK_CAPTURE_READ;
	lk_capture_close(&file);
	if (count > 0 && lk_judged_make(snapshots, count, &judged)) {
		write_all(&judged);
		lk_judged_release(&judged);
	}
	while (count > 0)
		lk_capture_release(&snapshots[--count]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return read_input(data, size, read_all);
}
