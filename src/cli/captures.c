/* SPDX-License-Identifier: MIT */
#include "cli/captures.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/complain.h"

/* The path the library was told, and a name for sentences. */
static char path[LK_OPTION_TEXT_MAX];
static const char *name;

/* By way of this process, so that the program has no descriptor more. */
static bool make_memory(char *option)
{
	int first = memfd_create("leakcheck-capture", MFD_CLOEXEC);
	int fd = first < 0 ? -1 : fcntl(first, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

	if (first >= 0)
		close(first);
	if (fd < 0)
		return lk_complain("cannot keep what the tests tell: %s", strerror(errno));
	snprintf(option, LK_OPTION_TEXT_MAX, "/proc/%d/fd/%d", (int)getpid(), fd);
	name = "the records of the run";
	return true;
}

static bool make_empty(const char *option)
{
	int fd = open(option, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);

	if (fd < 0)
		return lk_complain("cannot write the capture '%s': %s", option, strerror(errno));
	close(fd);
	name = option;
	return true;
}

bool lk_captures_begin(struct lk_options *options, bool are_wanted)
{
	char *option = options->capture;

	if (!option[0] && !are_wanted)
		return true;
	if (!(option[0] ? make_empty(option) : make_memory(option)))
		return false;
	strcpy(path, option);
	name = name == option ? path : name;
	return true;
}

bool lk_captures_open(struct lk_capture_file *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return lk_complain("cannot read %s: %s", name, strerror(errno));
	lk_capture_open_descriptor(fd, name, ret);
	return true;
}
