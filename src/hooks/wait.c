/* SPDX-License-Identifier: MIT */
/* The names that await processes. */
#include <stddef.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/attributes.h"
#include "base/real.h"
#include "base/self.h"
#include "probe/child.h"
#include "probe/listener.h"
#include "base/light.h"

/* A process that only stopped or went on is still there. */
static pid_t waited(pid_t process, int status)
{
	if (process > 0 && !WIFSTOPPED(status) && !WIFCONTINUED(status))
		lk_child_waited(process);
	return process;
}

LK_EXPORT pid_t wait(int *status)
{
	int own, *seen = status ? status : &own;

	*seen = 0;
	return waited(LK_REAL(wait)(seen), *seen);
}

LK_EXPORT pid_t waitpid(pid_t process, int *status, int options)
{
	int own;
	int *seen = status ? status : &own;
	lk_self.in_waitpid++;
	pid_t found = LK_REAL(waitpid)(process, seen, options);
	lk_self.in_waitpid--;

	if (found > 0) {
		waited(found, *seen);
		lk_listener.waited(found, *seen);
	}
	return found;
}

LK_EXPORT pid_t wait3(int *status, int options, struct rusage *usage)
{
	int own, *seen = status ? status : &own;
	pid_t found = LK_REAL(wait3)(seen, options, usage);

	return found > 0 ? waited(found, *seen) : found;
}

LK_EXPORT pid_t wait4(pid_t process, int *status, int options, struct rusage *usage)
{
	int own, *seen = status ? status : &own;
	pid_t found = LK_REAL(wait4)(process, seen, options, usage);

	return found > 0 ? waited(found, *seen) : found;
}

LK_EXPORT int waitid(idtype_t kind, id_t which, siginfo_t *info, int options)
{
	siginfo_t own, *seen = info ? info : &own;

	seen->si_pid = 0;
	int result = LK_REAL(waitid)(kind, which, seen, options);
	bool has_ended = seen->si_code == CLD_EXITED || seen->si_code == CLD_KILLED ||
			 seen->si_code == CLD_DUMPED;

	if (result == 0 && !(options & WNOWAIT) && seen->si_pid > 0 && has_ended)
		lk_child_waited(seen->si_pid);
	return result;
}
