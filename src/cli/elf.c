/* SPDX-License-Identifier: MIT */
#include "cli/elf.h"

#include <elf.h>
#include <link.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/attributes.h"

#if __ELF_NATIVE_CLASS == 64
enum { NATIVE_CLASS = ELFCLASS64 };
#define SYMBOL_BINDING ELF64_ST_BIND
#else
enum { NATIVE_CLASS = ELFCLASS32 };
#define SYMBOL_BINDING ELF32_ST_BIND
#endif

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
enum { NATIVE_DATA = ELFDATA2LSB };
#else
enum { NATIVE_DATA = ELFDATA2MSB };
#endif

static const struct lk_sanitizer address = { "AddressSanitizer", "address" };
static const struct lk_sanitizer hwaddress = { "HWAddressSanitizer", "hwaddress" };
static const struct lk_sanitizer thread = { "ThreadSanitizer", "thread" };
static const struct lk_sanitizer memory = { "MemorySanitizer", "memory" };
static const struct lk_sanitizer leak = { "LeakSanitizer", "leak" };
static const struct lk_sanitizer some = { "a sanitizer", "..." };

/* Ways to tell a sanitizer, the surest first: AddressSanitizer brings
 * LeakSanitizer's names along.  A library is named without its version; clang
 * has libclang_rt.asan-<machine>.so.  gcc's static runtimes export no name that
 * tells them, but they ask (weakly) for what a program may bring; so does
 * clang's UndefinedBehaviorSanitizer, which leaves malloc alone. */
static const struct sign {
	const char *library, *symbol;
	bool with_malloc; /* counts, also when weak, where malloc is defined too */
	const struct lk_sanitizer *sanitizer;
} signs[] = {
	{ "libasan.so", "__asan_init", false, &address },
	{ "libclang_rt.asan", NULL, false, &address },
	{ "libhwasan.so", "__hwasan_init", false, &hwaddress },
	{ "libclang_rt.hwasan", NULL, false, &hwaddress },
	{ "libtsan.so", "__tsan_init", false, &thread },
	{ "libclang_rt.tsan", NULL, false, &thread },
	{ NULL, "__msan_init", false, &memory },
	{ "liblsan.so", "__lsan_init", false, &leak },
	{ NULL, "__lsan_do_leak_check", false, &leak },
	{ NULL, "__sanitizer_malloc_hook", true, &some },
	{ NULL, "__sanitizer_print_memory_profile", true, &some },
};

/* What was found. */
struct signs_seen {
	const struct sign *best, *best_with_malloc; /* NULL: none */
	bool defines_malloc;
};

/* The file in memory. */
struct image {
	const unsigned char *bytes;
	uint64_t size;
};

/* A part of the image that lies inside of it. */
struct part {
	uint64_t offset, size;
};

/* Copies the record NUMBER of PART to RET; false when it is not in the part. */
static bool get(const struct image *image, struct part part, uint64_t number, void *ret,
		size_t size)
{
	if (number >= part.size / size)
		return false;
	memcpy(ret, image->bytes + part.offset + number * size, size);
	return true;
}

static bool cut_part(const struct image *image, uint64_t offset, uint64_t size, struct part *ret)
{
	*ret = (struct part){ offset, size };
	return offset <= image->size && size <= image->size - offset;
}

/* The zero-terminated string at OFFSET of the string table, or NULL. */
static const char *get_string(const struct image *image, struct part strings, uint64_t offset)
{
	if (offset >= strings.size)
		return NULL;

	const char *string = (const char *)image->bytes + strings.offset + offset;
	return memchr(string, '\0', strings.size - offset) ? string : NULL;
}

static void note_sign(struct signs_seen *seen, const struct sign *sign)
{
	const struct sign **best = sign->with_malloc ? &seen->best_with_malloc : &seen->best;

	if (!*best || sign < *best)
		*best = sign;
}

static void scan_needed(const struct image *image, struct part rows, struct part strings,
			struct signs_seen *seen)
{
	ElfW(Dyn) row;

	for (uint64_t i = 0; get(image, rows, i, &row, sizeof row) && row.d_tag != DT_NULL; i++) {
		const char *name =
			row.d_tag == DT_NEEDED ? get_string(image, strings, row.d_un.d_val) : NULL;

		for (size_t s = 0; name && s < LK_COUNT(signs); s++)
			if (signs[s].library &&
			    strncmp(name, signs[s].library, strlen(signs[s].library)) == 0)
				note_sign(seen, &signs[s]);
	}
}

static void scan_symbols(const struct image *image, struct part rows, struct part strings,
			 struct signs_seen *seen)
{
	ElfW(Sym) row;

