/* SPDX-License-Identifier: MIT */
#include "report/page.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "judge/growth.h"
#include "report/html.h"
#include "report/page_parts.h"
#include "report/plural.h"

/* Made from page.css and page.js: their lines, and their SHA-256 in base 64. */
#include "report/page_assets.inc"

static void print_lines(FILE *out, const char *const *lines, size_t count)
{
	for (size_t i = 0; i < count; i++)
		fputs(lines[i], out);
}

static const char *program_of(const struct lk_page *page)
{
	const char *program = page->parts_count > 0 ? page->parts[0].snapshot->moment.program : "";
	const char *slash = strrchr(program, '/');

	return !program[0] ? "a program" : slash ? slash + 1 : program;
}

/* Nothing may be loaded, and only this style and this script may run. */
static void print_head(FILE *out, const struct lk_page *page)
{
	fprintf(out,
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\" />\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		"style-src 'sha256-%s'; script-src 'sha256-%s'; base-uri 'none'; "
		"form-action 'none'\" />\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\" />\n"
		"<meta name=\"color-scheme\" content=\"light dark\" />\n"
		"<meta name=\"referrer\" content=\"no-referrer\" />\n<title>leakcheck: ",
		page_css_hash, page_js_hash);
	lk_html_text(out, program_of(page));
	fputs("</title>\n<style>", out);
	print_lines(out, page_css, sizeof page_css / sizeof *page_css);
	fputs("</style>\n</head>\n", out);
}

static void print_card(FILE *out, const char *class, uint64_t number, const char *words)
{
	fprintf(out, "<li><b class=\"%s\">%" PRIu64 "</b>%s</li>\n", class, number, words);
}

/* Of the processes at their end; of the tests what they left. */
static uint64_t alive_bytes(const struct lk_page_view *view)
{
	const struct lk_profile *profile = view->page->profile;
	uint64_t sum = 0;

	for (size_t i = 0; i < profile->samples_count; i++)
		if (profile->samples[i].kind == LK_KIND_heap &&
		    view->is_summed[profile->samples[i].part])
			sum += profile->samples[i].values[LK_VALUE_live_bytes];
	return sum;
}

static void print_cards(FILE *out, const struct lk_page_view *view)
{
	uint64_t leaks = 0, unproven = 0, descriptors = 0, threads = 0;

	for (size_t i = 0; i < view->page->parts_count; i++) {
		const struct lk_page_part *part = &view->page->parts[i];

		if (!view->is_last[i])
			continue;
		leaks += lk_findings_leaks(part->findings);
		unproven += part->findings->rulings[LK_RULING_unproven];
		descriptors += view->is_summed[i] ? part->snapshot->descriptors_count : 0;
		threads += view->is_summed[i] ? part->snapshot->threads_count : 0;
	}
	fputs("<ul class=\"cards\">\n", out);
	print_card(out, leaks ? "bad" : "good", leaks, leaks == 1 ? "leak" : "leaks");
	print_card(out, unproven ? "doubt" : "", unproven, "unsure");
	if (view->growing)
		print_card(out, "bad", view->growing, "growing over time");
	fputs("<li><b>", out);
	lk_html_bytes(out, alive_bytes(view));
	fprintf(out, "</b>memory %s</li>\n", view->tests ? "left" : "alive");
	print_card(out, "", descriptors, view->tests ? "descriptors left" : "descriptors");
	print_card(out, "", threads, view->tests ? "threads left" : "threads");
	if (view->tests)
		print_card(out, "", view->tests, view->tests == 1 ? "test" : "tests");
	fputs("</ul>\n", out);
}

static void print_moment(FILE *out, const struct lk_page *page)
{
	const struct lk_moment *last = &page->parts[page->parts_count - 1].snapshot->moment;
	time_t seconds = (time_t)(last->realtime_ns / 1000000000);
	char text[64] = "";
	struct tm broken;

	if (gmtime_r(&seconds, &broken))
		strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &broken);
	fputs("<p class=\"weak\"><bdi>", out);
	lk_html_text(out, last->program);
	fprintf(out, "</bdi>, %s, %zu snapshot%s</p>\n", text, page->parts_count,
		lk_plural(page->parts_count));
}

