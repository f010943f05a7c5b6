/* SPDX-License-Identifier: MIT */
/* What the command reads of a program before it runs it.
 *
 * Input: the file.
 *
 * with: src/cli/elf.c
 */
#define _GNU_SOURCE
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/elf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct lk_elf elf;
	int fd = memfd_create("elf", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	if (lk_elf_read(fd, &elf) == LK_ELF_READ && !memchr(elf.interpreter, '\0', PATH_MAX))
		abort();
	close(fd);
	return 0;
}
