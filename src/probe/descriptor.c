/* SPDX-License-Identifier: MIT */
#include "probe/descriptor.h"

#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>
#include <errno.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/self.h"
#include "probe/open_numbers.h"
#include "probe/tracker.h"
#include "probe/unwind.h"
#include "base/light.h"

/* Linux lets nr_open grow beyond this, but nothing opens so many in a test. */
enum { SLOTS = 1 << 20 };

struct slot {
	uint32_t generation; /* grows with every opening and closing */
	lk_stack_id stack;
	uint8_t how;
	uint8_t exempt;
	uint8_t held;	    /* enum lk_held */
	const void *holder; /* the FILE or DIR it belongs to */
	uint32_t opened_in; /* epoch */
	/* As it was at the last mark that found it open. */
	uint32_t marked_in; /* epoch of that mark */
	uint32_t marked_generation;
	/* What it led to then; asked for when it is closed, so that a mark is cheap. */
	uint32_t identified_in; /* epoch */
	dev_t device;
	ino_t inode;
};

static LK_HOT struct slot *slots; /* SLOTS of them, reserved on first use */
static LK_HOT uint64_t openings, lost;
static LK_HOT int highest; /* number ever seen open */

static struct slot *slot_of(int fd)
{
	struct slot *known = __atomic_load_n(&slots, __ATOMIC_ACQUIRE), *none = NULL;

	if (fd < 0)
		return NULL;
	if (LK_UNLIKELY(fd >= SLOTS)) {
		__atomic_fetch_add(&lost, 1, __ATOMIC_RELAXED);
		return NULL;
	}
	if (fd > __atomic_load_n(&highest, __ATOMIC_RELAXED))
		__atomic_store_n(&highest, fd, __ATOMIC_RELAXED);
	if (LK_LIKELY(known != NULL))
		return &known[fd];
	known = lk_pages_map(SLOTS * sizeof *known);
	if (!known) {
		__atomic_fetch_add(&lost, 1, __ATOMIC_RELAXED);
		return NULL;
	}
	if (!__atomic_compare_exchange_n(&slots, &none, known, false, __ATOMIC_ACQ_REL,
					 __ATOMIC_ACQUIRE)) {
		lk_pages_unmap(known, SLOTS * sizeof *known);
		known = none;
	}
	return &known[fd];
}

void lk_descriptor_opened(int fd, enum lk_descriptor_number how, const void *frame)
{
	if (fd < 0 || !lk_tracker.descriptors || lk_self.in_vfork_child)
		return;
	struct slot *slot = slot_of(fd);
	if (!slot)
		return;
	slot->stack = lk_self.quiet ? LK_STACK_NONE : lk_unwind(frame);
	slot->how = (uint8_t)how;
	/* What is put over the number of a stream belongs to the stream. */
	if (how != LK_DESCRIPTOR_CHOSEN)
		slot->held = LK_HELD_NONE;
	slot->exempt = lk_self.quiet || lk_self.ignoring;
	slot->opened_in = lk_tracker.epoch;
	slot->generation++;
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

static void identify(struct slot *slot, int fd)
{
	int saved = errno;
	struct stat status;

	if (fstat(fd, &status) == 0) {
		slot->device = status.st_dev;
		slot->inode = status.st_ino;
		slot->identified_in = lk_tracker.epoch;
	}
	errno = saved;
}

void lk_descriptor_closing(int fd)
{
	if (!lk_tracker.descriptors || lk_self.in_vfork_child)
		return;
	struct slot *slot = slot_of(fd);
	if (!slot)
		return;
	if (slot->marked_in == lk_tracker.epoch && slot->generation == slot->marked_generation)
		identify(slot, fd);
	slot->stack = LK_STACK_NONE;
	slot->exempt = 0;
	slot->held = LK_HELD_NONE;
	slot->generation++;
}

void lk_descriptor_closing_range(unsigned first, unsigned last)
{
	struct slot *known = __atomic_load_n(&slots, __ATOMIC_ACQUIRE);

	/* A range may name a million numbers that were never open. */
	for (unsigned fd = first; known && fd <= (unsigned)highest && fd <= last; fd++)
		if (known[fd].generation || known[fd].marked_in)
			lk_descriptor_closing((int)fd);
}

void lk_descriptor_exempt(int fd)
{
	struct slot *slot = slot_of(fd);

	if (slot)
		slot->exempt = 1;
}

static void note(void *context, int fd)
{
	struct slot *slot = slot_of(fd);

	(void)context;
	if (!slot)
		return;
	slot->marked_in = lk_tracker.epoch;
	slot->marked_generation = slot->generation;
}

bool lk_descriptor_baseline(void)
{
	return slot_of(0) && lk_open_numbers_each(highest, note, NULL);
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

/* The number was open at the mark, and a wrapper saw it closed or taken over since.
 * Given out again by the kernel it is a new descriptor, whatever it leads to - but
 * for a copy that puts back what was there, for a standard stream that was redirected
 * and comes back, and for what nobody saw opened and leads where it did. */
static bool is_opened_anew(const struct slot *slot, int fd)
{
	bool is_seen = slot->opened_in == lk_tracker.epoch && slot->stack != LK_STACK_NONE;

	if (is_seen && slot->how == LK_DESCRIPTOR_CHOSEN)
		return false;
	return !((!is_seen || fd <= STDERR_FILENO || slot->how == LK_DESCRIPTOR_COPIED) &&
		 is_same_file(slot, fd));
}

static void compare(void *context, int fd)
{
	const struct look *look = context;
	struct slot *slot = slot_of(fd);
	struct lk_descriptor_change change = { .fd = fd };

	if (!slot || slot->exempt)
		return;
	change.stack = slot->opened_in == lk_tracker.epoch ? slot->stack : LK_STACK_NONE;
	change.held = slot->held;
	change.holder = slot->holder;
	if (slot->marked_in == lk_tracker.epoch) {
		if (slot->generation == slot->marked_generation)
			return;
		change.replaced = !is_opened_anew(slot, fd);
	}
	look->visit(look->context, &change);
}

bool lk_descriptor_each_new(void (*visit)(void *context, const struct lk_descriptor_change *change),
			    void *context)
{
	return slot_of(0) &&
	       lk_open_numbers_each(highest, compare, &(struct look){ visit, context });
}

void lk_descriptor_age(void)
{
	for (int fd = 0; slots && fd <= highest; fd++)
		slots[fd].opened_in = slots[fd].marked_in = slots[fd].identified_in = LK_EPOCH_OLD;
}

uint64_t lk_descriptor_lost(void)
{
	return __atomic_load_n(&lost, __ATOMIC_RELAXED);
}

uint64_t lk_descriptor_openings(void)
{
	return __atomic_load_n(&openings, __ATOMIC_RELAXED);
}
