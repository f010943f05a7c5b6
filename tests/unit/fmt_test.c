/* SPDX-License-Identifier: MIT */
#include "base/fmt.h"

#include <check.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROOM = 400, GUARD = 16 };

/* What libc makes of the same calls, never cut. */
static char wanted[4096];
static size_t wanted_used;

static char bytes[ROOM + GUARD];
static struct lk_text text;

static void begin(size_t size)
{
	memset(bytes, '#', sizeof bytes);
	wanted_used = 0;
	wanted[0] = '\0';
	lk_text_init(&text, bytes, size);
}

/* The same format and arguments for both. */
#define FORMAT_BOTH(...)                                                                           \
	do {                                                                                       \
		lk_text_format(&text, __VA_ARGS__);                                                \
		wanted_used += (size_t)snprintf(wanted + wanted_used, sizeof wanted - wanted_used, \
						__VA_ARGS__);                                      \
	} while (0)

static void check_same(size_t size, unsigned seed)
{
	size_t kept = wanted_used < size ? wanted_used : size - 1;

	ck_assert_msg(text.used == kept, "seed %u: %zu bytes, not %zu", seed, text.used, kept);
	ck_assert_msg(memcmp(bytes, wanted, kept) == 0, "seed %u: %s, not %s", seed, bytes, wanted);
	ck_assert_int_eq(bytes[kept], '\0');
	ck_assert_msg(text.cut == (wanted_used >= size), "seed %u: cut is %d", seed, text.cut);
	size_t touched = size;
	while (touched < sizeof bytes && bytes[touched] == '#')
		touched++;
	ck_assert_msg(touched == sizeof bytes, "seed %u: wrote behind the end", seed);
}

static uint64_t random_bits(unsigned *seed)
{
	uint64_t bits = 0;

	for (int i = 0; i < 5; i++)
		bits = bits << 15 ^ (uint64_t)rand_r(seed);
	/* Small numbers as often as large ones. */
	return bits >> (rand_r(seed) % 64);
}

static void format_something(unsigned *seed)
{
	static const char *const strings[] = { "", "x", "a longer string", "100%", "%s %d" };
	const char *string = strings[rand_r(seed) % 5];
	uint64_t bits = random_bits(seed);

	switch (rand_r(seed) % 9) {
	case 0:
		FORMAT_BOTH("%s", string);
		break;
	case 1:
		FORMAT_BOTH("[%u]", (unsigned)bits);
		break;
	case 2:
		FORMAT_BOTH("%d,%d", (int)bits, -(int)(bits & INT_MAX));
		break;
	case 3:
		FORMAT_BOTH("%zu bytes", (size_t)bits);
		break;
	case 4:
		FORMAT_BOTH("%lu%%", (unsigned long)bits);
		break;
	case 5:
		FORMAT_BOTH("%x-%lx", (unsigned)bits, (unsigned long)bits);
		break;
	case 6:
		FORMAT_BOTH("%p", (void *)(uintptr_t)(bits | 1));
		break;
	case 7:
		FORMAT_BOTH("%c%c", (char)('a' + bits % 26), ' ');
		break;
	default:
		FORMAT_BOTH("%s is %u of %zu at %p: %s%c", string, (unsigned)bits, (size_t)bits,
			    (void *)(uintptr_t)(bits | 1), string, '\n');
	}
}

START_TEST(agrees_with_snprintf)
{
	unsigned seed = (unsigned)_i;

	for (int round = 0; round < 200; round++) {
		size_t size = 1 + (size_t)rand_r(&seed) % ROOM;
		int pieces = rand_r(&seed) % 12;

		begin(size);
		for (int piece = 0; piece < pieces; piece++)
			format_something(&seed);
		check_same(size, (unsigned)_i);
	}
}
END_TEST

