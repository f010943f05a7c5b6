/* SPDX-License-Identifier: MIT */
#include "probe/tracker.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/fmt.h"
#include "base/self.h"
#include "probe/child.h"
#include "probe/counters.h"
#include "probe/descriptor.h"
#include "probe/handle.h"
#include "probe/heap.h"
#include "probe/libc_data.h"
#include "probe/memcheck.h"
#include "probe/moment.h"
#include "probe/rival.h"
#include "probe/sanitizer.h"
#include "probe/serial.h"
#include "probe/thread.h"
#include "probe/totals.h"
#include "probe/unwind.h"
#include "base/light.h"

/* Until boot everything is off and rows are old: what ld.so and early
 * constructors take belongs to no test. */
LK_HOT struct lk_tracker lk_tracker = { .epoch = LK_EPOCH_OLD };

static const char *heap_blind;

static const char *variable(char **environment, const char *name)
{
	size_t length = strlen(name);

	for (; environment && *environment; environment++)
		if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=')
			return *environment + length + 1;
	return NULL;
}

static struct lk_run *map_named_run(const char *path)
{
	if (!path || strlen(path) >= sizeof lk_tracker.run_path)
		return NULL;
	int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	/* The variable may outlive the run, and the number be another file's. */
	struct stat status;
	struct lk_run *run = MAP_FAILED;
	if (fstat(fd, &status) == 0 && status.st_size >= (off_t)sizeof *run)
		run = mmap(NULL, sizeof *run, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	syscall(SYS_close, fd);
	if (run == MAP_FAILED)
		return NULL;
	if (run->magic == LK_RUN_MAGIC) {
		memcpy(lk_tracker.run_path, path, strlen(path) + 1);
		return run;
	}
	munmap(run, sizeof *run);
	return NULL;
}

/* Not shared: the children's counts are missing. */
static LK_FAR struct lk_run last_resort;

void lk_tracker_renew_run(void)
{
	struct lk_run *run = lk_pages_map_shared(sizeof *run);

	if (!run)
		run = &last_resort;
	run->magic = LK_RUN_MAGIC;
	lk_tracker.run = run;
}

void *lk_tracker_share(size_t size)
{
	struct lk_run *run = lk_tracker.run;
	if (!run || run == &last_resort)
		return lk_pages_map_shared(size);
	size_t room = (size + 15) & ~(size_t)15;
	uint32_t used = __atomic_load_n(&run->room_used, __ATOMIC_RELAXED);
	while (room <= sizeof run->room - used)
		if (__atomic_compare_exchange_n(&run->room_used, &used,
						used + (uint32_t)room, false,
						__ATOMIC_RELAXED, __ATOMIC_RELAXED))
			return run->room + used;
	return lk_pages_map_shared(size);
}

static void boot_run(const char *path)
{
	lk_tracker.run = map_named_run(path);
	lk_tracker.run_is_named = lk_tracker.run != NULL;
	if (!lk_tracker.run)
		lk_tracker_renew_run();
	__atomic_fetch_add(&lk_tracker.run->processes, 1, __ATOMIC_RELAXED);
}

static void boot_serials(void)
{
	if (!lk_tracker.options.serials && lk_tracker.options.break_at == 0)
		return;
	if (!lk_tracker.heap || lk_tracker.sanitized)
		lk_say("allocations have no numbers here: they are not leakcheck's to watch");
	else if (!lk_serial_boot())
		lk_say("allocations have no numbers: memory is refused");
}

void lk_tracker_boot(char **environment)
{
	extern const char __ehdr_start[] __attribute__((visibility("hidden")));
	extern const char _end[] __attribute__((visibility("hidden")));
	const char *text = variable(environment, "LEAKCHECK_OPTIONS");
	char error[LK_OPTION_ERROR_MAX];

	lk_libc_data_boot();
	lk_tracker.ours_start = (uintptr_t)__ehdr_start;
	lk_tracker.ours_end = (uintptr_t)_end;
	lk_options_init(&lk_tracker.options);
	if (text && !lk_options_parse(&lk_tracker.options, text, error)) {
		lk_say("LEAKCHECK_OPTIONS: %s", error);
		_exit(2);
	}
	boot_run(variable(environment, LK_RUN_VARIABLE));
	lk_unwind_set_depth(lk_tracker.options.frames);
	lk_tracker.sanitized = lk_sanitizer_listen();
	bool has_allocator = lk_rival_allocator();
	lk_heap_init(lk_tracker.sanitized || has_allocator ? 8 : 32);
	lk_tracker.heap = true;
	heap_blind = lk_rival_of_heap();
	lk_tracker.memcheck = lk_tracker.options.heap && lk_memcheck_runs();
	if (lk_tracker.memcheck)
		heap_blind = NULL;
	lk_tracker.heap = lk_tracker.options.heap && !heap_blind && !lk_tracker.memcheck;
	if (lk_tracker.heap && has_allocator && !lk_tracker.sanitized)
		heap_blind = lk_rival_of_operators();
	boot_serials();
	if (lk_tracker.options.capture[0] || lk_tracker.options.every)
		lk_moment_boot();
	if (lk_tracker.options.totals || lk_limits_are_any(&lk_tracker.options.budget))
		lk_totals_request();
	lk_tracker.descriptors = lk_tracker.options.descriptors;
	lk_tracker.threads = lk_tracker.options.threads;
	lk_tracker.children = lk_tracker.options.children;
	lk_tracker.process = (pid_t)syscall(SYS_getpid);
}

void lk_tracker_mark(void)
{
	if (lk_tracker.epoch >= LK_EPOCH_LAST) {
		lk_heap_age();
		lk_counters_age();
		lk_descriptor_age();
		lk_thread_age();
		lk_child_age();
		lk_handle_age();
		lk_tracker.epoch = LK_EPOCH_FIRST - 1;
	}
	__atomic_store_n(&lk_tracker.epoch, lk_tracker.epoch + 1, __ATOMIC_RELEASE);
}

unsigned lk_tracker_notice(const char *sentence)
{
	struct lk_notice *notices = lk_tracker.run->notices;
	struct lk_text text;

	for (unsigned i = 0; i < LK_NOTICES_MAX; i++) {
		uint32_t free = 0;

		if (__atomic_compare_exchange_n(&notices[i].taken, &free, 1, false,
						__ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
			lk_text_init(&text, notices[i].text, sizeof notices[i].text);
			lk_text_add(&text, sentence);
			__atomic_store_n(&notices[i].taken, 2, __ATOMIC_RELEASE);
			return i;
		}
		if (strncmp(notices[i].text, sentence, sizeof notices[i].text - 1) == 0)
			return i;
	}
	return LK_NOTICES_MAX;
}

const char *lk_tracker_heap_blind(void)
{
	return lk_tracker.options.heap ? heap_blind : NULL;
}
