/* SPDX-License-Identifier: MIT */
#include "cli/program.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/complain.h"
#include "cli/elf.h"
#include "cli/rights.h"

/* As the kernel has it: bytes of a script's first line that count, and scripts
 * that may stand behind each other. */
enum { SCRIPT_LINE_MAX = 255, SCRIPT_DEPTH_MAX = 5 };

static bool is_executable(const char *path, struct stat *status)
{
	return stat(path, status) == 0 && S_ISREG(status->st_mode) &&
	       faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0;
}

/* Writes DIRECTORY/NAME; false if it is too long for any file. */
static bool join(const char *directory, size_t length, const char *name, char *path)
{
	int used = length == 0 ? snprintf(path, PATH_MAX, "%s", name)
			       : snprintf(path, PATH_MAX, "%.*s/%s", (int)length, directory, name);

	return used < PATH_MAX;
}

static bool find_in_path(const char *name, char *path)
{
	const char *directories = getenv("PATH");
	char standard[128], other[PATH_MAX] = "";
	struct stat status;

	if (!directories) {
		confstr(_CS_PATH, standard, sizeof standard);
		directories = standard;
	}
	for (const char *at = directories;; at++) {
		size_t length = strcspn(at, ":");

		if (length < PATH_MAX && join(at, length, name, path)) {
			if (is_executable(path, &status))
				return true;
			if (other[0] == '\0' && stat(path, &status) == 0)
				memcpy(other, path, strlen(path) + 1);
		}
		at += length;
		if (*at == '\0')
			break;
	}
	if (other[0] != '\0') /* the inspection says what is wrong with it */
		return memcpy(path, other, strlen(other) + 1);
	return lk_complain("there is no program '%s' in PATH; "
			   "a file of this directory is named './%s'",
			   name, name);
}

bool lk_program_find(const char *name, char *path)
{
	if (name[0] == '\0')
		return lk_complain("the name of the program is empty");
	if (!strchr(name, '/'))
		return find_in_path(name, path);
	return join("", 0, name, path) ||
	       lk_complain("cannot run '%s': %s", name, strerror(ENAMETOOLONG));
}

/* Opens PATH for reading if it is a file that the kernel would try to run. */
static int open_program(const char *path)
{
	struct stat status;
	int fd = -1;

	if (stat(path, &status) != 0)
		lk_complain("cannot run '%s': %s", path, strerror(errno));
	else if (S_ISDIR(status.st_mode))
		lk_complain("'%s' is a directory, not a program", path);
	else if (!S_ISREG(status.st_mode))
		lk_complain("'%s' is not a regular file, so it is no program", path);
	else if (!is_executable(path, &status))
		lk_complain("'%s' is not executable: its mode or its file system forbids it", path);
	else if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		lk_complain("'%s' cannot be read, so it is unknown whether it can be watched: %s",
			    path, strerror(errno));
	return fd;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool is_native(const struct lk_elf *elf, const struct lk_elf *ours, const char *path)
{
	if (elf->class != ours->class && elf->data == ours->data)
		return lk_complain("'%s' is a %d-bit program, this leakcheck is for %d-bit ones",
				   path, elf->class == ELFCLASS32 ? 32 : 64,
				   ours->class == ELFCLASS32 ? 32 : 64);
	if (elf->data != ours->data || elf->machine != ours->machine)
		return lk_complain("'%s' is built for another kind of machine", path);
	return true;
}

static bool check_elf(const char *path, const struct lk_elf *elf)
{
	static struct lk_elf ours;
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	enum lk_elf_result read = fd < 0 ? LK_ELF_DAMAGED : lk_elf_read(fd, &ours);

	close(fd);
	if (read != LK_ELF_READ)
		return lk_complain("cannot read its own file /proc/self/exe; is /proc mounted?");
	if (!is_native(elf, &ours, path))
		return false;
	if (elf->type != ET_EXEC && elf->type != ET_DYN)
		return lk_complain("'%s' is an ELF file but not a program", path);
	if (elf->interpreter[0] == '\0')
		return lk_complain("'%s' is linked statically, so no library can be loaded into "
				   "it: link it without -static",
				   path);
	if (strcmp(base_name(elf->interpreter), base_name(ours.interpreter)) != 0)
		return lk_complain("'%s' is linked with another C library: its loader is %s", path,
				   elf->interpreter);
	if (access(elf->interpreter, F_OK) != 0)
		return lk_complain("'%s' needs the loader %s, which is not there", path,
				   elf->interpreter);
	if (elf->sanitizer)
		return lk_complain("'%s' is built with %s, which replaces malloc as leakcheck "
				   "does: build it without -fsanitize=%s",
				   path, elf->sanitizer->name, elf->sanitizer->option);
	return lk_rights_are_ours(path);
}

/* Is the open file a script?  If so, writes the interpreter it names: "" when
 * it names none. */
static bool read_script(int fd, char *interpreter)
{
	char line[SCRIPT_LINE_MAX + 1] = "";
	ssize_t length = pread(fd, line, SCRIPT_LINE_MAX, 0);

	if (length < 2 || memcmp(line, "#!", 2) != 0)
		return false;

	const char *start = line + 2 + strspn(line + 2, " \t");
	size_t size = strcspn(start, " \t\n");
	memcpy(interpreter, start, size);
	interpreter[size] = '\0';
	return true;
}

/* The program that libtool's script PATH will run, if it is there. */
static bool find_libtool_program(const char *path, char *program)
{
	const char *name = base_name(path);
	int used = snprintf(program, PATH_MAX, "%.*s.libs/%s", (int)(name - path), path, name);
	struct stat status;

	return used < PATH_MAX && is_executable(program, &status);
}

static bool inspect(const char *path, unsigned depth);

static bool inspect_script(const char *path, const char *interpreter, unsigned depth)
{
	char program[PATH_MAX];

	if (interpreter[0] == '\0')
		return lk_complain("the script '%s' names no interpreter behind its #!", path);
	if (access(interpreter, F_OK) != 0)
		return lk_complain("the script '%s' names the interpreter '%s': %s", path,
				   interpreter, strerror(errno));
	if (depth == SCRIPT_DEPTH_MAX)
		return lk_complain("the script '%s' is interpreted by too many scripts", path);
	if (depth == 0 && find_libtool_program(path, program) && !inspect(program, depth + 1))
		return false;
	return inspect(interpreter, depth + 1);
}

static bool inspect(const char *path, unsigned depth)
{
	char interpreter[SCRIPT_LINE_MAX + 1];
	int fd = open_program(path);
	bool usable = false;

	if (fd < 0)
		return false;

	struct lk_elf *elf = malloc(sizeof *elf);
	enum lk_elf_result read = elf ? lk_elf_read(fd, elf) : LK_ELF_DAMAGED;
	if (read == LK_ELF_READ)
		usable = check_elf(path, elf);
	else if (read == LK_ELF_DAMAGED)
		lk_complain("'%s' is a damaged ELF file", path);
	else if (read_script(fd, interpreter))
		usable = inspect_script(path, interpreter, depth);
	else
		lk_complain("'%s' is neither an ELF program nor a script that begins with #!",
			    path);
	free(elf);
	close(fd);
	return usable;
}

bool lk_program_inspect(const char *path)
{
	return inspect(path, 0);
}
