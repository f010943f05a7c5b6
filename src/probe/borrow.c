/* SPDX-License-Identifier: MIT */
#include "probe/borrow.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/proc.h"
#include "base/self.h"
#include "probe/tracker.h"
#include "base/light.h"

enum { PIECE = 1 << 16, REGIONS_MAX = 1 << 10 };

struct region {
	uintptr_t start, end;
	bool shared;
};

/* What we had ourselves.  It stands on the stack: a page that we map is a page that may
 * be in the way of theirs. */
struct regions {
	size_t count; /* also of those that did not fit */
	struct region rows[REGIONS_MAX];
};

static void collect(void *context, uintptr_t start, uintptr_t end, bool shared)
{
	struct regions *regions = context;

	if (regions->count < REGIONS_MAX)
		regions->rows[regions->count] = (struct region){ start, end, shared };
	regions->count++;
}

struct search {
	uintptr_t address;
	struct region found;
};

static void match(void *context, uintptr_t start, uintptr_t end, bool shared)
{
	struct search *search = context;

	if (search->address >= start && search->address < end)
		search->found = (struct region){ start, end, shared };
}

/* A piece of a table was touched that is not here yet. */
static void fetch(int number, siginfo_t *info, void *unused)
{
	struct search search = { .address = (uintptr_t)info->si_addr };

	(void)unused;
	lk_pages_each(match, &search);
	uintptr_t start = search.address & ~(uintptr_t)(PIECE - 1);
	uintptr_t end = start + PIECE;

	if (start < search.found.start)
		start = search.found.start;
	if (end > search.found.end)
		end = search.found.end;
	if (search.found.end == 0 ||
	    syscall(SYS_mprotect, start, end - start, PROT_READ | PROT_WRITE) != 0) {
		struct sigaction standard = { .sa_handler = SIG_DFL };

		sigaction(number, &standard, NULL); /* a mistake of ours: end */
		return;
	}
	lk_proc_memory((const void *)start, (void *)start, end - start);
}

struct reserving {
	const struct regions *own;
	bool failed;
};

/* Pages that lead to nothing, until they are touched; what is shared with us is here. */
static void reserve(void *context, uintptr_t start, uintptr_t end, bool shared)
{
	struct reserving *reserving = context;
	const struct regions *own = reserving->own;

	for (size_t i = 0; i < own->count; i++)
		if (shared && own->rows[i].shared && own->rows[i].start == start &&
		    own->rows[i].end == end)
			return;
	reserving->failed |= mmap((void *)start, end - start, PROT_NONE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
					  MAP_FIXED_NOREPLACE,
				  -1, 0) != (void *)start;
}

/* The writable part of our own image, less what the loader has closed. */
static bool find_data(uintptr_t *ret_start, uintptr_t *ret_end)
{
	const ElfW(Ehdr) *image = (const void *)lk_tracker.ours_start;
	const ElfW(Phdr) *headers = (const void *)(lk_tracker.ours_start + image->e_phoff);
	uintptr_t start = 0, end = 0, closed_end = 0;

	for (unsigned i = 0; i < image->e_phnum; i++) {
		uintptr_t at = lk_tracker.ours_start + headers[i].p_vaddr;

		if (headers[i].p_type == PT_LOAD && headers[i].p_flags & PF_W) {
			start = at;
			end = at + headers[i].p_memsz;
		} else if (headers[i].p_type == PT_GNU_RELRO) {
			closed_end = (at + headers[i].p_memsz + 4095) & ~(uintptr_t)4095;
		}
	}
	*ret_start = closed_end > start && closed_end < end ? closed_end : start;
	*ret_end = end;
	return start != 0;
}

enum { TAKEN_MAX = 1 << 12 };

struct numbers {
	size_t count;
	int highest;
	int rows[TAKEN_MAX];
};

static void add_number(void *context, int fd)
{
	struct numbers *numbers = context;

	if (numbers->count < TAKEN_MAX)
		numbers->rows[numbers->count] = fd;
	numbers->count++;
	if (fd > numbers->highest)
		numbers->highest = fd;
}

static bool take_number(int process, int fd)
{
	int taken = (int)syscall(SYS_pidfd_getfd, process, fd, 0);

	if (taken >= 0 && taken != fd) {
		syscall(SYS_dup3, taken, fd, O_CLOEXEC);
		syscall(SYS_close, taken);
	}
	return taken >= 0 || errno == EBADF;
}

/* Every number leads here to what it leads to in PROCESS; so far as the kernel allows. */
static void take_descriptors(pid_t process)
{
	struct numbers numbers = { 0 };
	int own = (int)syscall(SYS_pidfd_open, process, 0);
	bool ok = own >= 0 && lk_proc_each("/proc/self/fd", add_number, &numbers) &&
		  numbers.count <= TAKEN_MAX;

	/* Out of the way, and first a trial: nothing is given up for nothing. */
	int high = ok ? (int)syscall(SYS_fcntl, own, F_DUPFD_CLOEXEC, numbers.highest + 1) : -1;
	if (high < 0 || (syscall(SYS_pidfd_getfd, high, 0, 0) < 0 && errno != EBADF))
		return;
	syscall(SYS_close_range, 0, high - 1, 0);
	for (size_t i = 0; i < numbers.count; i++)
		ok = take_number(high, numbers.rows[i]) && ok;
	if (ok)
		lk_proc_stand_for_descriptors();
}

/* Puts the tables of PROCESS, which is meant from now on, into the place of OWN. */
static bool replace_tables(pid_t process, struct regions *own)
{
	struct sigaction action = { .sa_sigaction = fetch, .sa_flags = SA_SIGINFO | SA_NODEFER };
	struct reserving reserving = { own, false };
	uintptr_t start, end;

	if (!lk_pages_each(collect, own) || own->count > REGIONS_MAX || !find_data(&start, &end))
		return false;
	lk_proc_stand_for(process);
	if (!lk_proc_memory((const void *)start, (void *)start, end - start))
		return false;
	lk_proc_stand_for(process); /* our own word for it was replaced, too */
	for (size_t i = 0; i < own->count; i++)
		if (!own->rows[i].shared)
			munmap((void *)own->rows[i].start, own->rows[i].end - own->rows[i].start);
	return lk_pages_each(reserve, &reserving) && !reserving.failed &&
	       sigaction(SIGSEGV, &action, NULL) == 0;
}

bool lk_borrow(pid_t process, pid_t thread)
{
	lk_self.quiet++;
	lk_self.walker = NULL; /* it lies in a table */
	if (process == (pid_t)syscall(SYS_getppid)) {
		/* We are its copy: tables and descriptors are those that it had. */
		lk_proc_stand_for(process);
		lk_proc_stand_for_thread(thread);
		lk_proc_stand_for_descriptors();
		return true;
	}
	struct regions own = { 0 };
	if (!replace_tables(process, &own))
		return false;
	take_descriptors(process);
	return true;
}
