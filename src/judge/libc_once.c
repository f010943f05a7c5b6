/* SPDX-License-Identifier: MIT */
#include "judge/libc_once.h"

#include <string.h>

#include "judge/callee.h"

/* Measured on Debian 12, glibc 2.36, each function in a run of its own with two
 * no-fork tests that call it once: blocks/bytes that are young at the end of the
 * first test, then of the second.  What is young after the second may
 * stand in the place of what the first call kept. */
const struct lk_libc_once_row lk_libc_once_rows[] = {
	{ "ld.so",
	  "what the dynamic loader itself allocates: thread-local "
	  "storage kept with a cached thread stack, its lists of loaded objects",
	  "pthread_create 1/288, 0/0; dlopen+dlclose 1/2304, 1/56" },
	{ "_IO_file_doallocate", "the buffer of a stream; the stream itself is still reported",
	  "first printf 1/4096, 0/0" },
	{ "setlocale", "locale data", "135/11952, 0/0" },
	{ "newlocale", "locale data shared by all locales", "98/8108, 0/0" },
	{ "getaddrinfo", "name service configuration and modules", "17/5593, 1/1560" },
	{ "gethostbyname", "name service configuration and modules", "17/5057, 0/0" },
	{ "gethostbyname_r", "as gethostbyname", "16/4033, 0/0" },
	{ "gethostbyname2", "as gethostbyname", "17/5057, 0/0" },
	{ "gethostbyaddr", "as gethostbyname", "17/5057, 0/0" },
	{ "getpwnam", "name service configuration and modules", "14/4841, 0/0" },
	{ "getpwnam_r", "as getpwnam", "13/3817, 0/0" },
	{ "getpwuid", "as getpwnam", "14/4841, 0/0" },
	{ "getpwuid_r", "as getpwnam", "13/3817, 0/0" },
	{ "getgrnam", "name service configuration and modules", "14/4841, 0/0" },
	{ "getgrnam_r", "as getgrnam", "13/3817, 0/0" },
	{ "getgrgid", "as getgrnam", "14/4841, 0/0" },
	{ "getgrgid_r", "as getgrnam", "13/3817, 0/0" },
	{ "getservbyname", "name service configuration and modules", "14/4841, 0/0" },
	{ "getservbyport", "as getservbyname", "14/4841, 0/0" },
	{ "getprotobyname", "as getservbyname", "14/4841, 0/0" },
	{ "tzset", "the time zone's rules", "3/52, 1/15" },
	{ "localtime", "the time zone's name", "3/52, 1/15" },
	{ "localtime_r", "as localtime", "3/52, 0/0" },
	{ "mktime", "as localtime", "3/52, 1/15" },
	{ "strftime", "as localtime", "3/52, 1/15" },
	{ "strftime_l", "as localtime", "3/52, 1/15" },
	{ "syslog", "the time zone's name", "3/52, 0/0" },
	{ "vsyslog", "as syslog", "3/52, 0/0" },
	{ "iconv_open", "conversion modules", "8/3968, 0/0" },
	{ "backtrace", "libgcc_s, loaded at first use", "6/4126, 0/0" },
	{ "pthread_exit", "libgcc_s, loaded at first use", "7/4414, 0/0" },
	{ "pthread_cancel", "libgcc_s, loaded at first use", "7/4414, 0/0" },
	{ "timer_create", "the helper thread of SIGEV_THREAD", "1/288 and a thread, 0/0" },
	{ "aio_read", "the helper threads and request table of aio",
	  "3/3936 and a thread, 0/0" },
	{ "aio_write", "as aio_read", "3/3936 and a thread, 0/0" },
	{ "aio_fsync", "as aio_read", "3/3936 and a thread, 0/0" },
	{ "lio_listio", "as aio_read", "3/3936 and a thread, 0/0" },
	{ "ungetc", "the stream's push-back buffer", "1/128, 0/0" },
	{ "strerror", "the text of an unknown error number", "1/20, 1/20" },
	{ "strerror_l", "as strerror", "1/20, 1/20" },
	{ "strsignal", "the text of an unknown signal", "1/18, 1/18" },
	{ "textdomain", "message catalogues", "1/2, 0/0" },
	{ "bindtextdomain", "message catalogues", "2/31, 0/0" },
	{ "gettext", "message catalogues", "8/430 in a locale, 0/0" },
	{ "dcgettext", "message catalogues", "8/402 in a locale, 0/0" },
	{ "dlsym", "the text for dlerror", "1/33, 2/57" },
	{ "dlerror", "its text, and message catalogues where a locale is set", "1/34, 2/58" },
	{ "dlopen", "the text for dlerror", "1/2304, 1/56; failing: 1/47, 2/71" },
	{ "setenv", "the environment's table and new values", "3/358, 2/30 for each new name" },
	{ "putenv", "the environment's table", "1/328, 0/0" },
	{ "__cxa_atexit", "a table of 32 handlers", "1/1040 for each 32 handlers" },
	{ "atexit", "as __cxa_atexit", "1/1040 for each 32 handlers" },
	{ "on_exit", "as __cxa_atexit", "1/1040 for each 32 handlers" },
};
const size_t lk_libc_once_count = sizeof lk_libc_once_rows / sizeof *lk_libc_once_rows;

static const struct lk_libc_once_row *row_of(const char *function)
{
	for (size_t i = 0; i < lk_libc_once_count; i++)
		if (strcmp(lk_libc_once_rows[i].function, function) == 0)
			return &lk_libc_once_rows[i];
	return NULL;
}

static bool is_loader(const struct lk_module *module)
{
	return strncmp(lk_module_name(module), "ld-", 3) == 0;
}

/* The row of the function that the call at FRAME leads to. */
static const struct lk_libc_once_row *called_row(const struct lk_frame *frame,
						 struct lk_symbols *symbols)
{
	uintptr_t callee = frame->module ? lk_callee(frame->pc) : 0;
	struct lk_frame called;

	if (!callee)
		return NULL;
	lk_symbols_name(symbols, callee + 1, &called, 1);
	if (!called.function || !called.module)
		return NULL;
	/* atexit is a function of each program, which jumps to __cxa_atexit. */
	if (!lk_module_is_libc(called.module) && strcmp(called.function, "atexit") != 0)
		return NULL;
	return row_of(called.function);
}

const struct lk_libc_once_row *lk_libc_once_find(const struct lk_frame *frames, size_t count,
						 struct lk_symbols *symbols)
{
	for (size_t i = 0; i < count; i++) {
		const struct lk_frame *frame = &frames[i];
		const struct lk_libc_once_row *row;

		if (!frame->module || !lk_module_is_libc(frame->module))
			return i > 0 ? called_row(frame, symbols) : NULL;
		if (is_loader(frame->module))
			return &lk_libc_once_rows[0];
		if (frame->function && (row = row_of(frame->function)))
			return row;
	}
	return NULL;
}
