/* SPDX-License-Identifier: MIT */
#include "judge/verdict.h"

#include <string.h>

const struct lk_class_row lk_class_rows[LK_CLASS_COUNT] = {
#define LK_CLASS(name, kind, word, known_by, unknown, once, settles, grows) \
	{ LK_KIND_##kind,                                                   \
	  word,                                                             \
	  known_by,                                                         \
	  { LK_FAIL_ON_##unknown, LK_FAIL_ON_##once, LK_FAIL_ON_##settles, LK_FAIL_ON_##grows } },
#include "judge/verdict.def"
#undef LK_CLASS
};

const char *const lk_again_words[LK_AGAIN_COUNT] = {
#define LK_NAME(name, text) text,
	LK_AGAIN_LIST(LK_NAME)
#undef LK_NAME
};

const char *const lk_ruling_words[LK_RULING_COUNT] = { "leak", "unsure", "note", "ignored",
						       "known" };

const char *const lk_verdict_words[LK_UNSURE + 1] = { "clean", "leaked", "unsure" };

const char *lk_kind_name(enum lk_kind kind)
{
	static const char *const names[] = {
#define LK_NAME(name, text) text,
		LK_KINDS(LK_NAME)
#undef LK_NAME
	};
	return names[kind];
}

enum lk_ruling lk_rule(enum lk_class class, enum lk_again again, unsigned fail_on)
{
	enum lk_fail_on word = lk_class_rows[class].leads_to[again];

	if (fail_on & 1u << word)
		return LK_RULING_fail;
	return word == LK_FAIL_ON_unproven ? LK_RULING_unproven : LK_RULING_note;
}

/* "fail: lost", "note: kept" */
static void print_cell(FILE *out, enum lk_class class, enum lk_again again, unsigned fail_on)
{
	static const char *const rulings[] = { "fails", "unsure", "note" };

	fprintf(out, "%s (%s)", rulings[lk_rule(class, again, fail_on)],
		lk_fail_on_words[lk_class_rows[class].leads_to[again]]);
}

bool lk_class_is_constant(enum lk_class class)
{
	const struct lk_class_row *row = &lk_class_rows[class];

	for (int again = 1; again < LK_AGAIN_COUNT; again++)
		if (row->leads_to[again] != row->leads_to[0])
			return false;
	return true;
}

void lk_policy_print(FILE *out, unsigned fail_on)
{
	for (int class = 0; class < LK_CLASS_COUNT; class ++) {
		const struct lk_class_row *row = &lk_class_rows[class];

		fprintf(out, "%s, %s: %s\n", lk_kind_name(row->kind), row->word, row->known_by);
		bool is_constant = lk_class_is_constant(class);

		for (int again = 0; again < (is_constant ? 1 : LK_AGAIN_COUNT); again++) {
			fprintf(out, "    %-24s",
				is_constant ? "in any case" : lk_again_words[again]);
			print_cell(out, class, again, fail_on);
			fputc('\n', out);
		}
	}
}
