/* SPDX-License-Identifier: MIT */
#include "probe/code_map.h"

#include <dlfcn.h>
#include <link.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/proc.h"
#include "base/light.h"

/* glibc 2.35 and later tell without a lock. */
#if defined DLFO_STRUCT_HAS_EH_DBASE && !defined LK_WITHOUT_DL_FIND_OBJECT
#define LK_HAVE_DL_FIND_OBJECT
#endif

enum { MODULES_MAX = 512, NAME_BYTES = 1024, SAMPLE_BYTES = 2048 };

/* A module that was looked up.  FREE -> FILLING -> USED, and back to FREE when
 * it is gone; only USED rows are read. */
enum { FREE, FILLING, USED };
static struct module {
	uint32_t state;
	uint32_t generation;
	uintptr_t start, end;
	uint64_t identity;
} modules[MODULES_MAX];
static uint32_t modules_used;

LK_HOT uint32_t lk_code_generation = 1;
static uint32_t forgetting; /* calls of lk_code_forget under way */

/* What the loader says of the module around an address. */
struct found {
	uintptr_t start, end;
	const uint8_t *eh_frame_hdr;
	const char *name; /* of the file; goes with the module */
};

#define HASH_PRIME UINT64_C(0x100000001b3)

#ifdef LK_HAVE_DL_FIND_OBJECT

static bool ask_loader(uintptr_t pc, struct found *ret)
{
	struct dl_find_object object;

	if (_dl_find_object((void *)pc, &object) != 0)
		return false;
	*ret = (struct found){
		.start = (uintptr_t)object.dlfo_map_start,
		.end = (uintptr_t)object.dlfo_map_end,
		.eh_frame_hdr = object.dlfo_eh_frame,
		.name = object.dlfo_link_map ? object.dlfo_link_map->l_name : NULL,
	};
	return true;
}

static void refresh(void)
{
}

#else

/* A list of the loaded modules, made at each lk_code_forget() and never changed
 * or freed afterwards, because a walk may be reading it.  Stacks that are walked
 * before the first one are cut. */
enum { LISTED_MAX = 1024 };
static struct list {
	unsigned count;
	struct found modules[LISTED_MAX];
} *list;

static int add_module(struct dl_phdr_info *info, size_t size, void *context)
{
	struct list *fresh = context;
	struct found module = { .start = UINTPTR_MAX, .name = info->dlpi_name };

	(void)size;
	for (unsigned i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *header = &info->dlpi_phdr[i];
		uintptr_t start = info->dlpi_addr + header->p_vaddr;

		if (header->p_type == PT_GNU_EH_FRAME)
			module.eh_frame_hdr = (const uint8_t *)start;
		if (header->p_type != PT_LOAD)
			continue;
		if (start < module.start)
			module.start = start;
		if (start + header->p_memsz > module.end)
			module.end = start + header->p_memsz;
	}
	if (fresh->count < LISTED_MAX)
		fresh->modules[fresh->count++] = module;
	return 0;
}

static void refresh(void)
{
	struct list *fresh = lk_pages_map(sizeof *fresh);

	if (!fresh)
		return;
	dl_iterate_phdr(add_module, fresh);
	__atomic_store_n(&list, fresh, __ATOMIC_RELEASE);
}

static bool ask_loader(uintptr_t pc, struct found *ret)
{
	const struct list *now = __atomic_load_n(&list, __ATOMIC_ACQUIRE);

	for (unsigned i = 0; now && i < now->count; i++)
		if (pc >= now->modules[i].start && pc < now->modules[i].end) {
			*ret = now->modules[i];
			return true;
		}
	return false;
}

#endif

/* Adds at most SIZE bytes at ADDRESS, up to a zero byte if it is TEXT.  Another
 * thread may unmap the module meanwhile: the kernel reads, and what is gone is
 * simply not there. */
static uint64_t hash_memory(uint64_t hash, uintptr_t address, size_t size, bool is_text)
{
	uint8_t bytes[256];

	while (size > 0) {
		/* Within a page: what follows it may not be there. */
		size_t piece = sizeof bytes - address % sizeof bytes;

		if (piece > size)
			piece = size;
		if (!lk_proc_memory((const void *)address, bytes, piece))
			break;
		for (size_t i = 0; i < piece; i++) {
			if (is_text && bytes[i] == 0)
				return hash;
			hash = (hash * HASH_PRIME) ^ bytes[i];
		}
		address += piece;
		size -= piece;
	}
	return hash;
}

