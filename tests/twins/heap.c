/* SPDX-License-Identifier: MIT */
/* Heap memory, by every way that it is taken and given back. */
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <ucontext.h>
#include <wchar.h>

#define TWINS_CASE heap_case
static void heap_case(void *tcase, const char *name);
#define TWIN_CASE "heap"
#include "twins.h"

void *library_take(size_t size);
void library_give(void *block);
/* In C++: HOW is 0 to 4, a way to spell operator new. */
void *cpp_new(int how);
void cpp_delete(void *object, int how);
void cpp_containers(void);

MUST_LEAK(malloc, "heap 100 B in 1 block", BODY) { lose(malloc(100)); } END_TEST
MUST_PASS(malloc) { free(use(malloc(100))); } END_TEST
MUST_LEAK(calloc, "heap 100 B in 1 block", BODY) { lose(calloc(10, 10)); } END_TEST
MUST_PASS(calloc) { free(use(calloc(10, 10))); } END_TEST
MUST_LEAK(calloc_other, "heap 30 B in 1 block", BODY)
{
	void *other = use(calloc(1, 70));
	lose(calloc(1, 30));
	free(other);
}
END_TEST

MUST_LEAK(realloc_new, "heap 100 B in 1 block", BODY) { lose(realloc(NULL, 100)); } END_TEST
MUST_PASS(realloc_new) { free(use(realloc(NULL, 100))); } END_TEST
MUST_LEAK(realloc_grown, "heap 100000 B in 1 block", BODY)
{
	void *block = use(malloc(10)), *next = use(malloc(10));
	lose(realloc(block, 100000));
	free(next);
}
END_TEST
MUST_PASS(realloc_grown)
{
	void *block = use(malloc(10)), *next = use(malloc(10));
	free(use(realloc(block, 100000)));
	free(next);
}
END_TEST
MUST_LEAK(realloc_shrunk, "heap 10 B in 1 block", BODY)
{
	lose(realloc(use(malloc(5000)), 10));
}
END_TEST
MUST_PASS(realloc_shrunk) { free(use(realloc(use(malloc(5000)), 10))); } END_TEST

static volatile size_t too_much = SIZE_MAX / 2;

static void *fail_to_grow(void)
{
	void *block = use(malloc(50));
	need(!realloc(block, too_much));
	return block;
}
MUST_LEAK(realloc_failed, "heap 50 B in 1 block", "fail_to_grow") { lose(fail_to_grow()); } END_TEST
MUST_PASS(realloc_failed) { free(fail_to_grow()); } END_TEST
MUST_LEAK(realloc_zero_new, "heap 0 B in 1 block", BODY) { lose(realloc(NULL, 0)); } END_TEST
MUST_PASS(realloc_to_zero) { need(!use(realloc(use(malloc(60)), 0))); } END_TEST

static void *before_window;
MUST_PASS(realloc_of_old_block) { before_window = realloc(before_window, 70000); } END_TEST
MUST_LEAK(beside_realloc_of_old_block, "heap 80 B in 1 block", BODY)
{
	before_window = realloc(before_window, 90000);
	lose(malloc(80));
}
END_TEST

MUST_LEAK(reallocarray, "heap 100 B in 1 block", BODY)
{
	lose(reallocarray(NULL, 10, 10));
}
END_TEST
MUST_PASS(reallocarray) { free(use(reallocarray(NULL, 10, 10))); } END_TEST
MUST_LEAK(reallocarray_overflow, "heap 50 B in 1 block", BODY)
{
	void *block = use(malloc(50));
	need(!reallocarray(block, too_much, 3));
}
END_TEST
MUST_PASS(reallocarray_overflow)
{
	void *block = use(malloc(50));
	need(!reallocarray(block, too_much, 3));
	free(block);
}
END_TEST

