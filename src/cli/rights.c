/* SPDX-License-Identifier: MIT */
#include "cli/rights.h"

#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cli/complain.h"

bool lk_rights_are_ours(const char *path)
{
	struct stat status;
	struct statvfs system;

	if (stat(path, &status) != 0 || statvfs(path, &system) != 0)
		return true; /* then it cannot be run either, which is told later */

	bool nosuid = system.f_flag & ST_NOSUID;
	/* no_new_privs silences the mode bits, but a file capability still makes
	 * the loader distrust the environment. */
	bool bits_count = !nosuid && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1;
	uid_t user = bits_count && (status.st_mode & S_ISUID) ? status.st_uid : geteuid();
	/* Without group execution the bit means mandatory locking. */
	bool group_bit = (status.st_mode & S_ISGID) && (status.st_mode & S_IXGRP);
	gid_t group = bits_count && group_bit ? status.st_gid : getegid();

	if (user != getuid())
		return lk_complain(
			"'%s' is set-user-ID, so its loader ignores leakcheck: run a copy of it",
			path);
	if (group != getgid())
		return lk_complain(
			"'%s' is set-group-ID, so its loader ignores leakcheck: run a copy of it",
			path);
	if (!nosuid && getuid() != 0 && getxattr(path, "security.capability", NULL, 0) > 0)
		return lk_complain("'%s' has file capabilities, so its loader ignores leakcheck: "
				   "run a copy of it",
				   path);
	return true;
}
