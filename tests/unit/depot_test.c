/* SPDX-License-Identifier: MIT */
#include "probe/depot.h"

#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 6, NODES = 30000, PARENTS = 97 };

/* By ids, as everybody but the walker knows stacks; every node keeps its rule. */
static lk_stack_id child_of(lk_stack_id parent, uintptr_t pc, unsigned generation)
{
	const struct lk_depot_node *caller = lk_depot_node(parent);
	const struct lk_depot_node *node = lk_depot_find(caller, pc);

	if (!node)
		node = lk_depot_put(caller, pc, generation, pc * 3);
	/* Check's own assertions write to a file, and signal handlers come here. */
	if (!node || node->rule != pc * 3)
		abort();
	return node->id;
}

START_TEST(gives_one_id_to_equal_stacks)
{
	lk_stack_id outer = child_of(LK_DEPOT_ROOT, 0x1000, 1);
	lk_stack_id inner = child_of(outer, 0x2000, 1);

	ck_assert_uint_ne(outer, LK_STACK_NONE);
	ck_assert_uint_ne(inner, outer);
	ck_assert_uint_eq(child_of(LK_DEPOT_ROOT, 0x1000, 1), outer);
	ck_assert_uint_eq(child_of(outer, 0x2000, 1), inner);
	ck_assert_uint_eq(lk_depot_parent(inner), outer);
	ck_assert_uint_eq(lk_depot_parent(outer), LK_DEPOT_ROOT);
}
END_TEST

START_TEST(tells_callers_places_and_generations_apart)
{
	lk_stack_id one = child_of(LK_DEPOT_ROOT, 0x1000, 1);

	ck_assert_uint_ne(child_of(LK_DEPOT_CUT, 0x1000, 1), one);
	ck_assert_uint_ne(child_of(LK_DEPOT_ROOT, 0x1001, 1), one);
	lk_depot_forget(0xff0, 0x1000);
	lk_stack_id later = child_of(LK_DEPOT_ROOT, 0x1000, 2);
	ck_assert_uint_ne(later, one);
	ck_assert_uint_eq(child_of(LK_DEPOT_ROOT, 0x1000, 3), later);
	ck_assert_uint_eq(lk_depot_generation(one), 1);
	ck_assert_uint_eq(lk_depot_generation(later), 2);
	ck_assert_uint_eq(lk_depot_generation(LK_DEPOT_ROOT), 0);
}
END_TEST

START_TEST(lists_frames_from_the_innermost)
{
	lk_stack_id stack = LK_DEPOT_CUT;
	uintptr_t frames[4] = { 0 };
	bool cut;

	for (uintptr_t pc = 1; pc <= 3; pc++)
		stack = child_of(stack, pc, 1);
	ck_assert_uint_eq(lk_depot_frames(stack, frames, 4, &cut), 3);
	ck_assert(cut);
	for (uintptr_t i = 0; i < 3; i++)
		ck_assert_uint_eq(frames[i], 3 - i);
	ck_assert_uint_eq(lk_depot_frames(stack, frames, 2, NULL), 2);
	stack = child_of(LK_DEPOT_ROOT, 7, 1);
	ck_assert_uint_eq(lk_depot_frames(stack, frames, 4, &cut), 1);
	ck_assert(!cut);
}
END_TEST

START_TEST(has_no_frames_for_no_stack)
{
	uintptr_t frame;

	ck_assert_uint_eq(lk_depot_frames(LK_STACK_NONE, &frame, 1, NULL), 0);
	ck_assert_uint_eq(lk_depot_frames(LK_DEPOT_ROOT, &frame, 1, NULL), 0);
	ck_assert_uint_eq(lk_depot_frames((1u << LK_STACK_ID_BITS) - 1, &frame, 1, NULL), 0);
}
END_TEST

/* Node NUMBER hangs below node NUMBER / PARENTS, whose id is in IDS already. */
static lk_stack_id make_node(const lk_stack_id *ids, unsigned number)
{
	lk_stack_id parent = number < PARENTS ? LK_DEPOT_ROOT : ids[number / PARENTS];

	return child_of(parent, 0x400000 + (uintptr_t)number * 5, 1);
}

