/* SPDX-License-Identifier: MIT */
#include "check/message.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { PAGE = 4096, BYTES_MAX = 2 * PAGE };

/* ---- Making messages, as Check's check_pack.c does. */

static unsigned char bytes[BYTES_MAX];
static size_t used;

static void put_word(uint32_t word)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		bytes[used++] = (unsigned char)(word >> shift);
}

static void put_string(const char *text, uint32_t length)
{
	put_word(length);
	memcpy(bytes + used, text, strlen(text));
	used += strlen(text);
}

static void make_context(uint32_t context)
{
	used = 0;
	put_word(LK_MESSAGE_CONTEXT);
	put_word(context);
}

static void make_location(const char *file, uint32_t length, uint32_t line)
{
	used = 0;
	put_word(LK_MESSAGE_LOCATION);
	put_string(file, length);
	put_word(line);
}

/* Parses the first SIZE bytes of what was made where memory ends behind them. */
static bool parse(size_t size, struct lk_message *message)
{
	static unsigned char *end;

	if (!end) {
		unsigned char *pages = mmap(NULL, BYTES_MAX + PAGE, PROT_READ | PROT_WRITE,
					    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		ck_assert_ptr_ne(pages, MAP_FAILED);
		end = pages + BYTES_MAX;
		ck_assert_int_eq(mprotect(end, PAGE, PROT_NONE), 0);
	}
	memcpy(end - size, bytes, size);
	return lk_message_parse(end - size, size, message);
}

START_TEST(reads_contexts)
{
	struct lk_message message;

	for (uint32_t context = 0; context < 6; context++) {
		make_context(context);
		ck_assert(parse(used, &message) == (context >= 1 && context <= 3));
		if (context < 1 || context > 3)
			continue;
		ck_assert_int_eq(message.type, LK_MESSAGE_CONTEXT);
		ck_assert_int_eq(message.context, context == 1	 ? LK_CONTEXT_SETUP
						  : context == 2 ? LK_CONTEXT_TEST
								 : LK_CONTEXT_TEARDOWN);
	}
	make_context(UINT32_MAX);
	ck_assert(!parse(used, &message));
}
END_TEST

START_TEST(reads_locations)
{
	struct lk_message message;

	make_location("check_parse.c", 13, 0x01020304);
	ck_assert(parse(used, &message));
	ck_assert_int_eq(message.type, LK_MESSAGE_LOCATION);
	ck_assert_str_eq(message.text, "check_parse.c");
	ck_assert_uint_eq(message.line, 0x01020304);
	make_location("", 0, 7);
	ck_assert(parse(used, &message));
	ck_assert_str_eq(message.text, "");
	ck_assert_uint_eq(message.line, 7);
}
END_TEST

START_TEST(cuts_a_long_file)
{
	struct lk_message message;
	char file[600];

	for (size_t length = LK_MESSAGE_TEXT_MAX - 3; length < sizeof file; length++) {
		memset(file, 'f', length);
		file[length] = '\0';
		make_location(file, (uint32_t)length, 88);
		memset(&message, '#', sizeof message);
		if (!parse(used, &message))
			ck_abort_msg("length %zu", length);
		size_t kept = length < LK_MESSAGE_TEXT_MAX ? length : LK_MESSAGE_TEXT_MAX - 1;
		if (strlen(message.text) != kept || message.line != 88)
			ck_abort_msg("length %zu: kept %zu", length, strlen(message.text));
	}
}
END_TEST

START_TEST(refuses_what_is_cut_short)
{
	struct lk_message message;

	make_location("check_parse.c", 13, 88);
	for (size_t size = 0; size < used; size++)
		ck_assert_msg(!parse(size, &message), "%zu bytes", size);
	make_context(2);
	for (size_t size = 0; size < used; size++)
		ck_assert_msg(!parse(size, &message), "%zu bytes", size);
	used = 0;
	put_word(LK_MESSAGE_FAIL);
	put_string("why", 3);
	for (size_t size = 0; size <= used; size++)
		ck_assert(parse(size, &message) == (size >= 8));
	ck_assert_int_eq(message.type, LK_MESSAGE_FAIL);
	used = 0;
	put_word(LK_MESSAGE_DURATION);
	put_word(12345);
	for (size_t size = 0; size <= used; size++)
		ck_assert(parse(size, &message) == (size >= 8));
	ck_assert_int_eq(message.type, LK_MESSAGE_DURATION);
}
END_TEST

START_TEST(refuses_lengths_that_lie)
{
	static const uint32_t lengths[] = { 14,
					    100,
					    0x7fffffff,
					    0x80000000,
					    UINT32_MAX - 12,
					    UINT32_MAX - 11,
					    UINT32_MAX - 3,
					    UINT32_MAX };
	struct lk_message message;

	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		make_location("check_parse.c", lengths[i], 88);
		for (size_t size = 0; size <= used; size++)
			ck_assert_msg(!parse(size, &message), "%u, %zu", lengths[i], size);
	}
}
END_TEST

START_TEST(refuses_other_types)
{
	struct lk_message message;

	for (uint32_t type = LK_MESSAGE_DURATION + 1; type < 1000; type++) {
		make_context(1);
		bytes[2] = (unsigned char)(type >> 8);
		bytes[3] = (unsigned char)type;
		if (parse(used, &message))
			ck_abort_msg("type %u", type);
	}
	make_context(1);
	bytes[0] = 1;
	ck_assert(!parse(used, &message));
}
END_TEST

