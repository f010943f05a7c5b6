/* SPDX-License-Identifier: MIT */
/* Stacks through code whose call frame information is what a test says: right, odd or
 * wrong.  Whatever it says, a walk reads nothing that is not there, ends, and tells the
 * stack cut where it could not go on. */
#include <check.h>
#include <dlfcn.h>
#include <link.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "probe/code_map.h"
#include "probe/depot.h"
#include "probe/rules.h"
#include "probe/unwind.h"

#define NOINLINE __attribute__((noinline))
#define STAY __asm__ volatile("" ::: "memory")

enum { PAGE = 4096, RE = LK_REG_PC, FP = LK_REG_FP, SP = LK_REG_SP };

/* The module that a test makes: a page of code, one of tables. */
static uint8_t *made;
static bool is_loaded;
uint32_t lk_code_generation = 1;

bool lk_code_find(uintptr_t pc, struct lk_code *ret)
{
	struct dl_find_object object;
	uintptr_t start = (uintptr_t)made;

	*ret = (struct lk_code){ start, start + 2 * PAGE, made + PAGE, lk_code_generation };
	if (made && pc >= start && pc < start + PAGE)
		return is_loaded;
	if (_dl_find_object((void *)pc, &object) != 0)
		return false;
	*ret = (struct lk_code){ (uintptr_t)object.dlfo_map_start, (uintptr_t)object.dlfo_map_end,
				 object.dlfo_eh_frame, 1 };
	return true;
}

uint32_t lk_code_begin(void)
{
	return lk_code_generation;
}

bool lk_code_is_still(uint32_t generation)
{
	return generation == lk_code_generation;
}

uint32_t lk_code_generation_now(void)
{
	return lk_code_generation;
}

void lk_code_forget(void (*gone)(uintptr_t start, uintptr_t end))
{
	lk_code_generation++;
	if (made && !is_loaded)
		gone((uintptr_t)made, (uintptr_t)made + PAGE);
}

#ifdef __x86_64__

/* Stands for an exported function. */
static NOINLINE lk_stack_id hook(void)
{
	lk_stack_id stack = lk_unwind(__builtin_frame_address(0));

	STAY;
	return stack;
}

static NOINLINE lk_stack_id call_hook(void)
{
	lk_stack_id stack = hook();

	STAY;
	return stack;
}

static uint8_t *put(uint8_t *at, const void *bytes, size_t size)
{
	memcpy(at, bytes, size);
	return at + size;
}

static uint8_t *put_number(uint8_t *at, int64_t number)
{
	int32_t word = (int32_t)number;

	return put(at, &word, sizeof word);
}

/* An entry of .eh_frame from START to END, padded. */
static uint8_t *finish(uint8_t *start, uint8_t *end)
{
	while ((end - start) % 8 != 0)
		*end++ = 0;
	put_number(start, end - start - 4);
	return end;
}

/* Instructions for all functions, behind those that say where a function's frame is. */
static const uint8_t *more_common;
static size_t more_common_size;

/* One table entry for CODE: the CFA is 8 above the stack pointer at its start, then come
 * INSTRUCTIONS. */
static void make(const void *code, size_t code_size, const char *augmentation,
		 const void *instructions, size_t size)
{
	static const uint8_t header[] = { 1, 0xff, 3, 0x3b }, common[] = { 1, 0x78, RE, 1, 0x1b },
			     start[] = { 0x0c, SP, 8, 0x80 | RE, 1 };
	uint8_t *at, *entry, *function;

	if (!made)
		made = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			    0);
	ck_assert_ptr_ne(made, MAP_FAILED);
	mprotect(made, 2 * PAGE, PROT_READ | PROT_WRITE);
	memset(made, 0, 2 * PAGE);
	put(made, code, code_size);
	at = put_number(put(made + PAGE, header, sizeof header), 1);
	at = put_number(at, -PAGE);
	entry = at + 4;
	function = entry + 4;
	function = put(put_number(function, 0), "\1", 1);
	function = put(function, augmentation, strlen(augmentation) + 1);
	function = put(put(function, common, sizeof common), start, sizeof start);
	if (more_common)
		function = put(function, more_common, more_common_size);
	function = finish(entry, function);
	put_number(at, function - (made + PAGE));
	at = put_number(function + 4, function + 4 - entry);
	at = put_number(at, made - at);
	at = put(put_number(at, (int64_t)code_size), "", 1);
	finish(function, put(at, instructions, size));
	mprotect(made, 2 * PAGE, PROT_READ | PROT_EXEC);
	/* In the place of the last one. */
	is_loaded = false;
	lk_unwind_forget_modules();
	is_loaded = true;
}
#define MAKE(code, augmentation, ...)                                            \
	make(code, sizeof(code), augmentation, (const uint8_t[]){ __VA_ARGS__ }, \
	     sizeof((const uint8_t[]){ __VA_ARGS__ }))

