/* SPDX-License-Identifier: MIT */
/* A preloaded object that walks the stack of every allocation twice, with
 * leakcheck's walker and with libunwind's unw_step, and stops the program at
 * the first difference.  $LK_ORACLE_REFERENCE=gcc takes libgcc's _Unwind_Backtrace
 * instead: libunwind 1.6 does not know the signed return addresses of aarch64.
 *
 * libunwind is loaded privately: its exported backtrace() and _Unwind_* must not
 * be seen by the program.  At exit one line is appended to $LK_ORACLE_REPORT:
 * captures, frames, cut stacks.  LK_ORACLE_DEPTH sets the kept depth. */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define UNW_LOCAL_ONLY
#include <libunwind.h>
#include <unwind.h>

#include "base/attributes.h"
#include "base/self.h"
#include "probe/depot.h"
#include "probe/stack_bounds.h"
#include "probe/unwind.h"

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);

#define STRING(x) #x
#define NAME(x) STRING(x)

static struct {
	int (*init)(unw_cursor_t *cursor, unw_context_t *context);
	int (*step)(unw_cursor_t *cursor);
	int (*get)(unw_cursor_t *cursor, int reg, unw_word_t *value);
	int (*is_signal)(unw_cursor_t *cursor);
	int (*get_context)(unw_context_t *context);
	void (*flush)(unw_addr_space_t space, unw_word_t low, unw_word_t high);
	int (*set_policy)(unw_addr_space_t space, unw_caching_policy_t policy);
	unw_addr_space_t space;
} unw;

static struct {
	_Unwind_Reason_Code (*backtrace)(_Unwind_Trace_Fn visit, void *context);
	uintptr_t (*get_pc)(struct _Unwind_Context *context, int *is_interrupted);
	uintptr_t (*get_sp)(struct _Unwind_Context *context);
	const void *(*find_table)(void *pc, void *bases[3]);
} gcc;

static atomic_ulong captures, frames_compared, cut_stacks;
static unsigned depth = LK_STACK_FRAMES_DEFAULT;
static _Thread_local volatile int busy;
static bool ready;

static void say(const char *format, ...)
{
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	int size = vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	if (write(STDERR_FILENO, text, (size_t)size) < 0)
		_exit(3);
}

static void *need(void *library, const char *name)
{
	void *symbol = dlsym(library, name);

	if (!symbol) {
		say("oracle: no %s\n", name);
		_exit(3);
	}
	return symbol;
}

static void *need_library(const char *name)
{
	void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);

	if (!library) {
		say("oracle: %s\n", dlerror());
		_exit(3);
	}
	return library;
}

__attribute__((constructor)) static void boot(void)
{
	busy++;
	const char *text = getenv("LK_ORACLE_DEPTH"), *reference = getenv("LK_ORACLE_REFERENCE");
	void *library = need_library("libunwind.so.8");

	if (reference && strcmp(reference, "gcc") == 0) {
		void *libgcc = need_library("libgcc_s.so.1");

		gcc.backtrace = need(libgcc, "_Unwind_Backtrace");
		gcc.get_pc = need(libgcc, "_Unwind_GetIPInfo");
		gcc.get_sp = need(libgcc, "_Unwind_GetCFA");
		gcc.find_table = need(libgcc, "_Unwind_Find_FDE");
	}
	unw.init = need(library, NAME(unw_init_local));
	unw.step = need(library, NAME(unw_step));
	unw.get = need(library, NAME(unw_get_reg));
	unw.is_signal = need(library, NAME(unw_is_signal_frame));
#ifdef __x86_64__
	unw.get_context = need(library, NAME(unw_tdep_getcontext));
#endif
	unw.flush = need(library, NAME(unw_flush_cache));
	unw.set_policy = need(library, NAME(unw_set_caching_policy));
	unw.space = *(unw_addr_space_t *)need(library, NAME(unw_local_addr_space));
	unw.set_policy(unw.space, UNW_CACHE_PER_THREAD);
	if (text)
		depth = (unsigned)atoi(text);
	lk_unwind_set_depth(depth);
	ready = true;
	busy--;
}

__attribute__((destructor)) static void finish(void)
{
	const char *path = getenv("LK_ORACLE_REPORT");
	char line[128];

	busy++;
	if (!path)
		return;
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	int size = snprintf(line, sizeof line, "%lu %lu %lu\n", captures, frames_compared,
			    cut_stacks);
	if (fd >= 0 && write(fd, line, (size_t)size) == size)
		close(fd);
}

/* A walk of the reference: at most DEPTH frames from the caller of the hook outwards. */
struct reference {
	const uintptr_t *frame; /* of the hook */
	uintptr_t *pcs;
	size_t count;
	bool outside, more;
};

/* One frame; false: it is the last that is wanted. */
static bool add_frame(struct reference *walk, uintptr_t pc, uintptr_t sp, bool interrupted)
{
	if (sp > (uintptr_t)walk->frame)
		walk->outside = true;
	if (!walk->outside)
		return true;
	walk->more = pc != 0 && walk->count == depth;
	if (pc == 0 || walk->more)
		return false;
	walk->pcs[walk->count++] = pc + interrupted;
	return true;
}

