/* SPDX-License-Identifier: MIT */
#include "cli/ledger.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/complain.h"
#include "cli/output.h"
#include "cli/record.h"
#include "judge/escape.h"
#include "report/json.h"
#include "report/plural.h"
#include "report/summary.h"

/* A process that died while it wrote leaves zeros. */
static void cut_lines(struct lk_ledger *ledger, char *end)
{
	size_t count = 0;

	for (char *at = ledger->text; at < end; count++) {
		char *newline = memchr(at, '\n', (size_t)(end - at));

		ledger->lines[count] = at;
		at = newline ? newline + 1 : end;
		at[-1] = '\0';
	}
	for (size_t i = 0; i < count; i++)
		if (ledger->lines[i][0])
			ledger->lines[ledger->count++] = ledger->lines[i];
}

bool lk_ledger_read(const struct lk_run *record, struct lk_ledger *ret)
{
	size_t size = record->ledger_used, newlines = 1, done = 0;
	struct lk_ledger ledger = { .text = malloc(size + 1) };

	while (ledger.text && done < size) {
		ssize_t got =
			lk_record_read(LK_LEDGER_START + done, ledger.text + done, size - done);

		if (got <= 0)
			break;
		done += (size_t)got;
	}
	for (size_t i = 0; ledger.text && i < done; i++)
		newlines += ledger.text[i] == '\n';
	ledger.lines = ledger.text ? calloc(newlines + 1, sizeof *ledger.lines) : NULL;
	if (!ledger.lines) {
		free(ledger.text);
		return lk_complain("there is no memory left for what the tests told");
	}
	ledger.text[done] = '\n';
	cut_lines(&ledger, ledger.text + done + 1);
	if (record->ledger_lost > 0 || done < size)
		lk_complain("%" PRIu32 " test%s could not tell what was found", record->ledger_lost,
			    lk_plural(record->ledger_lost));
	*ret = ledger;
	return true;
}

void lk_ledger_release(struct lk_ledger *ledger)
{
	free(ledger->lines);
	free(ledger->text);
	*ledger = (struct lk_ledger){ 0 };
}

/* The line's text if it is of KIND, a bit of LK_WANTED_*; else NULL. */
static const char *line_of(const struct lk_ledger *ledger, size_t line, int kind)
{
	const char *text = ledger->lines[line];

	return text[0] == '0' + kind ? text + 1 : NULL;
}

static void print_counts(FILE *out, const struct lk_run *record)
{
	fprintf(out,
		"\"summary\":{\"checked\":%" PRIu64 ",\"leaked\":%" PRIu64 ",\"unsure\":%" PRIu64
		",\"not_checked\":%" PRIu64 ",\"ignored_tests\":%" PRIu64 ",\"sites\":%" PRIu64
		",\"ignored_leaks\":%" PRIu64 ",\"known_leaks\":%" PRIu64
		",\"allocations\":%" PRIu64 ",\"descriptors\":%" PRIu64 ",\"threads\":%" PRIu64
		",\"events_lost\":%" PRIu64 "}",
		record->tests_checked, record->tests_leaked, record->tests_unsure,
		lk_summary_not_checked(record), record->tests_ignored, record->sites,
		record->ignored, record->known_leaks, record->allocations, record->descriptors,
		record->threads, record->events_lost);
}

bool lk_ledger_write_json(const struct lk_ledger *ledger, const struct lk_run *record,
			  char *const *program, const char *name)
{
	const char *separator = "\n";
	struct lk_output output;

	if (!lk_output_begin(&output, name))
		return false;
	FILE *out = output.stream;
	fputs("{\"version\":1,\"program\":[", out);
	for (size_t i = 0; program[i]; i++) {
		fputs(i > 0 ? "," : "", out);
		lk_json_text(out, program[i]);
	}
	fputs("],\n", out);
	print_counts(out, record);
	fputs(",\n\"tests\":[", out);
	for (size_t i = 0; i < ledger->count; i++) {
		const char *text = line_of(ledger, i, LK_WANTED_JSON);

		if (text) {
			fprintf(out, "%s%s", separator, text);
			separator = ",\n";
		}
	}
	fputs("\n]}\n", out);
	return lk_output_end(&output);
}