struct stack {
	size_t count;
	bool cut;
	uintptr_t frames[LK_STACK_FRAMES_MAX];
};

static void look_up(struct stack *stack, lk_stack_id id)
{
	memset(stack, 0, sizeof *stack);
	stack->count = lk_depot_frames(id, stack->frames, LK_STACK_FRAMES_MAX, &stack->cut);
}

/* In a handler, so that the walk comes to the code that was made without a rule. */
static lk_stack_id in_handler;

static void handle(int number)
{
	(void)number;
	in_handler = hook();
}

static NOINLINE lk_stack_id raise_signal(void)
{
	raise(SIGUSR1);
	return in_handler;
}

/* The code that was made, with ARGUMENT for what it does besides. */
static NOINLINE lk_stack_id run(uintptr_t argument)
{
	lk_stack_id (*function)(lk_stack_id(*)(void), uintptr_t);

	*(void **)&function = made;
	lk_stack_id stack = function(call_hook, argument);
	STAY;
	return stack;
}

/* push %rbp; call *%rdi; pop %rbp; ret */
static const uint8_t plain[] = { 0x55, 0xff, 0xd7, 0x5d, 0xc3 };
/* push %rbp; mov %rsi,%rbp; call *%rdi; pop %rbp; ret: the argument in the frame pointer */
static const uint8_t any_fp[] = { 0x55, 0x48, 0x89, 0xf5, 0xff, 0xd7, 0x5d, 0xc3 };

#define PUSHED 0x41, 0x0e, 16, 0x86, 2 /* after 1 byte: CFA 16 above, rbp at CFA-16 */
/* The CFA is rbp + 16; it is in the word at rbp. */
#define BY_FP PUSHED, 0x0d, FP
#define IN_MEMORY PUSHED, 0x0f, 3, 0x76, 0, 0x06

static size_t known_count; /* of frames below a test, with a right table */

static NOINLINE void learn_count(void)
{
	struct stack stack;

	MAKE(plain, "zR", PUSHED);
	look_up(&stack, run(0));
	ck_assert(!stack.cut);
	ck_assert_uint_eq(stack.frames[1], (uintptr_t)made + 3);
	known_count = stack.count - 1;
}

/* The stack ends with the code that was made, and says so; twice, because the second walk
 * knows the first. */
static void check_cut(uintptr_t argument)
{
	static struct stack stack; /* small frames, so that what is far below is below all */

	for (volatile int i = 0; i < 2; i++) {
		look_up(&stack, run(argument));
		ck_assert_uint_eq(stack.count, 2);
		ck_assert(stack.cut);
	}
}

START_TEST(goes_on_with_a_right_table)
{
	struct stack stack;

	learn_count();
	MAKE(any_fp, "zR", BY_FP);
	for (volatile int i = 0; i < 2; i++) {
		look_up(&stack, run((uintptr_t)__builtin_frame_address(0)));
		ck_assert_uint_ge(stack.count, 2);
	}
}
END_TEST

/* The caller of code that a signal interrupted was about to run the next instruction. */
START_TEST(a_signal_frame_is_no_call)
{
	static const char *const augmentations[] = { "zR", "zRS" };
	static struct stack stacks[2];

	/* One call site for both. */
	for (volatile int i = 0; i < 2; i++) {
		MAKE(plain, augmentations[i], PUSHED);
		look_up(&stacks[i], run(0));
	}
	ck_assert_uint_eq(stacks[1].count, stacks[0].count);
	ck_assert_uint_eq(stacks[1].frames[2], stacks[0].frames[2] + 1);
}
END_TEST

