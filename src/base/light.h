/* SPDX-License-Identifier: MIT */
/* Last include of every file of the light tower (base, probe, hooks).
 *
 * Light code runs inside malloc(), inside close(), in signal handlers and in
 * children of vfork().  These names allocate, lock or read the locale, so the
 * compiler refuses them here; `tests/tidy` catches with nm what this cannot. */
#ifndef LK_BASE_LIGHT_H
#define LK_BASE_LIGHT_H

#pragma GCC poison printf fprintf snprintf sprintf vsnprintf puts fputs
#pragma GCC poison strdup strndup getline asprintf
#pragma GCC poison pthread_mutex_lock pthread_once

#endif
