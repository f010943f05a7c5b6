/* SPDX-License-Identifier: MIT */
#include "judge/demangle.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

/* The demangler keeps its work on the stack, in proportion to the name. */
enum { MANGLED_MAX = 8192 };

static bool is_compilers(const char *suffix)
{
	static const char *const suffixes[] = {
		"clone", "cold", "constprop", "isra", "llvm", "localalias", "lto_priv",
		"part",	 "resolver", "__uniq",
	};
	size_t length = strcspn(suffix, ".@");

	if (length > 0 && strspn(suffix, "0123456789") == length)
		return true;
	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
		if (strlen(suffixes[i]) == length && strncmp(suffix, suffixes[i], length) == 0)
			return true;
	return false;
}

size_t lk_demangle_base_length(const char *name)
{
	size_t end = strcspn(name, "@");
	const char *dot = end > 0 ? memchr(name + 1, '.', end - 1) : NULL;

	if (dot && is_compilers(dot + 1))
		return (size_t)(dot - name);
	return end > 0 ? end : strlen(name);
}

static void find_demangler(struct lk_demangler *demangler)
{
	void *function = dlsym(RTLD_DEFAULT, "__cxa_demangle");

	demangler->searched = true;
	if (!function) {
		void *library = dlopen("libstdc++.so.6", RTLD_LAZY | RTLD_LOCAL);
		function = library ? dlsym(library, "__cxa_demangle") : NULL;
	}
	*(void **)&demangler->demangle = function;
}

char *lk_demangle(struct lk_demangler *demangler, const char *name)
{
	int status;

	if (strncmp(name, "_Z", 2) != 0 || strnlen(name, MANGLED_MAX) == MANGLED_MAX)
		return NULL;
	if (!demangler->searched)
		find_demangler(demangler);
	return demangler->demangle ? demangler->demangle(name, NULL, NULL, &status) : NULL;
}
