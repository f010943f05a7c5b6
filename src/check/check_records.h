/* SPDX-License-Identifier: MIT */
/* Check's own records, as far as we read them: check_impl.h and check_list.c of its
 * versions 0.13 to 0.15. */
#ifndef LK_CHECK_CHECK_RECORDS_H
#define LK_CHECK_CHECK_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

struct lk_test_case;

/* What START_TEST makes. */
struct lk_check_body {
	const char *name;
	void (*function)(int);
	const char *file;
	int line;
};
/* What tcase_add_test makes. */
struct lk_check_test {
	const struct lk_check_body *body;
	int loop_start, loop_end;
	int signal;
	signed char exit_status;
};
struct lk_check_list {
	unsigned count, room;
	int current, last;
	const void **items;
};
/* The beginning; lists of fixtures and tags follow. */
struct lk_check_case {
	const char *name;
	struct timespec timeout;
	const struct lk_check_list *tests;
};
struct lk_check_suite {
	const char *name;
	const struct lk_check_list *cases;
};

/* The zero-terminated text at FROM, of which at most SIZE - 1 bytes are wanted; false
 * if it is not there. */
bool lk_check_text(const char *from, char *to, size_t size);

/* What RECORD says of the test besides its name. */
void lk_check_take(const struct lk_check_test *record, struct lk_test_case *ret);

#endif
