/* SPDX-License-Identifier: MIT */
#include "probe/child_look.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/fmt.h"
#include "base/proc.h"
#include "base/proc_status.h"
#include "probe/child.h"
#include "probe/child_table.h"
#include "probe/code_map.h"
#include "probe/depot.h"
#include "probe/rules.h"
#include "probe/tracker.h"
#include "base/light.h"

static LK_HOT struct window {
	uint64_t ticks, starts;
	/* Nothing was left when so many children had been started: nothing will be, before
	 * the next is. */
	uint64_t none_at;
} window;

static LK_HOT struct token {
	int fd; /* 0: none */
	dev_t device;
	ino_t inode;
} token;

void lk_child_token(int fd, dev_t device, ino_t inode)
{
	token = (struct token){ fd, device, inode };
}

void lk_child_look_mark(uint64_t ticks, uint64_t starts)
{
	window = (struct window){ ticks, starts, starts };
}

bool lk_child_any(void)
{
	if (lk_proc_is_other())
		return true; /* the list will tell */
	int saved = errno;
	siginfo_t info;
	bool any = syscall(SYS_waitid, P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL,
			   NULL) == 0;

	errno = saved;
	return any;
}

struct listing {
	void (*visit)(void *context, pid_t child);
	void *context;
	size_t count;
};

static void list_of_thread(void *context, int thread)
{
	struct listing *listing = context;
	char path[64], list[16384];
	const char *at = list;
	struct lk_text text;
	pid_t child;

	lk_text_init(&text, path, sizeof path);
	lk_text_format(&text, "/proc/self/task/%d/children", thread);
	if (lk_proc_read(path, list, sizeof list) == 0)
		return;
	while ((child = lk_proc_next_number(&at)) != 0) {
		listing->count++;
		listing->visit(listing->context, child);
	}
}

size_t lk_child_list(pid_t thread, void (*visit)(void *context, pid_t child), void *context)
{
	struct listing listing = { visit, context, 0 };

	if (thread)
		list_of_thread(&listing, thread);
	else
		lk_proc_each("/proc/self/task", list_of_thread, &listing);
	return listing.count;
}

struct look {
	void (*visit)(void *context, const struct lk_child_seen *child);
	void *context;
	pid_t self;
	bool any;	   /* the kernel says that there is a child */
	size_t told;	   /* children of this process that were found */
	size_t seen;	   /* processes that were visited */
	pid_t newest;	   /* process number in the system */
	uint32_t number;   /* of this look */
};

static lk_stack_id stack_of(const struct lk_child_row *row, pid_t self)
{
	lk_stack_id stack = row->cut ? LK_DEPOT_CUT : LK_DEPOT_ROOT;

	if (row->starter == self || row->frames_count == 0)
		return row->stack;
	for (size_t i = row->frames_count; i > 0 && stack != LK_STACK_NONE; i--)
		stack = lk_rules_child(stack, row->frames[i - 1]);
	return stack;
}

static void tell(struct look *look, const struct lk_proc_status *status,
		 const struct lk_child_row *row)
{
	struct lk_child_seen seen = {
		.pid = status->pid,
		.parent = status->parent,
		.started = status->started,
		.state = status->state,
		.start = row ? (enum lk_child_start)row->start : LK_CHILD_BY_unseen,
		.stack = row ? stack_of(row, look->self) : LK_STACK_NONE,
	};

	memcpy(seen.name, status->name, sizeof seen.name);
	look->seen++;
	look->visit(look->context, &seen);
}

/* Without /proc only a child of our own can be asked for. */
static bool ask_kernel(pid_t pid, struct lk_proc_status *ret)
{
	siginfo_t info = { .si_pid = 0 };

	if (lk_proc_is_other() ||
	    syscall(SYS_waitid, P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT | __WALL, NULL) != 0)
		return false;
	*ret = (struct lk_proc_status){
		.pid = pid,
		.parent = lk_proc_process(),
		.state = info.si_pid == pid ? 'Z' : 'R',
	};
	return true;
}

/* What has ended is left only if it was ours to wait for. */
static bool is_over(const struct look *look, const struct lk_proc_status *status)
{
	return status->state == 'X' || (status->state == 'Z' && status->parent != look->self);
}

static void look_at_rows(struct look *look)
{
	struct lk_child_row *row = NULL;

	while ((row = lk_child_row_next(row))) {
		struct lk_proc_status status;

		if (row->root != look->self || row->state != LK_CHILD_USED)
			continue;
		bool is_there = lk_proc_status(row->pid, &status) ?
					row->since <= status.started &&
						status.started <= row->until :
					ask_kernel(row->pid, &status);
		if (!is_there || is_over(look, &status)) {
			lk_child_row_free(row);
			continue;
		}
		look->told += status.parent == look->self;
		row->looked = look->number;
		if (row->epoch == lk_tracker.epoch)
			tell(look, &status, row);
	}
}

/* The row of the thread that is inside a call which started PID. */
static const struct lk_child_row *find_awaiting(const struct lk_proc_status *status, pid_t self)
{
	struct lk_child_row *row = NULL;
	char path[64];
	struct lk_text text;

	while ((row = lk_child_row_next(row))) {
		char list[4096];
		const char *at = list;
		pid_t child;

		if (row->state != LK_CHILD_AWAITING || row->starter != self ||
		    status->started < row->since)
			continue;
		lk_text_init(&text, path, sizeof path);
		lk_text_format(&text, "/proc/self/task/%d/children", row->thread);
		lk_proc_read(path, list, sizeof list);
		while ((child = lk_proc_next_number(&at)) != 0)
			if (child == status->pid)
				return row;
	}
	return NULL;
}

