/* SPDX-License-Identifier: MIT */
#include "check/plant.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "api/watch.h"
#include "check/rerun.h"

static void *wait_for_ever(void *unused)
{
	for (;;)
		pause();
	return unused;
}

/* All through the hooks, by the names that the program itself would call. */
static void leave_one_of_each(void)
{
	void *volatile block = malloc(4242);
	pthread_t thread;

	block = NULL;
	(void)block;
	if (open("/dev/null", O_RDONLY | O_CLOEXEC) < 0)
		return;
	if (pthread_create(&thread, NULL, wait_for_ever, NULL) != 0)
		return;
	pid_t child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		wait_for_ever(NULL);
	}
}

void lk_plant(void)
{
	if (lk_tracker.run->plants)
		leave_one_of_each();
}

void lk_plant_harvest(const struct lk_findings *findings)
{
	struct lk_run *run = lk_tracker.run;

	if (!run->plants)
		return;
	__atomic_fetch_add(&run->tests_planted, 1, __ATOMIC_RELAXED);
	for (int kind = 0; kind < LK_KIND_COUNT; kind++)
		if (findings->leaks[kind] > 0)
			__atomic_fetch_add(&run->harvest[kind], 1, __ATOMIC_RELAXED);
}
