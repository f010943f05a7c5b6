/* SPDX-License-Identifier: MIT */
#include "base/limits.h"

#include <string.h>

#include "base/fmt.h"
#include "base/light.h"

const char *const lk_measure_words[LK_MEASURE_COUNT] = {
#define LK_NAME(name, text) text,
	LK_MEASURES(LK_NAME)
#undef LK_NAME
};

const char *const lk_measure_names[LK_MEASURE_COUNT] = {
#define LK_NAME(name, text) #name,
	LK_MEASURES(LK_NAME)
#undef LK_NAME
};

static bool is_word(const char *word, const char *text, size_t length)
{
	return strlen(word) == length && memcmp(word, text, length) == 0;
}

/* How far "K", "M", "G", or nothing, shifts; -1 for anything else. */
static int shift_of(const char *unit, size_t length)
{
	static const char units[] = "KMG";
	const char *at = length == 1 ? strchr(units, *unit) : NULL;

	if (length == 0)
		return 0;
	return at ? 10 * (int)(at - units + 1) : -1;
}

/* TEXT, LENGTH bytes, as struct lk_limits keeps it. */
static bool parse_amount(const char *text, size_t length, uint64_t *ret)
{
	uint64_t number = 0;
	size_t digits = 0;

	if (is_word("none", text, length) || is_word("-", text, length)) {
		*ret = length > 1;
		return true;
	}
	for (; digits < length && text[digits] >= '0' && text[digits] <= '9'; digits++)
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(text[digits] - '0'), &number))
			return false;
	int shift = shift_of(text + digits, length - digits);
	if (digits == 0 || shift < 0 || number >= UINT64_MAX >> shift)
		return false;
	*ret = number > 0 ? (number << shift) + 1 : 0;
	return true;
}

bool lk_limits_parse(const char *text, struct lk_limits *ret)
{
	struct lk_limits limits = { { 0 } };

	do {
		size_t length = strcspn(text, ",:"), measure = 0;

		while (measure < LK_MEASURE_COUNT &&
		       !is_word(lk_measure_names[measure], text, length))
			measure++;
		if (measure == LK_MEASURE_COUNT || text[length] != ':')
			return false;
		text += length + 1;
		length = strcspn(text, ",");
		if (!parse_amount(text, length, &limits.above[measure]))
			return false;
		text += length;
	} while (*text++ == ',');
	*ret = limits;
	return true;
}

void lk_limits_print(struct lk_text *text, const struct lk_limits *limits)
{
	const char *separator = "";

	for (int measure = 0; measure < LK_MEASURE_COUNT; measure++) {
		uint64_t above = limits->above[measure];

		if (above == 0)
			continue;
		lk_text_format(text, "%s%s:", separator, lk_measure_names[measure]);
		if (above == 1)
			lk_text_add(text, "none");
		else
			lk_text_add_number(text, above - 1);
		separator = ",";
	}
}

bool lk_limits_are_any(const struct lk_limits *limits)
{
	for (int measure = 0; measure < LK_MEASURE_COUNT; measure++)
		if (limits->above[measure] > 0)
			return true;
	return false;
}
