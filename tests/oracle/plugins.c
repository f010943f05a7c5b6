/* SPDX-License-Identifier: MIT */
/* dlopen and dlclose of plugins that come to lie at the same address.  Arguments:
 * rounds, then the plugins. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>

#include "program.h"

static atomic_bool stop;

static void callback(int number)
{
	allocate_somewhere((unsigned)number);
	STAY;
}

static void *meanwhile(void *argument)
{
	while (!stop)
		callback(3);
	return argument;
}

int main(int argc, char **argv)
{
	int rounds = rounds_of(argc, argv), same_place = 0;
	void *place = NULL;
	pthread_t thread;

	pthread_create(&thread, NULL, meanwhile, NULL);
	for (int i = 0; i < rounds * (argc - 2); i++) {
		void *library = dlopen(argv[2 + i % (argc - 2)], RTLD_NOW);

		if (!library) {
			fprintf(stderr, "%s\n", dlerror());
			return 1;
		}
		void (*run)(void (*)(int), int) =
			(void (*)(void (*)(int), int))dlsym(library, "plugin_run");
		same_place += place == (void *)run;
		place = (void *)run;
		for (int depth = 0; depth < 5; depth++)
			run(callback, depth);
		dlclose(library);
	}
	stop = true;
	pthread_join(thread, NULL);
	if (same_place == 0)
		fprintf(stderr, "plugins: never at the same address twice\n");
	return 0;
}
