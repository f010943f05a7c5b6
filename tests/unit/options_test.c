/* SPDX-License-Identifier: MIT */
#include "base/options.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

enum kind { KIND_flag, KIND_number, KIND_text, KIND_word, KIND_list, KIND_set, KIND_signal,
	    KIND_output, KIND_limits, KIND_seconds };

/* The list once more, with what the rows of the header leave out. */
static const struct expected {
	const char *name;
	enum kind kind;
	size_t offset;
	unsigned least, most;
} list[] = {
#define LK_OPTION(name, kind, standard, least, most, meta, help) \
	{ #name, KIND_##kind, offsetof(struct lk_options, name), least, most },
#include "base/options.def"
#undef LK_OPTION
};
enum { LIST_COUNT = sizeof list / sizeof *list };

static struct lk_options options;
/* More than is needed, so that what is written behind the end shows. */
static char error[LK_OPTION_ERROR_MAX + 16];

static void setup(void)
{
	lk_options_init(&options);
	memset(error, '#', sizeof error);
}

static void check_sentence(const char *name)
{
	char quoted[64];

	snprintf(quoted, sizeof quoted, "option '%s'", name);
	ck_assert_ptr_nonnull(memchr(error, '\0', LK_OPTION_ERROR_MAX));
	ck_assert_msg(strncmp(error, quoted, strlen(quoted)) == 0, "%s: %s", name, error);
	ck_assert_uint_gt(strlen(error), strlen(quoted) + 10);
	ck_assert_ptr_null(strchr(error, '\n'));
	ck_assert_int_eq(error[LK_OPTION_ERROR_MAX], '#');
}

static void accept(const char *name, const char *value)
{
	ck_assert_msg(lk_options_set(&options, name, strlen(name), value, error), "%s=%s: %s", name,
		      value, error);
	ck_assert_int_eq(error[0], '#');
}

/* A refused value is named, and leaves every setting as it was. */
static void refuse(const char *name, const char *value)
{
	struct lk_options before = options;

	ck_assert_msg(!lk_options_set(&options, name, strlen(name), value, error), "%s=%s", name,
		      value);
	ck_assert_int_eq(memcmp(&before, &options, sizeof options), 0);
	check_sentence(name);
	memset(error, '#', sizeof error);
}

START_TEST(starts_with_the_defaults)
{
#define IS_flag(name, standard) ck_assert(options.name == (standard))
#define IS_number(name, standard) ck_assert_uint_eq(options.name, (standard))
#define IS_set IS_number
#define IS_seconds IS_number
#define IS_text(name, standard) ck_assert_str_eq(options.name, (standard))
#define IS_list IS_text
#define IS_word IS_text
#define IS_output IS_text
#define IS_limits(name, standard) ck_assert(!lk_limits_are_any(&options.name))
#define IS_signal(name, standard) ck_assert_int_eq(options.name, (standard))
#define LK_OPTION(name, kind, standard, least, most, meta, help) IS_##kind(name, standard);
#include "base/options.def"
#undef LK_OPTION
}
END_TEST

START_TEST(lists_every_row)
{
	ck_assert_uint_eq(lk_option_rows_count, LIST_COUNT);
	for (size_t i = 0; i < LIST_COUNT; i++) {
		ck_assert_str_eq(lk_option_rows[i].name, list[i].name);
		ck_assert(lk_option_rows[i].is_flag == (list[i].kind == KIND_flag));
		ck_assert(lk_option_rows[i].is_optional ==
			  (list[i].kind == KIND_flag || list[i].kind == KIND_output));
		ck_assert_uint_gt(strlen(lk_option_rows[i].help), 0);
		ck_assert_uint_gt(strlen(lk_option_rows[i].meta), 0);
	}
}
END_TEST

static void check_flag(const struct expected *row)
{
	static const struct {
		const char *value;
		bool yes;
	} good[] = { { "no", false }, { "yes", true }, { "0", false },
		     { "1", true },   { "no", false }, { "", true } };
	static const char *const bad[] = { "maybe", "YES", "No", "2", "yes ", " no", "true", "01" };
	const bool *flag = (const void *)((const char *)&options + row->offset);

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		accept(row->name, good[i].value);
		ck_assert(*flag == good[i].yes);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		refuse(row->name, bad[i]);
}

static void check_number(const struct expected *row)
{
	static const char *const bad[] = { "",		 "-1",
					   "+1",	 " 1",
					   "1 ",	 "0x1",
					   "1e1",	 "ten",
					   "1.5",	 "/",
					   ":",		 "18446744073709551617",
					   "4294967297", "99999999999999999999999999999999" };
	const unsigned *number = (const void *)((const char *)&options + row->offset);
	char text[32], range[64];

	for (unsigned i = 0; i < 3; i++) {
		unsigned value = i == 0 ? row->least : i == 1 ? row->most : row->least + 1;

		snprintf(text, sizeof text, "%s%u", i == 1 ? "000" : "", value);
		accept(row->name, text);
		ck_assert_uint_eq(*number, value);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		refuse(row->name, bad[i]);
	if (row->least > 0) {
		snprintf(text, sizeof text, "%u", row->least - 1);
		refuse(row->name, text);
	}
	snprintf(text, sizeof text, "%u", row->most + 1);
	ck_assert(!lk_options_set(&options, row->name, strlen(row->name), text, error));
	snprintf(range, sizeof range, "from %u to %u", row->least, row->most);
	ck_assert_ptr_nonnull(strstr(error, range));
}

/* Their bounds are from a tenth of a second to a day. */
static void check_seconds(const struct expected *row)
{
	static const struct {
		const char *value;
		unsigned milliseconds;
	} good[] = { { "10", 10000 }, { "0.25", 250 },	      { "1.5", 1500 },
		     { "0.1", 100 },  { "86400", 86400000 }, { "2.125", 2125 } };
	static const char *const bad[] = { "",	   "0",	     "0.05",  ".5",	   "1.",
					   "1.2345", "1.2.3",  "86400.001", "999999999", "-1",
					   "1s",   "1,5",    " 1",    "1e1" };
	const unsigned *milliseconds = (const void *)((const char *)&options + row->offset);

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		accept(row->name, good[i].value);
		ck_assert_uint_eq(*milliseconds, good[i].milliseconds);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		refuse(row->name, bad[i]);
}

static void check_text(const struct expected *row)
{
	const char *text = (const char *)&options + row->offset;
	char value[LK_OPTION_TEXT_MAX + 1];

	memset(value, 'v', sizeof value);
	value[LK_OPTION_TEXT_MAX] = '\0';
	refuse(row->name, value);
	value[LK_OPTION_TEXT_MAX - 1] = '\0';
	accept(row->name, value);
	ck_assert_str_eq(text, value);
	accept(row->name, "a:b\\c=d e");
	ck_assert_str_eq(text, "a:b\\c=d e");
	accept(row->name, "");
	ck_assert_str_eq(text, "");
}

static void check_list(const struct expected *row)
{
	const char *texts = (const char *)&options + row->offset;
	char value[LK_OPTION_TEXT_MAX + 1];

	refuse(row->name, "");
	refuse(row->name, "a\nb");
	memset(value, 'v', sizeof value);
	value[LK_OPTION_TEXT_MAX] = '\0';
	refuse(row->name, value);
	accept(row->name, "a:b\\c=d e");
	accept(row->name, "second");
	ck_assert_str_eq(texts, "a:b\\c=d e\nsecond\n");
	value[LK_OPTION_TEXT_MAX - 1] = '\0';
	while (LK_OPTION_LIST_MAX - strlen(texts) > LK_OPTION_TEXT_MAX)
		accept(row->name, value);
	refuse(row->name, value);
}

static void check_set(const struct expected *row)
{
	static const char *const bad[] = { "", "lost,", ",lost", "lost,,fd", "los", "lostx", "LOST",
					   "lost fd", "lost, fd" };
	const unsigned *set = (const void *)((const char *)&options + row->offset);

	accept(row->name, "none");
	ck_assert_uint_eq(*set, 0);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		refuse(row->name, bad[i]);
	for (unsigned word = 0; word < LK_FAIL_ON_COUNT; word++) {
		accept(row->name, lk_fail_on_words[word]);
		ck_assert_uint_eq(*set, 1u << word);
	}
	accept(row->name, "fd,lost,fd");
	ck_assert_uint_eq(*set, 1u << LK_FAIL_ON_fd | 1u << LK_FAIL_ON_lost);
	accept(row->name, "none,libc");
	ck_assert_uint_eq(*set, 1u << LK_FAIL_ON_libc);
	accept(row->name, "all");
	ck_assert_uint_eq(*set, LK_FAIL_ON_ALL);
}

static void check_word(const struct expected *row)
{
	const char *text = (const char *)&options + row->offset;

	for (const char *word = lk_option_rows[row - list].meta; *word;
	     word += strcspn(word, "|"), word += *word == '|') {
		char value[64];

		snprintf(value, sizeof value, "%.*s", (int)strcspn(word, "|"), word);
		accept(row->name, value);
		ck_assert_str_eq(text, value);
	}
	refuse(row->name, "");
	refuse(row->name, "other");
	refuse(row->name, lk_option_rows[row - list].meta);
}

static void check_signal(const struct expected *row)
{
	const int *number = (const int *)((const char *)&options + row->offset);

	accept(row->name, "USR1");
	ck_assert_int_eq(*number, SIGUSR1);
	accept(row->name, "SIGTERM");
	ck_assert_int_eq(*number, SIGTERM);
	accept(row->name, "34");
	ck_assert_int_eq(*number, 34);
	refuse(row->name, "");
	refuse(row->name, "0");
	refuse(row->name, "KILL");
	refuse(row->name, "9");
	refuse(row->name, "33");
	refuse(row->name, "1000");
	refuse(row->name, "10x");
	refuse(row->name, "usr1");
}

static void check_output(const struct expected *row)
{
	const char *text = (const char *)&options + row->offset;

	accept(row->name, "");
	ck_assert_str_eq(text, "-");
	accept(row->name, "a b:c");
	ck_assert_str_eq(text, "a b:c");
}

static void check_limits(const struct expected *row)
{
	static const char *const wrong[] = { "",	"bytes",     "bytes:",	"bytes:K",
					     "bytes:1k", "bytes:1KK", "size:1",	"bytes:1,",
					     ",bytes:1", "bytes:-1",  "bytes=1",
					     "bytes:18446744073709551616",
					     "bytes:18446744073709551615",
					     "bytes:17179869184G" };
	const struct lk_limits *limits = (const void *)((const char *)&options + row->offset);

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		refuse(row->name, wrong[i]);
	accept(row->name, "allocations:7,peak:2K,growth:none");
	ck_assert_uint_eq(limits->above[LK_MEASURE_allocations], 8);
	ck_assert_uint_eq(limits->above[LK_MEASURE_bytes], 0);
	ck_assert_uint_eq(limits->above[LK_MEASURE_peak], 2049);
	ck_assert_uint_eq(limits->above[LK_MEASURE_growth], 1);
	accept(row->name, "bytes:3M");
	ck_assert_uint_eq(limits->above[LK_MEASURE_bytes], (3 << 20) + 1);
	ck_assert_uint_eq(limits->above[LK_MEASURE_peak], 0);
	accept(row->name, "bytes:18446744073709551614");
	ck_assert_uint_eq(limits->above[LK_MEASURE_bytes], UINT64_MAX);
	accept(row->name, "bytes:1G,bytes:0,peak:-");
	ck_assert(!lk_limits_are_any(limits));
}

START_TEST(takes_what_its_kind_allows)
{
	const struct expected *row = &list[_i];

	switch (row->kind) {
	case KIND_flag:
		check_flag(row);
		break;
	case KIND_seconds:
		check_seconds(row);
		break;
	case KIND_number:
		check_number(row);
		break;
	case KIND_set:
		check_set(row);
		break;
	case KIND_list:
		check_list(row);
		break;
	case KIND_text:
		check_text(row);
		break;
	case KIND_word:
		check_word(row);
		break;
	case KIND_signal:
		check_signal(row);
		break;
	case KIND_output:
		check_output(row);
		break;
	case KIND_limits:
		check_limits(row);
		break;
	}
}
END_TEST

START_TEST(knows_whole_names_only)
{
	static const char *const unknown[] = { "hea",  "heapx", "verify_al", "verify_all_",
					       "HEAP", " heap", "verify.all" };

	for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
		refuse(unknown[i], "yes");
	refuse("", "yes");
	accept("verify-all", "yes");
	ck_assert(options.verify_all);
	ck_assert(lk_options_set(&options, "heapless", 4, "no", error));
	ck_assert(!options.heap);
}
END_TEST

START_TEST(parses_a_list)
{
	ck_assert(lk_options_parse(&options, "heap=no:frames=12:verify-all:settle=0:frames=13",
				   error));
	ck_assert(!options.heap);
	ck_assert(options.verify_all);
	ck_assert_uint_eq(options.frames, 13);
	ck_assert_uint_eq(options.settle, 0);
	ck_assert(options.threads);
	ck_assert(lk_options_parse(&options, "", error));
	ck_assert(lk_options_parse(&options, ":::require:::", error));
	ck_assert(options.require);
	ck_assert_int_eq(error[0], '#');
}
END_TEST

START_TEST(names_the_mistake_in_a_list)
{
	static const struct {
		const char *text, *name;
	} wrong[] = {
		{ "heap=no:nonsense=1:frames=2", "nonsense" },
		{ "frames=257", "frames" },
		{ "frames", "frames" },
		{ "settle=60001:heap=no", "settle" },
		{ "heap=no:threads=perhaps", "threads" },
		{ "he\\:ap=1", "he\\" },
	};

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		ck_assert_msg(!lk_options_parse(&options, wrong[i].text, error), "%s",
			      wrong[i].text);
		check_sentence(wrong[i].name);
	}
}
END_TEST

START_TEST(a_backslash_makes_the_next_byte_ordinary)
{
	ck_assert(lk_options_parse(&options, "report=/a\\:b\\\\c\\d=e:heap=no", error));
	ck_assert_str_eq(options.report, "/a:b\\cd=e");
	ck_assert(!options.heap);
	ck_assert(lk_options_parse(&options, "report=end\\", error));
	ck_assert_str_eq(options.report, "end\\");
	ck_assert(lk_options_parse(&options, "frames=\\1\\2", error));
	ck_assert_uint_eq(options.frames, 12);
}
END_TEST

START_TEST(measures_a_value_after_its_escapes)
{
	enum { LONGEST = LK_OPTION_TEXT_MAX - 1 };
	char text[sizeof "report=" + 2 * LONGEST + 2] = "report=", *at = text + strlen(text);

	for (int i = 0; i < LONGEST; i++)
		at = stpcpy(at, "\\:");
	ck_assert(lk_options_parse(&options, text, error));
	ck_assert_uint_eq(strlen(options.report), LONGEST);
	ck_assert_uint_eq(strspn(options.report, ":"), LONGEST);
	strcpy(at, "x");
	ck_assert(!lk_options_parse(&options, text, error));
	check_sentence("report");
}
END_TEST

START_TEST(cuts_a_sentence_about_a_long_name)
{
	char name[5000];

	memset(name, 'n', sizeof name);
	name[sizeof name - 1] = '\0';
	ck_assert(!lk_options_parse(&options, name, error));
	ck_assert_uint_eq(strnlen(error, sizeof error), LK_OPTION_ERROR_MAX - 1);
	ck_assert_int_eq(error[LK_OPTION_ERROR_MAX], '#');
}
END_TEST

/* A test must not run with half its settings (probe/tracker.h). */
START_TEST(refuses_a_value_without_a_name)
{
	ck_assert(!lk_options_parse(&options, "heap=no:=450", error));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("options");
	TCase *rows = tcase_create("rows"), *lists = tcase_create("lists");

	tcase_add_checked_fixture(rows, setup, NULL);
	tcase_add_test(rows, starts_with_the_defaults);
	tcase_add_test(rows, lists_every_row);
	tcase_add_loop_test(rows, takes_what_its_kind_allows, 0, LIST_COUNT);
	tcase_add_test(rows, knows_whole_names_only);
	suite_add_tcase(suite, rows);
	tcase_add_checked_fixture(lists, setup, NULL);
	tcase_add_test(lists, parses_a_list);
	tcase_add_test(lists, names_the_mistake_in_a_list);
	tcase_add_test(lists, a_backslash_makes_the_next_byte_ordinary);
	tcase_add_test(lists, measures_a_value_after_its_escapes);
	tcase_add_test(lists, cuts_a_sentence_about_a_long_name);
	tcase_add_test(lists, refuses_a_value_without_a_name);
	suite_add_tcase(suite, lists);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
