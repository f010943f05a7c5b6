/* SPDX-License-Identifier: MIT */
#include "judge/socket.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "judge/escape.h"

struct name {
	int number;
	const char *name;
};

/* The name of NUMBER; NULL if it has none here. */
static const char *find(const struct name *names, size_t count, int number)
{
	for (size_t i = 0; i < count; i++)
		if (names[i].number == number)
			return names[i].name;
	return NULL;
}
#define FIND(names, number) find(names, sizeof names / sizeof *names, number)

static void print_kind(FILE *out, const struct lk_socket *socket)
{
	static const struct name domains[] = {
		{ AF_UNIX, "unix" },	   { AF_INET, "IPv4" },	    { AF_INET6, "IPv6" },
		{ AF_NETLINK, "netlink" }, { AF_PACKET, "packet" }, { AF_VSOCK, "vsock" },
	};
	static const struct name protocols[] = {
		{ IPPROTO_TCP, "TCP" },	  { IPPROTO_UDP, "UDP" },     { IPPROTO_SCTP, "SCTP" },
		{ IPPROTO_ICMP, "ICMP" }, { IPPROTO_ICMPV6, "ICMPv6" },
	};
	static const struct name types[] = {
		{ SOCK_STREAM, "stream" },	 { SOCK_DGRAM, "datagram" },
		{ SOCK_SEQPACKET, "seqpacket" }, { SOCK_RAW, "raw" },
	};
	bool is_inet = socket->domain == AF_INET || socket->domain == AF_INET6;
	const char *domain = FIND(domains, socket->domain), *type = FIND(types, socket->type);
	const char *protocol = is_inet ? FIND(protocols, socket->protocol) : NULL;

	if (protocol && socket->type != SOCK_RAW) {
		fprintf(out, ", %s", protocol);
		return;
	}
	fputs(", ", out);
	if (domain)
		fputs(domain, out);
	else
		fprintf(out, "socket of family %d", socket->domain);
	if (type)
		fprintf(out, " %s", type);
	if (socket->protocol > 0)
		fprintf(out, " protocol %d", socket->protocol);
}

/* Names of sockets may hold zeros, and need not end with one. */
static void print_bytes(FILE *out, const char *bytes, size_t size)
{
	char part[sizeof(struct sockaddr_un)] = "";

	for (size_t at = 0; at < size && at < sizeof part - 1; at++) {
		size_t length = strnlen(bytes + at, size - at);

		if (length >= sizeof part)
			return;
		memcpy(part, bytes + at, length);
		part[length] = '\0';
		lk_escape(out, part);
		at += length;
		if (at < size)
			fputs("\\x00", out);
	}
}

static bool print_unix(FILE *out, const char *before, const struct sockaddr_un *name,
		       unsigned size)
{
	size_t head = offsetof(struct sockaddr_un, sun_path);

	if (size <= head)
		return false;
	fputs(before, out);
	if (name->sun_path[0]) {
		print_bytes(out, name->sun_path, strnlen(name->sun_path, size - head));
	} else {
		fputc('@', out);
		print_bytes(out, name->sun_path + 1, size - head - 1);
	}
	return true;
}

/* BEFORE and the address; nothing, and false, if that names nothing. */
static bool print_address(FILE *out, const char *before, const unsigned char *bytes, unsigned size)
{
	const struct sockaddr *address = (const void *)bytes;
	const struct sockaddr_in *v4 = (const void *)bytes;
	const struct sockaddr_in6 *v6 = (const void *)bytes;
	char text[INET6_ADDRSTRLEN] = "";

	if (size < sizeof address->sa_family)
		return false;
	if (address->sa_family == AF_UNIX)
		return print_unix(out, before, (const void *)bytes, size);
	if (address->sa_family == AF_INET && size >= sizeof *v4 && v4->sin_port != 0) {
		inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text);
		fprintf(out, "%s%s:%u", before, text, ntohs(v4->sin_port));
		return true;
	}
	if (address->sa_family == AF_INET6 && size >= sizeof *v6 && v6->sin6_port != 0) {
		inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text);
		fprintf(out, "%s[%s]:%u", before, text, ntohs(v6->sin6_port));
		return true;
	}
	return false;
}

static void print_state(FILE *out, const struct lk_descriptor *row)
{
	static const struct name states[] = {
		{ TCP_SYN_SENT, "SYN_SENT" },	  { TCP_SYN_RECV, "SYN_RECV" },
		{ TCP_FIN_WAIT1, "FIN_WAIT1" },	  { TCP_FIN_WAIT2, "FIN_WAIT2" },
		{ TCP_TIME_WAIT, "TIME_WAIT" },	  { TCP_CLOSE_WAIT, "CLOSE_WAIT" },
		{ TCP_LAST_ACK, "LAST_ACK" },	  { TCP_CLOSING, "CLOSING" },
	};
	const char *state = FIND(states, row->socket.tcp_state);

	if (state)
		fprintf(out, ", %s", state);
	if (row->is_hung_up && row->socket.is_connected)
		fputs(", the peer has closed", out);
}

void lk_socket_print(FILE *out, const struct lk_descriptor *row)
{
	const struct lk_socket *socket = &row->socket;

	if (socket->domain < 0)
		return;
	print_kind(out, socket);
	if (socket->is_listening) {
		print_address(out, " listening on ", socket->local, socket->local_size);
	} else if (socket->is_connected) {
		fputs(" connected", out);
		print_address(out, " from ", socket->local, socket->local_size);
		print_address(out, " to ", socket->peer, socket->peer_size);
		print_state(out, row);
	} else if (!print_address(out, " bound to ", socket->local, socket->local_size)) {
		fputs(socket->domain == AF_NETLINK ? "" : " not connected", out);
	}
}

bool lk_socket_is_system_log(const struct lk_descriptor *row)
{
	static const char path[] = "/dev/log"; /* _PATH_LOG of glibc */
	const struct sockaddr_un *peer = (const void *)row->socket.peer;
	size_t head = offsetof(struct sockaddr_un, sun_path);

	return S_ISSOCK(row->mode) && row->socket.domain == AF_UNIX &&
	       row->socket.peer_size >= head + sizeof path - 1 &&
	       strncmp(peer->sun_path, path, row->socket.peer_size - head) == 0;
}
