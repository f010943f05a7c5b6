/* SPDX-License-Identifier: MIT */
#include "judge/wait.h"

#include <inttypes.h>
#include <linux/futex.h>
#include <poll.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "judge/escape.h"

const char *lk_wait_word(enum lk_wait_kind kind)
{
	static const char *const words[] = {
#define LK_WAIT(name, text) text,
#include "judge/wait.def"
	};
	return words[kind];
}

static enum lk_wait_kind kind_of_call(int call)
{
	static const struct {
		int call;
		enum lk_wait_kind kind;
	} calls[] = {
#define LK_WAIT_CALL(call, kind) { SYS_##call, LK_WAIT_##kind },
#include "judge/wait.def"
	};

	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
		if (calls[i].call == call)
			return calls[i].kind;
	return LK_WAIT_call;
}

static enum lk_wait_kind kind_of_function(const char *function)
{
	static const struct {
		const char *function;
		enum lk_wait_kind kind;
	} functions[] = {
#define LK_WAIT_FUNCTION(function, kind) { #function, LK_WAIT_##kind },
#include "judge/wait.def"
	};

	for (size_t i = 0; function && i < sizeof functions / sizeof *functions; i++)
		if (strcmp(function, functions[i].function) == 0)
			return functions[i].kind;
	return LK_WAIT_futex;
}

uintptr_t lk_wait_callee(const struct lk_snapshot *snapshot, uintptr_t return_address)
{
	for (size_t i = 0; i < snapshot->calls_count; i++)
		if (snapshot->calls[i].site == return_address)
			return snapshot->calls[i].target;
	return 0;
}

/* By the innermost frames, as far as they are the C library's, and by what their
 * callers called: sem_wait jumps to a function of another name, or of none. */
static enum lk_wait_kind kind_of_stack(const struct lk_snapshot *snapshot,
				       const struct lk_named_stack *now, struct lk_symbols *symbols)
{
	bool is_libc = true;

	for (size_t i = 0; is_libc && i < now->count; i++) {
		const struct lk_frame *frame = &now->frames[i];
		enum lk_wait_kind kind = LK_WAIT_futex;
		struct lk_frame callee;

		is_libc = frame->module && lk_module_is_libc(frame->module);
		if (is_libc)
			kind = kind_of_function(frame->function);
		uintptr_t start = kind == LK_WAIT_futex && i > 0 && frame->module ?
					  lk_wait_callee(snapshot, frame->pc) :
					  0;
		if (start && lk_symbols_name(symbols, start + 1, &callee, 1) == 1)
			kind = kind_of_function(callee.function);
		if (kind != LK_WAIT_futex)
			return kind;
	}
	return LK_WAIT_futex;
}

/* The word that lies OFFSET bytes from that of the futex. */
static uint32_t word_at(const struct lk_thread_now *now, int offset)
{
	uint32_t word = 0;

	if (now->memory_known)
		memcpy(&word, now->memory + LK_FUTEX_BEFORE + offset, sizeof word);
	return word;
}

/* The offsets below are those of the structures in the C library (glibc 2.25 and
 * later: pthreadtypes.h, internaltypes.h). */
enum { MUTEX_OWNER = 8, LOCK_CONTENDED = 2 };

static void tell_mutex(struct lk_wait *wait, const struct lk_thread_now *now)
{
	uint32_t word = word_at(now, 0);

	wait->object = now->arguments[0];
	wait->holder = (pid_t)word_at(now, MUTEX_OWNER);
	/* Robust mutexes and those that pass priority on hold the thread in the word. */
	if (wait->holder == 0 && word > LOCK_CONTENDED)
		wait->holder = (pid_t)(word & FUTEX_TID_MASK);
}

/* A lock has two words that are waited for, at 8 (the phase) and at 12 (the writer),
 * then 8 bytes of nothing, then the writer that has it. */
static void tell_lock(struct lk_wait *wait, const struct lk_thread_now *now)
{
	bool is_writer_word = word_at(now, 4) == 0 && word_at(now, 8) == 0 && word_at(now, 12) != 0;

	wait->object = now->arguments[0] - (is_writer_word ? 12 : 8);
	wait->holder = (pid_t)word_at(now, is_writer_word ? 12 : 16);
}

static void tell_futex(struct lk_wait *wait, const struct lk_thread_now *now)
{
	int command = (int)now->arguments[1] & FUTEX_CMD_MASK;

	wait->is_timed = now->arguments[3] != 0;
	wait->is_shared = !(now->arguments[1] & FUTEX_PRIVATE_FLAG);
	wait->object = now->arguments[0];
	if (wait->kind == LK_WAIT_condition && command == FUTEX_WAIT &&
	    now->arguments[2] == LOCK_CONTENDED)
		wait->kind = LK_WAIT_mutex; /* it was woken, and wants its mutex back */
	switch (wait->kind) {
	case LK_WAIT_mutex:
		tell_mutex(wait, now);
		break;
	case LK_WAIT_condition: /* two words, at 40 and 44 */
		wait->object = (now->arguments[0] - 40) & ~UINT64_C(7);
		break;
	case LK_WAIT_read_lock:
	case LK_WAIT_write_lock:
		tell_lock(wait, now);
		break;
	case LK_WAIT_barrier:
		wait->object = now->arguments[0] - 4;
		break;
	case LK_WAIT_join:
		wait->object = 0;
		wait->holder = (pid_t)now->arguments[2];
		wait->is_shared = false; /* the kernel wakes it when the thread ends */
		break;
	default:
		break;
	}
}

