/* SPDX-License-Identifier: MIT */
#include "judge/binary.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The ELF file PATH, mapped, without a descriptor; NULL with errno if there is
 * none. */
static Elf *open_elf(const struct lk_libdw *libdw, const char *path)
{
	/* The path may stand in a capture of somebody's: nothing that blocks, no device. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
		close(fd);
		errno = ENOEXEC;
		return NULL;
	}
	Elf *elf = libdw->elf_begin(fd, ELF_C_READ_MMAP_PRIVATE, NULL);
	if (elf && (libdw->elf_kind(elf) != ELF_K_ELF || libdw->elf_cntl(elf, ELF_C_FDREAD) != 0)) {
		libdw->elf_end(elf);
		elf = NULL;
	}
	close(fd);
	return elf;
}

static bool has_build_id(const struct lk_libdw *libdw, Elf *elf, const void *expected, size_t size)
{
	const void *found;

	return libdw->dwelf_elf_gnu_build_id(elf, &found) == (ssize_t)size &&
	       memcmp(found, expected, size) == 0;
}

/* The page-aligned address of the first segment, as libdwfl computes it.  False
 * if ELF is nothing that could have been loaded. */
static bool first_address(const struct lk_libdw *libdw, Elf *elf, GElf_Addr *address)
{
	GElf_Ehdr file_header;
	GElf_Phdr segment;
	size_t count;

	if (!libdw->gelf_getehdr(elf, &file_header) ||
	    (file_header.e_type != ET_EXEC && file_header.e_type != ET_DYN) ||
	    libdw->elf_getphdrnum(elf, &count) != 0 || count > INT_MAX)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!libdw->gelf_getphdr(elf, (int)i, &segment))
			return false;
		if (segment.p_type == PT_LOAD) {
			*address = segment.p_vaddr & -segment.p_align;
			return true;
		}
	}
	return false;
}

static Dwfl_Module *report(struct lk_binary *binary, Dwfl *dwfl, GElf_Addr first)
{
	const struct lk_libdw *libdw = binary->libdw;
	const struct lk_module *module = binary->module;
	void **userdata = NULL;
	GElf_Addr bias;

	libdw->dwfl_report_begin_add(dwfl);
	Dwfl_Module *added = libdw->dwfl_report_module(dwfl, module->path, module->bias + first,
						       module->end);
	if (added)
		libdw->dwfl_module_info(added, &userdata, NULL, NULL, NULL, NULL, NULL, NULL);
	if (libdw->dwfl_report_end(dwfl, NULL, NULL) != 0 || !userdata || *userdata)
		return NULL;
	*userdata = binary;
	return libdw->dwfl_module_getelf(added, &bias) ? added : NULL;
}

enum lk_binary_state lk_binary_open(struct lk_binary *binary, const struct lk_libdw *libdw,
				    Dwfl *dwfl, const struct lk_module *module)
{
	GElf_Addr first;

	*binary = (struct lk_binary){ .libdw = libdw, .module = module };
	/* The vdso has a name but no file. */
	if (!strchr(module->path, '/'))
		return LK_BINARY_NO_FILE;
	errno = 0;
	binary->elf = open_elf(libdw, module->path);
	if (!binary->elf)
		return errno == EMFILE || errno == ENFILE || errno == ENOMEM ? LK_BINARY_NO_ROOM :
									       LK_BINARY_NO_FILE;

	enum lk_binary_state state = LK_BINARY_NO_ROOM;
	if (!first_address(libdw, binary->elf, &first))
		state = LK_BINARY_NO_FILE;
	else if (module->build_id_size > 0 &&
		 !has_build_id(libdw, binary->elf, module->build_id, module->build_id_size))
		state = LK_BINARY_CHANGED;
	else
		binary->dwfl_module = report(binary, dwfl, first);
	if (binary->elf)
		libdw->elf_end(binary->elf);
	binary->elf = NULL;
	return binary->dwfl_module ? LK_BINARY_OPEN : state;
}

Dwarf *lk_binary_dwarf(struct lk_binary *binary, Dwarf_Addr *bias)
{
	Dwarf *dwarf = binary->libdw->dwfl_module_getdwarf(binary->dwfl_module, bias);

	lk_libdw_watch(binary->libdw, dwarf);
	if (dwarf)
		lk_libdw_watch(binary->libdw, binary->libdw->dwarf_getalt(dwarf));
	return dwarf;
}

