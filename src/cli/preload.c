/* SPDX-License-Identifier: MIT */
#include "cli/preload.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/complain.h"

/* Given by the build: where the library is installed, as an absolute path and
 * as seen from the folder of the program. */
#ifndef LK_LIBRARY_DIR
#error "LK_LIBRARY_DIR is not defined"
#endif
#ifndef LK_LIBRARY_FROM_PROGRAM
#error "LK_LIBRARY_FROM_PROGRAM is not defined"
#endif

#define BUILT_NAME "libleakcheck.so"
#define INSTALLED_NAME "libleakcheck.so.0"

/* Writes the real path of FOLDER/PLACE/NAME if there is such a file. */
static bool find_file(const char *folder, const char *place, const char *name, char *path)
{
	char *joined = NULL;
	bool found = false;

	if (asprintf(&joined, "%s/%s/%s", folder, place, name) < 0)
		return false;
	if (access(joined, R_OK) == 0)
		found = realpath(joined, path) != NULL;
	free(joined);
	return found;
}

static bool find_library(char *path)
{
	char program[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);

	if (length > 0) {
		program[length] = '\0';
		*strrchr(program, '/') = '\0';
		if (find_file(program, ".libs", BUILT_NAME, path) ||
		    find_file(program, LK_LIBRARY_FROM_PROGRAM, INSTALLED_NAME, path))
			return true;
	}
	if (find_file(LK_LIBRARY_DIR, ".", INSTALLED_NAME, path))
		return true;
	return lk_complain("cannot find its library " INSTALLED_NAME " in " LK_LIBRARY_DIR
			   ": install leakcheck again");
}

bool lk_preload_library(void)
{
	char path[PATH_MAX];
	const char *others = getenv("LD_PRELOAD");
	char *all = NULL;

	if (!find_library(path))
		return false;
	if (strpbrk(path, " :"))
		return lk_complain("its library is '%s', and LD_PRELOAD cannot name a file with a "
				   "space or a colon in its path: move it",
				   path);
	if (asprintf(&all, "%s%s%s", path, others && *others ? ":" : "", others ? others : "") < 0)
		return lk_complain("%s", strerror(ENOMEM));

	/* GLib before 2.76 cuts small objects out of big blocks, which hides their leaks; it
	 * spares them by itself under valgrind. */
	bool set = setenv("LD_PRELOAD", all, 1) == 0 && setenv("G_SLICE", "always-malloc", 0) == 0;
	free(all);
	return set || lk_complain("cannot set LD_PRELOAD: %s", strerror(errno));
}
