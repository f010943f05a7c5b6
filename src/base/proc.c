/* SPDX-License-Identifier: MIT */
#include "base/proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/fmt.h"
#include "base/light.h"

static pid_t stood_for; /* 0: we speak for ourselves */

static pid_t thread_too;
static bool descriptors_too;

void lk_proc_stand_for(pid_t process)
{
	stood_for = process;
	thread_too = 0;
	descriptors_too = false;
}

void lk_proc_stand_for_thread(pid_t thread)
{
	thread_too = thread;
}

pid_t lk_proc_thread(void)
{
	return stood_for ? thread_too : (pid_t)syscall(SYS_gettid);
}

void lk_proc_stand_for_descriptors(void)
{
	descriptors_too = true;
}

bool lk_proc_has_descriptors(void)
{
	return stood_for == 0 || descriptors_too;
}

pid_t lk_proc_process(void)
{
	return stood_for ? stood_for : (pid_t)syscall(SYS_getpid);
}

bool lk_proc_is_other(void)
{
	return stood_for != 0;
}

/* PATH, with the process that is meant in place of "self", in BUFFER if need be. */
static const char *place_of(const char *path, char *buffer, size_t size)
{
	static const char self[] = "/proc/self/";
	struct lk_text text;

	if (stood_for == 0 || strncmp(path, self, sizeof self - 1) != 0)
		return path;
	lk_text_init(&text, buffer, size);
	lk_text_format(&text, "/proc/%d/%s", stood_for, path + sizeof self - 1);
	return buffer;
}

enum { PLACE_MAX = 128 };

/* open and close are interposed names: raw calls keep us out of our own hooks. */
static int open_raw(const char *path, int flags)
{
	char place[PLACE_MAX];

	return (int)syscall(SYS_openat, AT_FDCWD, place_of(path, place, sizeof place),
			    flags | O_RDONLY | O_CLOEXEC);
}

static int number_of(const char *name)
{
	int number = 0;

	if (!*name)
		return -1;
	for (; *name; name++) {
		if (*name < '0' || *name > '9')
			return -1;
		number = number * 10 + (*name - '0');
	}
	return number;
}

bool lk_proc_each(const char *directory, void (*visit)(void *context, int number), void *context)
{
	_Alignas(struct dirent64) char buffer[2048];
	int saved = errno;
	int fd = open_raw(directory, O_DIRECTORY);
	long size;

	if (fd < 0) {
		errno = saved;
		return false;
	}
	while ((size = syscall(SYS_getdents64, fd, buffer, sizeof buffer)) > 0)
		for (long at = 0; at < size;) {
			struct dirent64 *entry = (void *)(buffer + at);
			int number = number_of(entry->d_name);

			at += entry->d_reclen;
			if (number >= 0 && (number != fd || stood_for))
				visit(context, number);
		}
	syscall(SYS_close, fd);
	errno = saved;
	return size == 0;
}

size_t lk_proc_read(const char *path, char *buffer, size_t size)
{
	int saved = errno;
	int fd = open_raw(path, 0);
	size_t used = 0;
	long got;

	if (fd >= 0) {
		while (used + 1 < size &&
		       (got = syscall(SYS_read, fd, buffer + used, size - 1 - used)) > 0)
			used += (size_t)got;
		syscall(SYS_close, fd);
	}
	buffer[used] = '\0';
	errno = saved;
	return used;
}

/* For a kernel that refuses the system call, as the filters of some containers and
 * emulators do: a write reads memory with the same care. */
static long read_by_writing(const void *from, void *to, size_t size)
{
	int fd = (int)syscall(SYS_memfd_create, "leakcheck", MFD_CLOEXEC);
	long copied = -1;

	if (fd >= 0) {
		copied = syscall(SYS_write, fd, from, size);
		if (copied == (long)size)
			copied = syscall(SYS_pread64, fd, to, size, 0);
		syscall(SYS_close, fd);
	}
	return copied;
}

