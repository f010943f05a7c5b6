/* SPDX-License-Identifier: MIT */
#include "base/signal_number.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>

#include "base/attributes.h"
#include "base/light.h"

static const struct {
	const char *name;
	int number;
} names[] = {
	{ "HUP", SIGHUP },   { "INT", SIGINT },	  { "QUIT", SIGQUIT },	   { "USR1", SIGUSR1 },
	{ "USR2", SIGUSR2 }, { "ALRM", SIGALRM }, { "TERM", SIGTERM },	   { "CONT", SIGCONT },
	{ "TSTP", SIGTSTP }, { "URG", SIGURG },	  { "WINCH", SIGWINCH },   { "IO", SIGIO },
	{ "PWR", SIGPWR },   { "PROF", SIGPROF }, { "VTALRM", SIGVTALRM }, { "PIPE", SIGPIPE },
	{ "TRAP", SIGTRAP }, { "TTIN", SIGTTIN }, { "TTOU", SIGTTOU },	   { "XCPU", SIGXCPU },
};

/* The C library keeps those between for itself. */
static bool can_be_handled(int number)
{
	enum { STANDARD_LAST = 31, REAL_TIME_FIRST = 34, REAL_TIME_LAST = 64 };

	return number > 0 && number != SIGKILL && number != SIGSTOP && number != SIGCHLD &&
	       (number <= STANDARD_LAST ||
		(number >= REAL_TIME_FIRST && number <= REAL_TIME_LAST));
}

bool lk_signal_number(const char *text, int *ret)
{
	int number = 0;

	for (const char *at = text; *at >= '0' && *at <= '9' && number < 100; at++)
		number = number * 10 + (*at - '0');
	if (number > 0 && text[strspn(text, "0123456789")] == '\0') {
		if (can_be_handled(number))
			*ret = number;
		return can_be_handled(number);
	}
	if (strncmp(text, "SIG", 3) == 0)
		text += 3;
	for (size_t i = 0; i < LK_COUNT(names); i++)
		if (strcmp(names[i].name, text) == 0) {
			*ret = names[i].number;
			return true;
		}
	return false;
}