struct lk_wait lk_wait_tell(const struct lk_snapshot *snapshot, const struct lk_thread_left *thread,
			    const struct lk_named_stack *stack, struct lk_symbols *symbols)
{
	const struct lk_thread_now *now = &thread->now;
	struct lk_wait wait = { .kind = LK_WAIT_unknown };

	switch (now->activity) {
	case LK_ACTIVITY_UNKNOWN:
		if (thread->tid == 0)
			wait.kind = LK_WAIT_starting;
		break;
	case LK_ACTIVITY_ENDED:
		wait.kind = LK_WAIT_finished;
		break;
	case LK_ACTIVITY_LOOKING:
	case LK_ACTIVITY_RUNNING:
		wait.kind = LK_WAIT_running;
		break;
	case LK_ACTIVITY_STALLED:
		wait.kind = LK_WAIT_stalled;
		break;
	case LK_ACTIVITY_CALL:
		wait.kind = kind_of_call(now->call);
		if (wait.kind != LK_WAIT_futex)
			break;
		wait.kind = kind_of_stack(snapshot, stack, symbols);
		tell_futex(&wait, now);
		break;
	}
	return wait;
}

static void print_descriptor(FILE *out, const struct lk_thread_now *now,
			     const struct lk_frame *origin)
{
	fprintf(out, " of fd %d", (int)now->arguments[0]);
	if (!now->target[0])
		return;
	fputs(" (", out);
	lk_escape(out, now->target);
	if (origin && origin->file) {
		fputs(" opened at ", out);
		lk_escape(out, origin->file);
		fprintf(out, ":%u", origin->line);
	} else if (origin && origin->function) {
		fputs(" opened in ", out);
		lk_escape(out, origin->function);
	}
	fputc(')', out);
}

static void print_polled(FILE *out, const struct lk_thread_now *now)
{
	const char *separator = " of fd ";
	struct pollfd row;
	uint64_t count = now->arguments[1], shown = 0;

	for (; now->memory_known && shown < count && shown < sizeof now->memory / sizeof row;
	     shown++) {
		memcpy(&row, now->memory + shown * sizeof row, sizeof row);
		fprintf(out, "%s%d", separator, row.fd);
		separator = ", ";
	}
	if (shown < count)
		fputs(" ...", out);
}

static void print_selected(FILE *out, const struct lk_thread_now *now)
{
	const char *separator = " of fd ";

	for (unsigned fd = 0; now->memory_known && fd < now->arguments[0] && fd < 64; fd++)
		if (now->memory[fd / 8] >> fd % 8 & 1) {
			fprintf(out, "%s%u", separator, fd);
			separator = ", ";
		}
}

static void print_time(FILE *out, const struct lk_thread_now *now)
{
	struct timespec time;

	if (!now->memory_known)
		return;
	memcpy(&time, now->memory, sizeof time);
	if (now->call == SYS_clock_nanosleep && now->arguments[1] == TIMER_ABSTIME)
		fprintf(out, " until %lld.%03ld of clock %d", (long long)time.tv_sec,
			time.tv_nsec / 1000000, (int)now->arguments[0]);
	else if (time.tv_sec < 1)
		fprintf(out, " for %ld ms", time.tv_nsec / 1000000);
	else
		fprintf(out, " for %lld s", (long long)time.tv_sec);
}

/* All that reach a barrier wait for the round that comes: `in` before the word, the
 * number of threads that make a round behind it. */
static void print_arrived(FILE *out, const struct lk_thread_now *now)
{
	uint32_t arrived = word_at(now, -4) - word_at(now, 0), wanted = word_at(now, 4);

	if (now->memory_known && arrived < wanted)
		fprintf(out, ", %" PRIu32 " of %" PRIu32 " there", arrived, wanted);
}

static void print_child(FILE *out, const struct lk_thread_now *now)
{
	pid_t process = (pid_t)now->arguments[0];

	if (now->call == SYS_waitid)
		process = process == P_PID ? (pid_t)now->arguments[1] : 0;
	if (process > 0)
		fprintf(out, " of process %d", (int)process);
}

void lk_wait_print(FILE *out, const struct lk_wait *wait, const struct lk_thread_now *now,
		   const struct lk_frame *origin)
{
	fputs(lk_wait_word(wait->kind), out);
	if (wait->object)
		fprintf(out, " 0x%" PRIxPTR, wait->object);
	switch (wait->kind) {
	case LK_WAIT_barrier:
		print_arrived(out, now);
		break;
	case LK_WAIT_poll:
		print_polled(out, now);
		break;
	case LK_WAIT_select:
		print_selected(out, now);
		break;
	case LK_WAIT_sleep:
		print_time(out, now);
		break;
	case LK_WAIT_child:
		print_child(out, now);
		break;
	case LK_WAIT_call:
		fprintf(out, " %d", now->call);
		break;
	case LK_WAIT_unknown:
		if (now->channel[0]) {
			fputs(": ", out);
			lk_escape(out, now->channel);
		}
		break;
	case LK_WAIT_read:
	case LK_WAIT_write:
	case LK_WAIT_receive:
	case LK_WAIT_send:
	case LK_WAIT_accept:
	case LK_WAIT_connect:
	case LK_WAIT_epoll:
	case LK_WAIT_flock:
	case LK_WAIT_file_lock:
		print_descriptor(out, now, origin);
		break;
	default:
		break;
	}
}
