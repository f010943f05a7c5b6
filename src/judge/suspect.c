/* SPDX-License-Identifier: MIT */
#include "judge/suspect.h"

#include <string.h>

static bool ends_with(const char *name, const char *ending)
{
	size_t length = strlen(name), tail = strlen(ending);

	return length >= tail && strcmp(name + length - tail, ending) == 0;
}

bool lk_suspect_is_wrapper(const char *function)
{
	static const char *const allocators[] = {
		"malloc",   "malloc0", "calloc",  "realloc", "reallocarray", "zalloc",
		"memalign", "strdup",  "strndup", "memdup",  "asprintf",
	};
	/* What takes anything else, and what releases: only behind one of the prefixes. */
	static const char *const others[] = {
		"open",	 "fopen", "opendir", "socket",	       "pipe",
		"pipe2", "dup",	  "accept",  "pthread_create", "free",
	};
	static const char *const prefixes[] = { "x", "e", "g_", "safe_", "checked_", "my_" };

	if (strncmp(function, "operator new", 12) == 0 ||
	    strncmp(function, "operator delete", 15) == 0)
		return true;
	for (size_t i = 0; i < sizeof allocators / sizeof *allocators; i++)
		if (ends_with(function, allocators[i]))
			return true;
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
		size_t length = strlen(prefixes[i]);

		if (strncmp(function, prefixes[i], length) != 0)
			continue;
		for (size_t k = 0; k < sizeof others / sizeof *others; k++)
			if (strcmp(function + length, others[k]) == 0)
				return true;
	}
	return false;
}

/* Code of the C and C++ libraries that the compiler has put into the program. */
static bool is_from_system_header(const struct lk_frame *frame)
{
	return frame->file && (strncmp(frame->file, "/usr/include/", 13) == 0 ||
			       strncmp(frame->file, "/usr/lib/gcc", 12) == 0 ||
			       strncmp(frame->file, "/usr/lib/llvm", 13) == 0);
}

static bool is_own(const struct lk_frame *frame)
{
	if (!frame->module || lk_module_is_libc(frame->module) || is_from_system_header(frame))
		return false;
	return frame->module->is_program || !lk_module_is_system(frame->module);
}

size_t lk_suspect(const struct lk_frame *frames, size_t count)
{
	size_t outside_libc = count;

	for (size_t i = 0; i < count; i++) {
		const struct lk_frame *frame = &frames[i];

		if (frame->function && lk_suspect_is_wrapper(frame->function))
			continue;
		if (is_own(frame))
			return i;
		if (outside_libc == count && frame->module && !lk_module_is_libc(frame->module))
			outside_libc = i;
	}
	return outside_libc;
}
