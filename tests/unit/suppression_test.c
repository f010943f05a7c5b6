/* SPDX-License-Identifier: MIT */
#include "judge/suppression.h"

#include <check.h>
#include <string.h>

static const struct lk_module program = { .is_program = true, .path = "/srv/check_parse" };
static const struct lk_module png = { .path = "/usr/lib/libpng16.so.16" };

static struct lk_frame frames[] = {
	{ .function = "png_malloc", .module = &png },
	{ .function = "png::image::load(int)", .module = &png },
	{ .function = "header_add", .file = "src/parse.c", .line = 88, .module = &program },
	{ .function = "test_header_fn", .file = "check_parse.c", .line = 40, .module = &program },
};
enum { FRAMES = sizeof frames / sizeof *frames };

static struct lk_suppressions list;
static char error[LK_SUPPRESSION_ERROR_MAX];
static struct lk_rule_use uses[8];

static struct lk_finding finding_of(enum lk_kind kind)
{
	return (struct lk_finding){
		.kind = kind, .id = 0xc88a6d1b, .frames = frames, .frames_count = FRAMES
	};
}

static bool reads(const char *text)
{
	lk_suppressions_release(&list);
	return lk_suppressions_read(&list, "my.supp", text, strlen(text), error);
}

/* Does the one rule TEXT cover a finding of KIND in test_header? */
static bool covers(enum lk_kind kind, const char *text)
{
	static char what[] = "7 /var/lib/x.db O_RDWR";
	struct lk_finding finding = finding_of(kind);

	if (kind == LK_KIND_descriptor)
		finding.what = what;
	ck_assert_msg(reads(text), "%s", error);
	ck_assert_uint_eq(list.count, 1);
	return lk_suppressions_cover(&list, &finding, "test_header", uses);
}

static void fails_with(const char *text, const char *sentence)
{
	ck_assert(!reads(text));
	ck_assert_str_eq(error, sentence);
}

START_TEST(matches_any_frame)
{
	ck_assert(covers(LK_KIND_heap, "leak:header_add"));
	ck_assert(covers(LK_KIND_heap, "leak:libpng"));
	ck_assert(covers(LK_KIND_heap, "leak:parse.c"));
	ck_assert(covers(LK_KIND_heap, "  leak: ^header_add$ \n"));
	ck_assert(!covers(LK_KIND_heap, "leak:footer"));
	ck_assert(!covers(LK_KIND_descriptor, "leak:header_add"));
	ck_assert(covers(LK_KIND_descriptor, "fd:header_add"));
	ck_assert(covers(LK_KIND_descriptor, "fd:/var/lib/*.db"));
	ck_assert(covers(LK_KIND_thread, "thread:header_add"));
}
END_TEST

START_TEST(matches_the_innermost_frame)
{
	ck_assert(covers(LK_KIND_heap, "leak.top:png_malloc"));
	ck_assert(!covers(LK_KIND_heap, "leak.top:header_add"));
	ck_assert(covers(LK_KIND_heap, "leak.created-by:png_malloc"));
}
END_TEST

START_TEST(matches_ids_and_tests)
{
	ck_assert(covers(LK_KIND_heap, "id:c88a6d1b"));
	ck_assert(!covers(LK_KIND_heap, "id:c88a6d1"));
	ck_assert(covers(LK_KIND_heap, "test:test_header"));
	ck_assert(covers(LK_KIND_heap, "test:^test_header$ [heap]"));
	ck_assert(!covers(LK_KIND_descriptor, "test:test_header [heap thread]"));
	ck_assert(!covers(LK_KIND_heap, "test:^header"));
}
END_TEST

START_TEST(leaves_whole_tests_out)
{
	ck_assert(reads("leak:x\ntest:^test_a [heap]\ntest:^test_b"));
	ck_assert(!lk_suppressions_cover_test(&list, "test_a", uses));
	ck_assert(lk_suppressions_cover_test(&list, "test_b2", uses));
	ck_assert(uses[0].hits == 0 && uses[1].hits == 0 && uses[2].hits == 1);
}
END_TEST

START_TEST(keeps_tests_from_running_again)
{
	ck_assert(reads("test:^test_a\nonce:^test_c"));
	ck_assert(!lk_suppressions_run_once(&list, "test_a", uses));
	ck_assert(lk_suppressions_run_once(&list, "test_c2", uses));
	ck_assert(!lk_suppressions_cover_test(&list, "test_c2", uses));
	ck_assert(uses[0].hits == 0 && uses[1].hits == 1);
	ck_assert(!covers(LK_KIND_heap, "once:test_header"));
}
END_TEST

START_TEST(keeps_reasons)
{
	ck_assert(reads("# why not\n\nleak:a#b  # a cache  \nfd:x\n"));
	ck_assert_uint_eq(list.count, 2);
	ck_assert_str_eq(list.rows[0].reason, "a cache");
	ck_assert_str_eq(list.rows[0].pattern, "a#b");
	ck_assert_str_eq(list.rows[0].file, "my.supp");
	ck_assert_uint_eq(list.rows[0].line, 3);
	ck_assert_ptr_null(list.rows[1].reason);
}
END_TEST

START_TEST(keeps_states_of_threads)
{
	ck_assert(reads("thread:worker [poll]\nleak:a [b]"));
	ck_assert_str_eq(list.rows[0].pattern, "worker");
	ck_assert_str_eq(list.rows[0].state, "poll");
	ck_assert_str_eq(list.rows[1].pattern, "a [b]");
}
END_TEST

