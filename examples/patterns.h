/* SPDX-License-Identifier: MIT */
/* Six ways to leak that real programs are full of, each in a file of its own, as it is
 * written by mistake and as it should be.  README.md shows what leakcheck says. */
#ifndef PATTERNS_H
#define PATTERNS_H

#include <stdbool.h>
#include <stddef.h>

/* forgotten_thread.c: asks a slow source, and takes what a cache has if that is faster. */
int price_of(int article);
int price_of_mended(int article);

/* growing_table.c: each request leaves a session in a table. */
void request_handle(const char *user);
void request_handle_mended(const char *user);
void sessions_clear(void);

/* small_piece.c: remembers the subject of each message. */
void message_read(const char *text);
void message_read_mended(const char *text);
void subjects_clear(void);

/* pool_misuse.c: sends TEXT by way of a buffer from a pool. */
int send_text(const char *text);
int send_text_mended(const char *text);

/* unclosed_file.c: the number in the file PATH, or -1. */
int number_read(const char *path);
int number_read_mended(const char *path);

/* temporaries.c: COUNT stars, which the caller frees. */
char *stars(size_t count);
char *stars_mended(size_t count);

#endif
