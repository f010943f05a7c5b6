/* SPDX-License-Identifier: MIT */
/* Compressed files (RFC 1952), by zlib: linked with the program alone. */
#ifndef LK_CLI_GZIP_H
#define LK_CLI_GZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Writes SIZE BYTES to OUT, compressed.  False when out of memory; that OUT could not be
 * written, its stream knows. */
bool lk_gzip_write(FILE *out, const void *bytes, size_t size);

#endif
