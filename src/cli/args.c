/* SPDX-License-Identifier: MIT */
#include "cli/args.h"

#include <string.h>

#include "base/fmt.h"
#include "cli/complain.h"

static const struct lk_option_row *find_row(const char *name, size_t length)
{
	for (size_t i = 0; i < lk_option_rows_count; i++) {
		const char *row = lk_option_rows[i].name;
		size_t same = 0;

		while (same < length && row[same] == (name[same] == '-' ? '_' : name[same]))
			same++;
		if (same == length && row[same] == '\0')
			return &lk_option_rows[i];
	}
	return NULL;
}

/* Applies one word, `--name=value`, `--name` or `--no-name`. */
static bool apply(const char *word, struct lk_options *options)
{
	const char *name = word + 2;
	size_t length = strcspn(name, "=");
	const char *value = name[length] == '=' ? name + length + 1 : NULL;
	const struct lk_option_row *row = find_row(name, length);
	char error[LK_OPTION_ERROR_MAX];

	if (!row && strncmp(name, "no-", 3) == 0 && length > 3) {
		row = find_row(name + 3, length - 3);
		if (row && (!row->is_flag || value))
			return lk_complain("option '%s': only an option that is yes or no has a "
					   "--no- form, and without a value",
					   word);
		name += row ? 3 : 0;
		length -= row ? 3 : 0;
		value = row ? "no" : value;
	}
	if (row && !row->is_optional && !value)
		return lk_complain("option '%s' needs a value: %s=%s", word, word, row->meta);
	return lk_options_set(options, name, length, value ? value : "", error) ||
	       lk_complain("%s", error);
}

static enum lk_request special_request(const char *word)
{
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
		return LK_REQUEST_HELP;
	if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0)
		return LK_REQUEST_VERSION;
	return LK_REQUEST_RUN;
}

enum lk_request lk_args_parse(char **arguments, struct lk_options *options, char ***rest)
{
	char **at = arguments;

	*rest = NULL;
	for (; *at && (*at)[0] == '-'; at++) {
		enum lk_request request = special_request(*at);

		if (request != LK_REQUEST_RUN)
			return request;
		if (strcmp(*at, "--") == 0) {
			at++;
			break;
		}
		if (strncmp(*at, "--", 2) != 0) {
			lk_complain("option '%s' is unknown; `leakcheck --help` lists them", *at);
			return LK_REQUEST_WRONG;
		}
		if (!apply(*at, options))
			return LK_REQUEST_WRONG;
	}
	*rest = *at ? at : NULL;
	return LK_REQUEST_RUN;
}

static void begin(struct lk_text *text, const char *name)
{
	lk_text_format(text, "%s%s=", text->used > 0 ? ":" : "", name);
}

static void hand_on_flag(struct lk_text *text, const char *name, bool now, bool usual)
{
	if (now == usual)
		return;
	begin(text, name);
	lk_text_add(text, now ? "yes" : "no");
}

static void hand_on_number(struct lk_text *text, const char *name, unsigned now, unsigned usual)
{
	if (now == usual)
		return;
	begin(text, name);
	lk_text_add_number(text, now);
}

static void hand_on_seconds(struct lk_text *text, const char *name, unsigned now, unsigned usual)
{
	if (now == usual)
		return;
	begin(text, name);
	lk_text_format(text, "%u.%u%u%u", now / 1000, now / 100 % 10, now / 10 % 10, now % 10);
}

static void hand_on_set(struct lk_text *text, const char *name, unsigned now, unsigned usual)
{
	const char *separator = "";

	if (now == usual)
		return;
	begin(text, name);
	for (unsigned word = 0; word < LK_FAIL_ON_COUNT; word++)
		if (now >> word & 1) {
			lk_text_format(text, "%s%s", separator, lk_fail_on_words[word]);
			separator = ",";
		}
	if (now == 0)
		lk_text_add(text, "none");
}

static void hand_on_text(struct lk_text *text, const char *name, const char *now, const char *usual)
{
	if (strcmp(now, usual) == 0)
		return;
	begin(text, name);
	for (const char *byte = now; *byte; byte++) {
		if (*byte == ':' || *byte == '\\')
			lk_text_add(text, "\\");
		lk_text_add_bytes(text, byte, 1);
	}
}

static void hand_on_word(struct lk_text *text, const char *name, const char *now, const char *usual)
{
	hand_on_text(text, name, now, usual);
}

static void hand_on_output(struct lk_text *text, const char *name, const char *now,
			   const char *usual)
{
	hand_on_text(text, name, now, usual);
}

static void hand_on_signal(struct lk_text *text, const char *name, int now, int usual)
{
	hand_on_number(text, name, (unsigned)now, (unsigned)usual);
}

static void hand_on_limits(struct lk_text *text, const char *name, struct lk_limits now,
			   struct lk_limits usual)
{
	char value[LK_OPTION_TEXT_MAX];
	struct lk_text limits;

	(void)usual; /* none */
	if (!lk_limits_are_any(&now))
		return;
	lk_text_init(&limits, value, sizeof value);
	lk_limits_print(&limits, &now);
	hand_on_text(text, name, value, "");
}

static void hand_on_list(struct lk_text *text, const char *name, const char *now, const char *usual)
{
	char value[LK_OPTION_TEXT_MAX];

	for (size_t length; (length = strcspn(now, "\n")) > 0; now += length + 1) {
		memcpy(value, now, length);
		value[length] = '\0';
		hand_on_text(text, name, value, usual);
	}
}

bool lk_args_hand_on(const struct lk_options *options, char *text, size_t size)
{
	struct lk_options usual;
	struct lk_text out;

	lk_options_init(&usual);
	lk_text_init(&out, text, size);
#define LK_OPTION(name, kind, standard, least, most, meta, help) \
	hand_on_##kind(&out, #name, options->name, usual.name);
#include "base/options.def"
#undef LK_OPTION
	return !out.cut;
}
