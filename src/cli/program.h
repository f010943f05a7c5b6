/* SPDX-License-Identifier: MIT */
/* Which file a program's name means, and whether leakcheck can watch it. */
#ifndef LK_CLI_PROGRAM_H
#define LK_CLI_PROGRAM_H

#include <stdbool.h>

/* Finds the file that execvp(NAME) would run.  PATH has PATH_MAX bytes.  On
 * failure says so in one sentence and returns false. */
bool lk_program_find(const char *name, char *path);

/* Reads the file PATH, the interpreters it names if it is a script, and the
 * program that libtool keeps for it if it is one of libtool's scripts.  False
 * after one sentence when the kernel would not run it or when the library could
 * not be loaded into it. */
bool lk_program_inspect(const char *path);

#endif
