/* SPDX-License-Identifier: MIT */
/* What the C library keeps open itself.  Makes /dev/log, so /dev must be a place of
 * the program's own. */
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>

#define TWIN_CASE "system_log"
#include "twins.h"

static struct sockaddr_un address = { AF_UNIX, "/dev/log" };

MUST_PASS(log_kept) { syslog(LOG_DEBUG, "hello"); } END_TEST
MUST_PASS(log_closed) { syslog(LOG_DEBUG, "hello"); closelog(); } END_TEST
MUST_LEAK(log_of_its_own, "unix datagram connected to /dev/log", BODY)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	need(connect(fd, (void *)&address, sizeof address) == 0);
}
END_TEST

int main(int argc, char **argv)
{
	int server = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (argc == 1)
		need(bind(server, (void *)&address, sizeof address) == 0);
	return twins_main(argc, argv);
}
