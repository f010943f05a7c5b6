/* SPDX-License-Identifier: MIT */
#include "judge/profile.h"

#include <stdlib.h>
#include <string.h>

#include "judge/profile_maker.h"

const char *const lk_value_names[LK_VALUE_COUNT] = {
#define LK_NAME(name, unit) #name,
	LK_VALUES(LK_NAME)
#undef LK_NAME
};

const char *const lk_value_units[LK_VALUE_COUNT] = {
#define LK_NAME(name, unit) unit,
	LK_VALUES(LK_NAME)
#undef LK_NAME
};

bool lk_profile_init(struct lk_profile *ret)
{
	struct lk_profile profile = { .totals_known = true };

	profile.maker = calloc(1, sizeof *profile.maker);
	if (!profile.maker ||
	    !LK_ARRAY_RESERVE(profile.stacks, profile.stacks_count, profile.stacks_room, 1)) {
		lk_profile_release(&profile);
		return false;
	}
	profile.stacks[profile.stacks_count++] = (struct lk_profile_stack){ 0 };
	*ret = profile;
	return true;
}

void lk_profile_close_files(struct lk_profile *profile)
{
	if (!profile->maker)
		return;
	for (size_t i = 0; i < profile->maker->namers_count; i++) {
		struct lk_profile_namer *namer = profile->maker->namers[i];

		lk_symbols_close(namer->symbols);
		namer->symbols = NULL;
	}
}

void lk_profile_release(struct lk_profile *profile)
{
	struct lk_profile_maker *maker = profile->maker;

	lk_profile_close_files(profile);
	if (maker) {
		for (size_t i = 0; i < maker->namers_count; i++)
			free(maker->namers[i]);
		free(maker->namers);
		free(maker->path);
		lk_index_deinit(&maker->locations);
		lk_index_deinit(&maker->stacks);
		free(maker);
	}
	free(profile->modules);
	free(profile->locations);
	free(profile->lines);
	free(profile->paths);
	free(profile->stacks);
	free(profile->parts);
	free(profile->samples);
	lk_interner_deinit(&profile->strings);
	*profile = (struct lk_profile){ 0 };
}

void lk_profile_sum(const struct lk_profile *profile, enum lk_kind kind,
		    uint64_t values[LK_VALUE_COUNT])
{
	memset(values, 0, LK_VALUE_COUNT * sizeof *values);
	for (size_t i = 0; i < profile->samples_count; i++)
		for (int value = 0; value < LK_VALUE_COUNT; value++)
			if (profile->samples[i].kind == kind)
				values[value] += profile->samples[i].values[value];
}
