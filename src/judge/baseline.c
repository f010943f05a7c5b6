/* SPDX-License-Identifier: MIT */
#include "judge/baseline.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "judge/escape.h"

/* Takes the next word out of *REST. */
static char *take_word(char **rest)
{
	return strtok_r(*rest, " \t", rest);
}

/* Reads LINE, "id test count # ...", which it cuts up, into ROW; false if it is
 * something else. */
static bool read_row(char *line, struct lk_baseline_row *row)
{
	char *rest = line, *end = NULL;
	const char *id = take_word(&rest), *test = take_word(&rest), *count = take_word(&rest);
	const char *comment = take_word(&rest);

	if (!count || (comment && comment[0] != '#') || strlen(id) != 8 || count[0] == '-')
		return false;
	row->id = (uint32_t)strtoul(id, &end, 16);
	bool ok = !*end;
	row->count = strtoull(count, &end, 10);
	row->test = ok && !*end && row->count > 0 ? strdup(test) : NULL;
	return row->test != NULL;
}

static bool fail(char *error, const char *name, unsigned line, const char *why)
{
	snprintf(error, LK_BASELINE_ERROR_MAX, "%s:%u: %s", name, line, why);
	return false;
}

static bool add_line(struct lk_baseline *baseline, const char *name, unsigned number, char *line,
		     char *error)
{
	struct lk_baseline_row row = { 0 };

	line[strcspn(line, "\n")] = '\0';
	line += strspn(line, " \t");
	if (!line[0] || line[0] == '#')
		return true;
	if (baseline->count == LK_RULES_MAX)
		return fail(error, name, number,
			    "a baseline has no room for so many leaks; mend some");
	row.line = strdup(line);
	if (row.line && !read_row(line, &row)) {
		free(row.line);
		return fail(error, name, number,
			    "expected an id of eight digits, a test and a count, as `leakcheck "
			    "baseline` writes them");
	}
	void *more = reallocarray(baseline->rows, baseline->count + 1, sizeof row);
	if (more)
		baseline->rows = more;
	if (!row.line || !more) {
		free(row.test);
		free(row.line);
		return fail(error, name, number, "there is no memory left for it");
	}
	baseline->rows[baseline->count++] = row;
	return true;
}

bool lk_baseline_read(struct lk_baseline *baseline, const char *name, char *error)
{
	FILE *in = fopen(name, "re");
	char *line = NULL;
	size_t room = 0;
	unsigned number = 0;
	bool ok = in != NULL;

	while (ok && getline(&line, &room, in) >= 0)
		ok = add_line(baseline, name, ++number, line, error);
	if (!in || ferror(in)) {
		snprintf(error, LK_BASELINE_ERROR_MAX, "the baseline '%s' cannot be read: %s", name,
			 strerror(errno));
		ok = false;
	}
	free(line);
	if (in)
		fclose(in);
	return ok;
}

void lk_baseline_release(struct lk_baseline *baseline)
{
	for (size_t i = 0; i < baseline->count; i++) {
		free(baseline->rows[i].test);
		free(baseline->rows[i].line);
	}
	free(baseline->rows);
	*baseline = (struct lk_baseline){ 0 };
}

void lk_baseline_begin(struct lk_baseline *baseline)
{
	for (size_t i = 0; i < baseline->count; i++)
		baseline->rows[i].left = baseline->rows[i].count;
}

static void raise_to(uint64_t *most, uint64_t now)
{
	uint64_t before = __atomic_load_n(most, __ATOMIC_RELAXED);

	while (before < now && !__atomic_compare_exchange_n(most, &before, now, true,
							    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		continue;
}

uint64_t lk_baseline_amount(const struct lk_finding *finding)
{
	return finding->kind == LK_KIND_heap ? finding->blocks : 1;
}

uint64_t lk_baseline_cover(struct lk_baseline *baseline, const struct lk_finding *finding,
			   const char *test, uint64_t *covered)
{
	uint64_t wanted = lk_baseline_amount(finding), known = 0;

	for (size_t i = 0; i < baseline->count && known < wanted; i++) {
		struct lk_baseline_row *row = &baseline->rows[i];

		if (row->id != finding->id || strcmp(row->test, test ? test : "-") != 0)
			continue;
		uint64_t part = row->left < wanted - known ? row->left : wanted - known;
		row->left -= part;
		known += part;
		raise_to(&covered[i], row->count - row->left);
	}
	return known;
}

static void describe(FILE *out, const struct lk_finding *finding)
{
	const struct lk_frame *frame = &finding->frames[finding->suspect];

	fputs(lk_kind_name(finding->kind), out);
	if (finding->suspect >= finding->frames_count)
		return;
	fputs(", ", out);
	lk_escape(out, frame->function ? frame->function : "?");
	if (frame->file) {
		fputs(" at ", out);
		lk_escape(out, frame->file);
		fprintf(out, ":%u", frame->line);
	}
}

void lk_baseline_write(FILE *out, const struct lk_findings *findings, const char *test, int mark)
{
	for (size_t i = 0; i < findings->count; i++) {
		const struct lk_finding *first = &findings->rows[i];
		uint64_t count = 0;

		if (!lk_findings_is_first(findings, i))
			continue;
		for (size_t k = i; k < findings->count; k++)
			if (findings->rows[k].id == first->id &&
			    findings->rows[k].ruling == LK_RULING_fail)
				count += lk_baseline_amount(&findings->rows[k]);
		fprintf(out, "%d%08" PRIx32 " %s %" PRIu64 "  # ", mark, first->id,
			test ? test : "-", count);
		describe(out, first);
		fputc('\n', out);
	}
}
