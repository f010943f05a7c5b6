/* SPDX-License-Identifier: MIT */
/* The verb triage: all that captures hold, or what a program leaves, on one page. */
#include "cli/triage.h"

#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "cli/capture_files.h"
#include "cli/captures.h"
#include "cli/complain.h"
#include "cli/judged.h"
#include "cli/output.h"
#include "cli/run.h"
#include "cli/verb.h"
#include "report/growth.h"
#include "report/status.h"
#include "report/summary.h"
#include "report/triage.h"

#define USUAL_PAGE "leakcheck.html"
static const char usage[] = "leakcheck triage [-o page.html] [--json[=FILE]] file... | "
			    "[options] -- program [arguments]";

/* What the verb asks for besides the page. */
static struct {
	bool is_verb;
	const char *json; /* the file, "-" is standard output; or NULL */
} asked;

/* What a page has to say besides of the snapshots. */
struct doubts {
	const char *sentences[64];
	size_t count;
	char *text; /* that of the run, in lines */
	size_t size;
};

/* Of the run that SEEN tells of, NULL for captures; of FILES. */
static void find_doubts(const struct lk_run *seen, const struct lk_capture_files *files,
			struct doubts *ret)
{
	static const char mark[] = "leakcheck: ";
	FILE *out = seen ? open_memstream(&ret->text, &ret->size) : NULL;

	if (files->is_damaged)
		ret->sentences[ret->count++] = lk_judged_damage;
	if (!out)
		return;
	lk_summary_print_doubts(seen, out);
	if (fclose(out) != 0)
		return;
	for (char *rest = ret->text, *line; (line = strtok_r(rest, "\n", &rest));)
		if (ret->count < LK_COUNT(ret->sentences))
			ret->sentences[ret->count++] =
				strncmp(line, mark, strlen(mark)) == 0 ? line + strlen(mark) : line;
}

static bool write_file(const char *name, const struct lk_page *page,
		       bool (*write)(FILE *out, const struct lk_page *page))
{
	struct lk_output output;

	if (strcmp(name, "-") == 0)
		return write(stdout, page) || lk_complain("there is no memory left");
	if (!lk_output_begin(&output, name))
		return false;
	if (write(output.stream, page))
		return lk_output_end(&output);
	lk_output_cancel(&output);
	return lk_complain("there is no memory left for '%s'", name);
}

/* The page and the JSON; in short to SUMMARY, where what the run could not check was told
 * before. */
static bool write_judged(struct lk_judged *judged, const struct doubts *doubts, const char *name,
			 FILE *summary)
{
	judged->page.doubts = doubts->sentences;
	judged->page.doubts_count = doubts->count;
	bool ok = write_file(name, &judged->page, lk_page_write);
	if (ok && asked.json)
		ok = write_file(asked.json, &judged->page, lk_triage_json);
	if (!asked.is_verb || (asked.json && strcmp(asked.json, "-") == 0))
		return ok;
	if (doubts->text)
		judged->page.doubts_count = 0;
	fputs("leakcheck: ", summary);
	ok &= lk_triage_text(summary, &judged->page) || lk_complain("there is no memory left");
	if (ok)
		fprintf(summary, "leakcheck: the whole picture: %s\n", name);
	return ok;
}

static bool write_all(const struct lk_capture_files *files, const struct lk_run *seen,
		      const char *name)
{
	struct doubts doubts = { .count = 0 };
	struct lk_judged judged;

	if (!lk_judged_make(files->snapshots, files->count, &judged))
		return false;
	find_doubts(seen, files, &doubts);
	bool ok = write_judged(&judged, &doubts, name, seen ? stderr : stdout);
	free(doubts.text);
	lk_judged_release(&judged);
	return ok;
}

bool lk_triage_is_wanted(const struct lk_options *options)
{
	return options->page[0] != '\0' || options->every > 0;
}