	for (uint64_t i = 0; get(image, rows, i, &row, sizeof row); i++) {
		const char *name = get_string(image, strings, row.st_name);
		bool defined = row.st_shndx != SHN_UNDEF;
		/* A program may ask weakly whether a sanitizer is there. */
		bool asks = !defined && SYMBOL_BINDING(row.st_info) == STB_WEAK;

		if (!name)
			continue;
		seen->defines_malloc |= defined && strcmp(name, "malloc") == 0;
		for (size_t s = 0; s < LK_COUNT(signs); s++)
			if (signs[s].symbol && (!asks || signs[s].with_malloc) &&
			    strcmp(name, signs[s].symbol) == 0)
				note_sign(seen, &signs[s]);
	}
}

/* Looks for sanitizers in the dynamic sections.  A file without section headers
 * runs as well; then there is nothing to look at. */
static bool find_sanitizer(const struct image *image, const ElfW(Ehdr) * header,
			   const struct lk_sanitizer **ret)
{
	struct signs_seen seen = { 0 };
	struct part table, rows, strings;
	ElfW(Shdr) section, linked;

	if (header->e_shoff == 0)
		return true;
	if (header->e_shentsize != sizeof section ||
	    !cut_part(image, header->e_shoff, (uint64_t)header->e_shnum * sizeof section, &table))
		return false;
	for (uint64_t i = 0; get(image, table, i, &section, sizeof section); i++) {
		if (section.sh_type != SHT_DYNAMIC && section.sh_type != SHT_DYNSYM)
			continue;
		if (!get(image, table, section.sh_link, &linked, sizeof linked) ||
		    !cut_part(image, section.sh_offset, section.sh_size, &rows) ||
		    !cut_part(image, linked.sh_offset, linked.sh_size, &strings))
			return false;
		if (section.sh_type == SHT_DYNAMIC)
			scan_needed(image, rows, strings, &seen);
		else
			scan_symbols(image, rows, strings, &seen);
	}
	if (!seen.best && seen.defines_malloc)
		seen.best = seen.best_with_malloc;
	*ret = seen.best ? seen.best->sanitizer : NULL;
	return true;
}

static bool find_interpreter(const struct image *image, const ElfW(Ehdr) * header, char *ret)
{
	struct part table, name;
	ElfW(Phdr) segment;

	if (header->e_phnum == 0)
		return true;
	if (header->e_phentsize != sizeof segment ||
	    !cut_part(image, header->e_phoff, (uint64_t)header->e_phnum * sizeof segment, &table))
		return false;
	for (uint64_t i = 0; get(image, table, i, &segment, sizeof segment); i++) {
		if (segment.p_type != PT_INTERP)
			continue;
		if (!cut_part(image, segment.p_offset, segment.p_filesz, &name) ||
		    name.size > PATH_MAX)
			return false;

		const char *path = get_string(image, name, 0);
		if (!path)
			return false;
		memcpy(ret, path, strlen(path) + 1);
		return true;
	}
	return true;
}

static enum lk_elf_result read_image(const struct image *image, struct lk_elf *ret)
{
	/* The part of the header that is the same for every word size. */
	struct {
		unsigned char ident[EI_NIDENT];
		uint16_t type, machine;
	} start;
	ElfW(Ehdr) header;
	struct part all = { 0, image->size };

	if (image->size < SELFMAG || memcmp(image->bytes, ELFMAG, SELFMAG) != 0)
		return LK_ELF_OTHER;
	if (!get(image, all, 0, &start, sizeof start))
		return LK_ELF_DAMAGED;
	*ret = (struct lk_elf){
		.class = start.ident[EI_CLASS],
		.data = start.ident[EI_DATA],
		.type = start.type,
		.machine = start.machine,
	};
	if (ret->class != NATIVE_CLASS || ret->data != NATIVE_DATA)
		return LK_ELF_READ;
	if (!get(image, all, 0, &header, sizeof header) ||
	    !find_interpreter(image, &header, ret->interpreter) ||
	    !find_sanitizer(image, &header, &ret->sanitizer))
		return LK_ELF_DAMAGED;
	return LK_ELF_READ;
}

enum lk_elf_result lk_elf_read(int fd, struct lk_elf *ret)
{
	struct stat status;

	if (fstat(fd, &status) != 0)
		return LK_ELF_DAMAGED;
	if (status.st_size == 0)
		return LK_ELF_OTHER;

	size_t size = (size_t)status.st_size;
	void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return LK_ELF_DAMAGED;

	enum lk_elf_result result = read_image(&(struct image){ bytes, size }, ret);
	munmap(bytes, size);
	return result;
}