static void *with_posix_memalign(void)
{
	void *block = NULL;
	need(posix_memalign(&block, 256, 100) == 0);
	return use(block);
}
MUST_LEAK(posix_memalign, "heap 100 B in 1 block", "with_posix_memalign")
{
	lose(with_posix_memalign());
}
END_TEST
MUST_PASS(posix_memalign) { free(with_posix_memalign()); } END_TEST
MUST_LEAK(aligned_alloc, "heap 128 B in 1 block", BODY) { lose(aligned_alloc(64, 128)); } END_TEST
MUST_PASS(aligned_alloc) { free(use(aligned_alloc(64, 128))); } END_TEST
MUST_LEAK(memalign, "heap 100 B in 1 block", BODY) { lose(memalign(4096, 100)); } END_TEST
MUST_PASS(memalign) { free(use(memalign(4096, 100))); } END_TEST
MUST_LEAK(valloc, "heap 100 B in 1 block", BODY) { lose(valloc(100)); } END_TEST
MUST_PASS(valloc) { free(use(valloc(100))); } END_TEST
MUST_LEAK(pvalloc, "heap 100 B in 1 block", BODY) { lose(pvalloc(100)); } END_TEST
MUST_PASS(pvalloc) { free(use(pvalloc(100))); } END_TEST

/* Libc allocates for its callers. */
MUST_LEAK(strdup, "heap 6 B in 1 block", BODY) { lose(strdup("hello")); } END_TEST
MUST_PASS(strdup) { free(use(strdup("hello"))); } END_TEST
MUST_LEAK(wcsdup, "heap 24 B in 1 block", BODY) { lose(wcsdup(L"hello")); } END_TEST
MUST_PASS(wcsdup) { free(use(wcsdup(L"hello"))); } END_TEST

static void *with_asprintf(void)
{
	char *text;
	need(asprintf(&text, "%d %s", 12, "twelve") == 9);
	return use(text);
}
MUST_LEAK(asprintf, "B in 1 block", "with_asprintf") { lose(with_asprintf()); } END_TEST
MUST_PASS(asprintf) { free(with_asprintf()); } END_TEST

static char *with_getline(void)
{
	char *line = NULL;
	size_t size = 0;
	FILE *file = fopen("/proc/self/status", "r");
	need(file && getline(&line, &size, file) > 0);
	fclose(file);
	return use(line);
}
MUST_LEAK(getline, "heap 120 B in 1 block", "with_getline") { lose(with_getline()); } END_TEST
MUST_PASS(getline) { free(with_getline()); } END_TEST

static char *with_memstream(void)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);
	need(file && fputs("hello", file) >= 0 && fclose(file) == 0);
	return use(text);
}
MUST_LEAK(open_memstream, "B in 1 block", "with_memstream") { lose(with_memstream()); } END_TEST
MUST_PASS(open_memstream) { free(with_memstream()); } END_TEST
MUST_LEAK(realpath, "B in 1 block", BODY) { lose(realpath("/", NULL)); } END_TEST
MUST_PASS(realpath) { free(use(realpath("/", NULL))); } END_TEST
MUST_LEAK(getcwd, "B in 1 block", BODY) { lose(getcwd(NULL, 0)); } END_TEST
MUST_PASS(getcwd) { free(use(getcwd(NULL, 0))); } END_TEST

/* Where the block comes from, and who takes it. */
void *__libc_malloc(size_t size);
static void *from_constructor;
__attribute__((constructor)) static void construct(void)
{
	from_constructor = malloc(40);
}
MUST_PASS(free_of_unseen_block) { free(use(__libc_malloc(100))); } END_TEST
MUST_LEAK(beside_unseen_block, "heap 11 B in 1 block", BODY)
{
	free(use(__libc_malloc(100)));
	lose(malloc(11));
}
END_TEST
MUST_PASS(free_of_constructors_block)
{
	free(from_constructor);
	from_constructor = NULL;
}
END_TEST
MUST_PASS(free_of_null) { free(use(NULL)); } END_TEST
MUST_LEAK(in_library, "heap 64 B in 1 block", "library_take") { lose(library_take(64)); } END_TEST
MUST_PASS(in_library) { library_give(library_take(64)); } END_TEST

