/* SPDX-License-Identifier: MIT */
#include "model/module.h"

#include <string.h>

const struct lk_module *lk_module_find(const struct lk_module *modules, size_t count,
				       uintptr_t address)
{
	for (size_t i = 0; i < count; i++)
		if (address >= modules[i].start && address < modules[i].end)
			return &modules[i];
	return NULL;
}

const char *lk_module_name(const struct lk_module *module)
{
	const char *slash = strrchr(module->path, '/');

	return slash ? slash + 1 : module->path;
}

static bool begins_with_any(const char *name, const char *const *beginnings, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strncmp(name, beginnings[i], strlen(beginnings[i])) == 0)
			return true;
	return false;
}

bool lk_module_is_libc(const struct lk_module *module)
{
	/* Wherever they are installed. */
	static const char *const own[] = {
		"libc.so.6",	   "ld-linux",	    "libm.so.6",  "libpthread.so.0",
		"libdl.so.2",	   "librt.so.1",    "libanl.so.1", "libresolv.so.2",
		"libgcc_s.so.1", "libstdc++.so.6", "libc_malloc_debug.so.0",
	};
	/* Such names may be given to a program's own library too. */
	static const char *const systems[] = { "libnss_", "libnsl.so", "libc-2.", "ld-2." };
	const char *name = lk_module_name(module);

	if (module->is_program)
		return false;
	if (begins_with_any(name, own, sizeof own / sizeof *own))
		return true;
	return lk_module_is_system(module) &&
	       (strstr(module->path, "/gconv/") ||
		begins_with_any(name, systems, sizeof systems / sizeof *systems));
}

bool lk_module_is_system(const struct lk_module *module)
{
	static const char *const folders[] = { "/lib/", "/lib32/", "/lib64/", "/libx32/" };
	const char *path = module->path;

	if (!strchr(path, '/'))
		return true; /* no file: the kernel's own object */
	if (strncmp(path, "/usr/", 5) == 0)
		path += 4;
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		if (strncmp(path, folders[i], strlen(folders[i])) == 0)
			return true;
	return false;
}
