/* SPDX-License-Identifier: MIT */
#include "base/options.h"

#include <string.h>

#include "base/fmt.h"
#include "base/signal_number.h"
#include "base/light.h"

enum kind { KIND_flag, KIND_number, KIND_text, KIND_word, KIND_list, KIND_set, KIND_signal,
	    KIND_output, KIND_limits, KIND_seconds };

const char *const lk_fail_on_words[LK_FAIL_ON_COUNT] = {
#define LK_FAIL_ON(word, by_default, meaning) #word,
#include "base/fail_on.def"
#undef LK_FAIL_ON
};
const char *const lk_fail_on_meanings[LK_FAIL_ON_COUNT] = {
#define LK_FAIL_ON(word, by_default, meaning) meaning,
#include "base/fail_on.def"
#undef LK_FAIL_ON
};

static const struct place {
	enum kind kind;
	size_t offset;
	unsigned least, most;
} places[] = {
#define LK_OPTION(name, kind, standard, least, most, meta, help) \
	{ KIND_##kind, offsetof(struct lk_options, name), least, most },
#include "base/options.def"
#undef LK_OPTION
};

const struct lk_option_row lk_option_rows[] = {
#define LK_OPTION(name, kind, standard, least, most, meta, help) \
	{ #name, meta, help, KIND_##kind == KIND_flag,          \
	  KIND_##kind == KIND_flag || KIND_##kind == KIND_output },
#include "base/options.def"
#undef LK_OPTION
};
const size_t lk_option_rows_count = sizeof lk_option_rows / sizeof *lk_option_rows;

void lk_options_init(struct lk_options *options)
{
	*options = (struct lk_options){
#define LK_OPTION(name, kind, standard, least, most, meta, help) .name = standard,
#include "base/options.def"
#undef LK_OPTION
	};
}

static bool same_name(const char *row, const char *name, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (row[i] != (name[i] == '-' ? '_' : name[i]))
			return false;
	return row[length] == '\0';
}

static bool fail(char *error, const char *name, size_t length, const char *why)
{
	struct lk_text text;

	lk_text_init(&text, error, LK_OPTION_ERROR_MAX);
	lk_text_add(&text, "option '");
	lk_text_add_bytes(&text, name, length);
	lk_text_format(&text, "' %s", why);
	return false;
}

static bool fail_range(char *error, const char *name, size_t length, const struct place *place)
{
	char why[64];
	struct lk_text text;

	lk_text_init(&text, why, sizeof why);
	lk_text_format(&text, "takes a number from %u to %u", place->least, place->most);
	return fail(error, name, length, why);
}

static bool set_flag(bool *flag, const char *value)
{
	bool yes = strcmp(value, "yes") == 0 || strcmp(value, "1") == 0 || value[0] == '\0';

	if (!yes && strcmp(value, "no") != 0 && strcmp(value, "0") != 0)
		return false;
	*flag = yes;
	return true;
}

static bool set_number(unsigned *number, const char *value, unsigned least, unsigned most)
{
	unsigned long long sum = 0;

	if (value[0] == '\0')
		return false;
	for (; *value; value++) {
		if (*value < '0' || *value > '9')
			return false;
		sum = sum * 10 + (unsigned)(*value - '0');
		if (sum > most)
			return false;
	}
	if (sum < least)
		return false;
	*number = (unsigned)sum;
	return true;
}

/* "10", "0.25" */
static bool set_seconds(unsigned *milliseconds, const char *value, const struct place *place)
{
	char digits[16] = "";
	size_t whole = strcspn(value, "."), decimals = value[whole] ? strlen(value + whole + 1) : 0;
	struct lk_text text;

	if (whole == 0 || whole > 8 || decimals > 3 || (value[whole] && decimals == 0))
		return false;
	lk_text_init(&text, digits, sizeof digits);
	lk_text_add_bytes(&text, value, whole);
	lk_text_add_bytes(&text, value + whole + (decimals > 0), decimals);
	lk_text_add_bytes(&text, "000", 3 - decimals);
	return set_number(milliseconds, digits, place->least, place->most);
}

static bool fail_seconds(char *error, const char *name, size_t length, const struct place *place)
{
	char why[64];
	struct lk_text text;

	lk_text_init(&text, why, sizeof why);
	lk_text_format(&text, "takes seconds from %u.%u to %u", place->least / 1000,
		       place->least % 1000 / 100, place->most / 1000);
	return fail(error, name, length, why);
}

/* "lost,fd", "all", "none" */
static bool set_words(unsigned *set, const char *value)
{
	unsigned bits = 0;

	do {
		size_t length = strcspn(value, ",");
		unsigned word = 0;

		while (word < LK_FAIL_ON_COUNT && !same_name(lk_fail_on_words[word], value, length))
			word++;
		if (word < LK_FAIL_ON_COUNT)
			bits |= 1u << word;
		else if (same_name("all", value, length))
			bits |= LK_FAIL_ON_ALL;
		else if (!same_name("none", value, length))
			return false;
		value += length;
	} while (*value++ == ',');
	*set = bits;
	return true;
}

static bool fail_words(char *error, const char *name, size_t length)
{
	char why[LK_OPTION_ERROR_MAX];
	struct lk_text text;

	lk_text_init(&text, why, sizeof why);
	lk_text_add(&text, "takes words out of: all, none");
	for (unsigned word = 0; word < LK_FAIL_ON_COUNT; word++)
		lk_text_format(&text, ", %s", lk_fail_on_words[word]);
	return fail(error, name, length, why);
}

static bool add_to_list(char *list, const char *value)
{
	size_t used = strlen(list);
	struct lk_text text;

	if (strlen(value) >= LK_OPTION_TEXT_MAX || used + strlen(value) + 1 >= LK_OPTION_LIST_MAX)
		return false;
	lk_text_init(&text, list + used, LK_OPTION_LIST_MAX - used);
	lk_text_add(&text, value);
	lk_text_add(&text, "\n");
	return true;
}

/* Is VALUE one of WORDS, which bars part? */
static bool is_word_of(const char *words, const char *value)
{
	size_t size = strlen(value);

	for (;; words++) {
		size_t length = strcspn(words, "|");

		if (length == size && memcmp(words, value, size) == 0)
			return true;
		words += length;
		if (!*words)
			return false;
	}
}

static bool fail_choice(char *error, const char *name, size_t length, const char *words)
{
	char why[LK_OPTION_ERROR_MAX];
	struct lk_text text;

	lk_text_init(&text, why, sizeof why);
	lk_text_format(&text, "takes one of: %s", words);
	return fail(error, name, length, why);
}

bool lk_options_set(struct lk_options *options, const char *name, size_t length,
		    const char *value, char *error)
{
	size_t row = 0;

	while (row < lk_option_rows_count && !same_name(lk_option_rows[row].name, name, length))
		row++;
	if (row == lk_option_rows_count)
		return fail(error, name, length, "is unknown; `leakcheck --help` lists them");

	void *target = (char *)options + places[row].offset;
	switch (places[row].kind) {
	case KIND_flag:
		if (!set_flag(target, value))
			return fail(error, name, length, "takes yes or no");
		return true;
	case KIND_number:
		if (!set_number(target, value, places[row].least, places[row].most))
			return fail_range(error, name, length, &places[row]);
		return true;
	case KIND_seconds:
		if (!set_seconds(target, value, &places[row]))
			return fail_seconds(error, name, length, &places[row]);
		return true;
	case KIND_set:
		if (!set_words(target, value))
			return fail_words(error, name, length);
		return true;
	case KIND_word:
		if (!is_word_of(lk_option_rows[row].meta, value))
			return fail_choice(error, name, length, lk_option_rows[row].meta);
		memcpy(target, value, strlen(value) + 1);
		return true;
	case KIND_limits:
		if (!lk_limits_parse(value, target))
			return fail(error, name, length,
				    "takes limits, such as allocations:1000,bytes:64K,peak:1M,growth:none");
		return true;
	case KIND_signal:
		if (!lk_signal_number(value, target))
			return fail(error, name, length,
				    "takes a signal, such as USR1 or 10, that can be handled");
		return true;
	case KIND_list:
		if (value[0] == '\0' || strchr(value, '\n'))
			return fail(error, name, length, "takes the name of a file");
		if (!add_to_list(target, value))
			return fail(error, name, length, "has values that are too long");
		return true;
	case KIND_output:
		value = value[0] ? value : "-";
		__attribute__((fallthrough));
	default:
		if (strlen(value) >= LK_OPTION_TEXT_MAX)
			return fail(error, name, length, "has a value that is too long");
		memcpy(target, value, strlen(value) + 1);
		return true;
	}
}

/* Copies the text up to an unescaped colon into VALUE; NULL if it is too long. */
static const char *take_value(const char *text, char *value)
{
	size_t used = 0;

	for (; *text && *text != ':'; text++) {
		if (*text == '\\' && text[1])
			text++;
		if (used + 1 >= LK_OPTION_TEXT_MAX)
			return NULL;
		value[used++] = *text;
	}
	value[used] = '\0';
	return text;
}

bool lk_options_parse(struct lk_options *options, const char *text, char *error)
{
	char value[LK_OPTION_TEXT_MAX];

	while (*text) {
		const char *name = text;
		size_t length = strcspn(text, "=:");

		text += length + (text[length] == '=');
		text = take_value(text, value);
		if (!text)
			return fail(error, name, length, "has a value that is too long");
		bool is_empty = length == 0 && name[0] != '=';
		if (!is_empty && !lk_options_set(options, name, length, value, error))
			return false;
		text += *text == ':';
	}
	return true;
}
