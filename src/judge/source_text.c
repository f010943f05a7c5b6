/* SPDX-License-Identifier: MIT */
#include "judge/source_text.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SIZE_MAX_OF_SOURCE = 16 << 20 };

static bool has_ending_of_source(const char *file)
{
	static const char *const endings[] = { ".c",   ".h",   ".cc",  ".cpp", ".cxx", ".C",
					       ".hh",  ".hpp", ".hxx", ".inc", ".def", ".y",
					       ".l",   ".S",   ".s",   ".m",   ".rs",  ".go",
					       ".f90", ".ipp", ".tcc" };
	const char *ending = strrchr(file, '.');

	for (size_t i = 0; ending && i < sizeof endings / sizeof *endings; i++)
		if (strcmp(ending, endings[i]) == 0)
			return true;
	return false;
}

/* Opens FOLDER/FILE; nothing that blocks, and no device. */
static int open_regular(const char *folder, size_t folder_size, const char *file,
			struct stat *status)
{
	char path[PATH_MAX];
	int size = folder ? snprintf(path, sizeof path, "%.*s/%s", (int)folder_size, folder, file)
			  : snprintf(path, sizeof path, "%s", file);

	if (size < 0 || (size_t)size >= sizeof path)
		return -1;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd >= 0 && (fstat(fd, status) != 0 || !S_ISREG(status->st_mode) ||
			status->st_size > SIZE_MAX_OF_SOURCE)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static int find(const char *file, const char *directory, const char *program, struct stat *status)
{
	int fd = -1;

	if (file[0] == '/')
		return open_regular(NULL, 0, file, status);
	if (directory)
		fd = open_regular(directory, strlen(directory), file, status);
	if (fd < 0)
		fd = open_regular(NULL, 0, file, status);
	const char *slash = program ? strrchr(program, '/') : NULL;
	for (int up = 0; fd < 0 && slash && slash > program && up < 2; up++) {
		fd = open_regular(program, (size_t)(slash - program), file, status);
		slash = memrchr(program, '/', (size_t)(slash - program));
	}
	return fd;
}

static bool read_all(int fd, size_t size, struct lk_source_text *text)
{
	size_t used = 0;
	ssize_t got = 1;

	text->bytes = malloc(size + 1);
	while (text->bytes && used < size && got > 0) {
		got = read(fd, text->bytes + used, size - used);
		used += got > 0 ? (size_t)got : 0;
	}
	if (!text->bytes || got < 0)
		return false;
	text->bytes[used] = '\0';
	for (size_t i = 0; i < used; i++)
		text->count += text->bytes[i] == '\n';
	text->count += used > 0 && text->bytes[used - 1] != '\n';
	return true;
}

static bool cut(struct lk_source_text *text)
{
	char *at = text->bytes;

	text->lines = malloc((text->count + 1) * sizeof *text->lines);
	for (unsigned i = 0; text->lines && i < text->count; i++) {
		char *end = strchr(at, '\n');

		text->lines[i] = at;
		if (!end) { /* the last one; or a zero byte, where it is no text */
			text->count = i + 1;
			break;
		}
		*end = '\0';
		if (end > at && end[-1] == '\r')
			end[-1] = '\0';
		at = end + 1;
	}
	return text->lines != NULL;
}

bool lk_source_text_open(const char *file, const char *directory, const char *program,
			 struct lk_source_text *ret)
{
	struct lk_source_text text = { 0 };
	struct stat status, of_program;

	if (!has_ending_of_source(file))
		return false;
	int fd = find(file, directory, program, &status);
	if (fd < 0)
		return false;
	bool ok = read_all(fd, (size_t)status.st_size, &text) && cut(&text);
	close(fd);
	if (!ok) {
		lk_source_text_close(&text);
		return false;
	}
	text.is_newer =
		program && stat(program, &of_program) == 0 && status.st_mtime > of_program.st_mtime;
	*ret = text;
	return true;
}

const char *lk_source_text_line(const struct lk_source_text *text, unsigned number)
{
	return number > 0 && number <= text->count ? text->lines[number - 1] : NULL;
}

void lk_source_text_close(struct lk_source_text *text)
{
	free(text->lines);
	free(text->bytes);
	*text = (struct lk_source_text){ 0 };
}