/* Tells a module from another one that was mapped at the same address: by
 * place, file name and the head of the table of its functions. */
static uint64_t identity_of(const struct found *found)
{
	uint64_t hash = (found->start * HASH_PRIME) ^ found->end;
	uintptr_t table = (uintptr_t)found->eh_frame_hdr, left = found->end - table;

	if (found->name)
		hash = hash_memory(hash, (uintptr_t)found->name, NAME_BYTES, true);
	if (table)
		hash = hash_memory(hash, table, left < SAMPLE_BYTES ? left : SAMPLE_BYTES, false);
	return hash;
}

uint32_t lk_code_generation_now(void)
{
	uint32_t now = __atomic_load_n(&lk_code_generation, __ATOMIC_RELAXED);

	return now < LK_GENERATION_MAX ? now : LK_GENERATION_MAX;
}

static LK_COLD uint32_t remember(const struct found *found)
{
	uint32_t generation = lk_code_generation_now();

	for (uint32_t i = 0; i < MODULES_MAX; i++) {
		struct module *module = &modules[i];
		uint32_t state = FREE;

		if (!__atomic_compare_exchange_n(&module->state, &state, FILLING, false,
						 __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			continue;
		module->generation = generation;
		module->start = found->start;
		module->end = found->end;
		module->identity = identity_of(found);
		__atomic_store_n(&module->state, USED, __ATOMIC_RELEASE);
		uint32_t used = __atomic_load_n(&modules_used, __ATOMIC_RELAXED);
		while (used <= i &&
		       !__atomic_compare_exchange_n(&modules_used, &used, i + 1, false,
						    __ATOMIC_RELEASE, __ATOMIC_RELAXED))
			;
		break;
	}
	/* Without a free row the module is told apart from others all the same:
	 * only its stacks get a new id after each generation. */
	return generation;
}

bool lk_code_find(uintptr_t pc, struct lk_code *ret)
{
	struct found found;
	uint32_t used = __atomic_load_n(&modules_used, __ATOMIC_ACQUIRE);

	if (!ask_loader(pc, &found))
		return false;
	*ret = (struct lk_code){
		.start = found.start,
		.end = found.end,
		.eh_frame_hdr = found.eh_frame_hdr,
	};
	for (uint32_t i = 0; i < used; i++) {
		const struct module *module = &modules[i];

		if (__atomic_load_n(&module->state, __ATOMIC_ACQUIRE) == USED &&
		    module->start == found.start && module->end == found.end)
			ret->generation = module->generation;
		if (ret->generation)
			return true;
	}
	ret->generation = remember(&found);
	return true;
}

uint32_t lk_code_begin(void)
{
	return __atomic_load_n(&lk_code_generation, __ATOMIC_ACQUIRE);
}

bool lk_code_is_still(uint32_t generation)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return __atomic_load_n(&forgetting, __ATOMIC_RELAXED) == 0 &&
	       __atomic_load_n(&lk_code_generation, __ATOMIC_RELAXED) == generation;
}

static void drop_gone(void (*gone)(uintptr_t start, uintptr_t end))
{
	uint32_t used = __atomic_load_n(&modules_used, __ATOMIC_ACQUIRE);

	for (uint32_t i = 0; i < used; i++) {
		struct module *module = &modules[i];
		struct found found;

		if (__atomic_load_n(&module->state, __ATOMIC_ACQUIRE) != USED)
			continue;
		if (ask_loader(module->start, &found) && identity_of(&found) == module->identity)
			continue;
		gone(module->start, module->end);
		__atomic_store_n(&module->state, FREE, __ATOMIC_RELEASE);
	}
}

void lk_code_forget(void (*gone)(uintptr_t start, uintptr_t end))
{
	__atomic_fetch_add(&forgetting, 1, __ATOMIC_SEQ_CST);
	refresh();
	__atomic_fetch_add(&lk_code_generation, 1, __ATOMIC_SEQ_CST);
	drop_gone(gone);
	/* Once more: a walk since the first time may have used what was gone. */
	__atomic_fetch_add(&lk_code_generation, 1, __ATOMIC_SEQ_CST);
	__atomic_fetch_sub(&forgetting, 1, __ATOMIC_SEQ_CST);
}
