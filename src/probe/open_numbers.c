/* SPDX-License-Identifier: MIT */
#include "probe/open_numbers.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/proc.h"
#include "base/light.h"

/* Beyond POLLED_MAX, reading the list costs no more than asking for each number. */
enum { POLLED_MAX = 4096, ASKED_AT_ONCE = 257, LISTED_MAX = 1 << 20 };
/* The kernel's table of descriptors has room for 64, then for 256, 512 and so on. */
enum { TABLE_FIRST = 64, TABLE_SECOND = 256 };
/* Each signal that is handled meanwhile interrupts a question. */
enum { TRIES_MAX = 100, BITS = 64 };
/* Numbers that poll() calls closed and that are asked for once more. */
enum { HOLES = 4 };

/* Room in the table when it was last looked at.  Each page that a forked test writes
 * is a copy, so the questions themselves stand on the stack. */
static LK_HOT unsigned table_room = TABLE_FIRST;
static LK_HOT bool was_listed;

static bool is_open(const uint64_t *open, unsigned fd)
{
	return open[fd / BITS] >> fd % BITS & 1;
}

/* Asks for the numbers FIRST..LAST. */
static bool ask(unsigned first, unsigned last, uint64_t *open)
{
	const unsigned count = last - first + 1; /* up to ASKED_AT_ONCE */
	struct pollfd asked[count]; /* a small one may need no new page of the stack */
	struct timespec at_once = { 0, 0 }; /* a constant is a page more */
	long result = -1;

	for (unsigned i = 0; i < count; i++)
		asked[i] = (struct pollfd){ .fd = (int)(first + i) };
	for (int tries = 0; result < 0 && tries < TRIES_MAX; tries++) {
		result = syscall(SYS_ppoll, asked, count, &at_once, NULL, 0);
		if (result < 0 && errno != EINTR)
			return false;
	}
	for (unsigned i = 0; result >= 0 && i < count; i++)
		if (!(asked[i].revents & POLLNVAL))
			open[(first + i) / BITS] |= (uint64_t)1 << (first + i) % BITS;
	return result >= 0;
}

static bool ask_all(unsigned first, unsigned last, uint64_t *open)
{
	for (; first <= last; first += ASKED_AT_ONCE) {
		unsigned end = first + ASKED_AT_ONCE - 1;

		if (!ask(first, end < last ? end : last, open))
			return false;
	}
	return true;
}

/* Could NUMBER, which is not open, be open?  select() looks at no number for which
 * the table has no room, and finds fault with any other that is not open. */
static bool has_room(unsigned number)
{
	uint64_t set[FD_SETSIZE / BITS] = { 0 };
	struct timespec at_once = { 0, 0 };
	long result = -1;

	/* An emulator may know no bigger set than the C library has. */
	if (number >= FD_SETSIZE)
		return true;
	set[number / BITS] = (uint64_t)1 << number % BITS;
	for (int tries = 0; result < 0 && tries < TRIES_MAX; tries++) {
		result = syscall(SYS_pselect6, number + 1, set, NULL, NULL, &at_once, NULL);
		if (result < 0 && errno != EINTR)
			return true;
	}
	return result != 0;
}

/* A descriptor opened with O_PATH looks closed to poll().  The kernel gives out the
 * lowest free number, so one that nobody told of is among the lowest. */
static void ask_for_paths(unsigned room, uint64_t *open, uint64_t (*likely)(unsigned word))
{
	unsigned holes = HOLES;

	for (unsigned word = 0; word < room / BITS; word++) {
		uint64_t closed = ~open[word], asked = closed & likely(word);

		for (; closed && holes > 0; closed &= closed - 1, holes--)
			asked |= closed & -closed;
		for (; asked; asked &= asked - 1)
			if (syscall(SYS_fcntl, word * BITS + (unsigned)__builtin_ctzll(asked),
				    F_GETFD) >= 0)
				open[word] |= asked & -asked;
	}
}

static bool each_asked(uint64_t (*likely)(unsigned word), lk_open_numbers_visit *visit,
		       void *context)
{
	uint64_t open[POLLED_MAX / BITS + 1] = { 0 };
	unsigned first = 0, room = table_room;

	for (;; first = room + 1, room = room < TABLE_SECOND ? TABLE_SECOND : room * 2) {
		if (room > POLLED_MAX || !ask_all(first, room, open))
			return false;
		if (!is_open(open, room) && !has_room(room))
			break;
	}
	table_room = room;
	ask_for_paths(room, open, likely);
	for (unsigned word = 0; word < room / BITS; word++)
		visit(context, word, open[word]);
	return true;
}

struct single {
	lk_open_numbers_visit *visit;
	void *context;
};

static void visit_single(void *context, int fd)
{
	const struct single *single = context;

	single->visit(single->context, (unsigned)fd / BITS, (uint64_t)1 << fd % BITS);
}

static bool each_tried(int highest, struct single *single)
{
	struct rlimit limits;
	long limit = getrlimit(RLIMIT_NOFILE, &limits) == 0 ? (long)limits.rlim_cur : 0;

	/* A process may have lowered its limit below what it has open. */
	for (int fd = 0; (fd < limit && fd < LISTED_MAX) || fd <= highest; fd++) {
		struct stat status;

		if (fstat(fd, &status) == 0)
			visit_single(single, fd);
	}
	return limit > 0;
}

bool lk_open_numbers_each(int highest, uint64_t (*likely)(unsigned word),
			  lk_open_numbers_visit *visit, void *context)
{
	struct single single = { visit, context };
	int saved = errno;
	bool ok = was_listed && !lk_proc_is_other() && each_asked(likely, visit, context);

	if (!ok)
		ok = was_listed = lk_proc_each("/proc/self/fd", visit_single, &single);
	if (!lk_proc_is_other())
		ok = ok || each_asked(likely, visit, context) || each_tried(highest, &single);
	errno = saved;
	return ok;
}
