/* SPDX-License-Identifier: MIT */
#include "probe/roots.h"

#include <link.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fmt.h"
#include "base/proc.h"
#include "model/module.h"
#include "probe/copied.h"
#include "probe/thread.h"
#include "probe/tracker.h"
#include "probe/window_stack.h"
#include "base/light.h"

enum { PAGE = 4096 };

static void add_area(struct lk_roots *roots, struct lk_root_area area)
{
	if (roots->areas_count == LK_ROOT_AREAS_MAX)
		roots->is_short = true;
	else if (area.start < area.end)
		roots->areas[roots->areas_count++] = area;
}

/* What lk_module_is_libc wants to know of a module. */
static void name_module(struct lk_module *module, const struct dl_phdr_info *info, bool is_first)
{
	memset(module, 0, offsetof(struct lk_module, path) + 1);
	module->is_program = is_first;
	strncpy(module->path, info->dlpi_name, sizeof module->path - 1);
	module->path[sizeof module->path - 1] = '\0';
}

struct collecting {
	struct lk_roots *roots;
	bool is_first;
	struct lk_module module;
};

static void add_segment(struct lk_roots *roots, const ElfW(Phdr) * header, uintptr_t base,
			struct lk_root_area area)
{
	area.start = base + header->p_vaddr;
	area.end = area.start + header->p_memsz;
	if (header->p_flags & PF_W) {
		/* ld.so's first allocations lie in the rest of its last page. */
		area.end = (area.end + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
		add_area(roots, area);
	}
}

static void note_loader(struct lk_roots *roots, const ElfW(Phdr) * header, uintptr_t base)
{
	uintptr_t start = base + header->p_vaddr;

	if (roots->loader_end == 0 || start < roots->loader_start)
		roots->loader_start = start;
	if (start + header->p_memsz > roots->loader_end)
		roots->loader_end = start + header->p_memsz;
}

static int add_module(struct dl_phdr_info *info, size_t size, void *context)
{
	struct collecting *collecting = context;
	struct lk_roots *roots = collecting->roots;
	struct lk_module *module = &collecting->module;

	(void)size;
	name_module(module, info, collecting->is_first);
	struct lk_root_area area = { .is_libc = lk_module_is_libc(module) };
	bool is_loader = area.is_libc && strncmp(lk_module_name(module), "ld-", 3) == 0;
	for (unsigned i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *header = &info->dlpi_phdr[i];
		uintptr_t start = info->dlpi_addr + header->p_vaddr;

		if (header->p_type == PT_LOAD)
			area.is_ours |= start <= lk_tracker.ours_start &&
					lk_tracker.ours_start < start + header->p_memsz;
	}
	for (unsigned i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *header = &info->dlpi_phdr[i];

		if (header->p_type == PT_LOAD && is_loader)
			note_loader(roots, header, info->dlpi_addr);
		if (header->p_type == PT_LOAD)
			add_segment(roots, header, info->dlpi_addr, area);
		if (header->p_type == PT_TLS && info->dlpi_tls_data)
			add_area(roots, (struct lk_root_area){ (uintptr_t)info->dlpi_tls_data,
							       (uintptr_t)info->dlpi_tls_data +
								       header->p_memsz,
							       info->dlpi_addr, area.is_libc,
							       area.is_ours, true });
	}
	if (collecting->is_first)
		lk_copied_find(info, roots);
	collecting->is_first = false;
	return 0;
}

static uintptr_t read_number(const char **text)
{
	uintptr_t number = 0;
	bool is_hexadecimal = strncmp(*text, "0x", 2) == 0;

	for (*text += is_hexadecimal ? 2 : 0; **text && **text != ' ' && **text != '\n'; ++*text) {
		unsigned digit = (unsigned char)**text;

		digit = digit >= 'a' ? digit - 'a' + 10 : digit - '0';
		number = number * (is_hexadecimal ? 16 : 10) + digit;
	}
	while (**text == ' ')
		++*text;
	return number;
}

/* "running", "-1 SP PC", or "NUMBER six arguments SP PC". */
static bool read_thread(struct lk_root_thread *thread)
{
	char path[64], line[256];
	const char *at = line;
	struct lk_text text;

	lk_text_init(&text, path, sizeof path);
	lk_text_format(&text, "/proc/self/task/%d/syscall", thread->tid);
	if (lk_proc_read(path, line, sizeof line) == 0 || line[0] == 'r')
		return false;
	bool is_in_call = line[0] != '-';
	read_number(&at);
	for (size_t i = 0; is_in_call && i < 6; i++)
		thread->arguments[i] = read_number(&at);
	thread->sp = read_number(&at);
	return true;
}

static void add_thread(void *context, int tid)
{
	enum { TRIES = 5, NAP_NS = 200000 };
	struct lk_roots *roots = context;

	if (tid == (int)syscall(SYS_gettid))
		return;
	if (roots->threads_count == LK_ROOT_THREADS_MAX) {
		roots->is_short = true;
		return;
	}
	struct lk_root_thread *thread = &roots->threads[roots->threads_count++];
	*thread = (struct lk_root_thread){ .tid = tid };
	const struct lk_thread *row = lk_thread_find(tid);
	thread->is_young = !roots->is_whole &&
			   (row ? row->epoch == lk_tracker.epoch : tid != (int)syscall(SYS_getpid));
	thread->handle = row ? (uintptr_t)row->handle : 0;
	for (int i = 0; i < TRIES && !read_thread(thread); i++)
		syscall(SYS_nanosleep, &(struct timespec){ 0, NAP_NS }, NULL);
}

struct lk_roots *lk_roots_collect(bool is_whole)
{
	struct lk_roots *roots = lk_pages_map(sizeof *roots);
	struct collecting collecting = { .roots = roots, .is_first = true };

	if (!roots)
		return NULL;
	roots->is_whole = is_whole;
	dl_iterate_phdr(add_module, &collecting);
	add_area(roots, (struct lk_root_area){ .start = lk_tracker.early_start,
					       .end = lk_tracker.early_end,
					       .is_libc = true });
	lk_proc_each("/proc/self/task", add_thread, roots);
	(is_whole ? lk_window_stack_all : lk_window_stack_part)(&roots->stack_start,
								&roots->stack_end);
	return roots;
}

void lk_roots_release(struct lk_roots *roots)
{
	lk_pages_unmap(roots, sizeof *roots);
}
