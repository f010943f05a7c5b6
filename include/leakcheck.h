/* SPDX-License-Identifier: MIT */
/* leakcheck: fails the Check tests that leak heap memory, file descriptors,
 * threads or child processes.
 *
 * Link with -lleakcheck, or run the program under the `leakcheck` command: both
 * load the same library, and everything below works in both.  A program that is
 * only linked changes no verdict until it asks for one.
 *
 * All functions may be called from any thread unless their text says otherwise;
 * none of them changes errno. */
#ifndef LEAKCHECK_H
#define LEAKCHECK_H

#include <stddef.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Verifies the test that is running: if anything that was taken since the start of
 * the test (before its first checked setup) is still there when the last checked
 * teardown has returned, the test fails with the stacks of what it left.
 *
 *     static void teardown(void) { LEAKCHECK_VERIFY_NONE(); }
 *     ...
 *     tcase_add_checked_fixture(tc, setup, teardown);
 *
 * For a checked teardown, a checked setup or the test itself, in fork and no-fork
 * mode.  It returns at once and never jumps, so the other teardowns run; used
 * twice, it reports once.  In an unchecked fixture it says on standard error that
 * it cannot work there, and the program's exit status becomes 23 if it was 0. */
#define LEAKCHECK_VERIFY_NONE() leakcheck_verify_none(__FILE__, __LINE__)
void leakcheck_verify_none(const char *file, int line);

/* The test that is running leaves COUNT leaks, counted as its report does: it passes if
 * it leaves just as many, and fails otherwise.  What rules or a baseline cover, and
 * notes, do not count.  Implies LEAKCHECK_VERIFY_NONE(), and works where that does; of
 * several the last one counts. */
#define LEAKCHECK_EXPECT_LEAKS(count) leakcheck_expect_leaks((count), __FILE__, __LINE__)
void leakcheck_expect_leaks(unsigned count, const char *file, int line);

/* Verifies every test of this program; call it before the runner starts, in the
 * thread that runs it. */
void leakcheck_verify_all(void);

/* The block at POINTER, as malloc and its like returned it, is meant to stay: it is
 * never reported.  Returns 1, or 0 if no such block is known. */
int leakcheck_ignore(const void *pointer);

/* What the calling thread allocates, opens or starts between BEGIN and END is meant
 * to stay.  They nest. */
void leakcheck_ignore_begin(void);
void leakcheck_ignore_end(void);

/* All that is alive now - blocks, descriptors, threads, child processes - is meant to
 * stay, whoever took it: only what is taken from here on is reported.  For a test that
 * warms something up first.  Slower than a mark, and not meant for a loop. */
void leakcheck_ignore_current(void);

/* Adds rules that say what to ignore, as a file of --suppressions holds them, one a
 * line: leakcheck_suppress("leak:png_create_info  # it keeps a table").  Call it before
 * the runner starts, or in a test for what that test leaves.  Returns how many rules
 * were added, or -1 after one sentence on standard error. */
int leakcheck_suppress(const char *rules);

/* The test that is running is never run again to see whether what it keeps grows: for
 * a test that acts on the world outside its process, such as a server or a data base.
 * Outside of a test, or in an unchecked fixture, it holds for every test from now on.
 * What such a test leaves and something still points to is unproven: the test is
 * unsure, not clean. */
void leakcheck_run_once(void);

/* How much memory the test that is running may use from here to its end, so that it fails
 * with the places that used most of it when it uses more: calls that allocate, bytes that
 * they get in all, the most bytes that are alive at once, and bytes that are alive at the
 * end; the last two above what is alive here.  0 means no limit, LEAKCHECK_NONE none at
 * all.  Counted for the whole process, without what Check allocates for its messages;
 * counting makes each allocation slower.  What cannot be measured makes the test unsure.
 * Implies LEAKCHECK_VERIFY_NONE(), and works where that does. */
#define LEAKCHECK_LIMIT(allocations, bytes, peak, growth) \
	leakcheck_limit((allocations), (bytes), (peak), (growth), __FILE__, __LINE__)
