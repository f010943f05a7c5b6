/* SPDX-License-Identifier: MIT */
#include "probe/thread_state.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/fmt.h"
#include "base/proc.h"
#include "probe/code_map.h"

#include "base/light.h"

/* The line of /proc/self/task/T/syscall. */
struct line {
	char text[192];
	size_t length;
	uintptr_t sp, pc;
};

static size_t read_about(pid_t tid, const char *what, char *buffer, size_t size)
{
	char path[64];
	struct lk_text text;

	lk_text_init(&text, path, sizeof path);
	lk_text_format(&text, "/proc/self/task/%d/%s", (int)tid, what);
	return lk_proc_read(path, buffer, size);
}

static uint64_t read_number(const char **at)
{
	uint64_t value = 0;
	bool is_hex = strncmp(*at, "0x", 2) == 0;

	*at += is_hex ? 2 : 0;
	for (;; (*at)++) {
		char c = **at;

		if (c >= '0' && c <= '9')
			value = value * (is_hex ? 16 : 10) + (uint64_t)(c - '0');
		else if (is_hex && c >= 'a' && c <= 'f')
			value = value * 16 + (uint64_t)(c - 'a' + 10);
		else
			break;
	}
	*at += **at == ' ';
	return value;
}

/* "number 6 arguments sp pc", "-1 sp pc" or "running". */
static enum lk_activity parse(struct line *line, struct lk_thread_now *now)
{
	const char *at = line->text;
	bool in_call = *at >= '0' && *at <= '9';

	now->call = -1;
	if (!in_call && *at != '-')
		return *at == 'r' ? LK_ACTIVITY_RUNNING : LK_ACTIVITY_UNKNOWN;
	if (in_call) {
		now->call = (int)read_number(&at);
		for (int i = 0; i < 6; i++)
			now->arguments[i] = read_number(&at);
	} else {
		at += strcspn(at, " ");
		at += *at == ' ';
	}
	line->sp = read_number(&at);
	line->pc = read_number(&at);
	return in_call ? LK_ACTIVITY_CALL : LK_ACTIVITY_STALLED;
}

uint64_t lk_thread_cpu_ns(pid_t tid)
{
	/* The kernel's name of the clock of a thread: CPUCLOCK_PERTHREAD | CPUCLOCK_SCHED. */
	long clock = (long)~tid * 8 + 6;
	struct timespec used = { 0 };
	int saved = errno;

	if (syscall(SYS_clock_gettime, clock, &used) == 0)
		return (uint64_t)used.tv_sec * 1000000000 + (uint64_t)used.tv_nsec;
	errno = saved;
	/* Where lk_proc_read looks at another process, its threads have no clock here. */
	char text[64];
	const char *at = text;
	return read_about(tid, "schedstat", text, sizeof text) > 0 ? read_number(&at) : 0;
}

bool lk_thread_call_has_descriptor(int call)
{
	switch (call) {
	case SYS_read:
	case SYS_readv:
	case SYS_pread64:
	case SYS_preadv:
	case SYS_write:
	case SYS_writev:
	case SYS_pwrite64:
	case SYS_pwritev:
	case SYS_recvfrom:
	case SYS_recvmsg:
	case SYS_recvmmsg:
	case SYS_sendto:
	case SYS_sendmsg:
	case SYS_sendmmsg:
	case SYS_accept:
	case SYS_accept4:
	case SYS_connect:
	case SYS_flock:
	case SYS_fcntl:
	case SYS_ioctl:
	case SYS_fsync:
	case SYS_fdatasync:
#ifdef SYS_epoll_wait
	case SYS_epoll_wait:
#endif
	case SYS_epoll_pwait:
	case SYS_mq_timedreceive:
	case SYS_mq_timedsend:
		return true;
	default:
		return false;
	}
}

/* Copies what the arguments point to, where a reader wants to know. */
static void copy_memory(struct lk_thread_now *now)
{
	uintptr_t from = 0;

	switch (now->call) {
	case SYS_futex:
		from = now->arguments[0] - LK_FUTEX_BEFORE;
		break;
#ifdef SYS_poll
	case SYS_poll:
#endif
	case SYS_ppoll:
	case SYS_nanosleep:
		from = now->arguments[0];
		break;
#ifdef SYS_select
	case SYS_select:
#endif
	case SYS_pselect6:
	case SYS_connect:
		from = now->arguments[1];
		break;
	case SYS_clock_nanosleep:
		from = now->arguments[2];
		break;
	default:
		return;
	}
	size_t size = LK_THREAD_MEMORY;
	while (size >= 8 && !now->memory_known) {
		now->memory_known = from && lk_proc_memory((const void *)from, now->memory, size);
		size /= 2;
	}
}

/* One look; false: the thread moved meanwhile. */
static bool look(pid_t tid, struct lk_thread_now *now, struct lk_other_stack *stack)
{
	struct line line = { .length = 0 }, again;
	uint64_t used = lk_thread_cpu_ns(tid);

	stack->count = 0;
	memset(now, 0, sizeof *now);
	line.length = read_about(tid, "syscall", line.text, sizeof line.text);
	now->activity = parse(&line, now);
	if (now->activity == LK_ACTIVITY_UNKNOWN) {
		size_t length = read_about(tid, "wchan", now->channel, sizeof now->channel);

		if (length == 1 && now->channel[0] == '0')
			now->channel[0] = '\0';
		return true;
	}
	if (now->activity == LK_ACTIVITY_RUNNING)
		return false;
	if (!lk_code_find(line.pc, &(struct lk_code){ 0 })) {
		/* The process is emulated, and the emulator is what the kernel tells of. */
		now->activity = LK_ACTIVITY_UNKNOWN;
		now->call = -1;
		return true;
	}
	lk_other_stack_walk(stack, line.pc, line.sp);
	copy_memory(now);
	again.length = read_about(tid, "syscall", again.text, sizeof again.text);
	return again.length == line.length && memcmp(again.text, line.text, line.length) == 0 &&
	       lk_thread_cpu_ns(tid) == used;
}

void lk_thread_look(pid_t tid, struct lk_thread_now *now, struct lk_other_stack *stack)
{
	enum { LOOKS_MAX = 5 };

	for (int i = 0; i < LOOKS_MAX; i++) {
		if (look(tid, now, stack)) {
			stack->count = now->activity == LK_ACTIVITY_UNKNOWN ? 0 : stack->count;
			/* Another process was stopped where it ran. */
			if (now->activity == LK_ACTIVITY_STALLED && lk_proc_is_other())
				now->activity = LK_ACTIVITY_RUNNING;
			return;
		}
		syscall(SYS_sched_yield);
	}
	memset(now, 0, sizeof *now);
	now->activity = LK_ACTIVITY_RUNNING;
	now->call = -1;
	stack->count = 0;
}
