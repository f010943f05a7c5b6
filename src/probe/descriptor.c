/* SPDX-License-Identifier: MIT */
#include "probe/descriptor.h"

#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>
#include <errno.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/self.h"
#include "probe/misuse.h"
#include "probe/open_numbers.h"
#include "probe/tracker.h"
#include "probe/unwind.h"
#include "base/light.h"

/* Linux lets nr_open grow beyond this, but nothing opens so many in a test. */
enum { SLOTS = 1 << 20 };

/* Written by events of the number alone, so that a mark touches no slot. */
struct slot {
	lk_stack_id stack;  /* where it was opened, */
	lk_stack_id closed; /* and closed last */
	uint32_t opened_in; /* epoch */
	/* What it led to at the mark; asked for when it is closed. */
	uint32_t identified_in; /* epoch */
	uint8_t how;
	uint8_t exempt;
	uint8_t is_closed; /* by a wrapper, and none opened it since */
	uint8_t held;	    /* enum lk_held */
	const void *holder; /* the FILE or DIR it belongs to */
	dev_t device;
	ino_t inode;
};

/* Three bits for each number. */
enum { BITS = 64, WORDS = SLOTS / BITS, NEAR_WORDS = 1024 / BITS };
struct word {
	uint64_t marked;  /* open at the last mark */
	uint64_t changed; /* opened or closed since then, as wrappers saw */
	/* Open when the kernel was asked last, and what wrappers saw since. */
	uint64_t noted;
};

enum { NEAR_SLOTS = 32 };
static LK_HOT struct word near[NEAR_WORDS];
static LK_HOT struct slot near_slots[NEAR_SLOTS];
static LK_HOT struct table {
	struct word far[WORDS];
	struct slot slots[SLOTS];
} *table; /* reserved on first use */
static LK_HOT uint64_t openings, lost;
/* The stacks of those that others were put over, since the mark. */
enum { OVERWRITTEN_MAX = 64 };
static struct overwritten {
	lk_stack_id stack;
	uint32_t count;
} overwritten[OVERWRITTEN_MAX];
static LK_HOT unsigned overwritten_used;
static LK_HOT uint32_t marked_in; /* epoch of the last mark */
static LK_HOT bool is_at_rest; /* `noted` is all there is */
static LK_HOT int highest; /* number ever seen open */

static void *count_lost(void)
{
	__atomic_fetch_add(&lost, 1, __ATOMIC_RELAXED);
	return NULL;
}

/* The table, mapped when it is first asked for; NULL if memory is refused. */
static LK_COLD struct table *map_table(void)
{
	struct table *none = NULL, *fresh = lk_pages_map(sizeof *fresh);

	if (!fresh)
		return count_lost();
	if (__atomic_compare_exchange_n(&table, &none, fresh, false, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE))
		return fresh;
	lk_pages_unmap(fresh, sizeof *fresh);
	return none;
}

static struct table *known_table(void)
{
	struct table *known = __atomic_load_n(&table, __ATOMIC_ACQUIRE);

	return LK_LIKELY(known != NULL) ? known : map_table();
}

static bool is_in_range(int fd)
{
	if (LK_UNLIKELY(fd >= SLOTS))
		count_lost();
	return fd >= 0 && fd < SLOTS;
}

static struct slot *slot_of(int fd)
{
	if (!is_in_range(fd))
		return NULL;
	if (LK_LIKELY(fd < NEAR_SLOTS))
		return &near_slots[fd];
	struct table *known = known_table();
	return known ? &known->slots[fd] : NULL;
}

/* That of the numbers from 64 AT on. */
static struct word *word_at(unsigned at)
{
	if (LK_LIKELY(at < NEAR_WORDS))
		return &near[at];
	struct table *known = known_table();
	return known ? &known->far[at] : NULL;
}

static struct word *word_of(int fd)
{
	if (!is_in_range(fd))
		return NULL;
	if (fd > __atomic_load_n(&highest, __ATOMIC_RELAXED))
		__atomic_store_n(&highest, fd, __ATOMIC_RELAXED);
	return word_at((unsigned)fd / BITS);
}

