/* SPDX-License-Identifier: MIT */
/* Stands in for libleakcheck.so in the tests of the leakcheck program: the first
 * process of a run that loads it adds the numbers of LEAKCHECK_FAKE,
 * `name=number:name=number...`, to the record; `notice=TEXT` is a notice, and
 * `absent` does as if the library had not been loaded. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "model/run.h"

static void add_number(struct lk_run *run, const char *name, unsigned long number)
{
#define TAKE(field)                    \
	if (strcmp(name, #field) == 0) \
		run->field += number
	TAKE(runners);
	TAKE(misuses);
	TAKE(tests_checked);
	TAKE(tests_leaked);
	TAKE(tests_unsure);
	TAKE(sites);
	TAKE(allocations);
	TAKE(descriptors);
	TAKE(threads);
	TAKE(events_lost);
	TAKE(notices[0].tests);
#undef TAKE
#define TAKE_REASON(reason, text)       \
	if (strcmp(name, #reason) == 0) \
		run->not_checked[LK_NOT_CHECKED_##reason] += number;
	LK_NOT_CHECKED_LIST(TAKE_REASON)
#undef TAKE_REASON
}

static void add_all(struct lk_run *run, char *list)
{
	for (char *word = strtok(list, ":"); word; word = strtok(NULL, ":")) {
		char *value = strchr(word, '=');

		*value++ = '\0';
		if (strcmp(word, "notice") == 0) {
			/* As long as it may be, and then without an end. */
			memcpy(run->notices[0].text, value,
			       strnlen(value, sizeof run->notices[0].text));
			run->notices[0].taken = 2;
		} else {
			add_number(run, word, strtoul(value, NULL, 10));
		}
	}
}

__attribute__((constructor)) static void boot(void)
{
	const char *name = getenv(LK_RUN_VARIABLE), *numbers = getenv("LEAKCHECK_FAKE");
	int fd = name ? open(name, O_RDWR | O_CLOEXEC) : -1;
	struct lk_run *run = MAP_FAILED;

	if (fd >= 0)
		run = mmap(NULL, sizeof *run, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (run == MAP_FAILED || run->magic != LK_RUN_MAGIC)
		abort();
	if (numbers && strcmp(numbers, "absent") == 0)
		return;
	if (__atomic_fetch_add(&run->processes, 1, __ATOMIC_RELAXED) == 0 && numbers)
		add_all(run, strdup(numbers));
	munmap(run, sizeof *run);
}