static void *make_nodes(void *ids)
{
	lk_stack_id *id = ids;

	for (unsigned i = 0; i < NODES; i++)
		id[i] = make_node(id, i);
	return NULL;
}

START_TEST(keeps_all_ids_while_it_grows)
{
	static lk_stack_id ids[NODES];

	make_nodes(ids);
	for (unsigned i = 0; i < NODES; i++) {
		uintptr_t frame;

		ck_assert_uint_eq(make_node(ids, i), ids[i]);
		ck_assert_uint_eq(lk_depot_frames(ids[i], &frame, 1, NULL), 1);
		ck_assert_uint_eq(frame, 0x400000 + (uintptr_t)i * 5);
	}
	ck_assert_uint_eq(lk_depot_refused(), 0);
}
END_TEST

START_TEST(gives_all_threads_the_same_ids)
{
	static lk_stack_id ids[THREADS][NODES];
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, make_nodes, ids[i]);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (int i = 1; i < THREADS; i++)
		for (int node = 0; node < NODES; node++)
			ck_assert_uint_eq(ids[i][node], ids[0][node]);
}
END_TEST

static lk_stack_id handler_ids[NODES];
static volatile unsigned handler_count;

static void make_one(int signal)
{
	unsigned number = handler_count;

	(void)signal;
	if (number < NODES) {
		handler_ids[number] = make_node(handler_ids, number);
		handler_count = number + 1;
	}
}

START_TEST(agrees_with_a_signal_handler)
{
	struct itimerval every = { { 0, 50 }, { 0, 50 } }, never = { 0 };
	static lk_stack_id ids[NODES];

	signal(SIGALRM, make_one);
	setitimer(ITIMER_REAL, &every, NULL);
	make_nodes(ids);
	setitimer(ITIMER_REAL, &never, NULL);
	for (unsigned i = 0; i < handler_count; i++)
		ck_assert_uint_eq(handler_ids[i], ids[i]);
}
END_TEST

START_TEST(goes_on_in_a_forked_child)
{
	static lk_stack_id ids[NODES];
	lk_stack_id before = child_of(LK_DEPOT_ROOT, 0x5000, 1);
	int status;
	pid_t child = fork();

	if (child == 0) {
		make_nodes(ids);
		_exit(child_of(LK_DEPOT_ROOT, 0x5000, 1) != before ||
		      make_node(ids, NODES - 1) != ids[NODES - 1]);
	}
	waitpid(child, &status, 0);
	ck_assert_int_eq(status, 0);
}
END_TEST

/* The parent's index and the child's own are one to who asks, however often it grows and
 * whoever forks again. */
START_TEST(enters_what_a_forked_child_adds_elsewhere)
{
	static lk_stack_id ids[NODES];
	int status;

	for (unsigned i = 0; i < NODES / 3; i++)
		ids[i] = make_node(ids, i);
	pid_t child = fork();
	for (unsigned process = 0; child == 0 && process < 3; process++) {
		lk_depot_forked();
		for (unsigned i = 0; i < NODES / 3 * process; i++)
			if (make_node(ids, i) != ids[i])
				_exit(1);
		for (unsigned i = NODES / 3 * process; i < NODES / 3 * (process + 1); i++)
			ids[i] = make_node(ids, i);
		pid_t grandchild = fork();
		if (grandchild == 0)
			continue;
		waitpid(grandchild, &status, 0);
		_exit(status != 0);
	}
	if (child == 0)
		_exit(make_node(ids, 1) != ids[1]);
	waitpid(child, &status, 0);
	ck_assert_int_eq(status, 0);
	ck_assert_uint_eq(make_node(ids, NODES / 3 - 1), ids[NODES / 3 - 1]);
}
END_TEST