static uint64_t bit_of(int fd)
{
	return (uint64_t)1 << fd % BITS;
}

/* The slot of FD, which is told to be open from now on, or not. */
static struct slot *changed_slot_of(int fd, bool is_open)
{
	struct word *word = word_of(fd);

	if (!word)
		return NULL;
	__atomic_fetch_or(&word->changed, bit_of(fd), __ATOMIC_RELAXED);
	if (is_open)
		__atomic_fetch_or(&word->noted, bit_of(fd), __ATOMIC_RELAXED);
	else
		__atomic_fetch_and(&word->noted, ~bit_of(fd), __ATOMIC_RELAXED);
	return slot_of(fd);
}

static void count_overwritten(lk_stack_id stack)
{
	unsigned at = 0;

	for (; at < overwritten_used && at < OVERWRITTEN_MAX; at++)
		if (overwritten[at].stack == stack) {
			__atomic_fetch_add(&overwritten[at].count, 1, __ATOMIC_RELAXED);
			return;
		}
	at = __atomic_fetch_add(&overwritten_used, 1, __ATOMIC_RELAXED);
	if (at < OVERWRITTEN_MAX)
		overwritten[at] = (struct overwritten){ stack, 1 };
}

void lk_descriptor_opened(int fd, enum lk_descriptor_number how, const void *frame)
{
	if (fd < 0 || !lk_tracker.descriptors || lk_self.in_vfork_child)
		return;
	struct slot *slot = changed_slot_of(fd, true);
	if (!slot)
		return;
	if (how == LK_DESCRIPTOR_CHOSEN && slot->opened_in == lk_tracker.epoch && !slot->is_closed)
		count_overwritten(slot->stack);
	slot->stack = lk_self.quiet ? LK_STACK_NONE : lk_unwind(frame);
	slot->is_closed = false;
	slot->how = (uint8_t)how;
	/* What is put over the number of a stream belongs to the stream. */
	if (how != LK_DESCRIPTOR_CHOSEN)
		slot->held = LK_HELD_NONE;
	slot->exempt = lk_self.quiet || lk_self.ignoring;
	slot->opened_in = lk_tracker.epoch;
	if (!lk_self.quiet)
		__atomic_fetch_add(&openings, 1, __ATOMIC_RELAXED);
}

void lk_descriptor_held(int fd, const void *object, enum lk_held type)
{
	struct slot *slot;

	if (fd < 0 || !lk_tracker.descriptors || lk_self.in_vfork_child || !(slot = slot_of(fd)))
		return;
	slot->holder = object;
	slot->held = (uint8_t)type;
}

static bool identify(struct slot *slot, int fd)
{
	int saved = errno;
	struct stat status;
	bool is_open = fstat(fd, &status) == 0;

	if (is_open) {
		slot->device = status.st_dev;
		slot->inode = status.st_ino;
		slot->identified_in = lk_tracker.epoch;
	}
	errno = saved;
	return is_open;
}

/* Was it open at the mark, and no wrapper saw it closed since? */
static bool is_as_marked(int fd)
{
	const struct word *word = word_of(fd);

	return word && marked_in == lk_tracker.epoch &&
	       (word->marked & ~word->changed & bit_of(fd));
}

bool lk_descriptor_closing(int fd, const void *frame)
{
	/* A number beyond the table is no loss: the kernel's list shows what is left. */
	if (fd >= SLOTS || !lk_tracker.descriptors || lk_self.in_vfork_child)
		return false;
	bool was_marked = is_as_marked(fd);
	struct slot *slot = changed_slot_of(fd, false);
	if (!slot)
		return false;
	if (slot->is_closed && !was_marked)
		return true;
	/* A handler that interrupted a walk gets on without: its next signal may be due. */
	slot->closed = lk_self.quiet || lk_self.recording ? LK_STACK_NONE : lk_unwind(frame);
	if (was_marked && identify(slot, fd) && !slot->exempt && !lk_self.quiet)
		lk_misuse_put(&(struct lk_misuse_row){ .kind = LK_MISUSE_NOT_OWN, .fd = fd,
						       .stack = slot->closed,
						       .opened = slot->stack });
	slot->is_closed = true;
	slot->exempt = 0;
	slot->held = LK_HELD_NONE;
	return false;
}

