/* SPDX-License-Identifier: MIT */
#include "probe/modules.h"

#include <elf.h>
#include <link.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "base/proc.h"
#include "probe/tracker.h"
#include "base/light.h"

struct list {
	struct lk_module *modules;
	size_t count, max;
};

static void read_build_id(struct lk_module *module, const char *note, const char *end)
{
	while (note + sizeof(ElfW(Nhdr)) <= end) {
		const ElfW(Nhdr) *header = (const void *)note;
		const char *name = note + sizeof *header;
		const char *text = name + ((header->n_namesz + 3) & ~3u);

		note = text + ((header->n_descsz + 3) & ~3u);
		if (header->n_type == NT_GNU_BUILD_ID && header->n_namesz == 4 && note <= end &&
		    memcmp(name, "GNU", 4) == 0 && header->n_descsz <= LK_BUILD_ID_MAX) {
			memcpy(module->build_id, text, header->n_descsz);
			module->build_id_size = (uint8_t)header->n_descsz;
		}
	}
}

static void read_headers(struct lk_module *module, const struct dl_phdr_info *info)
{
	module->start = UINTPTR_MAX;
	for (unsigned i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *header = &info->dlpi_phdr[i];
		uintptr_t start = info->dlpi_addr + header->p_vaddr;

		if (header->p_type == PT_LOAD) {
			if (start < module->start)
				module->start = start;
			if (start + header->p_memsz > module->end)
				module->end = start + header->p_memsz;
		} else if (header->p_type == PT_NOTE) {
			read_build_id(module, (const char *)start,
				      (const char *)start + header->p_memsz);
		}
	}
}

static int add(struct dl_phdr_info *info, size_t size, void *context)
{
	struct list *list = context;
	struct lk_module *module = &list->modules[list->count];

	(void)size;
	if (list->count == list->max)
		return 1;
	memset(module, 0, sizeof *module);
	module->bias = info->dlpi_addr;
	read_headers(module, info);
	module->is_program = list->count == 0;
	module->is_ours = module->start <= lk_tracker.ours_start &&
			  lk_tracker.ours_start < module->end;
	if (module->is_program) {
		size_t length = lk_proc_link("/proc/self/exe", module->path, sizeof module->path);
		const char *name = (const char *)getauxval(AT_EXECFN);
		if (length == 0 && name) /* without /proc */
			strncpy(module->path, name, sizeof module->path - 1);
	} else {
		strncpy(module->path, info->dlpi_name, sizeof module->path - 1);
		/* A relative name is as the program's folder was when it was loaded. */
		if (strchr(module->path, '/') && module->path[0] != '/')
			lk_proc_mapped_file(module->start, module->path, sizeof module->path);
	}
	list->count++;
	return 0;
}

size_t lk_modules_list(struct lk_module *modules, size_t max)
{
	struct list list = { modules, 0, max };

	dl_iterate_phdr(add, &list);
	return list.count;
}