#define ENTRY(lines) "{\n   a name\n   Memcheck:Leak\n" lines "}\n"

START_TEST(reads_valgrinds_form)
{
	ck_assert(covers(LK_KIND_heap, ENTRY("fun:malloc\nfun:png_malloc\n")));
	ck_assert(covers(LK_KIND_heap, ENTRY("match-leak-kinds: all\nfun:png_m*\n")));
	ck_assert(!covers(LK_KIND_heap, ENTRY("match-leak-kinds: reachable\nfun:png_m*\n")));
	ck_assert(covers(LK_KIND_heap, ENTRY("...\nfun:header_add\n")));
	ck_assert(covers(LK_KIND_heap, ENTRY("fun:?alloc\n...\nfun:test_*_fn\n")));
	ck_assert(covers(LK_KIND_heap, ENTRY("obj:*/libpng*\nobj:*\nsrc:src/parse.c:88\n")));
	ck_assert(covers(LK_KIND_heap, ENTRY("fun:malloc\n")));
	ck_assert(!covers(LK_KIND_heap, ENTRY("fun:calloc\nfun:header_add\n")));
	ck_assert(!covers(LK_KIND_heap, ENTRY("...\nfun:test_header_fn\nfun:main\n")));
	ck_assert(!covers(LK_KIND_descriptor, ENTRY("fun:png_malloc\n")));
	ck_assert_str_eq(list.rows[0].reason, "a name");
	ck_assert(covers(LK_KIND_descriptor, "{\nx\nCoreError:FdNotClosed\nfun:png_malloc\n}"));
}
END_TEST

START_TEST(reads_mangled_names)
{
	ck_assert(covers(LK_KIND_heap, ENTRY("...\nfun:_ZN3png5image4loadEi\n")));
}
END_TEST

START_TEST(passes_over_what_is_not_for_us)
{
	ck_assert(reads("{\nx\nMemcheck:Cond\nfun:f\n}\n{\ny\nHelgrind:Race\nwhatever\n}\nleak:a"));
	ck_assert_uint_eq(list.count, 1);
}
END_TEST

START_TEST(says_which_rules_could_not_be_evaluated)
{
	struct lk_finding finding = finding_of(LK_KIND_heap);
	struct lk_frame nameless[] = { { .module = &png }, frames[2] };

	ck_assert(reads("leak:footer\nfd:footer\nid:1\nleak:header_add"));
	finding.frames = nameless;
	finding.frames_count = 2;
	ck_assert(lk_suppressions_cover(&list, &finding, NULL, uses));
	ck_assert(uses[3].hits == 1 && uses[0].blind == 0);
	ck_assert(reads("leak:footer\nfd:footer\nid:1\nleak:none"));
	ck_assert(!lk_suppressions_cover(&list, &finding, NULL, uses));
	ck_assert(uses[0].blind == 1 && uses[1].blind == 0 && uses[2].blind == 0);
	ck_assert(uses[3].blind == 1 && uses[3].hits == 1);
}
END_TEST

START_TEST(says_what_is_wrong)
{
	fails_with("leak:a\nheader_add", "my.supp:2: 'header_add' has no colon; expected a rule "
					 "such as leak:function");
	fails_with("leek:a", "my.supp:1: 'leek:' is unknown; expected leak:, fd:, thread:, id:, "
			     "test:, once:, or { alone on its line for a rule in valgrind's form");
	fails_with("leak:", "my.supp:1: nothing stands behind 'leak:'; expected a name or a pattern");
	fails_with("leak.inner:a", "my.supp:1: '.inner' is unknown; expected .top or .created-by");
	fails_with("test:a [heap fish]",
		   "my.supp:1: 'fish' is no kind of leak; expected heap, fd or thread");
	fails_with("\n{\nname\nMemcheck:Leak\nfun:a\n",
		   "my.supp:2: the { has no }; expected } alone on its line");
	fails_with("{\nname\n}", "my.supp:3: the rule ends early; expected its name and a kind such "
				 "as Memcheck:Leak");
	fails_with("{\nname\nMemcheck:Leak\nfan:a\n}",
		   "my.supp:4: 'fan:a' is unknown; expected fun:, obj:, src:, ... or }");
	fails_with("{\nname\nMemcheck:Leak\n}",
		   "my.supp:4: the rule has no frame; expected fun:, obj:, src: or ...");
	ck_assert(!lk_suppressions_read(&list, "x", "a\0b", 3, error));
}
END_TEST

static void release(void)
{
	memset(uses, 0, sizeof uses);
	lk_suppressions_release(&list);
}

int main(void)
{
	Suite *suite = suite_create("suppression");
	TCase *tests = tcase_create("suppression");

	tcase_add_checked_fixture(tests, NULL, release);
	tcase_add_test(tests, matches_any_frame);
	tcase_add_test(tests, matches_the_innermost_frame);
	tcase_add_test(tests, matches_ids_and_tests);
	tcase_add_test(tests, leaves_whole_tests_out);
	tcase_add_test(tests, keeps_tests_from_running_again);
	tcase_add_test(tests, keeps_reasons);
	tcase_add_test(tests, keeps_states_of_threads);
	tcase_add_test(tests, reads_valgrinds_form);
	tcase_add_test(tests, reads_mangled_names);
	tcase_add_test(tests, passes_over_what_is_not_for_us);
	tcase_add_test(tests, says_which_rules_could_not_be_evaluated);
	tcase_add_test(tests, says_what_is_wrong);
	suite_add_tcase(suite, tests);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
