/* SPDX-License-Identifier: MIT */
#include "report/html.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static char *text;
static size_t size;

static void teardown(void)
{
	free(text);
	text = NULL;
}

static FILE *begin(void)
{
	free(text);
	text = NULL;
	return open_memstream(&text, &size);
}

static void is(FILE *out, const char *wanted)
{
	fclose(out);
	ck_assert_str_eq(text, wanted);
}

static void prints(void (*print)(FILE *out, const char *text), const char *what, const char *wanted)
{
	FILE *out = begin();

	print(out, what);
	is(out, wanted);
}

START_TEST(plain_text_stays)
{
	prints(lk_html_text, "parse.c:88 \xc3\xa4 \\", "parse.c:88 \xc3\xa4 \\");
	prints(lk_html_text, "", "");
	prints(lk_html_text, NULL, "?");
}
END_TEST

START_TEST(markup_is_text)
{
	prints(lk_html_text, "<a b=\"c\" d='e'>&amp;",
	       "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;amp;");
}
END_TEST

START_TEST(what_is_not_to_be_seen_is_spelt_out)
{
	prints(lk_html_text, "\x01\x1b\x7f\n\t", "\\x01\\x1b\\x7f\\n\\t");
	prints(lk_html_text, "\xff\xc3", "\\xff\\xc3");
	prints(lk_html_text, "\xc2\x9b", "\\xc2\\x9b");
	prints(lk_html_text, "a\xe2\x80\xae\xe2\x81\xa6\xe2\x80\x8e",
	       "a\\xe2\\x80\\xae\\xe2\\x81\\xa6\\xe2\\x80\\x8e");
	prints(lk_html_text, "\xe2\x86\x90", "\xe2\x86\x90");
}
END_TEST

START_TEST(tabs_of_sources_stay)
{
	prints(lk_html_source, "\tif (a < b)\r", "\tif (a &lt; b)\\x0d");
}
END_TEST

START_TEST(json_ends_no_script)
{
	prints(lk_html_json, "</script>&\"\\'",
	       "\"\\u003c/script\\u003e\\u0026\\u0022\\u005c\\u0027\"");
	prints(lk_html_json, "\n\x7f", "\"\\u000a\\u007f\"");
	prints(lk_html_json, "\xff\xe2\x80\xae", "\"\\\\xff\\\\xe2\\\\x80\\\\xae\"");
	prints(lk_html_json, NULL, "\"?\"");
}
END_TEST

START_TEST(amounts_have_the_unit_that_fits)
{
	static const struct {
		double bytes;
		const char *wanted;
	} rows[] = { { 0, "0 B" },
		     { 1023, "1023 B" },
		     { 1024, "1.0 KiB" },
		     { 1536, "1.5 KiB" },
		     { -2048, "-2.0 KiB" },
		     { 5.0 * (1 << 20), "5.0 MiB" },
		     { 1.8e19, "16370904.6 TiB" } };

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		FILE *out = begin();

		lk_html_amount(out, rows[i].bytes);
		is(out, rows[i].wanted);
	}
	FILE *out = begin();
	lk_html_bytes(out, 2048);
	is(out, "<span title=\"2048 B\">2.0 KiB</span>");
}
END_TEST

START_TEST(stacks_mark_the_suspect_and_the_guess)
{
	static const struct lk_module module = { .path = "/lib/libx.so" };
	static const struct lk_frame frames[] = {
		{ .function = "xmalloc", .file = "util.c", .line = 3, .inlined = true },
		{ .function = "f<T>", .module = &module, .offset = 0x12 },
		{ .pc = 0x99 },
	};
	FILE *out = begin();

	lk_html_stack(out, frames, 3, 1, 2, true);
	is(out, "<pre class=\"stack\">xmalloc  util.c:3 (inlined)\n"
		"<mark>f&lt;T&gt;     libx.so+0x12</mark>\n"
		"probably called by\n"
		"??       0x99 in no loaded object\n"
		"... outer frames not shown</pre>\n");
	out = begin();
	lk_html_stack(out, frames, 0, 0, 0, true);
	is(out, "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("html");
	TCase *tests = tcase_create("html");

	tcase_add_checked_fixture(tests, NULL, teardown);
	tcase_add_test(tests, plain_text_stays);
	tcase_add_test(tests, markup_is_text);
	tcase_add_test(tests, what_is_not_to_be_seen_is_spelt_out);
	tcase_add_test(tests, tabs_of_sources_stay);
	tcase_add_test(tests, json_ends_no_script);
	tcase_add_test(tests, amounts_have_the_unit_that_fits);
	tcase_add_test(tests, stacks_mark_the_suspect_and_the_guess);
	suite_add_tcase(suite, tests);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