/* A child of ours that has no row. */
static void look_at_child(void *context, pid_t child)
{
	struct look *look = context;
	struct lk_proc_status status;

	if (child == (pid_t)syscall(SYS_getpid)) /* a copy of it that only reports */
		return;
	if (!lk_proc_status(child, &status) || lk_child_row_find(child, status.started))
		return;
	const struct lk_child_row *row = find_awaiting(&status, look->self);
	look->told++;
	tell(look, &status, row);
}

static bool holds_token(pid_t pid)
{
	char path[64];
	struct lk_text text;
	struct stat status;

	if (token.fd == 0)
		return false;
	lk_text_init(&text, path, sizeof path);
	lk_text_format(&text, "/proc/%d/fd/%d", pid, token.fd);
	return stat(path, &status) == 0 && status.st_dev == token.device &&
	       status.st_ino == token.inode;
}

/* Numbers are given out in turn, so what we started has one behind ours. */
static bool may_be_ours(const struct look *look, pid_t pid)
{
	if (look->newest >= look->self)
		return pid > look->self && pid <= look->newest;
	return pid > look->self || pid <= look->newest;
}

/* A process that something which we started has started in its turn. */
static void look_at_process(void *context, int pid)
{
	struct look *look = context;
	struct lk_proc_status status;

	if (!may_be_ours(look, pid))
		return;
	bool is_leader = syscall(SYS_getpgid, 0) == look->self;
	bool is_member = is_leader && syscall(SYS_getpgid, pid) == look->self;
	if (!is_member && !holds_token(pid))
		return;
	if (!lk_proc_status(pid, &status) || status.started < window.ticks ||
	    is_over(look, &status) || status.parent == look->self)
		return;
	/* Its row may have been written since the rows were looked at. */
	const struct lk_child_row *row = lk_child_row_find(pid, status.started);
	if (!row || (row->looked != look->number && row->root == look->self))
		tell(look, &status, row);
}

/* Is NUMBER a process, and not one of its further threads? */
static bool is_process(pid_t number)
{
	int fd = (int)syscall(SYS_pidfd_open, number, 0);

	if (fd >= 0)
		syscall(SYS_close, fd);
	return fd >= 0 || errno == EMFILE || errno == ENFILE;
}

/* Asks for each number since ours; false if that is more work than reading the list. */
static bool look_at_numbers(struct look *look)
{
	enum { NUMBERS_MAX = 2048 };

	if (look->newest < look->self || look->newest - look->self > NUMBERS_MAX)
		return false;
	for (pid_t number = look->self + 1; number <= look->newest; number++)
		if (syscall(SYS_getpgid, number) >= 0 && is_process(number))
			look_at_process(look, number);
	return true;
}

static pid_t newest_process(void)
{
	char line[128];
	const char *last;

	if (lk_proc_read("/proc/loadavg", line, sizeof line) == 0 || !(last = strrchr(line, ' ')))
		return 0;
	return lk_proc_next_number(&last);
}

bool lk_child_each(void (*visit)(void *context, const struct lk_child_seen *child),
		   void *context)
{
	static LK_HOT uint32_t looks;
	struct look look = {
		.visit = visit,
		.context = context,
		.any = lk_child_any(),
		.number = ++looks,
	};

	if (!look.any && lk_child_starts() == window.none_at)
		return true;
	look.self = lk_proc_process();
	int saved = errno;
	look_at_rows(&look);
	if (look.any)
		lk_child_list(0, look_at_child, &look);
	if (lk_child_starts() != window.starts) {
		look.newest = newest_process();
		if (!look_at_numbers(&look))
			lk_proc_each("/proc", look_at_process, &look);
	}
	errno = saved;
	if (look.seen == 0 && !look.any)
		window.none_at = lk_child_starts();
	return !look.any || look.told > 0 || lk_proc_is_other();
}

/* The kernel's idea of what happens at SIGCHLD, as far as we need it. */
struct disposition {
	uintptr_t handler;
	unsigned long flags;
	uintptr_t rest[8];
};

static bool is_child_awaited_by_signal(void)
{
	struct disposition now = { 0 };
	const size_t mask_size = 8;

	return syscall(SYS_rt_sigaction, SIGCHLD, NULL, &now, mask_size) == 0 &&
	       (now.handler != (uintptr_t)SIG_DFL || (now.flags & SA_NOCLDWAIT));
}

struct going {
	bool by_signal, seen;
	pid_t self;
};

static void see_going(void *context, const struct lk_child_seen *child)
{
	struct going *going = context;

	going->seen |= child->state != 'Z' && (going->by_signal || child->parent != going->self);
}

bool lk_child_may_go(void)
{
	if (!lk_child_any() && lk_child_starts() == window.none_at)
		return false;
	struct going going = {
		.by_signal = is_child_awaited_by_signal(),
		.self = lk_proc_process(),
	};
	lk_child_each(see_going, &going);
	return going.seen;
}