#define LEAKCHECK_NONE ((unsigned long)-1)
void leakcheck_limit(unsigned long allocations, unsigned long bytes, unsigned long peak,
		     unsigned long growth, const char *file, int line);

/* The same for what happens from a BEGIN to its END, which takes what that returned and
 * ends the scopes inside, too.  END returns how many limits were exceeded, or -1 if what
 * was used is not known; so it is of use outside of Check, too.  A test that is verified
 * fails if one was.  For the thread that runs the test; at most 16 scopes at a time. */
#define LEAKCHECK_LIMIT_BEGIN(allocations, bytes, peak, growth) \
	leakcheck_limit_begin((allocations), (bytes), (peak), (growth), __FILE__, __LINE__)
#define LEAKCHECK_LIMIT_END(scope) leakcheck_limit_end(scope)
int leakcheck_limit_begin(unsigned long allocations, unsigned long bytes, unsigned long peak,
			  unsigned long growth, const char *file, int line);
int leakcheck_limit_end(int scope);

/* Handles of the program's own - chunks of a pool, sessions, slots, whatever has to be
 * given back - are told of by the program: its pool calls leakcheck_track() where it
 * hands one out, and leakcheck_untrack() where it takes it back.  Those that are tracked
 * during a test and still are at its end are leaks (`handle`), with the stack of the
 * call that tracked them; as with descriptors, what stays once and does not grow when
 * the test runs again is only noted.
 *
 * HANDLE is any number, a pointer or not; SIZE is in bytes, 0 if it has none; KIND is a
 * word for the report, copied, of which the first 39 bytes count; NULL means "handle".
 * Equal handles of different kinds are different handles.  One that is tracked twice has
 * to be untracked twice.  Safe in signal handlers.  Returns 1, or 0 if there was no room
 * left for it (2 million handles, 255 kinds), which makes the tests unsure. */
int leakcheck_track(const void *handle, size_t size, const char *kind);
/* Returns 1, or 0 if no such handle is tracked. */
int leakcheck_untrack(const void *handle, const char *kind);
/* Untracks all handles of any kind from START up to SIZE bytes further: for a pool that
 * is emptied or destroyed as a whole.  Returns how many there were. */
size_t leakcheck_untrack_within(const void *start, size_t size);

/* What is watched in this process: bits of the sum returned. */
enum leakcheck_kind {
	LEAKCHECK_HEAP = 1,
	LEAKCHECK_DESCRIPTORS = 2,
	LEAKCHECK_THREADS = 4,
	LEAKCHECK_CHILDREN = 8
};
/* WHY (SIZE bytes, or NULL) receives a sentence for what is not watched although
 * it was asked for, such as a malloc of the program's own; empty if there is none. */
unsigned leakcheck_watching(char *why, size_t size);

/* Where did this come from?  Prints on standard error what POINTER points into - a block,
 * and how many bytes into it, a handle of leakcheck_track(), a variable - and the stack
 * that took it; the same of a descriptor, and of a thread (a pthread_t, or the kernel's
 * number).  Returns 1, or 0 if nothing is known of it.
 *
 * For people, above all from a debugger: `call (int)leakcheck_whence(p)`.  The names are
 * looked up in a copy of the process, so it is safe wherever the program was stopped, in
 * malloc too, and in signal handlers. */
int leakcheck_whence(const void *pointer);
int leakcheck_whence_descriptor(int fd);
int leakcheck_whence_thread(unsigned long thread);
/* Writes that into TEXT, SIZE bytes, cut if it does not fit; KIND is one of
 * LEAKCHECK_HEAP, LEAKCHECK_DESCRIPTORS and LEAKCHECK_THREADS. */
int leakcheck_whence_text(enum leakcheck_kind kind, unsigned long value, char *text, size_t size);

/* How much there is and was of everything, with the meanings of Go's MemStats, whose names
 * stand in brackets.  What is counted is counted since the process started; one that was
 * forked goes on from what its parent had counted.  Bytes are those that the program asked
 * for; leakcheck's own memory is not among them. */
