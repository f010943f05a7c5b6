/* SPDX-License-Identifier: MIT */
#include "judge/pattern.h"

#include <stddef.h>
#include <string.h>

struct glob {
	const char *at, *end;
	bool floats;  /* TEXT may begin with any run of bytes */
	bool is_open; /* and end with one */
	bool has_any; /* `?` is any byte */
};

/* A failed run of bytes behind the last star is tried one byte later; earlier stars
 * need not be looked at again. */
static bool match(struct glob glob, const char *text)
{
	const char *behind_star = glob.floats ? glob.at : NULL, *retry = text;

	for (;;) {
		bool is_done = glob.at == glob.end;

		if (is_done && (glob.is_open || !*text))
			return true;
		if (!is_done && *glob.at == '*') {
			behind_star = ++glob.at;
			retry = text;
		} else if (!is_done && *text &&
			   (*glob.at == *text || (glob.has_any && *glob.at == '?'))) {
			glob.at++;
			text++;
		} else {
			if (!behind_star || !*retry)
				return false;
			glob.at = behind_star;
			text = ++retry;
		}
	}
}

bool lk_pattern_in(const char *pattern, const char *text)
{
	struct glob glob = { .at = pattern, .end = pattern + strlen(pattern) };

	glob.floats = *glob.at != '^';
	glob.at += !glob.floats;
	glob.is_open = glob.end == glob.at || glob.end[-1] != '$';
	glob.end -= !glob.is_open;
	return match(glob, text);
}

bool lk_pattern_is(const char *pattern, const char *text)
{
	return match((struct glob){ pattern, pattern + strlen(pattern), false, false, true }, text);
}
