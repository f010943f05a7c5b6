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

#include "base/light.h"

/* open and close are interposed names: raw calls keep us out of our own hooks. */
static int open_raw(const char *path, int flags)
{
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags | O_RDONLY | O_CLOEXEC);
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
			if (number >= 0 && number != fd)
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

bool lk_proc_memory(const void *from, void *to, size_t size)
{
	struct iovec target = { to, size }, source = { (void *)from, size };
	int saved = errno;
	long copied = syscall(SYS_process_vm_readv, syscall(SYS_getpid), &target, 1, &source, 1, 0);

	if (copied < 0 && (errno == ENOSYS || errno == EPERM))
		copied = read_by_writing(from, to, size);
	errno = saved;
	return copied == (long)size;
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

/* "start-end perms offset device inode    name" */
static const char *name_in_line(const char *line, uintptr_t address)
{
	uintptr_t start = read_hex(&line);

	line += *line == '-';
	if (address < start || address >= read_hex(&line))
		return NULL;
	return strchr(line, '/');
}

bool lk_proc_mapped_file(uintptr_t address, char *name, size_t size)
{
	char buffer[8192];
	size_t used = 0;
	bool found = false;
	int saved = errno;
	int fd = open_raw("/proc/self/maps", 0);
	long got;

	while (fd >= 0 && !found &&
	       (got = syscall(SYS_read, fd, buffer + used, sizeof buffer - 1 - used)) > 0) {
		char *line = buffer, *end;

		used += (size_t)got;
		buffer[used] = '\0';
		while (!found && (end = strchr(line, '\n'))) {
			*end = '\0';
			const char *path = name_in_line(line, address);
			if (path && strlen(path) < size) {
				memcpy(name, path, strlen(path) + 1);
				found = true;
			}
			line = end + 1;
		}
		used -= (size_t)(line - buffer);
		memmove(buffer, line, used);
	}
	if (fd >= 0)
		syscall(SYS_close, fd);
	errno = saved;
	return found;
}