/* libdwfl's callback for the main file: we have opened it already. */
static int find_elf(Dwfl_Module *dwfl_module, void **userdata, const char *name, Dwarf_Addr base,
		    char **file_name, Elf **elf)
{
	struct lk_binary *binary = *userdata;

	(void)dwfl_module, (void)name, (void)base;
	*file_name = strdup(binary->module->path);
	*elf = binary->elf;
	binary->elf = NULL;
	return -1;
}

struct debug_search {
	const struct lk_libdw *libdw;
	const unsigned char *build_id;
	size_t build_id_size;
	char path[PATH_MAX];
};

/* A descriptor of the file that SEARCH->path has been printed to (LENGTH as
 * snprintf tells it) if it holds the build-id, or -1. */
static int open_candidate(struct debug_search *search, int length)
{
	if (length < 0 || (size_t)length >= sizeof search->path)
		return -1;
	Elf *elf = open_elf(search->libdw, search->path);
	if (!elf)
		return -1;
	bool matches = has_build_id(search->libdw, elf, search->build_id, search->build_id_size);
	search->libdw->elf_end(elf);
	return matches ? open(search->path, O_RDONLY | O_CLOEXEC) : -1;
}

/* Where debuggers look for a file named by .gnu_debuglink. */
static int find_by_link(struct debug_search *search, const char *binary_path, const char *link)
{
	static const struct {
		const char *before, *after;
	} places[] = { { "", "" }, { "", "/.debug" }, { "/usr/lib/debug", "" } };
	const char *slash = strrchr(binary_path, '/');
	int fd = -1;

	for (size_t i = 0; slash && fd < 0 && i < sizeof places / sizeof *places; i++) {
		int length = snprintf(search->path, sizeof search->path, "%s%.*s%s/%s",
				      places[i].before, (int)(slash - binary_path), binary_path,
				      places[i].after, link);
		fd = open_candidate(search, length);
	}
	return fd;
}

static int search_by_link(struct debug_search *search, const char *binary_path, const char *link,
			  char **debug_path)
{
	int fd = find_by_link(search, binary_path, link);
	char *real_path = fd < 0 ? realpath(binary_path, NULL) : NULL;

	if (real_path && strcmp(real_path, binary_path) != 0)
		fd = find_by_link(search, real_path, link);
	free(real_path);
	if (fd >= 0)
		*debug_path = strdup(search->path);
	return fd;
}

/* libdwfl's callback for separate debug files.  Its standard one would load
 * libdebuginfod, and ask it, for everything with a build-id that is not here. */
static int find_debuginfo(Dwfl_Module *dwfl_module, void **userdata, const char *name,
			  Dwarf_Addr base, const char *binary_path, const char *link,
			  GElf_Word checksum, char **debug_path)
{
	const struct lk_binary *binary = *userdata;
	const struct lk_libdw *libdw = binary->libdw;
	Dwarf_Addr dwarf_bias = 0, address;
	const unsigned char *build_id;

	int size = libdw->dwfl_module_build_id(dwfl_module, &build_id, &address);
	libdw->dwfl_module_info(dwfl_module, NULL, NULL, NULL, &dwarf_bias, NULL, NULL, NULL);
	/* Once the debug information is there, its alternate (see dwz) is wanted. */
	bool alternate = dwarf_bias != (Dwarf_Addr)-1;
	if (size <= 0 && !alternate)
		return libdw->dwfl_standard_find_debuginfo(dwfl_module, userdata, name, base,
							   binary_path, link, checksum, debug_path);

	int fd = libdw->dwfl_build_id_find_debuginfo(dwfl_module, userdata, name, base,
						     binary_path, link, checksum, debug_path);
	if (fd >= 0 || alternate || !binary_path || !link)
		return fd;
	struct debug_search *search = malloc(sizeof *search);
	if (!search)
		return -1;
	search->libdw = libdw;
	search->build_id = build_id;
	search->build_id_size = (size_t)size;
	fd = search_by_link(search, binary_path, link, debug_path);
	free(search);
	return fd;
}

const Dwfl_Callbacks lk_binary_callbacks = {
	.find_elf = find_elf,
	.find_debuginfo = find_debuginfo,
};