void lk_descriptor_close_ended(int fd, bool again, int error, const void *frame)
{
	if (fd < 0 || fd >= SLOTS || !lk_tracker.descriptors || lk_self.in_vfork_child ||
	    lk_self.quiet || (error != EBADF && !again))
		return;
	struct slot *slot = slot_of(fd);
	lk_stack_id stack = lk_unwind(frame);

	if (!slot)
		return;
	if (error == EBADF && again) {
		lk_misuse_put(&(struct lk_misuse_row){ .kind = LK_MISUSE_CLOSED_TWICE, .fd = fd,
						       .stack = stack, .closed = slot->closed,
						       .opened = slot->stack });
	} else if (error == EBADF) {
		slot->is_closed = false; /* it was not open: nothing is known of it */
		lk_misuse_sweeps(stack);
	} else {
		slot->closed = stack; /* somebody unseen had opened it */
	}
}

/* Whoever closes a whole range does not mean each of its numbers. */
void lk_descriptor_closing_range(unsigned first, unsigned last, const void *frame)
{
	/* It may name a million numbers that were never open. */
	for (unsigned fd = first; fd <= (unsigned)highest && fd <= last; fd++) {
		const struct word *word = word_at(fd / BITS);

		if (!word || !((word->marked | word->changed) & bit_of((int)fd)))
			continue;
		lk_descriptor_exempt((int)fd);
		lk_descriptor_closing((int)fd, frame);
	}
}

void lk_descriptor_exempt(int fd)
{
	struct slot *slot = slot_of(fd);

	if (slot)
		slot->exempt = 1;
}

/* The numbers of WORD that were open at the mark, or opened or closed since. */
static uint64_t likely(unsigned word)
{
	const struct word *bits = word <= (unsigned)highest / BITS ? word_at(word) : NULL;

	return bits ? bits->marked | bits->changed : 0;
}

static void note(void *context, unsigned at, uint64_t open)
{
	struct word *word = at < WORDS ? word_at(at) : count_lost();

	(void)context;
	if (!word || !open)
		return;
	unsigned last = at * BITS + BITS - 1 - (unsigned)__builtin_clzll(open);
	word->noted |= open;
	if ((int)last > highest)
		highest = (int)last;
}

/* Asks the kernel and calls VISIT, which calls note. */
static bool ask(lk_open_numbers_visit *visit, void *context)
{
	for (unsigned at = 0; at <= (unsigned)highest / BITS; at++) {
		struct word *word = word_at(at);

		if (word)
			word->noted = 0;
	}
	return lk_open_numbers_each(highest, likely, visit, context);
}

void lk_descriptor_rest(void)
{
	is_at_rest = true;
}

void lk_descriptor_disturbed(void)
{
	is_at_rest = false;
}

bool lk_descriptor_baseline(void)
{
	bool known = is_at_rest || ask(note, NULL);

	is_at_rest = false;
	for (unsigned at = 0; at <= (unsigned)highest / BITS; at++) {
		struct word *word = word_at(at);

		if (word)
			*word = (struct word){ .marked = word->noted, .noted = word->noted };
	}
	marked_in = known ? lk_tracker.epoch : LK_EPOCH_OLD;
	if (overwritten_used)
		overwritten_used = 0;
	lk_misuse_reset();
	return known;
}

struct look {
	void (*visit)(void *context, const struct lk_descriptor_change *change);
	void *context;
};

/* Is what SLOT's number leads to the file that it led to at the mark? */
static bool is_same_file(const struct slot *slot, int fd)
{
	struct stat status;

	return slot->identified_in == lk_tracker.epoch && fstat(fd, &status) == 0 &&
	       status.st_dev == slot->device && status.st_ino == slot->inode;
}

