/* SPDX-License-Identifier: MIT */
/* Runs the program as if leakcheck were not there: standard streams, process
 * group, signal mask and dispositions are the caller's own, and signals sent to
 * leakcheck reach the program. */
#ifndef LK_CLI_CHILD_H
#define LK_CLI_CHILD_H

#include <stdbool.h>

/* Runs the file PATH with ARGUMENTS and this process's environment until it
 * ends, and fills STATUS as waitpid does.  Until then every signal that another
 * process sends to this one is sent on; those of the terminal are not, as the
 * terminal sends them to the whole process group.  When the program is stopped
 * by job control, so is this process.  When this process dies, the program gets
 * SIGTERM.  False after one sentence if it could not be started. */
bool lk_child_run(const char *path, char **arguments, int *status);

/* Ends this process as STATUS says: with its exit status, or by its signal, but
 * without a second core file. */
_Noreturn void lk_child_end_alike(int status);

#endif
