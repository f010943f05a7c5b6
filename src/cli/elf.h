/* SPDX-License-Identifier: MIT */
/* What an ELF file says of itself before it runs. */
#ifndef LK_CLI_ELF_H
#define LK_CLI_ELF_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

/* A sanitizer: its name and the word behind -fsanitize=. */
struct lk_sanitizer {
	const char *name, *option;
};

struct lk_elf {
	uint8_t class, data; /* word size, byte order */
	uint16_t machine, type;
	/* The rest only if class and data are leakcheck's own. */
	char interpreter[PATH_MAX];	      /* its dynamic loader; "" when static */
	const struct lk_sanitizer *sanitizer; /* that it is built with, or NULL */
};

enum lk_elf_result {
	LK_ELF_READ,	/* *ret is filled */
	LK_ELF_OTHER,	/* not an ELF file */
	LK_ELF_DAMAGED, /* its headers point outside of it */
};

/* Reads the regular file open as FD, from its beginning, whatever its offset.
 * The file is not trusted.  A file that cannot be read counts as damaged. */
enum lk_elf_result lk_elf_read(int fd, struct lk_elf *ret);

#endif
