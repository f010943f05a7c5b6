/* SPDX-License-Identifier: MIT */
/* What is kept once, and what grows each time a test runs. */
#define TWIN_CASE "rerun"
#define TWINS_CASE(tcase, name)                             \
	(tcase_add_checked_fixture(tcase, setup, teardown), \
	 tcase_add_checked_fixture(tcase, second_setup, NULL), (void)(name))
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>

static unsigned setups, second_setups, teardowns;
static void setup(void)
{
	setups++;
	puts("the setup speaks");
}
static void second_setup(void)
{
	second_setups++;
}
static void teardown(void)
{
	teardowns++;
	puts("the teardown speaks");
}
#include "twins.h"

struct node {
	struct node *next;
	char text[40];
};
static struct node *list;
static void *cache, *small_ring[16], *big_ring[60], *volatile global;
static char *buffer, *table;
static size_t buffer_size;

MUST_PASS(kept_once)
{
	if (!cache)
		cache = malloc(100);
}
END_TEST
MUST_LEAK(list_that_grows,
	  "heap 48 B in 1 block, retained by rerun.c 'list', rises each time [+1 +1 +1", BODY)
{
	struct node *node = malloc(sizeof *node);
	need(node);
	node->next = list;
	list = node;
}
END_TEST
static void put_into_ring(void **ring, unsigned size)
{
	static unsigned at;
	free(ring[at % size]);
	ring[at++ % size] = malloc(33);
}
MUST_PASS(ring_of_16)
{
	put_into_ring(small_ring, 16);
}
END_TEST
/* From a library that each run loads anew, and elsewhere. */
static struct node *list_of_plugin;
MUST_LEAK(from_a_library_loaded_anew,
	  "retained by rerun.c 'list_of_plugin', rises each time [+1 +1 +1", "plugin_take")
{
	void *library = dlopen("./rerun_plugin.so", RTLD_NOW);
	need(library);
	void *(*plugin_take)(size_t size) = (void *(*)(size_t))dlsym(library, "plugin_take");
	struct node *node = plugin_take(sizeof *node);
	node->next = list_of_plugin;
	list_of_plugin = node;
	Dl_info info;
	need(dladdr((void *)plugin_take, &info) != 0);
	dlclose(library);
	mmap(info.dli_fbase, 1, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}
END_TEST
MUST_LEAK(block_that_grows,
	  "heap 100 B in 1 block, retained by rerun.c 'buffer', rises each time [+100 B +100 B",
	  BODY)
{
	buffer = realloc(buffer, buffer_size += 100);
	need(buffer);
}
END_TEST
/* A table that doubles, and is never taken again. */
MUST_PASS(table_for_all)
{
	if (!table)
		need((table = realloc(table, 1 << 20)));
}
END_TEST
MUST_LEAK(global_set_anew,
	  "heap 77 B in 1 block, retained by rerun.c 'global', rises each time [+1 +1 +1", BODY)
{
	global = malloc(77);
}
END_TEST
MUST_PASS(descriptor_kept_once)
{
	static int log_fd = -1;
	if (log_fd < 0)
		log_fd = open("/dev/null", O_WRONLY);
}
END_TEST
MUST_PASS(stream_kept_once)
{
	static FILE *log_file;
	if (!log_file)
		log_file = fopen("/dev/null", "w");
	fputs("a line", log_file);
}
END_TEST
MUST_LEAK(descriptor_each_time, "fd ", BODY) { open("/dev/null", O_RDONLY); } END_TEST
/* The one that the next run puts another over is the last run's. */
MUST_LEAK(number_taken_over, "fd 200 ", BODY) { dup2(STDIN_FILENO, 200); } END_TEST
static void *wait_for_ever(void *argument)
{
	pause();
	return argument;
}
MUST_PASS(thread_kept_once)
{
	static pthread_t worker;
	if (!worker)
		pthread_create(&worker, NULL, wait_for_ever, NULL);
}
END_TEST
/* A pool that no variable of the program leads to, and that the next run uses: there is
 * no thread in a copy that could answer. */
static pthread_mutex_t pool_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t pool_changed = PTHREAD_COND_INITIALIZER;
static int pool_asked, pool_answered, pool_started;
static void *answer(void *argument)
{
	pthread_mutex_lock(&pool_lock);
	for (;;) {
		while (pool_answered == pool_asked)
			pthread_cond_wait(&pool_changed, &pool_lock);
		pool_answered = pool_asked;
		pthread_cond_broadcast(&pool_changed);
	}
	return argument;
}
MUST_PASS(pool_of_threads)
{
	pthread_t worker;
	if (!pool_started++) {
		need(pthread_create(&worker, NULL, answer, NULL) == 0);
		need(pthread_detach(worker) == 0);
	}
	pthread_mutex_lock(&pool_lock);
	pool_asked++;
	pthread_cond_broadcast(&pool_changed);
	while (pool_answered != pool_asked)
		pthread_cond_wait(&pool_changed, &pool_lock);
	pthread_mutex_unlock(&pool_lock);
}
END_TEST
MUST_LEAK(thread_each_time, "thread ", BODY)
{
	pthread_t worker;
	pthread_create(&worker, NULL, wait_for_ever, NULL);
}
END_TEST
/* The other runs begin where the first one did. */
MUST_LEAK(fixtures_run_as_often,
	  "heap 5 B in 1 block, retained by rerun.c 'global', rises each time [+1 +1 +1", BODY)
{
	ck_assert_uint_eq(setups, teardowns + 1);
	ck_assert_uint_eq(setups, second_setups);
	global = malloc(5);
}
END_TEST

#undef TWIN_CASE
#define TWIN_CASE "big"
MUST_PASS(ring_of_60)
{
	put_into_ring(big_ring, 60);
}
END_TEST
int main(int argc, char **argv)
{
	return twins_main(argc, argv);
}
