/* SPDX-License-Identifier: MIT */
#include "judge/escape.h"

#include <check.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static char escaped[8192];

static const char *escape(const char *text)
{
	FILE *out = fmemopen(escaped, sizeof escaped, "w");

	ck_assert_ptr_nonnull(out);
	escaped[0] = '\0'; /* if nothing at all is written */
	lk_escape(out, text);
	ck_assert_int_eq(fclose(out), 0);
	return escaped;
}

/* What was written is not shown: it might do harm. */
static void check(const char *text, const char *wanted)
{
	ck_assert_msg(strcmp(escape(text), wanted) == 0, "not %s", wanted);
}

START_TEST(plain_text_stays)
{
	char printable[128] = "";
	size_t used = 0;

	for (char byte = ' '; byte < 0x7f; byte++)
		if (byte != '\\')
			printable[used++] = byte;
	check(printable, printable);
	check("", "");
	check("\xc3\xbc \xe2\x82\xac \xf0\x9f\x90\x9b", "\xc3\xbc \xe2\x82\xac \xf0\x9f\x90\x9b");
}
END_TEST

START_TEST(controls_are_spelt_out)
{
	char wanted[8], text[3] = "?!";

	for (int byte = 1; byte < 0x20; byte++) {
		text[0] = (char)byte;
		snprintf(wanted, sizeof wanted,
			 byte == '\n'	? "\\n!"
			 : byte == '\t' ? "\\t!"
					: "\\x%02x!",
			 byte);
		check(text, wanted);
	}
	check("\x7f", "\\x7f");
	check("a\\nb", "a\\\\nb");
	check("a\r\n\x1b[31mb", "a\\x0d\\n\\x1b[31mb");
	/* C1: a terminal takes U+009B for ESC [. */
	check("\xc2\x9b", "\\xc2\\x9b");
	check("\xc2\x80\xc2\xa0", "\\xc2\\x80\xc2\xa0");
}
END_TEST

START_TEST(what_is_cut_short_is_spelt_out)
{
	check("\xc3", "\\xc3");
	check("\xe2\x82", "\\xe2\\x82");
	check("\xf0\x9f\x90", "\\xf0\\x9f\\x90");
	check("\xf0\x9f\x90x", "\\xf0\\x9f\\x90x");
	check("\x80\xbf\xc1\xff\xfe", "\\x80\\xbf\\xc1\\xff\\xfe");
	check("\xc3\xc3\xbc", "\\xc3\xc3\xbc");
}
END_TEST

START_TEST(what_is_not_utf_8_is_spelt_out)
{
	/* Longer than need be, halves of surrogates, beyond U+10FFFF. */
	check("\xc0\x8a", "\\xc0\\x8a");
	check("\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80");
	check("\xe0\x80\x8a", "\\xe0\\x80\\x8a");
	check("\xe0\x82\x9b", "\\xe0\\x82\\x9b");
	check("\xf0\x80\x80\x8a", "\\xf0\\x80\\x80\\x8a");
	check("\xed\xa0\x80", "\\xed\\xa0\\x80");
	check("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80");
}
END_TEST

static char back[4096];

/* Reads what lk_escape wrote; false if a byte in it was not escaped. */
static bool read_back(const char *text)
{
	char *at = back;

	for (; *text; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
		if (*text != '\\') {
			*at++ = *text;
		} else if (*++text == 'x') {
			char digits[3] = { text[1], text[2], '\0' };
			*at++ = (char)strtoul(digits, NULL, 16);
			text += 2;
		} else {
			*at++ = *text == 'n' ? '\n' : *text == 't' ? '\t' : *text;
		}
	}
	*at = '\0';
	return true;
}

START_TEST(random_bytes_can_be_read_back)
{
	unsigned seed = (unsigned)_i;
	char text[300];

	for (int round = 0; round < 500; round++) {
		size_t length = (size_t)rand_r(&seed) % (sizeof text - 1);

		for (size_t i = 0; i < length; i++)
			text[i] = (char)(1 + rand_r(&seed) % 255);
		text[length] = '\0';
		if (!read_back(escape(text)) || strcmp(back, text) != 0)
			ck_abort_msg("seed %d, round %d: it reads otherwise", _i, round);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("escape");
	TCase *tests = tcase_create("escape");

	tcase_add_test(tests, plain_text_stays);
	tcase_add_test(tests, controls_are_spelt_out);
	tcase_add_test(tests, what_is_cut_short_is_spelt_out);
	tcase_add_test(tests, what_is_not_utf_8_is_spelt_out);
	tcase_add_loop_test(tests, random_bytes_can_be_read_back, 0, 5);
	suite_add_tcase(suite, tests);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
