/* SPDX-License-Identifier: MIT */
/* Where the code of a module's file is: readers of a profile expect a mapping to be
 * that of the segment with the code, as the kernel lists it. */
#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "report/pprof_writer.h"

/* A page, as the loader maps them on all processors that have smaller ones or these. */
enum { PAGE = 4096 };

static bool read_at(int fd, void *to, size_t size, uint64_t offset)
{
	return pread(fd, to, size, (off_t)offset) == (ssize_t)size;
}

static bool find_code(int fd, Elf64_Phdr *ret)
{
	Elf64_Ehdr header;

	if (!read_at(fd, &header, sizeof header, 0) ||
	    memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
	    header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_phentsize != sizeof *ret)
		return false;
	for (unsigned i = 0; i < header.e_phnum; i++)
		if (!read_at(fd, ret, sizeof *ret, header.e_phoff + i * sizeof *ret))
			return false;
		else if (ret->p_type == PT_LOAD && (ret->p_flags & PF_X))
			return true;
	return false;
}

bool lk_pprof_find_segment(const struct lk_profile_module *module, struct lk_pprof_segment *ret)
{
	int fd = open(module->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	Elf64_Phdr code;
	bool found = fd >= 0 && find_code(fd, &code);

	if (fd >= 0)
		close(fd);
	if (!found)
		return false;
	uint64_t start = module->bias + code.p_vaddr, end = start + code.p_memsz;
	/* Else it is another file by now. */
	if (start < module->start || end > module->end || end < start)
		return false;
	ret->start = start / PAGE * PAGE;
	ret->end = (end + PAGE - 1) / PAGE * PAGE;
	ret->offset = code.p_offset / PAGE * PAGE;
	return true;
}
