/* SPDX-License-Identifier: MIT */
/* Who holds a block.  What is held and kept once is no leak; each way in which a
 * block only seems to be held has a leak here that it would hide. */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <ucontext.h>

#define TWIN_CASE "holders"
#include "twins.h"

enum { WORDS = 16, PAGE = 4096 };

/* Blocks that are full, so that nothing that stood there before holds anything. */
static void *take(size_t size)
{
	return use(calloc(1, size));
}

/* ---- What the program holds. */

static void *by_global;
MUST_PASS(by_global)
{
	if (!by_global)
		by_global = take(50);
}
END_TEST
static char *inside;
MUST_PASS(only_inside)
{
	if (!inside)
		inside = (char *)take(51) + 8;
}
END_TEST
static __thread void *by_thread_local;
MUST_PASS(by_thread_local)
{
	if (!by_thread_local)
		by_thread_local = take(52);
}
END_TEST

static void put_into_key(unsigned number)
{
	static pthread_key_t keys[60];
	static bool made[60];
	for (unsigned i = 0; i <= number && !made[number]; i++)
		need(pthread_key_create(&keys[i], NULL) == 0);
	if (!made[number])
		pthread_setspecific(keys[number], take(53));
	made[number] = true;
}
MUST_PASS(by_key)
{
	put_into_key(0);
}
END_TEST
/* The rows of keys beyond the first 32 are a block of libc's. */
MUST_PASS(by_late_key)
{
	put_into_key(59);
}
END_TEST

