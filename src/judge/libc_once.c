/* SPDX-License-Identifier: MIT */
#include "judge/libc_once.h"

#include <string.h>

#include "judge/callee.h"

/* Measured on Debian 12, glibc 2.36, each call in a program of its own: blocks /
 * bytes kept after the first call, then what the second call added. */
const struct lk_libc_once_row lk_libc_once_rows[] = {
	{ "ld.so", "what the dynamic loader itself allocates: thread-local storage kept with "
		   "a cached thread stack, its lists of loaded objects",
	  "pthread_create 1/272, dlopen+dlclose 1/2304; then 0" },
	{ "_IO_file_doallocate", "the buffer of a stream; the stream itself is still reported",
	  "first printf 1/4096; then 0" },
	{ "setlocale", "locale data", "135/11952; then 0" },
	{ "newlocale", "locale data shared by all locales", "98/8108; then 0" },
	{ "getaddrinfo", "name service configuration and modules", "17/5 k; then 0" },
	{ "gethostbyname", "name service configuration and modules", "17/5 k; then 0" },
	{ "gethostbyname_r", "as gethostbyname", "as gethostbyname" },
	{ "gethostbyname2", "as gethostbyname", "as gethostbyname" },
	{ "gethostbyaddr", "as gethostbyname", "as gethostbyname" },
	{ "getpwnam", "name service configuration and modules", "14/4.8 k; then 0" },
	{ "getpwnam_r", "as getpwnam", "as getpwnam" },
	{ "getpwuid", "as getpwnam", "as getpwnam" },
	{ "getpwuid_r", "as getpwnam", "as getpwnam" },
	{ "getgrnam", "name service configuration and modules", "14/4.8 k; then 0" },
	{ "getgrnam_r", "as getgrnam", "as getgrnam" },
	{ "getgrgid", "as getgrnam", "as getgrnam" },
	{ "getgrgid_r", "as getgrnam", "as getgrnam" },
	{ "getservbyname", "name service configuration and modules", "13/4.8 k; then 0" },
	{ "getservbyport", "as getservbyname", "as getservbyname" },
	{ "getprotobyname", "as getservbyname", "as getservbyname" },
	{ "tzset", "the time zone's rules", "12/2.3 k; then 0" },
	{ "localtime", "the time zone's name", "3/52; then 0" },
	{ "localtime_r", "as localtime", "as localtime" },
	{ "mktime", "as localtime", "as localtime" },
	{ "strftime", "as localtime", "as localtime" },
	{ "strftime_l", "as localtime", "as localtime" },
	{ "syslog", "the time zone's name", "3/52; then 0" },
	{ "vsyslog", "as syslog", "as syslog" },
	{ "iconv_open", "conversion modules", "8/4.0 k; then 0" },
	{ "backtrace", "libgcc_s, loaded at first use", "6/4.4 k; then 0" },
	{ "pthread_exit", "libgcc_s, loaded at first use", "7/4.4 k; then 0" },
	{ "pthread_cancel", "libgcc_s, loaded at first use", "7/4.4 k; then 0" },
	{ "timer_create", "the helper thread of SIGEV_THREAD", "1/272 and a thread; then 0" },
	{ "aio_read", "the helper threads and request table of aio", "3/3.9 k; then 0" },
	{ "aio_write", "as aio_read", "as aio_read" },
	{ "aio_fsync", "as aio_read", "as aio_read" },
	{ "lio_listio", "as aio_read", "as aio_read" },
	{ "ungetc", "the stream's push-back buffer", "1/128; then 0" },
	{ "strerror", "the text of an unknown error number", "1/20; then 0" },
	{ "strerror_l", "as strerror", "as strerror" },
	{ "strsignal", "the text of an unknown signal", "1/20; then 0" },
	{ "textdomain", "message catalogues", "3/33; then 0" },
	{ "bindtextdomain", "message catalogues", "3/33; then 0" },
	{ "gettext", "message catalogues", "3/33; then 0" },
	{ "dcgettext", "message catalogues", "3/33; then 0" },
	{ "dlsym", "the text for dlerror", "2/71; then 0" },
	{ "dlerror", "its text, and message catalogues where a locale is set", "1/49; then 0" },
	{ "dlopen", "the text for dlerror", "2/71; then 0" },
	{ "setenv", "the environment's table and new values", "3/343; a new name each call 2" },
	{ "putenv", "the environment's table", "1/280; then 0" },
	{ "__cxa_atexit", "a table of 32 handlers", "1/1040 for each 32 handlers" },
	{ "atexit", "as __cxa_atexit", "as __cxa_atexit" },
	{ "on_exit", "as __cxa_atexit", "as __cxa_atexit" },
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
	if (!called.function || !called.module || !lk_module_is_libc(called.module))
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