struct leakcheck_memstats {
	unsigned long known;	     /* what is watched: bits as of leakcheck_watching() */
	unsigned long mallocs;	     /* [Mallocs] calls that gave a block; a realloc is one, */
	unsigned long frees;	     /* [Frees] and one release here */
	unsigned long live_blocks;   /* [HeapObjects] mallocs - frees */
	unsigned long live_bytes;    /* [Alloc, HeapAlloc] what these have */
	unsigned long total_bytes;   /* [TotalAlloc] and */
	unsigned long peak_bytes;    /* the most of live_bytes, both since counted_from */
	unsigned long counted_from;  /* 0: not counted, see leakcheck_memstats_begin(); else
					mallocs at that time, plus 1 */
	unsigned long heap_in_use;   /* [HeapInuse] what the allocator has given out, with its */
	unsigned long heap_system;   /* [HeapSys] own; and has of the kernel; 0 unless glibc's */
	unsigned long descriptors;   /* open now */
	unsigned long descriptors_opened; /* in all, by functions that are watched */
	unsigned long threads;	     /* now, and */
	unsigned long threads_started; /* in all, without the first */
	unsigned long children;	     /* started since the last test began, and still there */
	unsigned long children_started; /* in all */
	unsigned long resident_peak; /* most memory that the process ever had (ru_maxrss) */
};
/* SIZE is sizeof *STATS.  It looks at every block, and asks malloc: not for signal
 * handlers.  Returns 0 if the heap is not watched, else 1. */
int leakcheck_memstats(struct leakcheck_memstats *stats, size_t size);
/* From now on total_bytes and peak_bytes are counted; the option `totals` does so from the
 * start.  Each allocation is slower then.  Returns 0 if the heap is not watched. */
int leakcheck_memstats_begin(void);
/* The same as one object of JSON; returns 0 if it does not fit into SIZE bytes. */
int leakcheck_memstats_json(char *text, size_t size);

/* ---- Snapshots, as Python's tracemalloc has them.
 *
 * Nothing has to be started: what is watched is known of from the start, and of each block
 * its stack.  Names are looked up when rows are made, in the files of the program and its
 * libraries; what has no name keeps its library and the offset in it.  None of this is for
 * signal handlers.  What makes something returns NULL, after one sentence on standard
 * error, if memory is refused or a file cannot be used. */
struct leakcheck_snapshot;

/* All that is alive in this process now: heap memory, descriptors, threads, and child
 * processes that it started since the last test began.  It is never changed any more, so
 * several threads may use it at once, and takes memory for each distinct stack only. */
struct leakcheck_snapshot *leakcheck_snapshot_take(void);
/* The snapshots of a capture file (of leakcheck_snapshot_save or --capture) as one: what
 * tests left if there are tests in it, else what processes held. */
struct leakcheck_snapshot *leakcheck_snapshot_load(const char *path);
/* Writes a capture file, in place of what it held: for leakcheck_snapshot_load and for
 * `leakcheck report`, `diff`, `merge` and `top`.  Returns 0, or -1 after one sentence on
 * standard error. */
int leakcheck_snapshot_save(const struct leakcheck_snapshot *snapshot, const char *path);
/* NULL is ignored. */
void leakcheck_snapshot_free(struct leakcheck_snapshot *snapshot);

/* What a row stands for. */
enum leakcheck_group {
	LEAKCHECK_BY_LINE, /* tracemalloc's 'lineno' */
	LEAKCHECK_BY_FILE, /* 'filename' */
	LEAKCHECK_BY_STACK, /* 'traceback' */
	LEAKCHECK_BY_FUNCTION,
	LEAKCHECK_BY_LIBRARY,
	LEAKCHECK_BY_TEST,
	LEAKCHECK_BY_STATE, /* what a descriptor is, what a thread does */
	LEAKCHECK_BY_EACH   /* each descriptor, thread, child process */
};

/* What is kept is what one filter that includes matches, or there is none of them, and none
 * that excludes.  A pattern is a whole name - of a function, of a file or its base name,
 * either with ":LINE", of a library - in which `*` is any run of bytes and `?` any byte. */