/* The same of another process. */
static long read_file_of_memory(const void *from, void *to, size_t size)
{
	int fd = open_raw("/proc/self/mem", 0);
	long copied = fd < 0 ? -1 : syscall(SYS_pread64, fd, to, size, (off_t)(uintptr_t)from);

	if (fd >= 0)
		syscall(SYS_close, fd);
	return copied;
}

bool lk_proc_memory(const void *from, void *to, size_t size)
{
	struct iovec target = { to, size }, source = { (void *)from, size };
	int saved = errno;
	long copied = syscall(SYS_process_vm_readv, lk_proc_process(), &target, 1, &source, 1, 0);

	if (copied < 0 && (errno == ENOSYS || errno == EPERM))
		copied = stood_for ? read_file_of_memory(from, to, size) :
				     read_by_writing(from, to, size);
	errno = saved;
	return copied == (long)size;
}

size_t lk_proc_link(const char *path, char *buffer, size_t size)
{
	char place[PLACE_MAX];
	int saved = errno;
	ssize_t length = readlink(place_of(path, place, sizeof place), buffer, size - 1);

	errno = saved;
	buffer[length < 0 ? 0 : length] = '\0';
	return length < 0 ? 0 : (size_t)length;
}

static uintptr_t read_hex(const char **text)
{
	uintptr_t value = 0;

	for (;; (*text)++) {
		char digit = **text;

		if (digit >= '0' && digit <= '9')
			value = value * 16 + (uintptr_t)(digit - '0');
		else if (digit >= 'a' && digit <= 'f')
			value = value * 16 + (uintptr_t)(digit - 'a' + 10);
		else
			return value;
	}
}

static const char *after_blanks(const char *text, unsigned fields)
{
	for (; fields > 0; fields--) {
		text += strcspn(text, " ");
		while (*text == ' ')
			text++;
	}
	return text;
}

/* "start-end perms offset device inode    name" */
static struct lk_map read_line(const char *line)
{
	struct lk_map map = { .start = read_hex(&line) };

	line += *line == '-';
	map.end = read_hex(&line);
	line = after_blanks(line, 1);
	if (strlen(line) >= 4) {
		map.readable = line[0] == 'r';
		map.writable = line[1] == 'w';
		map.executable = line[2] == 'x';
		map.shared = line[3] == 's';
	}
	map.name = after_blanks(line, 4);
	return map;
}

bool lk_proc_maps(void (*visit)(void *context, const struct lk_map *map), void *context)
{
	char buffer[8192];
	size_t used = 0;
	int saved = errno;
	int fd = open_raw("/proc/self/maps", 0);
	long got = -1;

	while (fd >= 0 &&
	       (got = syscall(SYS_read, fd, buffer + used, sizeof buffer - 1 - used)) > 0) {
		char *line = buffer, *end;

		used += (size_t)got;
		buffer[used] = '\0';
		while ((end = strchr(line, '\n'))) {
			*end = '\0';
			struct lk_map map = read_line(line);
			visit(context, &map);
			line = end + 1;
		}
		used -= (size_t)(line - buffer);
		memmove(buffer, line, used);
		if (used == sizeof buffer - 1)
			used = 0; /* no line of the kernel's is that long */
	}
	if (fd >= 0)
		syscall(SYS_close, fd);
	errno = saved;
	return got == 0;
}

struct search {
	uintptr_t address;
	char *name;
	size_t size;
	bool found;
};

static void look(void *context, const struct lk_map *map)
{
	struct search *search = context;
	size_t length = strlen(map->name);

	if (search->address < map->start || search->address >= map->end || map->name[0] != '/' ||
	    length >= search->size)
		return;
	memcpy(search->name, map->name, length + 1);
	search->found = true;
}

bool lk_proc_mapped_file(uintptr_t address, char *name, size_t size)
{
	struct search search = { address, name, size, false };

	lk_proc_maps(look, &search);
	return search.found;
}