START_TEST(finds_no_node_of_a_module_that_is_gone)
{
	lk_stack_id gone = child_of(LK_DEPOT_ROOT, 0x7010, 1);
	lk_stack_id inner = child_of(gone, 0x9000, 1);
	uintptr_t frames[2];

	for (unsigned i = 2; i < 200; i++) {
		size_t size = lk_depot_size();

		lk_depot_forget(0x7000, 0x7fff);
		lk_stack_id now = child_of(LK_DEPOT_ROOT, 0x7010, i);
		ck_assert_uint_ne(now, gone);
		ck_assert_uint_ne(child_of(now, 0x9000, 1), inner);
		ck_assert_uint_eq(child_of(LK_DEPOT_ROOT, 0x7010, i), now);
		ck_assert_uint_eq(lk_depot_size(), size + 2);
	}
	ck_assert_uint_eq(lk_depot_frames(inner, frames, 2, NULL), 2);
	ck_assert_uint_eq(frames[1], 0x7010);
	ck_assert_uint_eq(lk_depot_generation(gone), 1);
}
END_TEST

START_TEST(forgets_the_addresses_behind_a_start)
{
	static const struct {
		uintptr_t pc;
		bool is_found;
	} cases[] = { { 0x5000, true }, { 0x5001, false }, { 0x6000, false }, { 0x6001, true } };
	lk_stack_id outer = child_of(LK_DEPOT_ROOT, 0x1000, 1);

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		child_of(outer, cases[i].pc, 1);
	lk_depot_forget(0x5000, 0x6000);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct lk_depot_node *node =
			lk_depot_find(lk_depot_node(outer), cases[i].pc);

		ck_assert((node != NULL) == cases[i].is_found);
	}
}
END_TEST

START_TEST(what_is_gone_gives_its_place_and_keeps_its_id)
{
	lk_stack_id old = child_of(LK_DEPOT_ROOT, 0x7001, 1);
	uint32_t used = lk_depot_current->used;
	uintptr_t frame;

	lk_depot_forget(0x7000, 0x8000);
	lk_stack_id now = child_of(LK_DEPOT_ROOT, 0x7001, 2);
	ck_assert_uint_ne(now, old);
	ck_assert_uint_eq(child_of(LK_DEPOT_ROOT, 0x7001, 2), now);
	ck_assert_uint_eq(lk_depot_current->used, used);
	ck_assert_uint_eq(lk_depot_frames(old, &frame, 1, NULL), 1);
	ck_assert_uint_eq(frame, 0x7001);
	ck_assert_uint_eq(lk_depot_generation(old), 1);
	ck_assert_uint_eq(lk_depot_generation(now), 2);
}
END_TEST

START_TEST(what_is_gone_is_left_behind_when_it_grows)
{
	enum { GONE = 200, START = 0x10000 };
	uint32_t mask = lk_depot_current->mask, put = 0;

	for (uintptr_t i = 1; i <= GONE; i++)
		child_of(LK_DEPOT_ROOT, START + i, 1);
	ck_assert_uint_eq(lk_depot_current->mask, mask);
	lk_depot_forget(START, START + GONE);
	for (; lk_depot_current->mask == mask; put++)
		child_of(LK_DEPOT_ROOT, 2 * START + put, 1);
	ck_assert_uint_le(lk_depot_current->used, put);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("depot");
	TCase *tests = tcase_create("depot");

	tcase_add_test(tests, gives_one_id_to_equal_stacks);
	tcase_add_test(tests, tells_callers_places_and_generations_apart);
	tcase_add_test(tests, lists_frames_from_the_innermost);
	tcase_add_test(tests, has_no_frames_for_no_stack);
	tcase_add_test(tests, keeps_all_ids_while_it_grows);
	tcase_add_test(tests, gives_all_threads_the_same_ids);
	tcase_add_test(tests, agrees_with_a_signal_handler);
	tcase_add_test(tests, goes_on_in_a_forked_child);
	tcase_add_test(tests, enters_what_a_forked_child_adds_elsewhere);
	tcase_add_test(tests, finds_no_node_of_a_module_that_is_gone);
	tcase_add_test(tests, forgets_the_addresses_behind_a_start);
	tcase_add_test(tests, what_is_gone_gives_its_place_and_keeps_its_id);
	tcase_add_test(tests, what_is_gone_is_left_behind_when_it_grows);
	suite_add_tcase(suite, tests);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
