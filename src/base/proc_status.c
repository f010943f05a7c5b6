/* SPDX-License-Identifier: MIT */
#include "base/proc_status.h"

#include <string.h>

#include "base/fmt.h"
#include "base/proc.h"
#include "base/light.h"

static uint64_t take_number(const char **text)
{
	uint64_t number = 0;

	while (**text && (**text < '0' || **text > '9'))
		(*text)++;
	for (; **text >= '0' && **text <= '9'; (*text)++)
		number = number * 10 + (uint64_t)(**text - '0');
	return number;
}

pid_t lk_proc_next_number(const char **text)
{
	return (pid_t)take_number(text);
}

/* "pid (name) state ppid pgrp session tty tpgid flags ... starttime(22) ...": the
 * name may hold anything. */
bool lk_proc_status(pid_t pid, struct lk_proc_status *ret)
{
	enum { BEHIND_GROUP = 6, STARTED = 22 };
	char path[32], line[512];
	struct lk_text text;

	lk_text_init(&text, path, sizeof path);
	lk_text_format(&text, "/proc/%d/stat", pid);
	if (lk_proc_read(path, line, sizeof line) == 0)
		return false;
	const char *name = strchr(line, '('), *at = strrchr(line, ')');
	if (!name || !at || at < name || at[1] != ' ')
		return false;
	*ret = (struct lk_proc_status){ .pid = pid, .state = at[2] };
	size_t length = (size_t)(at - name) - 1;
	memcpy(ret->name, name + 1, length < sizeof ret->name ? length : sizeof ret->name - 1);
	ret->parent = (pid_t)take_number(&at);
	ret->group = (pid_t)take_number(&at);
	/* Field by field: some of those in between are negative. */
	at = strchr(at, ' ');
	for (int field = BEHIND_GROUP; at && field < STARTED; field++)
		at = strchr(at + 1, ' ');
	if (!at)
		return false;
	ret->started = take_number(&at);
	return true;
}

pid_t lk_proc_tracer(void)
{
	static const char label[] = "\nTracerPid:\t";
	char text[2048];
	const char *at = NULL;

	if (lk_proc_read("/proc/self/status", text, sizeof text) > 0)
		at = strstr(text, label);
	if (!at)
		return 0;
	at += sizeof label - 1;
	return lk_proc_next_number(&at);
}