START_TEST(writes_extreme_numbers)
{
	begin(ROOM);
	FORMAT_BOTH("%d %d %u %x %lu %lx %zu %d", INT_MIN, INT_MAX, UINT_MAX, UINT_MAX, ULONG_MAX,
		    ULONG_MAX, SIZE_MAX, 0);
	check_same(ROOM, 0);
	begin(ROOM);
	lk_text_add_number(&text, UINT64_MAX);
	lk_text_add(&text, " ");
	lk_text_add_hex(&text, UINT64_MAX);
	lk_text_add(&text, " ");
	lk_text_add_number(&text, 0);
	lk_text_add_hex(&text, 0);
	ck_assert_str_eq(bytes, "18446744073709551615 ffffffffffffffff 00");
	begin(ROOM);
	lk_text_format(&text, "%p", NULL);
	ck_assert_str_eq(bytes, "0x0");
}
END_TEST

START_TEST(tells_that_it_was_cut)
{
	begin(4);
	lk_text_add(&text, "abc");
	ck_assert(!text.cut);
	lk_text_add(&text, "");
	lk_text_add_bytes(&text, "zzz", 0);
	ck_assert(!text.cut);
	lk_text_add(&text, "d");
	ck_assert(text.cut);
	ck_assert_str_eq(bytes, "abc");
	lk_text_add(&text, "");
	ck_assert(text.cut);

	begin(1);
	ck_assert_str_eq(bytes, "");
	ck_assert(!text.cut);
	lk_text_add_number(&text, 7);
	ck_assert(text.cut);
	ck_assert_str_eq(bytes, "");
}
END_TEST

START_TEST(keeps_zeros_and_bytes)
{
	begin(ROOM);
	lk_text_add_bytes(&text, "a\0b", 3);
	ck_assert_uint_eq(text.used, 3);
	ck_assert_int_eq(memcmp(bytes, "a\0b", 4), 0);
}
END_TEST

/* What lk_say writes for STRING, and that it keeps errno. */
static size_t say(const char *string, char *line, size_t size)
{
	int ends[2], standard_error = dup(STDERR_FILENO);

	ck_assert_int_eq(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	errno = EXDEV;
	lk_say("%s", string);
	ck_assert_int_eq(errno, EXDEV);
	dup2(standard_error, STDERR_FILENO);
	close(standard_error);
	ssize_t used = read(ends[0], line, size);
	ck_assert_int_gt(used, 0);
	ck_assert_int_eq(read(ends[0], line + used, 1), 0);
	close(ends[0]);
	return (size_t)used;
}

START_TEST(says_one_line)
{
	static const char prefix[] = "leakcheck: ";
	char line[8192], sentence[3000];
	size_t used = say("hello", line, sizeof line);

	ck_assert_uint_eq(used, strlen("leakcheck: hello\n"));
	ck_assert_int_eq(memcmp(line, "leakcheck: hello\n", used), 0);

	for (size_t length = 900; length < 1100; length++) {
		memset(sentence, 'x', length);
		sentence[length] = '\0';
		used = say(sentence, line, sizeof line);
		ck_assert_int_eq(memcmp(line, prefix, strlen(prefix)), 0);
		ck_assert_int_eq(line[used - 1], '\n');
		ck_assert_ptr_eq(memchr(line, '\n', used), line + used - 1);
		ck_assert_ptr_null(memchr(line, '\0', used));
		ck_assert_uint_le(used, strlen(prefix) + length + 1);
		ck_assert_uint_ge(used, length < 1000 ? strlen(prefix) + length + 1 : 1000);
	}
}
END_TEST

START_TEST(survives_a_closed_standard_error)
{
	close(STDERR_FILENO);
	errno = EXDEV;
	lk_say("nobody listens");
	ck_assert_int_eq(errno, EXDEV);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("fmt");
	TCase *tests = tcase_create("fmt");

	tcase_add_loop_test(tests, agrees_with_snprintf, 0, 20);
	tcase_add_test(tests, writes_extreme_numbers);
	tcase_add_test(tests, tells_that_it_was_cut);
	tcase_add_test(tests, keeps_zeros_and_bytes);
	tcase_add_test(tests, says_one_line);
	tcase_add_test(tests, survives_a_closed_standard_error);
	suite_add_tcase(suite, tests);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