static void **mapped;
MUST_PASS(by_mapping)
{
	if (mapped)
		return;
	need((mapped = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			    0)) != MAP_FAILED);
	mapped[3] = take(54);
}
END_TEST
static char *sparse;
MUST_PASS(by_sparse_mapping)
{
	const size_t size = (size_t)64 << 30;
	if (sparse)
		return;
	sparse = mmap(NULL, size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (sparse == MAP_FAILED)
		return;
	*(void **)(sparse + size / 2) = take(55);
}
END_TEST

static ucontext_t inner, outer;
static void *coroutine_stack;
static void run_coroutine(void)
{
	void *volatile own = take(56);
	for (;;) {
		need(own);
		swapcontext(&inner, &outer);
	}
}
MUST_PASS(by_coroutine)
{
	enum { SIZE = 1 << 16 };
	if (coroutine_stack)
		return;
	coroutine_stack =
		mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	need(coroutine_stack != MAP_FAILED && getcontext(&inner) == 0);
	inner.uc_stack = (stack_t){ .ss_sp = coroutine_stack, .ss_size = SIZE };
	makecontext(&inner, run_coroutine, 0);
	swapcontext(&outer, &inner);
}
END_TEST

MUST_PASS(by_alternate_stack)
{
	static bool done;
	stack_t stack = { .ss_sp = done ? NULL : take(1 << 14), .ss_size = 1 << 14 };
	if (!done)
		need(sigaltstack(&stack, NULL) == 0);
	done = true;
}
END_TEST

static void **old_block;
MUST_PASS(by_old_block)
{
	if (!old_block[1])
		old_block[1] = take(57);
}
END_TEST
static void **in_main;
MUST_PASS(by_frame_of_main)
{
	if (!*in_main)
		*in_main = take(58);
}
END_TEST

/* A page of a block may be out of reach. */
static void **guarded;
MUST_PASS(behind_guard_page)
{
	if (guarded)
		return;
	need(posix_memalign((void **)&guarded, PAGE, 3 * PAGE) == 0);
	memset(guarded, 0, 3 * PAGE);
	guarded[2 * PAGE / sizeof *guarded] = take(59);
	need(mprotect((char *)guarded + PAGE, PAGE, PROT_NONE) == 0);
}
END_TEST

/* ---- What libc holds. */

MUST_PASS(buffer_of_standard_output)
{
	printf("# something\n");
}
END_TEST
/* The loader's block for a thread hangs on a stack that is kept for the next one. */
static void *nothing(void *argument)
{
	return argument;
}
static void run(void *(*start)(void *), void *argument)
{
	pthread_t thread;
	need(pthread_create(&thread, NULL, start, argument) == 0 &&
	     pthread_join(thread, NULL) == 0);
}
MUST_PASS(loaders_block_for_a_thread)
{
	run(nothing, NULL);
}
END_TEST

/* ---- What nobody holds. */

MUST_LEAK(lost, "heap 100 B in 1 block, lost", BODY)
{
	lose(take(100));
}
END_TEST
/* Memory that malloc maps for one big block, or for the blocks of a thread, is no root. */
MUST_LEAK(big, "heap 300000 B in 1 block, lost: nothing points to it; 1 more block (41 B) through it",
	  BODY)
{
	void **big = take(300000);
	big[1000] = take(41);
}
END_TEST
static void *lose_two(void *argument)
{
	void **block = take(600);
	block[1] = take(42);
	return argument;
}
MUST_LEAK(of_a_thread,
	  "heap 600 B in 1 block, lost: nothing points to it; 1 more block (42 B) through it",
	  "lose_two")
{
	pthread_t thread;
	need(pthread_create(&thread, NULL, lose_two, NULL) == 0);
	pthread_join(thread, NULL);
}
END_TEST
/* The buffer of a stream is not cleared, and what stood there is no holder. */
static FILE *null;
MUST_LEAK(in_the_buffer_of_a_stream, "heap 110 B in 1 block, lost", BODY)
{
	enum { BUFFER = 4096, PLACE = 300 };
	void **before = use(malloc(BUFFER));
	before[PLACE] = malloc(110);
	void *volatile where = before;
	free(before);
	need(fputs("text", null) >= 0);
	need(null->_IO_buf_base == where);
}
END_TEST
/* The loader does not clear what it takes, and what stood there is no holder. */
MUST_LEAK(in_what_the_loader_took, "heap 120 B in 1 block", BODY)
{
	enum { SIZES = 400, COPIES = 7 };
	void **left[SIZES][COPIES];
	void *block = take(120);
	for (size_t i = 0; i < SIZES * COPIES; i++) {
		size_t size = (i / COPIES + 1) * 16;
		left[i / COPIES][i % COPIES] = use(malloc(size));
		for (size_t at = 0; at < size / sizeof(void *); at++)
			left[i / COPIES][i % COPIES][at] = block;
	}
	for (size_t i = 0; i < SIZES * COPIES; i++)
		free(left[i / COPIES][i % COPIES]);
	lose(block);
	need(dlopen("libresolv.so.2", RTLD_NOW) != NULL);
}
END_TEST
static uintptr_t mangled;
MUST_LEAK(mangled, "heap 101 B in 1 block, lost", BODY)
{
	mangled = (uintptr_t)take(101) ^ 0x5a5a5a5a5a5a5a5a;
}
END_TEST

/* `top` of malloc's arena points to the last word of the block before it. */
MUST_LEAK(before_the_top, "heap 100008 B in 1 block, lost", BODY)
{
	lose(take(100008));
}
END_TEST

struct node {
	struct node *left, *right;
};
static __attribute__((noinline)) struct node *grow_tree(int count)
{
	struct node *node = take(sizeof *node);
	if (count > 2)
		node->left = grow_tree((count - 1) / 2);
	if (count > 1)
		node->right = grow_tree(count - 1 - (count > 2 ? (count - 1) / 2 : 0));
	return node;
}
MUST_LEAK(tree, "in 1 block, lost: nothing points to it; 999 more blocks (15984 B) through it",
	  "grow_tree")
{
	lose(grow_tree(1000));
}
END_TEST
MUST_LEAK(ring, "in 1 block, lost: nothing points to it; 2 more blocks", BODY)
{
	struct node *a = take(20), *b = take(30), *c = take(40);
	a->left = b;
	b->left = c;
	c->left = a;
	c->right = b;
}
END_TEST
MUST_LEAK(through_a_big_block, "heap 300000 B in 1 block, lost: nothing points to it; 1 more", BODY)
{
	void **big = take(300000);
	big[20000] = take(60);
	lose(big);
}
END_TEST

static __attribute__((noinline)) void leave_in_dead_frame(void *block)
{
	void *volatile words[64];
	for (size_t i = 0; i < 64; i++)
		words[i] = block;
	__asm__ volatile("" ::"m"(words));
}
MUST_LEAK(in_dead_frame, "heap 102 B in 1 block, lost", BODY)
{
	leave_in_dead_frame(take(102));
}
END_TEST

/* The frame of main has a pointer to a block that the test gives back; another one
 * comes to its place. */
static const uintptr_t disguise = 0x5a5a5a5a5a5a5a5a;
static uintptr_t given_back;
MUST_LEAK(unchanged_word, "heap 500 B in 1 block, lost", BODY)
{
	free((void *)(given_back ^ disguise));
	void *block = use(malloc(500));
	need(block == (void *)(given_back ^ disguise));
	memset(block, 0, 500);
}
END_TEST

/* Stacks of threads that have ended, and memory that they gave back. */
static void *leave_on_stack(void *block)
{
	leave_in_dead_frame(block);
	return NULL;
}
MUST_LEAK(on_cached_stack, "heap 103 B in 1 block, lost", BODY)
{
	run(leave_on_stack, take(103));
}
END_TEST
static void *leave_in_arena(void *block)
{
	void **holder = malloc(1000);
	need(holder);
	for (size_t i = 0; i < 100; i++)
		((void *volatile *)holder)[i] = block;
	free(holder);
	return NULL;
}
MUST_LEAK(in_arena_of_thread, "heap 104 B in 1 block, lost", BODY)
{
	run(leave_in_arena, take(104));
}
END_TEST
MUST_LEAK(in_freed_block, "heap 105 B in 1 block, lost", BODY)
{
	leave_in_arena(take(105));
}
END_TEST

/* stdio's lists hold every stream, and popen's every process's. */
MUST_LEAK(stream_without_descriptor, "in 1 block, lost", BODY)
{
	FILE *stream = fopen("/dev/null", "w");
	need(stream && close(fileno(stream)) == 0);
	lose(stream);
}
END_TEST
MUST_LEAK(stream_of_process, "in 1 block, lost", BODY)
{
	FILE *stream = popen("true", "r");
	need(stream && close(fileno(stream)) == 0 && wait(NULL) > 0);
	lose(stream);
}
END_TEST

/* ---- Who holds what can be told though the test left little to tell it with. */

static void lower_limit(int resource, rlim_t value)
{
	struct rlimit limit;
	need(getrlimit(resource, &limit) == 0);
	limit.rlim_cur = value;
	need(setrlimit(resource, &limit) == 0);
}
MUST_LEAK(with_little_address_space, "heap 106 B in 1 block, lost", BODY)
{
	lower_limit(RLIMIT_AS, (rlim_t)600 << 20);
	lose(take(106));
}
END_TEST
static void *by_global_still;
MUST_PASS(with_little_address_space)
{
	lower_limit(RLIMIT_AS, (rlim_t)600 << 20);
	if (!by_global_still)
		by_global_still = take(62);
}
END_TEST
MUST_LEAK(without_descriptors, AMONG "heap 107 B in 1 block, lost", BODY)
{
	lower_limit(RLIMIT_NOFILE, 20);
	while (dup(0) >= 0)
		;
	lose(take(107));
}
END_TEST

/* ---- What a thread of the test holds goes with it. */

static sem_t ready;
static void *keep_and_wait(void *unused)
{
	void *own = NULL;
	(void)unused;
#ifdef __x86_64__
	own = take(61);
	__asm__ volatile("" : "+r"(own));
#endif
	sem_post(&ready);
	for (;;) {
		pause();
#ifdef __x86_64__
		__asm__ volatile("" : "+r"(own));
#endif
	}
	return own;
}
MUST_LEAK(by_left_thread, "still running", BODY)
{
	pthread_t thread;
	need(sem_init(&ready, 0, 0) == 0 &&
	     pthread_create(&thread, NULL, keep_and_wait, NULL) == 0);
	while (sem_wait(&ready) != 0)
		;
}
END_TEST

/* One that is older than the test: there is none in a test's own process. */
static sem_t asked;
static void *handed_over;
static bool is_forked;
static void *hold_for_ever(void *unused)
{
	void *volatile own;
	(void)unused;
	while (sem_wait(&asked) != 0)
		;
	own = handed_over;
	handed_over = NULL;
	sem_post(&ready);
	for (;;)
		pause();
	return own;
}
static void start_holder(void)
{
	pthread_t thread;
	need(sem_init(&asked, 0, 0) == 0 && sem_init(&ready, 0, 0) == 0 &&
	     pthread_create(&thread, NULL, hold_for_ever, NULL) == 0);
}
MUST_PASS(by_older_thread)
{
	static bool is_handed;
	if (is_handed)
		return;
	is_handed = true;
	handed_over = take(64);
	if (!is_forked) {
		sem_post(&asked);
		while (sem_wait(&ready) != 0)
			;
	}
}
END_TEST

int main(int argc, char **argv)
{
	void *volatile slot = NULL, *volatile unchanged = malloc(500);
	/* When a test runs again, the innermost of the older frames are put back. */
	volatile char room[1 << 14] = "";

	given_back = (uintptr_t)unchanged ^ disguise;
	old_block = calloc(2, sizeof *old_block);
	in_main = (void **)&slot;
	null = fopen("/dev/null", "w");
	const char *fork = getenv("CK_FORK");
	is_forked = !fork || strcmp(fork, "no") != 0;
	if (!is_forked)
		start_holder();
	int status = twins_main(argc, argv);
	free(old_block);
	return unchanged && !room[0] ? status : 1;
}
