/* SPDX-License-Identifier: MIT */
#include "cli/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/complain.h"

static bool stands_for_itself(const char *name)
{
	struct stat status;

	return lstat(name, &status) == 0 && !S_ISREG(status.st_mode);
}

static bool refuse(const char *name)
{
	return lk_complain("cannot write '%s': %s", name, strerror(errno));
}

bool lk_output_check(const char *name)
{
	struct lk_output output;

	if (stands_for_itself(name))
		return access(name, W_OK) == 0 || refuse(name);
	if (!lk_output_begin(&output, name))
		return false;
	lk_output_cancel(&output);
	return true;
}

bool lk_output_begin(struct lk_output *output, const char *name)
{
	*output = (struct lk_output){ .name = name };
	if (!stands_for_itself(name) && asprintf(&output->temporary, "%s.new", name) < 0)
		return lk_complain("there is no memory left");
	output->stream = fopen(output->temporary ? output->temporary : name, "we");
	if (output->stream)
		return true;
	refuse(output->temporary ? output->temporary : name);
	free(output->temporary);
	return false;
}

bool lk_output_end(struct lk_output *output)
{
	bool failed = ferror(output->stream) != 0;

	failed |= fclose(output->stream) != 0;
	if (output->temporary)
		failed = failed || rename(output->temporary, output->name) != 0;
	if (failed) {
		refuse(output->name);
		if (output->temporary)
			unlink(output->temporary);
	}
	free(output->temporary);
	return !failed;
}

void lk_output_cancel(struct lk_output *output)
{
	fclose(output->stream);
	if (output->temporary)
		unlink(output->temporary);
	free(output->temporary);
}