/* Is what is open now what a wrapper saw opened since the mark? */
static bool is_opened_seen(const struct slot *slot)
{
	return slot->opened_in == lk_tracker.epoch && !slot->is_closed;
}

/* The number was open at the mark, and a wrapper saw it closed or taken over since.
 * Given out again by the kernel it is a new descriptor, whatever it leads to - but
 * for a copy that puts back what was there, for a standard stream that was redirected
 * and comes back, and for what nobody saw opened and leads where it did. */
static bool is_opened_anew(const struct slot *slot, int fd)
{
	bool is_seen = is_opened_seen(slot) && slot->stack != LK_STACK_NONE;

	if (is_seen && slot->how == LK_DESCRIPTOR_CHOSEN)
		return false;
	return !((!is_seen || fd <= STDERR_FILENO || slot->how == LK_DESCRIPTOR_COPIED) &&
		 is_same_file(slot, fd));
}

/* FD is open, and not as it was at the mark. */
static void visit_new(const struct look *look, int fd, const struct word *word)
{
	struct lk_descriptor_change change = { .fd = fd };
	struct slot *slot = slot_of(fd);

	if (!slot || slot->exempt)
		return;
	change.stack = is_opened_seen(slot) ? slot->stack : LK_STACK_NONE;
	change.held = slot->held;
	change.holder = slot->holder;
	change.was_open = marked_in == lk_tracker.epoch && (word->marked & bit_of(fd));
	change.replaced = change.was_open && !is_opened_anew(slot, fd);
	look->visit(look->context, &change);
}

static void compare(void *context, unsigned at, uint64_t open)
{
	struct word *word = at < WORDS ? word_at(at) : NULL;

	note(NULL, at, open);
	if (!word)
		return;
	if (marked_in == lk_tracker.epoch)
		open &= ~(word->marked & ~word->changed);
	for (; open; open &= open - 1)
		visit_new(context, (int)(at * BITS) + __builtin_ctzll(open), word);
}

bool lk_descriptor_each_new(void (*visit)(void *context, const struct lk_descriptor_change *change),
			    void *context)
{
	return ask(compare, &(struct look){ visit, context });
}

struct look_at_all {
	void (*visit)(void *context, int fd);
	void *context;
};

static void visit_all(void *context, unsigned at, uint64_t open)
{
	const struct look_at_all *look = context;

	for (; open; open &= open - 1)
		look->visit(look->context, (int)(at * BITS) + __builtin_ctzll(open));
}

bool lk_descriptor_each_open(void (*visit)(void *context, int fd), void *context)
{
	return lk_open_numbers_each(highest, likely, visit_all,
				    &(struct look_at_all){ visit, context });
}

bool lk_descriptor_is_put_back(int fd)
{
	const struct slot *slot = slot_of(fd);

	return slot && is_same_file(slot, fd);
}

void lk_descriptor_each_overwritten(void (*visit)(void *context, lk_stack_id stack,
						  uint32_t count),
				    void *context)
{
	for (unsigned i = 0; i < overwritten_used && i < OVERWRITTEN_MAX; i++)
		visit(context, overwritten[i].stack, overwritten[i].count);
}

lk_stack_id lk_descriptor_origin(int fd)
{
	const struct slot *slot = fd >= 0 && fd < SLOTS ? slot_of(fd) : NULL;

	return slot ? slot->stack : LK_STACK_NONE;
}

void lk_descriptor_age(void)
{
	marked_in = LK_EPOCH_OLD;
	for (int fd = 0; fd <= highest; fd++) {
		struct slot *slot = slot_of(fd);

		if (slot)
			slot->opened_in = slot->identified_in = LK_EPOCH_OLD;
	}
}

uint64_t lk_descriptor_lost(void)
{
	return __atomic_load_n(&lost, __ATOMIC_RELAXED);
}

uint64_t lk_descriptor_openings(void)
{
	return __atomic_load_n(&openings, __ATOMIC_RELAXED);
}
