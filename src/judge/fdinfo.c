/* SPDX-License-Identifier: MIT */
#include "judge/fdinfo.h"

#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What stands behind the line that begins with KEY; NULL if there is none. */
static const char *find(const char *text, const char *key)
{
	size_t length = strlen(key);

	while (text) {
		if (strncmp(text, key, length) == 0)
			return text + length;
		const char *end = strchr(text, '\n');

		text = end ? end + 1 : NULL;
	}
	return NULL;
}

static void print_event(FILE *out, const char *text)
{
	const char *count = find(text, "eventfd-count:");

	if (count)
		fprintf(out, ", count %" PRIu64, (uint64_t)strtoull(count, NULL, 16));
}

static const char *name_of_clock(long clock)
{
	static const char *const names[] = {
		[CLOCK_REALTIME] = "CLOCK_REALTIME",
		[CLOCK_MONOTONIC] = "CLOCK_MONOTONIC",
		[CLOCK_BOOTTIME] = "CLOCK_BOOTTIME",
		[CLOCK_REALTIME_ALARM] = "CLOCK_REALTIME_ALARM",
		[CLOCK_BOOTTIME_ALARM] = "CLOCK_BOOTTIME_ALARM",
	};

	if (clock < 0 || (size_t)clock >= sizeof names / sizeof *names)
		return NULL;
	return names[clock];
}

/* " (1, 500000000)" as seconds; negative if it is not there. */
static double seconds(const char *text, const char *key)
{
	const char *value = find(text, key);
	long whole, billionths;

	if (!value || sscanf(value, " (%ld, %ld)", &whole, &billionths) != 2)
		return -1;
	return (double)whole + (double)billionths / 1e9;
}

static void print_timer(FILE *out, const char *text)
{
	const char *clock = find(text, "clockid:");
	double left = seconds(text, "it_value:"), interval = seconds(text, "it_interval:");

	if (!clock)
		return;
	const char *name = name_of_clock(strtol(clock, NULL, 10));
	if (name)
		fprintf(out, ", %s", name);
	if (left == 0)
		fputs(", not armed", out);
	if (left > 0)
		fprintf(out, ", due in %.3f s", left);
	if (interval > 0)
		fprintf(out, ", every %.3f s", interval);
}

static void print_signals(FILE *out, const char *text)
{
	const char *mask = find(text, "sigmask:"), *separator = ", for ";

	if (!mask)
		return;
	uint64_t bits = strtoull(mask, NULL, 16);
	for (int number = 1; number <= 64; number++) {
		const char *name = sigabbrev_np(number);

		if (!(bits >> (number - 1) & 1))
			continue;
		fputs(separator, out);
		if (name)
			fprintf(out, "SIG%s", name);
		else
			fprintf(out, "signal %d", number);
		separator = " ";
	}
}

/* A cut text may lack the last line's end: that line is not believed. */
static const char *next_whole(const char *text, const char *key)
{
	const char *line = find(text, key);

	return line && strchr(line, '\n') ? line : NULL;
}

static void print_watched(FILE *out, const char *text)
{
	const char *separator = ", watches fd ";

	for (const char *line = text; (line = next_whole(line, "tfd:"));) {
		fprintf(out, "%s%ld", separator, strtol(line, NULL, 10));
		separator = " ";
	}
	if (text[0] && separator[0] == ',')
		fputs(", watches nothing", out);
}

static void print_watches(FILE *out, const char *text)
{
	unsigned count = 0;

	for (const char *line = text; (line = next_whole(line, "inotify wd:"));)
		count++;
	if (count > 0)
		fprintf(out, ", watches: %u", count);
}

static void print_process(FILE *out, const char *text)
{
	const char *number = find(text, "Pid:");
	long process = number ? strtol(number, NULL, 10) : 0;

	if (process > 0)
		fprintf(out, ", of process %ld", process);
	else if (process < 0)
		fputs(", of a process that has ended", out);
}

/* "lock:	1: FLOCK  ADVISORY  WRITE 4711 fe:00:10956390 0 EOF" */
static void print_lock(FILE *out, const char *text)
{
	const char *lock = next_whole(text, "lock:");
	char kind[16], mode[16];

	if (lock && sscanf(lock, " %*u: %15[A-Z] %*15[A-Z] %15[A-Z]", kind, mode) == 2)
		fprintf(out, ", locked (%s %s)", kind, mode);
}

void lk_fdinfo_print(FILE *out, const char *target, const char *text)
{
	static const struct {
		const char *target;
		void (*print)(FILE *out, const char *text);
	} kinds[] = {
		{ "anon_inode:[eventfd]", print_event },
		{ "anon_inode:[timerfd]", print_timer },
		{ "anon_inode:[signalfd]", print_signals },
		{ "anon_inode:[eventpoll]", print_watched },
		{ "anon_inode:inotify", print_watches },
		{ "anon_inode:[pidfd]", print_process },
		{ "pidfd:", print_process },
	};

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strncmp(target, kinds[i].target, strlen(kinds[i].target)) == 0)
			kinds[i].print(out, text);
	print_lock(out, text);
}
