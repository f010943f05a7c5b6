/* SPDX-License-Identifier: MIT */
/* Reads /proc by raw system calls: no malloc, no stdio, no descriptor left. */
#ifndef LK_BASE_PROC_H
#define LK_BASE_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* From here on `this process` means PROCESS for everything in here that speaks of it:
 * paths below /proc/self and addresses.  For a copy of us that reports on another
 * process (probe/borrow.h). */
void lk_proc_stand_for(pid_t process);
/* And so do the numbers of descriptors, which we took over from it. */
void lk_proc_stand_for_descriptors(void);
/* Is what has a number here what the process that is meant has under that number? */
bool lk_proc_has_descriptors(void);
/* We were copied out of its thread THREAD, so that our stack is that thread's; 0, as at
 * first: we were not. */
void lk_proc_stand_for_thread(pid_t thread);
/* The thread of the process that is meant whose stack is ours; 0 if there is none. */
pid_t lk_proc_thread(void);
/* The process that is meant; and is it another one than we are? */
pid_t lk_proc_process(void);
bool lk_proc_is_other(void);

/* Calls VISIT with each number that names an entry of DIRECTORY (such as
 * /proc/self/fd), except the descriptor used for reading it.  False if the
 * directory cannot be read; errno is kept. */
bool lk_proc_each(const char *directory, void (*visit)(void *context, int number), void *context);

/* Reads at most SIZE - 1 bytes of the file PATH into BUFFER, zero-terminated;
 * returns the bytes read, 0 on any error. */
size_t lk_proc_read(const char *path, char *buffer, size_t size);

/* What the link PATH points to, cut to SIZE - 1 bytes and zero-terminated; returns its
 * length, 0 if it cannot be read. */
size_t lk_proc_link(const char *path, char *buffer, size_t size);

/* The absolute name of the file that is mapped at ADDRESS, in NAME (SIZE bytes);
 * false if there is none or it does not fit. */
bool lk_proc_mapped_file(uintptr_t address, char *name, size_t size);

/* A line of /proc/self/maps. */
struct lk_map {
	uintptr_t start, end;
	bool readable, writable, executable, shared;
	const char *name; /* "" for an anonymous one; cut if it is very long */
};

/* Calls VISIT for each mapping of this process, by address.  False if the list
 * cannot be read; errno is kept. */
bool lk_proc_maps(void (*visit)(void *context, const struct lk_map *map), void *context);

/* Copies SIZE bytes of this process at FROM, which may not be there, to TO; false
 * if they are not, or if the kernel refuses to tell. */
bool lk_proc_memory(const void *from, void *to, size_t size);

#endif