/* On x86-64 libunwind calls the frame that was interrupted a signal frame. */
#ifdef __x86_64__
static void walk_by_libunwind(struct reference *walk, unw_context_t *context)
{
	unw_cursor_t cursor;
	unw_word_t pc, sp;

	unw.init(&cursor, context);
	do {
		unw.get(&cursor, UNW_REG_IP, &pc);
		unw.get(&cursor, UNW_REG_SP, &sp);
	} while (add_frame(walk, pc, sp, unw.is_signal(&cursor) > 0) && unw.step(&cursor) > 0);
}
#else
/* On aarch64 the one inside of it: the code that a handler returns to, which it
 * reads.  Where there is no table libunwind guesses, and may fault: coroutines are
 * for libgcc. */
static void walk_by_libunwind(struct reference *walk, unw_context_t *context)
{
	unw_cursor_t cursor;
	unw_word_t pc, sp;
	bool interrupted = false;

	unw.init(&cursor, context);
	do {
		unw.get(&cursor, UNW_REG_IP, &pc);
		unw.get(&cursor, UNW_REG_SP, &sp);
		if (!add_frame(walk, pc, sp, interrupted))
			return;
		interrupted = lk_bounds_readable(pc) && unw.is_signal(&cursor) > 0;
	} while (unw.step(&cursor) > 0);
}
#endif

static _Unwind_Reason_Code visit(struct _Unwind_Context *context, void *walk)
{
	int interrupted;
	uintptr_t pc = gcc.get_pc(context, &interrupted);

	return add_frame(walk, pc, gcc.get_sp(context), interrupted) ? _URC_NO_REASON
								      : _URC_END_OF_STACK;
}

/* Did libgcc end at code without a table, where we go on? */
static bool ended_early(const struct reference *walk)
{
	void *bases[3];

	return gcc.backtrace && walk->count > 0 && !walk->more &&
	       !gcc.find_table((void *)(walk->pcs[walk->count - 1] - 1), bases);
}

static void print_stack(const char *title, const uintptr_t *pcs, size_t count)
{
	say("%s, %zu frames:\n", title, count);
	for (size_t i = 0; i < count; i++) {
		Dl_info info = { 0 };

		dladdr((void *)(pcs[i] - 1), &info);
		say("  %2zu %#lx %s %s\n", i, (unsigned long)pcs[i],
		    info.dli_fname ? info.dli_fname : "?", info.dli_sname ? info.dli_sname : "?");
	}
}

/* In a frame of its own, as the table is between a hook and the walker. */
static __attribute__((noinline)) lk_stack_id capture(const uintptr_t *frame)
{
	lk_stack_id stack = lk_unwind(frame);

	atomic_signal_fence(memory_order_seq_cst);
	return stack;
}

/* Inlined, so that the context is the hook's own. */
static inline __attribute__((always_inline)) void compare(const uintptr_t *frame)
{
	uintptr_t ours[LK_STACK_FRAMES_MAX], reference[LK_STACK_FRAMES_MAX];
	unw_context_t context;
	bool cut;

	lk_stack_id stack = capture(frame);
	if (busy || !ready)
		return;
	busy++;
#ifdef __x86_64__
	unw.get_context(&context);
#else
	unw_getcontext(&context);
#endif
	size_t count = lk_depot_frames(stack, ours, LK_STACK_FRAMES_MAX, &cut);
	struct reference walk = { .frame = frame, .pcs = reference };
	if (gcc.backtrace)
		gcc.backtrace(visit, &walk);
	else
		walk_by_libunwind(&walk, &context);
	size_t expected = walk.count;
	bool same = stack != LK_STACK_NONE && count == expected && cut == walk.more &&
		    memcmp(ours, reference, count * sizeof *ours) == 0;
	/* libunwind guesses where there is no information, and so does not stop. */
	if (cut && count < depth)
		same = count <= expected && memcmp(ours, reference, count * sizeof *ours) == 0;
	if (expected < count && ended_early(&walk))
		same = memcmp(ours, reference, expected * sizeof *ours) == 0;
	if (!same) {
		say("oracle: stacks differ in process %d, capture %lu, cut %d more %d\n",
		    (int)getpid(), captures, cut, walk.more);
		print_stack("leakcheck", ours, count);
		print_stack("reference", reference, expected);
		_exit(99);
	}
	atomic_fetch_add_explicit(&captures, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&frames_compared, count, memory_order_relaxed);
	if (cut && count < depth)
		atomic_fetch_add_explicit(&cut_stacks, 1, memory_order_relaxed);
	busy--;
}

LK_EXPORT void lk_oracle_capture(void);
LK_EXPORT void lk_oracle_capture(void)
{
	compare(__builtin_frame_address(0));
}

LK_EXPORT void *malloc(size_t size)
{
	void *block = __libc_malloc(size);

	compare(__builtin_frame_address(0));
	return block;
}

LK_EXPORT void *calloc(size_t count, size_t size)
{
	void *block = __libc_calloc(count, size);

	compare(__builtin_frame_address(0));
	return block;
}

LK_EXPORT void *realloc(void *old, size_t size)
{
	void *block = __libc_realloc(old, size);

	compare(__builtin_frame_address(0));
	return block;
}

LK_EXPORT int dlclose(void *library)
{
	int (*real)(void *) = (int (*)(void *))dlsym(RTLD_NEXT, "dlclose");
	int result = real(library);

	lk_unwind_forget_modules();
	if (ready)
		unw.flush(unw.space, 0, 0);
	return result;
}

LK_EXPORT void *dlopen(const char *path, int mode)
{
	void *(*real)(const char *, int) = (void *(*)(const char *, int))dlsym(RTLD_NEXT, "dlopen");
	void *library = real(path, mode);

	lk_unwind_forget_modules();
	return library;
}