MUST_LEAK(new, "heap 1 B in 1 block", "cpp_new") { lose(cpp_new(0)); } END_TEST
MUST_PASS(new) { cpp_delete(cpp_new(0), 0); } END_TEST
MUST_LEAK(new_array, "heap 100 B in 1 block", "cpp_new") { lose(cpp_new(1)); } END_TEST
MUST_PASS(new_array) { cpp_delete(cpp_new(1), 1); } END_TEST
MUST_LEAK(new_nothrow, "heap 8 B in 1 block", "cpp_new") { lose(cpp_new(2)); } END_TEST
MUST_PASS(new_nothrow) { cpp_delete(cpp_new(2), 2); } END_TEST
MUST_LEAK(new_array_nothrow, "heap 80 B in 1 block", "cpp_new") { lose(cpp_new(3)); } END_TEST
MUST_PASS(new_array_nothrow) { cpp_delete(cpp_new(3), 3); } END_TEST
MUST_LEAK(new_aligned, "heap 128 B in 1 block", "cpp_new") { lose(cpp_new(4)); } END_TEST
MUST_PASS(new_aligned) { cpp_delete(cpp_new(4), 4); } END_TEST
MUST_PASS(containers) { cpp_containers(); } END_TEST

static void *take_in_thread(void *block)
{
	*(void **)block = use(malloc(88));
	return NULL;
}
static void *from_thread(void)
{
	pthread_t thread;
	void *block;
	need(pthread_create(&thread, NULL, take_in_thread, &block) == 0);
	need(pthread_join(thread, NULL) == 0);
	return block;
}
MUST_LEAK(in_joined_thread, "heap 88 B in 1 block", "take_in_thread")
{
	lose(from_thread());
}
END_TEST
MUST_PASS(in_joined_thread) { free(from_thread()); } END_TEST

static void *from_handler;
static void on_signal(int number)
{
	(void)number;
	from_handler = malloc(77);
}
static void *through_signal(void)
{
	signal(SIGUSR1, on_signal);
	raise(SIGUSR1);
	signal(SIGUSR1, SIG_DFL);
	void *block = from_handler;
	from_handler = NULL;
	return block;
}
MUST_LEAK(in_signal_handler, "heap 77 B in 1 block", "on_signal")
{
	lose(through_signal());
}
END_TEST
MUST_LEAK(below_signal_handler, "heap 77 B in 1 block", "through_signal")
{
	lose(through_signal());
}
END_TEST
MUST_PASS(in_signal_handler) { free(through_signal()); } END_TEST

/* Stacks that are not the thread's own. */
static char other_stack[64 << 10] __attribute__((aligned(16)));
static void *on_other_stack(void)
{
	stack_t other = { .ss_sp = other_stack, .ss_size = sizeof other_stack };
	stack_t none = { .ss_flags = SS_DISABLE };
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_ONSTACK };
	need(sigaltstack(&other, NULL) == 0 && sigaction(SIGUSR1, &action, NULL) == 0);
	raise(SIGUSR1);
	signal(SIGUSR1, SIG_DFL);
	need(sigaltstack(&none, NULL) == 0);
	void *block = from_handler;
	from_handler = NULL;
	return block;
}
MUST_LEAK(on_alternate_stack, "heap 77 B in 1 block", "on_signal") { on_other_stack(); } END_TEST
MUST_PASS(on_alternate_stack) { free(on_other_stack()); } END_TEST

static ucontext_t caller, coroutine;
static void *from_coroutine;
static void run_coroutine(void)
{
	from_coroutine = malloc(79);
	swapcontext(&coroutine, &caller);
}
static void *in_coroutine(void)
{
	getcontext(&coroutine);
	coroutine.uc_stack = (stack_t){ .ss_sp = other_stack, .ss_size = sizeof other_stack };
	makecontext(&coroutine, run_coroutine, 0);
	swapcontext(&caller, &coroutine);
	void *block = from_coroutine;
	from_coroutine = NULL;
	memset(other_stack, 0, sizeof other_stack);
	return block;
}
MUST_LEAK(in_coroutine, "heap 79 B in 1 block", "run_coroutine") { in_coroutine(); } END_TEST
MUST_PASS(in_coroutine) { free(in_coroutine()); } END_TEST