/* What grows; the summary of the verb has it anyway. */
static bool write_growth(const struct lk_capture_files *files)
{
	struct lk_profile profile = { 0 };
	bool ok = lk_profile_init(&profile), some = false;

	for (size_t i = 0; ok && i < files->count; i++)
		ok = files->snapshots[i].moment.scope != LK_SCOPE_PROCESS ||
		     lk_profile_add(&profile, &files->snapshots[i]);
	fputs("leakcheck: over time\n", stderr);
	ok = ok && lk_report_growth(stderr, &profile, &some);
	if (ok && !some)
		fputs("no process was looked at several times\n", stderr);
	lk_profile_release(&profile);
	return ok || lk_complain("there is no memory left");
}

bool lk_triage_write(const struct lk_options *options, const struct lk_run *seen)
{
	struct lk_capture_files files = { 0 };
	struct lk_capture_file file;

	if (!lk_triage_is_wanted(options))
		return true;
	if (!lk_captures_open(&file))
		return false;
	bool ok = lk_capture_files_take(&file, &files);
	lk_capture_close(&file);
	if (ok && options->page[0])
		ok = write_all(&files, seen, options->page);
	if (ok && options->every > 0 && !asked.is_verb)
		ok = write_growth(&files);
	ok = ok && !files.is_damaged;
	lk_capture_files_release(&files);
	return ok;
}

static bool set_json(const char *word)
{
	asked.json = word[6] == '=' ? word + 7 : "-";
	return *asked.json || lk_complain("option '--json' needs the name of a file behind '='");
}

/* Takes out of ARGUMENTS what is the verb's own, up to the end or "--". */
static bool take_own(char **arguments, const char **page)
{
	char **to = arguments, **from = arguments;
	bool ok = true;

	for (; *from && strcmp(*from, "--") != 0; from++) {
		if (strcmp(*from, "-o") == 0) {
			if (!from[1])
				return lk_complain("option '-o' needs a value: -o FILE");
			*page = *++from;
		} else if (strncmp(*from, "--output=", 9) == 0) {
			*page = *from + 9;
		} else if (strncmp(*from, "--json", 6) == 0 && (!(*from)[6] || (*from)[6] == '=')) {
			ok &= set_json(*from);
		} else {
			*to++ = *from;
		}
	}
	while ((*to++ = *from++))
		;
	return ok && (**page || lk_complain("the page needs the name of a file"));
}

static int triage_files(char **paths, const char *page)
{
	struct lk_capture_files files;
	size_t count = 0;

	for (; paths[count]; count++)
		if (paths[count][0] == '-' && paths[count][1]) {
			lk_complain("option '%s' is unknown; usage: %s", paths[count], usage);
			return LK_STATUS_REFUSED;
		}
	bool ok = lk_capture_files_read(paths, count, &files) && write_all(&files, NULL, page) &&
		  !files.is_damaged;
	lk_capture_files_release(&files);
	int status = lk_verb_end_output();
	return ok ? status : LK_STATUS_REFUSED;
}

static int triage_program(char **arguments, const char *page)
{
	struct lk_options options;
	char **program;
	int status;

	if (!lk_run_options(arguments, &options, &program, &status))
		return status;
	if (!program || strlen(page) >= LK_OPTION_TEXT_MAX) {
		lk_complain("no program is named, or the page's name is too long; usage: %s",
			    usage);
		return LK_STATUS_REFUSED;
	}
	strcpy(options.page, page);
	return lk_run(program, &options, NULL);
}

int lk_verb_triage(char **arguments)
{
	const char *page = USUAL_PAGE;
	bool is_program = false;

	asked.is_verb = true;
	if (!take_own(arguments, &page))
		return LK_STATUS_REFUSED;
	for (char **at = arguments; *at; at++)
		is_program |= strcmp(*at, "--") == 0;
	if (is_program)
		return triage_program(arguments, page);
	if (*arguments && strcmp(*arguments, "--help") != 0)
		return triage_files(arguments, page);
	printf("usage: %s\n", usage);
	return *arguments ? lk_verb_end_output() : LK_STATUS_REFUSED;
}