struct leakcheck_filter {
	const char *pattern;
	int exclude;
	int first_frame; /* look at the place where a stack counts only, not at all of it */
};

/* All zeros asks for the heap by line. */
struct leakcheck_query {
	enum leakcheck_kind kind; /* one of them */
	enum leakcheck_group group;
	int cumulative; /* count at all places that a stack goes through, at each once */
	const struct leakcheck_filter *filters;
	size_t filters_count;
	const char *test; /* a pattern: only what such tests left; NULL: all */
};

/* A stack counts at the innermost frame that is the program's own and no wrapper around an
 * allocator.  Strings belong to the statistics; NULL or 0 where unknown. */
struct leakcheck_row {
	const char *label; /* "parse.c:88", "header_add" */
	const char *function, *file, *library, *state;
	unsigned line;
	size_t size, count;	       /* bytes (of the heap) and number, now */
	ptrdiff_t size_diff, count_diff; /* of a comparison: now less than before */
};
struct leakcheck_frame {
	const char *function, *file, *library;
	unsigned line;
	size_t offset; /* of the return address in the library's file */
};

/* Rows by size, count and label, each downwards; QUERY may be NULL.  Does not need the
 * snapshot any more. */
struct leakcheck_statistics *
leakcheck_snapshot_statistics(const struct leakcheck_snapshot *snapshot,
			      const struct leakcheck_query *query);
/* How SNAPSHOT differs from the one BEFORE: rows by the amount of size_diff, size, the
 * amount of count_diff, count and label, each downwards; also those that are alike. */
struct leakcheck_statistics *
leakcheck_snapshot_compare(const struct leakcheck_snapshot *snapshot,
			   const struct leakcheck_snapshot *before,
			   const struct leakcheck_query *query);
/* NULL is ignored. */
void leakcheck_statistics_free(struct leakcheck_statistics *statistics);

size_t leakcheck_statistics_count(const struct leakcheck_statistics *statistics);
/* Row INDEX, from 0; SIZE is sizeof *ROW.  Returns 0 if there is no such row, else 1. */
int leakcheck_statistics_row(const struct leakcheck_statistics *statistics, size_t index,
			     struct leakcheck_row *row, size_t size);
/* Sums over all that was kept; either may be NULL. */
void leakcheck_statistics_total(const struct leakcheck_statistics *statistics, size_t *size,
				size_t *count);
/* Writes row INDEX into TEXT, as tracemalloc does: "parse.c:88: size=940 KiB (+940 KiB),
 * count=8106 (+8106), average=119 B".  Returns its length, as snprintf: if that is not less
 * than SIZE, TEXT is cut. */
size_t leakcheck_statistics_text(const struct leakcheck_statistics *statistics, size_t index,
				 char *text, size_t size);
/* The stack of row INDEX, innermost frame first (of a row that stands for several stacks:
 * one of them), in FRAMES, MAX of them at most.  Returns how many there are. */
size_t leakcheck_statistics_frames(const struct leakcheck_statistics *statistics, size_t index,
				   struct leakcheck_frame *frames, size_t max);

/* tracemalloc's get_traced_memory: bytes that are alive, and the most that ever were
 * since counting began.  Counting begins with the first call, or when the process starts
 * under LEAKCHECK_OPTIONS=totals; to that call the peak is what is alive.  Either may be NULL.
 * Returns 0 if the heap is not watched, else 1. */
int leakcheck_traced_memory(size_t *now, size_t *peak);
/* The peak is what is alive now, for all who ask. */
void leakcheck_reset_peak(void);

/* Writes what each thread does, and who created it.  LAYOUT 2: a paragraph for each, as Go's
 * goroutine profile with debug=2; LAYOUT 1: equal stacks once, with the number of threads
 * that have it, as debug=1.  OUT is a FILE *.  Deadlocks and other patterns follow.  Returns
 * 0 if memory is refused, else 1. */
int leakcheck_dump_threads(FILE *out, int layout);

#ifdef __cplusplus
}
#endif

#endif
