/* SPDX-License-Identifier: MIT */
#include "cli/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/complain.h"

bool lk_output_begin(struct lk_output *output, const char *name)
{
	*output = (struct lk_output){ .name = name };
	if (asprintf(&output->temporary, "%s.new", name) < 0)
		return lk_complain("there is no memory left");
	output->stream = fopen(output->temporary, "we");
	if (output->stream)
		return true;
	lk_complain("cannot write '%s': %s", output->temporary, strerror(errno));
	free(output->temporary);
	return false;
}

bool lk_output_end(struct lk_output *output)
{
	bool failed = ferror(output->stream) != 0;

	failed |= fclose(output->stream) != 0;
	failed = failed || rename(output->temporary, output->name) != 0;
	if (failed) {
		lk_complain("cannot write '%s': %s", output->name, strerror(errno));
		unlink(output->temporary);
	}
	free(output->temporary);
	return !failed;
}

void lk_output_cancel(struct lk_output *output)
{
	fclose(output->stream);
	unlink(output->temporary);
	free(output->temporary);
}
