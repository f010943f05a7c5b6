/* SPDX-License-Identifier: MIT */
#include "probe/descriptor_facts.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/fmt.h"
#include "base/proc.h"
#include "probe/descriptor.h"
#include "base/light.h"

static void read_names(int fd, struct lk_descriptor *row)
{
	char path[64];
	struct lk_text text;

	lk_text_init(&text, path, sizeof path);
	lk_text_format(&text, "/proc/self/fd/%d", fd);
	lk_proc_link(path, row->target, sizeof row->target);
	lk_text_init(&text, path, sizeof path);
	lk_text_format(&text, "/proc/self/fdinfo/%d", fd);
	lk_proc_read(path, row->fdinfo, sizeof row->fdinfo);
}

/* What poll says of FD at once, without waiting. */
static int state_of(int fd)
{
	struct timespec at_once = { 0 }; /* what is left of it is written back */
	struct pollfd asked = { .fd = fd, .events = POLLRDHUP };

	return syscall(SYS_ppoll, &asked, 1, &at_once, NULL, 0) < 0 ? 0 : asked.revents;
}

static int option(int fd, int level, int name)
{
	int value = -1;
	socklen_t size = sizeof value;

	return syscall(SYS_getsockopt, fd, level, name, &value, &size) == 0 ? value : -1;
}

static unsigned address(long number, int fd, unsigned char *to)
{
	socklen_t size = LK_ADDRESS_MAX;

	if (syscall(number, fd, to, &size) != 0)
		return 0;
	return size < LK_ADDRESS_MAX ? size : LK_ADDRESS_MAX;
}

static void read_socket(int fd, struct lk_descriptor *row)
{
	struct lk_socket *ret = &row->socket;
	unsigned char state = 0; /* the first member of struct tcp_info */
	socklen_t size = sizeof state;

	ret->domain = option(fd, SOL_SOCKET, SO_DOMAIN);
	ret->type = option(fd, SOL_SOCKET, SO_TYPE);
	ret->protocol = option(fd, SOL_SOCKET, SO_PROTOCOL);
	ret->is_listening = option(fd, SOL_SOCKET, SO_ACCEPTCONN) == 1;
	ret->local_size = address(SYS_getsockname, fd, ret->local);
	ret->peer_size = address(SYS_getpeername, fd, ret->peer);
	/* A netlink socket always has a peer: the kernel. */
	ret->is_connected = ret->peer_size > 0 && ret->domain != AF_NETLINK;
	if (ret->protocol == IPPROTO_TCP &&
	    syscall(SYS_getsockopt, fd, IPPROTO_TCP, TCP_INFO, &state, &size) == 0)
		ret->tcp_state = state;
	row->is_hung_up = state_of(fd) & (POLLHUP | POLLRDHUP);
}

/* The flag belongs to the number, not to the file: where ours was taken over from another
 * process, the kernel's text tells of that one's. */
static bool is_closed_on_exec(int fd, const struct lk_descriptor *row)
{
	const char *flags = strstr(row->fdinfo, "flags:\t");
	unsigned long sum = 0;

	if (!lk_proc_is_other() || !flags)
		return syscall(SYS_fcntl, fd, F_GETFD) & FD_CLOEXEC;
	for (flags += strlen("flags:\t"); *flags >= '0' && *flags <= '7'; flags++)
		sum = sum * 8 + (unsigned long)(*flags - '0');
	return sum & O_CLOEXEC;
}

void lk_descriptor_facts(int fd, struct lk_descriptor *row)
{
	int saved = errno;
	struct stat status;

	row->fd = fd;
	row->offset = -1;
	row->socket.domain = -1;
	row->flags = -1;
	read_names(fd, row);
	if (!lk_proc_has_descriptors())
		return; /* what has this number here is something else */
	row->flags = (int)syscall(SYS_fcntl, fd, F_GETFL);
	row->close_on_exec = is_closed_on_exec(fd, row);
	if (fstat(fd, &status) == 0) {
		row->mode = status.st_mode;
		row->device = status.st_dev;
		row->inode = status.st_ino;
		row->links = status.st_nlink;
		row->size = (uint64_t)status.st_size;
	}
	if (S_ISREG(row->mode) && !(row->flags & O_PATH))
		row->offset = syscall(SYS_lseek, fd, 0, SEEK_CUR);
	if (S_ISSOCK(row->mode))
		read_socket(fd, row);
	errno = saved;
}

/* The rows of pipes by their inodes: heads of chains and links, row + 1. */
enum { CHAINS = 1 << 10 };
static LK_FAR uint16_t heads[CHAINS], links[LK_DESCRIPTOR_ENDS_MAX];

/* Open for both it needs no other end. */
static bool is_one_end(const struct lk_descriptor *row)
{
	return S_ISFIFO(row->mode) && !(row->flags & O_PATH) && (row->flags & O_ACCMODE) != O_RDWR;
}

static void see_number(void *context, int fd)
{
	struct lk_descriptor *rows = context;
	struct stat status;

	if (fstat(fd, &status) != 0 || !S_ISFIFO(status.st_mode))
		return;
	int flags = (int)syscall(SYS_fcntl, fd, F_GETFL);
	for (unsigned next = heads[status.st_ino % CHAINS]; next; next = links[next - 1]) {
		struct lk_descriptor *row = &rows[next - 1];

		if (row->fd == fd || row->other_end == LK_END_HERE || (flags & O_PATH) ||
		    row->inode != status.st_ino || row->device != status.st_dev ||
		    ((flags ^ row->flags) & O_ACCMODE) == 0)
			continue;
		row->other_end = LK_END_HERE;
		row->other_fd = fd;
	}
}

void lk_descriptor_ends(struct lk_descriptor *rows, size_t count)
{
	bool any = false;
	int saved = errno;

	if (!lk_proc_has_descriptors())
		return;
	memset(heads, 0, sizeof heads);
	for (size_t i = 0; i < count; i++) {
		uint16_t *head = &heads[rows[i].inode % CHAINS];

		if (!is_one_end(&rows[i]))
			continue;
		links[i] = *head;
		*head = (uint16_t)(i + 1);
		any = true;
	}
	if (any && lk_descriptor_each_open(see_number, rows))
		for (size_t i = 0; i < count; i++)
			if (is_one_end(&rows[i]) && rows[i].other_end == LK_END_UNKNOWN)
				rows[i].other_end = state_of(rows[i].fd) & (POLLHUP | POLLERR) ?
							    LK_END_CLOSED :
							    LK_END_ELSEWHERE;
	errno = saved;
}