START_TEST(survives_random_bytes)
{
	unsigned seed = (unsigned)_i;
	struct lk_message message;

	for (int round = 0; round < 20000; round++) {
		used = (size_t)rand_r(&seed) % 64;
		for (size_t i = 0; i < used; i++)
			bytes[i] = rand_r(&seed) % 3 ? 0 : (unsigned char)rand_r(&seed);
		if (used > 3)
			bytes[3] = (unsigned char)(rand_r(&seed) % 5);
		if (parse(used, &message) && message.type == LK_MESSAGE_LOCATION &&
		    strnlen(message.text, sizeof message.text) > used)
			ck_abort_msg("seed %d, round %d", _i, round);
	}
}
END_TEST

/* ---- Sizes and failures. */

static const struct {
	const char *variable; /* CK_MAX_MSG_SIZE; NULL: unset */
	size_t packet;
} settings[] = {
	{ NULL, 4096 },	 { "", 4096 },	  { "0", 4096 }, { "1", 1 },	   { "11", 11 },
	{ "12", 12 },	 { "13", 13 },	  { "64", 64 },	 { "4096", 4096 }, { "100000", 100000 },
	{ "abc", 4096 }, { "64abc", 64 }, { " 64", 64 }, { "0x40", 4096 }, { "-1", SIZE_MAX },
};
enum { SETTINGS = sizeof settings / sizeof *settings };

/* Between begin and end nothing may be asserted: Check would read the setting for
 * its own messages. */
static void setting_begin(int setting)
{
	unsetenv("CK_MAX_MSG_SIZE");
	if (settings[setting].variable)
		setenv("CK_MAX_MSG_SIZE", settings[setting].variable, 1);
}

static void setting_end(void)
{
	unsetenv("CK_MAX_MSG_SIZE");
}

START_TEST(a_text_fills_a_packet)
{
	size_t packet = settings[_i].packet;

	setting_begin(_i);
	size_t text_max = lk_message_text_max();
	setting_end();
	ck_assert_uint_eq(text_max, packet < 8 ? 0 : packet - 8);
}
END_TEST

/* A FAIL at the head of what was written; what follows it must be nothing. */
static void check_failure(size_t at, const char *text)
{
	size_t length = strlen(text);
	struct lk_message message;

	memmove(bytes, bytes + at, used - at);
	used -= at;
	ck_assert(parse(used, &message));
	ck_assert_int_eq(message.type, LK_MESSAGE_FAIL);
	ck_assert_uint_eq(used, 8 + length);
	ck_assert_uint_eq((size_t)bytes[4] << 24 | (size_t)bytes[5] << 16 | (size_t)bytes[6] << 8 |
				  bytes[7],
			  length);
	ck_assert_int_eq(memcmp(bytes + 8, text, length), 0);
}

/* Reads the three messages that were written back, each no longer than PACKET. */
static void check_written(size_t packet, const char *file, unsigned line, const char *text)
{
	size_t file_length = strlen(file), location;
	struct lk_message message;

	ck_assert(parse(8, &message));
	ck_assert_int_eq(message.type, LK_MESSAGE_CONTEXT);
	ck_assert_int_eq(message.context, LK_CONTEXT_TEARDOWN);
	if (file_length > packet - 12)
		file_length = packet - 12;
	location = 12 + file_length;
	memmove(bytes, bytes + 8, used - 8);
	used -= 8;
	ck_assert(parse(location, &message));
	ck_assert_int_eq(message.type, LK_MESSAGE_LOCATION);
	ck_assert_uint_eq(message.line, line);
	ck_assert_uint_eq(strlen(message.text), file_length);
	ck_assert_int_eq(strncmp(message.text, file, file_length), 0);
	check_failure(location, text);
}

/* A text that FULL or half fills its packet. */
static void write_and_read(int setting, const char *file, bool full)
{
	static char text[5000];
	size_t packet = settings[setting].packet;
	FILE *stream = fmemopen(bytes, sizeof bytes, "w");

	setting_begin(setting);
	size_t length = full ? lk_message_text_max() : lk_message_text_max() / 2;
	length = length < sizeof text ? length : sizeof text - 1;
	memset(text, 't', length);
	text[length] = '\0';
	bool ok = lk_message_write_failure(stream, file, 88, text);
	setting_end();
	used = (size_t)ftell(stream);
	fclose(stream);
	ck_assert(ok == (packet >= 12));
	if (ok)
		check_written(packet, file, 88, text);
	else
		ck_assert_uint_eq(used, 0);
}

START_TEST(a_failure_can_be_read_back)
{
	static const char *const files[] = { "parse.c", "", "a/long/path/to/check_parse_test.c" };

	for (size_t i = 0; i < 3; i++) {
		write_and_read(_i, files[i], false);
		write_and_read(_i, files[i], true);
	}
}
END_TEST

START_TEST(a_failure_that_cannot_be_written_is_told)
{
	FILE *full = fopen("/dev/full", "w");

	ck_assert(!lk_message_write_failure(full, "parse.c", 88, "text"));
	fclose(full);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("message");
	TCase *reading = tcase_create("parse"), *writing = tcase_create("write");

	tcase_add_test(reading, reads_contexts);
	tcase_add_test(reading, reads_locations);
	tcase_add_test(reading, cuts_a_long_file);
	tcase_add_test(reading, refuses_what_is_cut_short);
	tcase_add_test(reading, refuses_lengths_that_lie);
	tcase_add_test(reading, refuses_other_types);
	tcase_add_loop_test(reading, survives_random_bytes, 0, 5);
	suite_add_tcase(suite, reading);
	tcase_add_loop_test(writing, a_text_fills_a_packet, 0, SETTINGS);
	tcase_add_loop_test(writing, a_failure_can_be_read_back, 0, SETTINGS);
	tcase_add_test(writing, a_failure_that_cannot_be_written_is_told);
	suite_add_tcase(suite, writing);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
