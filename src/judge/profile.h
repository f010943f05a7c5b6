/* SPDX-License-Identifier: MIT */
/* A profile: what snapshots hold, by named stack and independent of where modules were
 * loaded, so that snapshots of many processes and machines add up.
 *
 * A module is known by its build-id, or by its path if it has none; a location by its
 * module and the address in its file; a stack by its locations.  Not thread-safe. */
#ifndef LK_JUDGE_PROFILE_H
#define LK_JUDGE_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "judge/interner.h"
#include "judge/verdict.h"
#include "model/snapshot.h"

/* What is counted, in the order and with the units of Go's heap profiles: X(name, unit).
 * Of descriptors, threads and children only live_blocks is counted. */
#define LK_VALUES(X)             \
	X(alloc_blocks, "count") \
	X(alloc_bytes, "bytes")  \
	X(live_blocks, "count")  \
	X(live_bytes, "bytes")

enum lk_value {
#define LK_NAME(name, unit) LK_VALUE_##name,
	LK_VALUES(LK_NAME)
#undef LK_NAME
		LK_VALUE_COUNT
};

/* All strings belong to the profile; equal text is an equal pointer.  They are not
 * escaped. */
struct lk_profile_module {
	const char *path;
	uint8_t build_id[LK_BUILD_ID_MAX];
	uint8_t build_id_size;	    /* 0: it has none */
	uintptr_t start, end, bias; /* as the first snapshot had it (struct lk_module) */
	bool is_program, is_ours, is_libc, is_system;
};

/* One position in the sources. */
struct lk_profile_line {
	const char *function; /* NULL unknown; so is FILE */
	const char *file;     /* see struct lk_frame */
	const char *directory; /* to which FILE is relative; NULL unknown */
	unsigned line;	      /* 0 unknown */
	unsigned start;	      /* where the function is declared, 0 unknown */
};

/* A return address. */
struct lk_profile_location {
	size_t module;	 /* index into modules; LK_PROFILE_NONE: no module holds it */
	uint64_t offset; /* of the return address in the module's file; without module as it is */
	/* lines[first_line .. + lines_count), at least one, innermost first: the last is the
	 * function that holds the code, those before were inlined into the next. */
	size_t first_line, lines_count;
};
#define LK_PROFILE_NONE SIZE_MAX

/* stacks[0] is the empty one: not known. */
struct lk_profile_stack {
	/* paths[first .. first + count): indices into locations, innermost first; our own
	 * and Check's are left out. */
	size_t first, count;
	bool cut; /* outer frames are missing */
	bool is_checks; /* Check tells its runner something (judge/check_frames.h) */
	/* Where a reader should look first (judge/suspect.h), and where the values count
	 * if one place has to stand for the stack: index into the path, and from the
	 * location's first line on.  Both 0 if there is none. */
	size_t suspect, suspect_line;
};

/* A snapshot that was added. */
struct lk_profile_part {
	struct lk_moment moment;
	const char *test; /* NULL outside of tests */
	uint64_t events_lost; /* not 0: it is incomplete */
	uint64_t check_blocks, check_bytes; /* that Check allocated itself: in no sample */
};

struct lk_profile_sample {
	enum lk_kind kind; /* heap, descriptor, thread, child or handle */
	size_t part;	   /* index into parts */
	size_t stack;	   /* index into stacks: where it was allocated, opened, created */
	size_t now;	   /* index into stacks: where a thread is; 0 unknown */
	enum lk_hold hold; /* of memory: who holds what is alive */
	int number;	   /* descriptor, thread id, process id; 0 for memory */
	/* What a descriptor is, what a thread does, a child's state: "socket", "poll";
	 * of memory that belongs to a stream "FILE" or "DIR"; a handle's kind; else
	 * NULL. */
	const char *state;
	/* "fd 7 /tmp/x.db", "thread 12 \"flusher\""; NULL for memory and handles. */
	const char *what;
	/* What was allocated counts in one sample of its stack and part only, so that it
	 * may be added up. */
	uint64_t values[LK_VALUE_COUNT];
};

struct lk_profile_maker;

struct lk_profile {
	struct lk_profile_module *modules;
	size_t modules_count, modules_room;
	struct lk_profile_location *locations;
	size_t locations_count, locations_room;
	struct lk_profile_line *lines;
	size_t lines_count, lines_room;
	size_t *paths;
	size_t paths_count, paths_room;
	struct lk_profile_stack *stacks;
	size_t stacks_count, stacks_room;
	struct lk_profile_part *parts;
	size_t parts_count, parts_room;
	struct lk_profile_sample *samples;
	size_t samples_count, samples_room;
	struct lk_interner strings;
	bool totals_known; /* all parts counted what was allocated, not only what is alive */
	/* Why names are missing, of several reasons the first; empty if none is. */
	char complaint[LK_MODULE_PATH_MAX + 256];
	struct lk_profile_maker *maker; /* its own */
};

/* False when out of memory. */
bool lk_profile_init(struct lk_profile *ret);
/* Adds all that SNAPSHOT holds, which is not needed afterwards.  The files of its modules
 * are opened for names, if they are those that were loaded, and stay open until
 * lk_profile_close_files.  False when out of memory: the profile can only be released. */
bool lk_profile_add(struct lk_profile *profile, const struct lk_snapshot *snapshot);
/* Leaves no descriptor open; what is added later opens them again. */
void lk_profile_close_files(struct lk_profile *profile);
/* Also for a zeroed struct, and twice. */
void lk_profile_release(struct lk_profile *profile);

/* Sums of KIND over all samples. */
void lk_profile_sum(const struct lk_profile *profile, enum lk_kind kind,
		    uint64_t values[LK_VALUE_COUNT]);

/* "alloc_blocks", and its unit. */
extern const char *const lk_value_names[LK_VALUE_COUNT];
extern const char *const lk_value_units[LK_VALUE_COUNT];

#endif
