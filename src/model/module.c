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

bool lk_module_is_libc(const struct lk_module *module)
{
	static const char *const families[] = {
		"libc.so",     "libc-2.",	  "ld-linux",	   "ld-2.",	"libstdc++.so",
		"libgcc_s.so", "libnss_", "libresolv.so",  "libm.so",	"libpthread.so",
		"libdl.so",    "librt.so", "libanl.so",	   "libnsl.so", "libc_malloc_debug.so",
	};
	const char *name = lk_module_name(module);

	if (strstr(module->path, "/gconv/"))
		return true;
	for (size_t i = 0; i < sizeof families / sizeof *families; i++)
		if (strncmp(name, families[i], strlen(families[i])) == 0)
			return true;
	return false;
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
