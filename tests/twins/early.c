/* SPDX-License-Identifier: MIT */
/* Memory before main and after it, at places where little works yet; and code
 * that comes and goes. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <malloc.h>
#include <pthread.h>

#define TWIN_CASE "early"
#include "twins.h"

/* In the library. */
int library_resolved(void);
void *library_early_block(void);

/* An ifunc resolver runs while the program is relocated. */
static void *from_resolver;
static int answer(void) { return 42; }
__attribute__((used)) static int (*resolve(void))(void)
{
	from_resolver = malloc(100);
	free(calloc(3, 30));
	if (from_resolver)
		from_resolver = realloc(from_resolver, 200);
	return answer;
}
int resolved(void) __attribute__((ifunc("resolve")));

static void *from_constructor, *from_last_exit_handler;
__attribute__((constructor(101))) static void construct_first(void)
{
	from_constructor = malloc(300);
	free(use(malloc(10)));
}

static void *taken_at_start;
static void at_exit(void)
{
	from_last_exit_handler = use(malloc(30));
	free(taken_at_start);
}
__attribute__((destructor)) static void destroy(void)
{
	/* After main, in every process of a test that returns. */
	void *block = use(malloc(40));
	block = realloc(block, 4000);
	free(block);
	free(from_last_exit_handler);
	free(from_constructor);
}

MUST_PASS(resolver) { ck_assert_int_eq(resolved(), 42); } END_TEST
MUST_PASS(free_of_resolvers_block)
{
	ck_assert_ptr_nonnull(from_resolver);
	memset(from_resolver, 1, 200);
	free(from_resolver);
	from_resolver = NULL;
}
END_TEST
MUST_PASS(library_resolver)
{
	ck_assert_int_eq(library_resolved(), 43);
	ck_assert_ptr_nonnull(library_early_block());
	memset(library_early_block(), 1, 100);
}
END_TEST
MUST_PASS(realloc_of_constructors_block)
{
	from_constructor = realloc(from_constructor, 9000);
}
END_TEST
MUST_PASS(exit_handler_in_test) { atexit(at_exit); } END_TEST
MUST_LEAK(beside_all_that, "heap 70 B in 1 block", BODY)
{
	ck_assert_int_eq(resolved() + library_resolved(), 85);
	lose(malloc(70));
}
END_TEST

/* Code that is loaded in the test. */
typedef void *taker(size_t size);
static taker *symbol_in(void *library, const char *name)
{
	taker *found;
	*(void **)&found = dlsym(library, name);
	need(found);
	return found;
}
static taker *symbol(const char *name) { return symbol_in(RTLD_DEFAULT, name); }
MUST_PASS(dlsym)
{
	free(symbol("malloc")(10));
	ck_assert_ptr_null(dlsym(RTLD_DEFAULT, "there_is_no_such_name"));
	ck_assert_ptr_nonnull(dlerror());
}
END_TEST
MUST_LEAK(malloc_by_dlsym, "heap 71 B in 1 block", BODY)
{
	lose(symbol("malloc")(71));
}
END_TEST
static taker *load(void **library)
{
	*library = dlopen("./libloaded.so", RTLD_NOW | RTLD_LOCAL);
	need(*library);
	return symbol_in(*library, "library_take");
}
MUST_PASS(dlopen_and_dlclose)
{
	void *library;
	for (int i = 0; i < 20; i++) {
		free(load(&library)(100));
		dlclose(library);
	}
}
END_TEST
MUST_LEAK(in_loaded_library, "heap 72 B in 1 block", "library_take")
{
	void *library;
	lose(load(&library)(72));
}
END_TEST
/* What it left has no names any more, but is still there. */
MUST_LEAK(in_library_that_went, "heap 73 B in 1 block", BODY)
{
	void *library;
	taker *take = load(&library);
	lose(take(73));
	dlclose(library);
}
END_TEST
MUST_PASS(failing_dlopen) { ck_assert_ptr_null(dlopen("/nowhere/lib.so", RTLD_NOW)); } END_TEST

/* What libc keeps once is none of the test's. */
MUST_PASS(locale) { setlocale(LC_ALL, "C.UTF-8"); } END_TEST
static void *nothing(void *argument) { return argument; }
MUST_PASS(threads_cached_stack)
{
	pthread_t thread;
	need(pthread_create(&thread, NULL, nothing, NULL) == 0);
	pthread_join(thread, NULL);
}
END_TEST
MUST_PASS(standard_output) { printf("# first words\n"); } END_TEST

/* errno is the caller's. */
#define KEEPS(errno_before, ...)                                                     \
	do {                                                                         \
		errno = errno_before;                                                \
		__VA_ARGS__;                                                         \
		ck_assert_int_eq(errno, errno_before);                               \
	} while (0)
MUST_PASS(errno_kept)
{
	void *volatile block;
	pthread_t thread;
	int volatile fd;

	KEEPS(EDOM, block = malloc(10));
	KEEPS(ERANGE, block = realloc(block, 100000));
	KEEPS(EDOM, free(block));
	KEEPS(EDOM, block = calloc(10, 10));
	KEEPS(EDOM, free(block));
	KEEPS(EDOM, fd = open("/dev/null", O_RDONLY));
	KEEPS(ERANGE, close(fd));
	KEEPS(EDOM, fd = dup(0));
	KEEPS(ERANGE, close(fd));
	KEEPS(EDOM, need(pthread_create(&thread, NULL, nothing, NULL) == 0));
	KEEPS(EDOM, pthread_join(thread, NULL));
	KEEPS(EDOM, free(NULL));
}
END_TEST
static volatile size_t too_much = ~(size_t)0 / 2;
MUST_PASS(errno_set)
{
	void *volatile block;

	errno = 0;
	ck_assert_int_eq(open("/nowhere/x", O_RDONLY), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(close(-1), -1);
	ck_assert_int_eq(errno, EBADF);
	block = malloc(too_much);
	ck_assert_ptr_null(block);
	ck_assert_int_eq(errno, ENOMEM);
	errno = 0;
	block = reallocarray(NULL, too_much, 3);
	ck_assert_ptr_null(block);
	ck_assert_int_eq(errno, ENOMEM);
	ck_assert_int_eq(dup2(-1, 3), -1);
	ck_assert_int_eq(errno, EBADF);
}
END_TEST

/* The test goes elsewhere, and stays there. */
#undef TWIN_CASE
#define TWIN_CASE "elsewhere"
MUST_LEAK(elsewhere, "heap 74 B in 1 block", BODY)
{
	need(chdir("/") == 0);
	lose(malloc(74));
}
END_TEST
MUST_LEAK(elsewhere_in_loaded_library, "heap 75 B in 1 block", "library_take")
{
	void *library;
	taker *take = load(&library);
	need(chdir("/") == 0);
	lose(take(75));
}
END_TEST

int main(int argc, char **argv)
{
	taken_at_start = malloc(5);
	/* Bound lazily, the library's resolver would run in the first test that asks. */
	need(library_resolved() == 43);
	return twins_main(argc, argv);
}
