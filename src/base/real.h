/* SPDX-License-Identifier: MIT */
/* The functions that libc (or whoever stands behind us) provides under the
 * names we interpose, resolved once at boot. */
#ifndef LK_BASE_REAL_H
#define LK_BASE_REAL_H

#include <dirent.h>
#include <fcntl.h>
#include <mqueue.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <termios.h>
#include <threads.h>
#include <time.h>

#define LK_HOOK(result, name, parameters) result(*name) parameters;
#define LK_OPENER(result, name, parameters, arguments) LK_HOOK(result, name, parameters)
#define LK_STREAM(result, name, parameters, arguments, number, type) \
	LK_HOOK(result, name, parameters)
struct lk_real {
#include "base/hooked.def"
};
#undef LK_HOOK
#undef LK_OPENER
#undef LK_STREAM

extern struct lk_real lk_real;

/* Fills lk_real with the next definition of each name; a name that this libc
 * lacks stays NULL.  Harmless when called again.  dlsym may allocate: the heap
 * hooks answer from early memory until lk_real.free is set, which comes last. */
void lk_real_init(void);

/* The real NAME, also when a hook is called before boot. */
#define LK_REAL(name) \
	(LK_LIKELY(lk_real.name != NULL) ? lk_real.name : (lk_real_init(), lk_real.name))

#endif