static const char head[] = "# leaks that are known: id, how many, test; see leakcheck(1)\n";

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A loop test leaks each time: of several lines for one leak, the last one with the
 * highest count is kept.  Is this line another? */
static bool is_repeated(const struct lk_ledger *ledger, size_t line)
{
	const char *text = ledger->lines[line], *count = strchr(strchr(text, ' ') + 1, ' ');
	size_t same = (size_t)(count + 1 - text);

	for (size_t i = 0; i < ledger->count; i++) {
		const char *other = ledger->lines[i];
		unsigned long long mine = strtoull(text + same, NULL, 10), its;

		if (i == line || strncmp(other, text, same) != 0)
			continue;
		its = strtoull(other + same, NULL, 10);
		if (its > mine || (its == mine && i > line))
			return true;
	}
	return false;
}

bool lk_ledger_write_baseline(const struct lk_ledger *ledger, const struct lk_run *record,
			      const char *name)
{
	struct lk_output output;
	char **lines = ledger->lines;
	unsigned long count = 0;

	if (record->tests_checked == 0)
		return lk_complain("no test was checked, so '%s' is not written", name);
	if (!lk_output_begin(&output, name))
		return false;
	fputs(head, output.stream);
	qsort(lines, ledger->count, sizeof *lines, by_text);
	for (size_t i = 0; i < ledger->count; i++) {
		const char *text = line_of(ledger, i, LK_WANTED_KNOWN);

		if (text && !is_repeated(ledger, i)) {
			fprintf(output.stream, "%s\n", text);
			count++;
		}
	}
	if (!lk_output_end(&output))
		return false;
	fprintf(stderr, "leakcheck: %lu known leak%s written to '%s'\n", count, lk_plural(count),
		name);
	return true;
}

static bool was_checked(const struct lk_ledger *ledger, const char *test)
{
	for (size_t i = 0; i < ledger->count; i++) {
		const char *text = line_of(ledger, i, LK_WANTED_TESTS);

		if (text && strcmp(text, test) == 0)
			return true;
	}
	return false;
}

static bool prune(const struct lk_baseline *baseline, const struct lk_run *record,
		  const bool *is_mended, const char *name)
{
	struct lk_output output;

	if (!lk_output_begin(&output, name))
		return false;
	fputs(head, output.stream);
	for (size_t i = 0; i < baseline->count; i++) {
		const struct lk_baseline_row *row = &baseline->rows[i];
		const char *comment = strchr(row->line, '#');

		if (!is_mended[i])
			fprintf(output.stream, "%s\n", row->line);
		else if (record->known[i] > 0)
			fprintf(output.stream, "%08" PRIx32 " %s %" PRIu64 "  %s\n", row->id,
				row->test, record->known[i], comment ? comment : "");
	}
	return lk_output_end(&output);
}

bool lk_ledger_tell_mended(const struct lk_ledger *ledger, const struct lk_run *record,
			   const struct lk_baseline *baseline, const char *name, bool is_pruned)
{
	bool *is_mended = calloc(baseline->count + 1, sizeof *is_mended), ok = true;
	size_t mended = 0;

	if (!is_mended)
		return lk_complain("there is no memory left");
	for (size_t i = 0; i < baseline->count; i++) {
		const struct lk_baseline_row *row = &baseline->rows[i];

		if (record->known[i] >= row->count || !was_checked(ledger, row->test))
			continue;
		is_mended[i] = true;
		mended++;
		fprintf(stderr,
			"leakcheck: mended, %" PRIu64 " of %" PRIu64 " left: ", record->known[i],
			row->count);
		lk_escape(stderr, row->line);
		fputc('\n', stderr);
	}
	if (mended > 0 && is_pruned)
		ok = prune(baseline, record, is_mended, name);
	else if (mended > 0)
		lk_complain("%s has leaks that are mended; --prune-baseline takes them out", name);
	free(is_mended);
	return ok;
}