static void print_top(FILE *out, const struct lk_page_view *view)
{
	static const char *const rows[][2] = {
#define LK_NAME(name, id, title) { id, title },
		LK_PAGE_SECTIONS(LK_NAME)
#undef LK_NAME
	};

	fputs("<body>\n<header>\n<h1>leakcheck: ", out);
	lk_html_text(out, program_of(view->page));
	fputs("</h1>\n", out);
	if (view->page->parts_count > 0)
		print_moment(out, view->page);
	print_cards(out, view);
	fputs("</header>\n<div class=\"bar\"><div><nav aria-label=\"Sections\">\n", out);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		fprintf(out, "<a href=\"#%s\">%s</a>\n", rows[i][0], rows[i][1]);
	fputs("</nav>\n<input id=\"search\" class=\"hidden\" type=\"search\" "
	      "placeholder=\"search ( / )\" aria-label=\"Search\" /> "
	      "<span id=\"hits\" class=\"weak\" role=\"status\"></span>\n</div></div>\n<main>\n",
	      out);
}

/* The end of a test, or the last snapshot of a process. */
bool lk_page_is_last(const struct lk_page *page, size_t part)
{
	const struct lk_moment *moment = &page->parts[part].snapshot->moment;

	for (size_t i = part + 1; moment->scope == LK_SCOPE_PROCESS && i < page->parts_count; i++)
		if (lk_moment_is_same_process(moment, &page->parts[i].snapshot->moment))
			return false;
	return true;
}

static bool count_growing(struct lk_page_view *view)
{
	struct lk_growth growth;

	for (size_t first = 0;; first++) {
		if (!lk_growth_next(view->page->profile, &first, &growth))
			return false;
		if (first == SIZE_MAX)
			return true;
		for (size_t i = 0; i < growth.rows_count; i++)
			view->growing += growth.rows[i].trend.verdict == LK_TREND_grows;
		lk_growth_release(&growth);
	}
}

static bool make_view(const struct lk_page *page, struct lk_page_view *view)
{
	size_t count = page->parts_count;

	*view = (struct lk_page_view){ .page = page,
				       .is_last = calloc(count + 1, sizeof(bool)),
				       .is_summed = calloc(count + 1, sizeof(bool)) };
	if (!view->is_last || !view->is_summed)
		return false;
	for (size_t i = 0; i < count; i++) {
		view->is_last[i] = lk_page_is_last(page, i);
		view->tests += lk_page_moment(view, i)->scope == LK_SCOPE_WINDOW;
	}
	for (size_t i = 0; i < count; i++)
		view->is_summed[i] =
			view->is_last[i] &&
			(lk_page_moment(view, i)->scope == LK_SCOPE_WINDOW || view->tests == 0);
	return count_growing(view);
}

void lk_page_part_name(FILE *out, const struct lk_page_part *part)
{
	const struct lk_moment *moment = &part->snapshot->moment;

	if (moment->test[0]) {
		fputs("<bdi>", out);
		lk_html_text(out, moment->test);
		fputs("</bdi>", out);
	} else
		fprintf(out, "process %d", (int)moment->process);
}

bool lk_page_write(FILE *out, const struct lk_page *page)
{
	struct lk_page_view view;
	bool ok = make_view(page, &view);

	if (ok) {
		print_head(out, page);
		print_top(out, &view);
#define LK_NAME(name, id, title)                                             \
	if (ok) {                                                            \
		fputs("<section>\n<h2 id=\"" id "\">" title "</h2>\n", out); \
		ok = lk_page_##name(out, &view);                             \
		fputs("</section>\n", out);                                  \
	}
		LK_PAGE_SECTIONS(LK_NAME)
#undef LK_NAME
		fputs("</main>\n<footer><p class=\"weak\">Keys: / searches, j and k go from leak "
		      "to "
		      "leak; in the flame graph the arrows, Enter and Escape.</p></footer>\n"
		      "<script>",
		      out);
		print_lines(out, page_js, sizeof page_js / sizeof *page_js);
		fputs("</script>\n</body>\n</html>\n", out);
	}
	free(view.is_last);
	free(view.is_summed);
	return ok;
}