/* mov %rsp,%rbp on the way in would be right; these are not. */
START_TEST(a_frame_pointer_may_be_anything)
{
	volatile uintptr_t words[8] = { 1, 1, 1, 1, 1, 1, 1, 1 };

	MAKE(any_fp, "zR", BY_FP);
	check_cut(0);
	check_cut(16);
	check_cut(UINTPTR_MAX - 15);
	/* Outside of the stack. */
	check_cut((uintptr_t)1 << 63);
	check_cut(((uintptr_t)1 << 47) - PAGE);
	check_cut((uintptr_t)made);
	check_cut((uintptr_t)words + 3);
	/* Below the frame, where other frames were. */
	check_cut((uintptr_t)words - 2048);
}
END_TEST

START_TEST(a_frame_in_memory_may_be_anywhere)
{
	uintptr_t *page = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	volatile uintptr_t words[8] = { 1, 1, 1, 1, 1, 1, 1, 1 };

	MAKE(any_fp, "zR", IN_MEMORY);
	check_cut(0);
	check_cut((uintptr_t)page);
	check_cut(UINTPTR_MAX - 7);
	check_cut((uintptr_t)words + 1);
	words[0] = (uintptr_t)page;
	check_cut((uintptr_t)words);
	words[0] = (uintptr_t)words + 4;
	check_cut((uintptr_t)words);
	words[0] = (uintptr_t)words - 2048;
	check_cut((uintptr_t)words);
	munmap(page, PAGE);
}
END_TEST

/* The caller's frame pointer is said to be saved where nothing can be read, or below
 * the frame. */
START_TEST(a_saved_frame_pointer_may_be_anywhere)
{
	volatile uintptr_t words[8] = { 1, 1, 1, 1, 1, 1, 1, 1 };

	MAKE(any_fp, "zR", PUSHED, 0x10, FP, 2, 0x76, 0);
	check_cut(0);
	check_cut((uintptr_t)made + 3 * PAGE / 2);
	check_cut(UINTPTR_MAX - 7);
	MAKE(any_fp, "zR", BY_FP, 0x86, 120);
	check_cut((uintptr_t)words);
}
END_TEST

/* A walk that could not go on is not what the next one is compared with: it may. */
START_TEST(a_walk_that_failed_is_not_remembered)
{
	volatile uintptr_t cell = 0;
	struct stack stack;
	size_t counts[3];

	learn_count();
	MAKE(any_fp, "zR", IN_MEMORY);
	for (volatile int i = 0; i < 3; i++) {
		/* Right is what call_hook's caller has: found by trying. */
		uintptr_t start = (uintptr_t)&cell & ~(uintptr_t)7;

		cell = 0;
		counts[0] = 0;
		for (uintptr_t cfa = start - 512; cfa < start + 512; cfa += 8) {
			cell = cfa;
			look_up(&stack, run((uintptr_t)&cell));
			if (!stack.cut && stack.count == known_count)
				counts[0]++;
			cell = 0;
			look_up(&stack, run((uintptr_t)&cell));
			ck_assert_uint_eq(stack.count, 2);
			ck_assert(stack.cut);
		}
		ck_assert_uint_eq(counts[0], 1);
	}
}
END_TEST

/* The stack pointer is not above the frame, or not known; or nothing is said of the
 * return address. */