/* Sizes and numbers. */
MUST_LEAK(big_block, "heap 17825792 B in 1 block", BODY) { lose(malloc(17 << 20)); } END_TEST
MUST_PASS(big_block) { free(use(malloc(17 << 20))); } END_TEST
MUST_LEAK(big_block_grown, "heap 35651584 B in 1 block", BODY)
{
	lose(realloc(use(malloc(17 << 20)), 34 << 20));
}
END_TEST
MUST_PASS(big_block_grown) { free(use(realloc(use(malloc(17 << 20)), 34 << 20))); } END_TEST
MUST_LEAK(no_bytes, "heap 0 B in 1 block", BODY) { lose(malloc(0)); } END_TEST
MUST_PASS(no_bytes) { free(use(malloc(0))); } END_TEST

struct node {
	struct node *next;
	long value[2];
};
static struct node *grow_list(int nodes)
{
	struct node *list = NULL;
	for (int i = 0; i < nodes; i++) {
		struct node *node = malloc(sizeof *node);
		node->next = list;
		list = node;
	}
	return use(list);
}
static void free_list(struct node *list)
{
	while (list) {
		struct node *next = list->next;
		free(list);
		list = next;
	}
}
/* Stale addresses in memory of Check's own may keep parts of it. */
MUST_LEAK(list, AMONG "lost: nothing points to ", "grow_list")
{
	lose(grow_list(100));
}
END_TEST
MUST_PASS(list) { free_list(grow_list(100)); } END_TEST
MUST_LEAK(list_but_one, "heap 24 B in 1 block", "grow_list")
{
	struct node *list = grow_list(100), *kept = list->next;
	list->next = kept->next;
	kept->next = NULL;
	free_list(list);
}
END_TEST

/* Which test a block belongs to: without fork, one that an older test left. */
static void *left_behind;
MUST_LEAK(for_the_next_test, "heap 123 B in 1 block", BODY) { left_behind = malloc(123); } END_TEST
MUST_PASS(of_the_test_before)
{
	free(left_behind);
	left_behind = NULL;
}
END_TEST

/* Checked fixtures. */
static void *of_setup;
static void setup_takes(void) { of_setup = malloc(333); }
static void teardown_gives(void) { free(of_setup); }
static void teardown_takes(void) { lose(malloc(444)); }

#undef TWIN_CASE
#define TWIN_CASE "taken and given"
MUST_PASS(setup_takes_teardown_gives) { memset(of_setup, 0, 333); } END_TEST
MUST_LEAK(beside_fixture, "heap 55 B in 1 block", BODY) { lose(malloc(55)); } END_TEST
MUST_PASS(test_replaces_fixtures_block)
{
	free(of_setup);
	of_setup = malloc(200);
}
END_TEST
#undef TWIN_CASE
#define TWIN_CASE "taken"
MUST_LEAK(setup_takes, "heap 333 B in 1 block", "setup_takes")
{
	memset(of_setup, 0, 333);
}
END_TEST
MUST_PASS(test_gives_for_setup) { free(of_setup); } END_TEST
#undef TWIN_CASE
#define TWIN_CASE "taken last"
MUST_LEAK(teardown_takes, "heap 444 B in 1 block", "teardown_takes")
{
	free(use(malloc(1)));
}
END_TEST

static void heap_case(void *tcase, const char *name)
{
	if (strcmp(name, "taken and given") == 0)
		tcase_add_checked_fixture(tcase, setup_takes, teardown_gives);
	if (strcmp(name, "taken") == 0)
		tcase_add_checked_fixture(tcase, setup_takes, NULL);
	if (strcmp(name, "taken last") == 0)
		tcase_add_checked_fixture(tcase, NULL, teardown_takes);
}

int main(int argc, char **argv)
{
	before_window = malloc(10);
	int status = twins_main(argc, argv);
	free(before_window);
	return status;
}
