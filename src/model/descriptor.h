/* SPDX-License-Identifier: MIT */
/* What is known of one descriptor at one instant: as the kernel tells it, not yet in
 * words.  Nothing here is escaped. */
#ifndef LK_MODEL_DESCRIPTOR_H
#define LK_MODEL_DESCRIPTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LK_TARGET_MAX = 512, LK_FDINFO_MAX = 768, LK_ADDRESS_MAX = 128 };

/* What a descriptor may belong to. */
enum lk_held { LK_HELD_NONE, LK_HELD_FILE, LK_HELD_DIR };

/* Where the other end of a pipe is. */
enum lk_other_end {
	LK_END_UNKNOWN, /* it is no pipe, or could not be asked */
	LK_END_HERE,	/* in this process */
	LK_END_ELSEWHERE,
	LK_END_CLOSED,
};

struct lk_socket {
	int domain, type, protocol; /* as socket() takes them; domain -1 if unknown */
	int tcp_state;		    /* as TCP_INFO gives it; 0 if it is no TCP socket */
	bool is_listening, is_connected;
	/* struct sockaddr of some kind, and its length; 0 if there is none */
	unsigned local_size, peer_size;
	_Alignas(8) unsigned char local[LK_ADDRESS_MAX], peer[LK_ADDRESS_MAX];
};

struct lk_descriptor {
	int fd;
	bool was_open; /* something was open under its number before */
	bool replaced; /* it was open before too, as something else */
	size_t stack;  /* index into stacks; stacks[0] is the empty one */
	int flags;     /* as fcntl(F_GETFL) gives them, -1 if unknown */
	bool close_on_exec;
	size_t series; /* index into series */
	uint32_t mode; /* st_mode, 0 if unknown; and more of stat */
	uint64_t device, inode, links, size;
	int64_t offset;		    /* of a regular file, else -1 */
	char target[LK_TARGET_MAX]; /* as the kernel names it; cut; empty without /proc */
	char fdinfo[LK_FDINFO_MAX]; /* the text of /proc/self/fdinfo/N; cut; so too */
	enum lk_other_end other_end;
	int other_fd;	  /* LK_END_HERE: the lowest number that is one */
	bool is_hung_up; /* a socket whose peer has gone */
	struct lk_socket socket;
	/* The young heap blocks of the stream or directory that it belongs to are told
	 * with it, and not among the sites. */
	enum lk_held held;
	uint64_t held_blocks, held_bytes;
};

#endif
