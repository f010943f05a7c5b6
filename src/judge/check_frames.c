/* SPDX-License-Identifier: MIT */
#include "judge/check_frames.h"

#include <string.h>

#include "base/attributes.h"

bool lk_check_frames_tell(const struct lk_frame *frames, size_t count)
{
	/* Those that a shared libcheck exports come first. */
	static const char *const functions[] = {
		"tcase_fn_start",     "_mark_point",	   "_ck_assert_failed", "send_ctx_info",
		"send_duration_info", "send_failure_info", "send_loc_info",
	};

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; frames[i].function && k < LK_COUNT(functions); k++)
			if (strcmp(frames[i].function, functions[k]) == 0)
				return true;
	return false;
}