START_TEST(a_step_without_a_rule_must_lead_outwards)
{
	MAKE(plain, "zR", PUSHED, 0x16, SP, 2, 0x77, 0);
	check_cut(0);
	MAKE(plain, "zR", PUSHED, 0x0f, 2, 0x77, 0);
	check_cut(0);
	MAKE(plain, "zR", PUSHED, 0x07, SP);
	check_cut(0);
	MAKE(plain, "zRS", PUSHED, 0x07, SP);
	check_cut(0);
	/* Expressions that read where nothing is. */
	MAKE(any_fp, "zR", PUSHED, 0x0f, 4, 0x76, 0, 0x06, 0x06);
	check_cut(0);
	check_cut(UINTPTR_MAX - 3);
	/* The one word that they lead to ends on a page that is not there. */
	char *pages = mmap(NULL, 2 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	volatile uintptr_t word = (uintptr_t)pages + PAGE - 4;
	mprotect(pages + PAGE, PAGE, PROT_NONE);
	check_cut((uintptr_t)&word);
	munmap(pages, 2 * PAGE);
}
END_TEST

/* Where the stack pointer of the caller is not the end of the frame: the inner of two
 * functions takes its argument away when it returns. */
START_TEST(a_callee_may_take_its_argument_away)
{
	static const uint8_t code[] = {
		0x6a, 0x00,		      /* 0: push $0 */
		0xe8, 0x01, 0x00, 0x00, 0x00, /* 2: call 8 */
		0xc3,			      /* 7: ret */
		0x55,			      /* 8: push %rbp */
		0xff, 0xd7,		      /* 9: call *%rdi */
		0x5d,			      /* 11: pop %rbp */
		0xc2, 0x08, 0x00,	      /* 12: ret $8 */
	};
	struct stack stack;

	learn_count();
	/* At 8 the CFA is 8 above, behind the return address to 7; at 9 it is 16 above.  The
	 * caller's stack pointer is 8 above it, which is -1 units. */
	MAKE(code, "zR", 0x48, 0x0e, 8, 0x15, SP, 0x7f, 0x41, 0x0e, 16, 0x86, 2);
	for (volatile int i = 0; i < 2; i++) {
		look_up(&stack, run(0));
		ck_assert(!stack.cut);
		ck_assert_uint_eq(stack.count, known_count + 1);
		ck_assert_uint_eq(stack.frames[2], (uintptr_t)made + 7);
	}
}
END_TEST

/* The same outside of a frame that needs more than a rule. */
START_TEST(nor_do_steps_by_rule_lead_inwards)
{
	lk_stack_id (*function)(lk_stack_id(*)(void), uintptr_t);
	static struct stack stack;
	volatile uintptr_t words[8] = { 1, 1, 1, 1, 1, 1, 1, 1 };

	MAKE(any_fp, "zR", BY_FP);
	signal(SIGUSR1, handle);
	*(void **)&function = made;
	look_up(&stack, function(raise_signal, (uintptr_t)words - 512));
	ck_assert(stack.cut);
	ck_assert_uint_ge(stack.count, 4);
	ck_assert_uint_eq(stack.frames[stack.count - 1], (uintptr_t)made + 6);
}
END_TEST

/* The same on a stack of its own, which may be unmapped behind its end. */
static ucontext_t outside, inside;
static volatile uintptr_t beyond;

static void on_other_stack(void)
{
	check_cut(beyond);
	swapcontext(&inside, &outside);
}

START_TEST(a_foreign_stack_has_an_end)
{
	enum { SIZE = 8 * PAGE };
	char *memory =
		mmap(NULL, 2 * SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	mprotect(memory + SIZE, SIZE, PROT_NONE);
	MAKE(any_fp, "zR", BY_FP);
	/* The own stack is known, and lies above. */
	check_cut(0);
	beyond = (uintptr_t)memory + SIZE;
	getcontext(&inside);
	inside.uc_stack = (stack_t){ .ss_sp = memory, .ss_size = SIZE };
	inside.uc_link = NULL;
	makecontext(&inside, on_other_stack, 0);
	swapcontext(&outside, &inside);
	munmap(memory, 2 * SIZE);
}
END_TEST

#define KIND(kind, ...)                                                                           \
	do {                                                                                      \
		static struct lk_cfi cfi;                                                         \
		MAKE(any_fp, "zR", PUSHED, __VA_ARGS__);                                          \
		ck_assert_int_eq(lk_rules_kind(lk_rules_learn((uintptr_t)made + 6, &cfi)), kind); \
	} while (0)

/* A rule has few bits, and only says what most tables say. */
START_TEST(only_simple_tables_make_simple_rules)
{
	KIND(LK_RULE_SP, 0x0e, 32);
	KIND(LK_RULE_FP, 0x0d, FP);
	KIND(LK_RULE_FP_LOAD, 0x0f, 3, 0x76, 0, 0x06);
	KIND(LK_RULE_END, 0x07, RE);
	KIND(LK_RULE_ODD, 0x0d, 3); /* rbx + 16 */
	KIND(LK_RULE_ODD, 0x0e, 33);
	KIND(LK_RULE_ODD, 0x0e, 0);
	KIND(LK_RULE_ODD, 0x0e, 0x80, 0x80, 0x80, 0x80, 1); /* 256 MiB */
	KIND(LK_RULE_ODD, 0x80 | RE, 2);		    /* not the last word */
	KIND(LK_RULE_ODD, 0x0e, 8);			    /* rbp is said to be saved below it */
	KIND(LK_RULE_ODD, 0x86, 0x80, 2);		    /* rbp is saved 2048 bytes below */
	KIND(LK_RULE_ODD, 0x0d, FP, 0x86, 0x80, 2);
	KIND(LK_RULE_ODD, 0x0f, 5, 0x76, 0, 0x06, 0x23, 8); /* the word at rbp plus 8 */
	KIND(LK_RULE_ODD, 0x0f, 2, 0x76, 0);
	KIND(LK_RULE_ODD, 0x10, FP, 2, 0x76, 8); /* rbp is saved at rbp + 8 */
	KIND(LK_RULE_ODD, 0x14, SP, 1);
	KIND(LK_RULE_CUT, 0x0f, 3, 0x76, 0, 0x06, 0x0e, 8); /* an offset from a word */
	KIND(LK_RULE_CUT, 0x0b);			    /* a state that nobody has kept */
	KIND(LK_RULE_CUT, 0x0f, 9, 0x76);		    /* cut off */
	KIND(LK_RULE_CUT, 0x3f);			    /* unknown */
}
END_TEST

/* To restore is to say again what holds for all functions; among that it says nothing. */
START_TEST(nothing_is_restored_of_another_function)
{
	static const uint8_t restore[] = { 0xc0 | 3 };
	static struct lk_cfi cfi;
	struct lk_code code;

	more_common = restore;
	more_common_size = sizeof restore;
	MAKE(plain, "zR", PUSHED);
	ck_assert(lk_code_find((uintptr_t)made, &code));
	cfi.initial.registers[3].how = LK_CFI_AT_EXPRESSION;
	ck_assert(lk_cfi_find(&cfi, &code, (uintptr_t)made + 1));
	ck_assert_int_eq(cfi.row.registers[3].how, LK_CFI_SAME);
	more_common = NULL;
}
END_TEST

/* A module that is loaded where nobody's code was is seen at once, although nobody tells
 * of it; that it has gone is told. */
START_TEST(a_module_that_comes_is_seen)
{
	struct stack stack;

	learn_count();
	for (volatile int i = 0; i < 8; i++) {
		if (is_loaded && i % 4 < 2) {
			is_loaded = false;
			lk_unwind_forget_modules();
		}
		is_loaded = i % 4 >= 2;
		look_up(&stack, run(0));
		ck_assert_uint_eq(stack.count, is_loaded ? known_count : 2);
		ck_assert(stack.cut == !is_loaded);
	}
}
END_TEST

#endif

int main(void)
{
	Suite *suite = suite_create("wrong_tables");
	TCase *tests = tcase_create("wrong_tables");

#ifdef __x86_64__
	tcase_add_test(tests, goes_on_with_a_right_table);
	tcase_add_test(tests, a_signal_frame_is_no_call);
	tcase_add_test(tests, a_frame_pointer_may_be_anything);
	tcase_add_test(tests, a_frame_in_memory_may_be_anywhere);
	tcase_add_test(tests, a_saved_frame_pointer_may_be_anywhere);
	tcase_add_test(tests, a_walk_that_failed_is_not_remembered);
	tcase_add_test(tests, a_step_without_a_rule_must_lead_outwards);
	tcase_add_test(tests, a_callee_may_take_its_argument_away);
	tcase_add_test(tests, nor_do_steps_by_rule_lead_inwards);
	tcase_add_test(tests, a_foreign_stack_has_an_end);
	tcase_add_test(tests, only_simple_tables_make_simple_rules);
	tcase_add_test(tests, nothing_is_restored_of_another_function);
	tcase_add_test(tests, a_module_that_comes_is_seen);
#endif
	suite_add_tcase(suite, tests);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
