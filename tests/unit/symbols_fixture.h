/* SPDX-License-Identifier: MIT */
/* What the tests of judge/symbols share: the program symbols_sample (it says
 * itself where its functions and lines are), copies of it in a scratch folder
 * beside it, and a session that names addresses of one file. */
#ifndef LK_TESTS_UNIT_SYMBOLS_FIXTURE_H
#define LK_TESTS_UNIT_SYMBOLS_FIXTURE_H

#include <check.h>
#include <dirent.h>
#include <inttypes.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "judge/symbols.h"

enum { FRAMES_MAX = 16, LINES_MAX = 3 };
/* Where the sample pretends to be loaded. */
static const uintptr_t sample_bias = 0x500000000000;

/* One line of the sample's output. */
struct site {
	uintptr_t offset;
	unsigned lines[LINES_MAX];
};

static char directory[PATH_MAX]; /* of this program and of the sample */
static char sample[PATH_MAX + 32], scratch[PATH_MAX + 32], copy[PATH_MAX + 64];

static inline void find_directory(void)
{
	ssize_t length = readlink("/proc/self/exe", directory, sizeof directory - 1);

	ck_assert_int_gt(length, 0);
	directory[length] = '\0';
	*strrchr(directory, '/') = '\0';
	/* libtool keeps the real program one level down. */
	char *end = strrchr(directory, '/');
	if (strcmp(end, "/.libs") == 0)
		*end = '\0';
}

static inline void setup(void)
{
	find_directory();
	snprintf(sample, sizeof sample, "%s/symbols_sample", directory);
	snprintf(scratch, sizeof scratch, "%s/symbols.XXXXXX", directory);
	ck_assert_ptr_nonnull(mkdtemp(scratch));
	snprintf(copy, sizeof copy, "%s/copy", scratch);
}

static inline void teardown(void)
{
	DIR *entries = opendir(scratch);
	struct dirent *entry;

	while ((entry = readdir(entries)))
		unlinkat(dirfd(entries), entry->d_name, 0);
	closedir(entries);
	rmdir(scratch);
}

/* Runs a program of binutils or coreutils. */
#define RUN(...) run((char *[]){ __VA_ARGS__, NULL })
static inline void run(char **arguments)
{
	pid_t child;
	int status;

	ck_assert_int_eq(posix_spawnp(&child, arguments[0], NULL, NULL, arguments, environ), 0);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s failed", arguments[0]);
}

static inline struct site find_site(const char *what)
{
	int ends[2];
	pid_t child;
	char line[256];
	struct site site = { 0 };
	char *arguments[] = { sample, NULL };
	posix_spawn_file_actions_t actions;

	ck_assert_int_eq(pipe(ends), 0);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
	ck_assert_int_eq(posix_spawn(&child, sample, &actions, NULL, arguments, environ), 0);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	FILE *output = fdopen(ends[0], "r");
	while (fgets(line, sizeof line, output)) {
		size_t length = strlen(what);
		if (strncmp(line, what, length) == 0 && line[length] == ' ')
			sscanf(line + length, " %" SCNxPTR " %u %u %u", &site.offset,
			       &site.lines[0], &site.lines[1], &site.lines[2]);
	}
	fclose(output);
	waitpid(child, NULL, 0);
	ck_assert_msg(site.offset != 0, "the sample has no %s", what);
	return site;
}

static inline void set_module(struct lk_module *module, const char *path)
{
	memset(module, 0, sizeof *module);
	module->start = module->bias = sample_bias;
	module->end = sample_bias + 0x10000000;
	ck_assert_int_lt(snprintf(module->path, sizeof module->path, "%s", path),
			 sizeof module->path);
}

/* A session of one module, and the frames of one address in it. */
struct naming {
	struct lk_module module;
	struct lk_symbols *symbols;
	struct lk_frame frames[FRAMES_MAX];
	size_t count;
};

static inline void name(struct naming *naming, uintptr_t offset)
{
	naming->count = lk_symbols_name(naming->symbols, sample_bias + offset, naming->frames,
					FRAMES_MAX);
	ck_assert_uint_ge(naming->count, 1);
	for (size_t i = 0; i < naming->count; i++) {
		ck_assert_uint_eq(naming->frames[i].pc, sample_bias + offset);
		ck_assert_uint_eq(naming->frames[i].offset, offset);
		ck_assert_ptr_eq(naming->frames[i].module, &naming->module);
	}
}

static inline void open_path(struct naming *naming, const char *path)
{
	set_module(&naming->module, path);
	naming->symbols = lk_symbols_open(&naming->module, 1);
	ck_assert_ptr_nonnull(naming->symbols);
}

static inline void assert_frame(const struct lk_frame *frame, const char *function, unsigned line)
{
	ck_assert_ptr_nonnull(frame->function);
	ck_assert_str_eq(frame->function, function);
	ck_assert_uint_eq(frame->line, line);
	if (line == 0)
		return;
	/* So is the sample written. */
	ck_assert_uint_eq(frame->start, line - 2);
	const char *file = "symbols_sample.c";
	ck_assert_ptr_nonnull(frame->file);
	ck_assert_uint_ge(strlen(frame->file), strlen(file));
	ck_assert_str_eq(frame->file + strlen(frame->file) - strlen(file), file);
}

static inline void assert_unnamed(const struct naming *naming)
{
	ck_assert_uint_eq(naming->count, 1);
	ck_assert_ptr_null(naming->frames[0].function);
	ck_assert_ptr_null(naming->frames[0].file);
	ck_assert_uint_eq(naming->frames[0].line, 0);
	ck_assert(!naming->frames[0].inlined);
}

/* A stripped copy whose link leads to a debug file in SUBDIRECTORY ("" or
 * "/.debug") of its directory. */
static inline void make_linked_copy(const char *subdirectory)
{
	char debug_file[sizeof copy + 32], link_option[sizeof debug_file + 32];

	if (*subdirectory) {
		snprintf(debug_file, sizeof debug_file, "%s%s", scratch, subdirectory);
		ck_assert_int_eq(mkdir(debug_file, 0700), 0);
	}
	snprintf(debug_file, sizeof debug_file, "%s%s/copy.debug", scratch, subdirectory);
	snprintf(link_option, sizeof link_option, "--add-gnu-debuglink=%s", debug_file);
	RUN("objcopy", "--only-keep-debug", sample, debug_file);
	RUN("objcopy", "--strip-all", link_option, sample, copy);
}

#endif
