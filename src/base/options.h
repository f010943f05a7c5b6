/* SPDX-License-Identifier: MIT */
/* The settings of a run, parsed from `name=value:name=value` without malloc. */
#ifndef LK_BASE_OPTIONS_H
#define LK_BASE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/limits.h"

enum { LK_OPTION_TEXT_MAX = 1024, LK_OPTION_LIST_MAX = 4096, LK_OPTION_ERROR_MAX = 256 };

typedef bool lk_option_flag;
typedef unsigned lk_option_number;
typedef unsigned lk_option_seconds; /* in milliseconds */
typedef char lk_option_word[LK_OPTION_TEXT_MAX];
typedef int lk_option_signal;
typedef char lk_option_text[LK_OPTION_TEXT_MAX];
typedef char lk_option_output[LK_OPTION_TEXT_MAX]; /* "-": without a value */
typedef char lk_option_list[LK_OPTION_LIST_MAX]; /* texts, each ended by a newline */
typedef struct lk_limits lk_option_limits;
typedef unsigned lk_option_set; /* bits 1 << enum lk_fail_on */

/* What a test can be failed for. */
enum lk_fail_on {
#define LK_FAIL_ON(word, by_default, meaning) LK_FAIL_ON_##word,
#include "base/fail_on.def"
#undef LK_FAIL_ON
	LK_FAIL_ON_COUNT
};
extern const char *const lk_fail_on_words[LK_FAIL_ON_COUNT];
extern const char *const lk_fail_on_meanings[LK_FAIL_ON_COUNT];
enum {
	LK_FAIL_ON_ALL = (1 << LK_FAIL_ON_COUNT) - 1,
#define LK_FAIL_ON(word, by_default, meaning) | (by_default) << LK_FAIL_ON_##word
	LK_FAIL_ON_DEFAULT = 0
#include "base/fail_on.def"
#undef LK_FAIL_ON
};

struct lk_options {
#define LK_OPTION(name, kind, standard, least, most, meta, help) lk_option_##kind name;
#include "base/options.def"
#undef LK_OPTION
};

/* One row of the list, for help texts and command lines. */
struct lk_option_row {
	const char *name; /* as in the list; a command line writes '-' for '_' */
	const char *meta;
	const char *help;
	bool is_flag, is_optional; /* yes or no; may stand without a value */
};
extern const struct lk_option_row lk_option_rows[];
extern const size_t lk_option_rows_count;

/* Fills OPTIONS with the defaults. */
void lk_options_init(struct lk_options *options);

/* Sets the option NAME (LENGTH bytes, '-' and '_' are the same) to VALUE; an
 * empty VALUE means yes for a flag; a list gains VALUE.  On failure returns false and writes one
 * sentence, without a final newline, into ERROR (LK_OPTION_ERROR_MAX bytes). */
bool lk_options_set(struct lk_options *options, const char *name, size_t length,
		    const char *value, char *error);

/* Applies TEXT, `name=value:name=value...`; a backslash makes the next byte
 * ordinary, so that a file name may hold a colon.  Fails as lk_options_set. */
bool lk_options_parse(struct lk_options *options, const char *text, char *error);

#endif
