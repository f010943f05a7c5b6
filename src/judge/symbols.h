/* SPDX-License-Identifier: MIT */
/* Names program counters: function, source file and line, inlined callers.
 *
 * elfutils (libdw) is loaded with dlopen when the first name is asked for, so a
 * run without leaks never pays for it; it stays loaded.  What cannot be named
 * keeps its module and offset: missing debug information is never an error, and
 * neither is a lack of memory, descriptors or stack (400 KiB are needed).
 *
 * Functions of the C library's family (lk_module_is_libc) get names but no
 * files, lines or inlined callers. */
#ifndef LK_JUDGE_SYMBOLS_H
#define LK_JUDGE_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "model/module.h"

/* One named frame.  Strings belong to the symbols object and live until it is
 * closed; FUNCTION and FILE are NULL where unknown.  Strings are what the files
 * hold: of any length, with any bytes.
 *
 * FUNCTION is without the suffixes of the compiler's copies (".constprop.0").
 * FILE is what the compiler recorded, without the directory it ran in and
 * without leading "./": "parse.c", "src/parse.c" or, built out of tree,
 * "../src/parse.c"; a file from elsewhere keeps its whole path. */
struct lk_frame {
	uintptr_t pc;		 /* the return address this frame came from */
	const char *function;	 /* demangled */
	const char *file;	 /* see above */
	const char *directory;	 /* to which FILE is relative; NULL unknown */
	unsigned line;		 /* 0 if unknown */
	unsigned start;		 /* the line where the function is declared, 0 if unknown */
	bool inlined;		 /* inlined into the frame that follows */
	const struct lk_module *module; /* NULL: no module holds the address */
	uintptr_t offset;	 /* pc - module->bias: the address in the file */
};

struct lk_symbols;

/* MODULES (COUNT of them) stay the caller's and must outlive the result; their
 * paths are opened when they are first needed.  NULL when out of memory.  Not
 * thread-safe: one user at a time. */
struct lk_symbols *lk_symbols_open(const struct lk_module *modules, size_t count);
/* Leaves no memory and no descriptor behind; NULL is ignored. */
void lk_symbols_close(struct lk_symbols *symbols);

/* Names RETURN_ADDRESS (the call is looked up, i.e. one byte before).  Writes
 * the frames innermost first - inlined ones, then the function that holds the
 * code - into FRAMES (room for MAX >= 1) and returns how many, at least 1. */
size_t lk_symbols_name(struct lk_symbols *symbols, uintptr_t return_address,
		       struct lk_frame *frames, size_t max);

/* A byte of data.  Strings as in struct lk_frame, FILE without folders; what is unknown
 * is NULL. */
struct lk_typed;
struct lk_data_name {
	const char *name, *file;
	const struct lk_typed *type; /* the variable's */
	const struct lk_module *module; /* NULL: no module holds the address */
	uint64_t offset; /* into the variable; without a name into the module */
};

/* Names the variable around ADDRESS; and the one at OFFSET of the thread-local data
 * of the module that is loaded at MODULE (its bias). */
void lk_symbols_variable(struct lk_symbols *symbols, uintptr_t address,
			 struct lk_data_name *ret);
void lk_symbols_thread_local(struct lk_symbols *symbols, uintptr_t module, uint64_t offset,
			     struct lk_data_name *ret);

/* Writes what stands *OFFSET bytes into TYPE as C has it, ".items[3]", to OUT; *OFFSET
 * is then what is left of it.  ROOM as in judge/types.h.  Returns the type of what the
 * pointer that stands there points to, NULL if that is not known. */
const struct lk_typed *lk_symbols_field(struct lk_symbols *symbols, const struct lk_typed *type,
					uint64_t room, uint64_t *offset, FILE *out);

/* Why names are missing, as a sentence, or NULL when nothing went wrong.  Of
 * several reasons the first.  SYMBOLS may be NULL. */
const char *lk_symbols_complaint(const struct lk_symbols *symbols);

#endif
