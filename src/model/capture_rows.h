/* SPDX-License-Identifier: MIT */
/* What a record of a capture file holds, once: the writer (model/capture.c), the reader
 * (import/record.c) and doc/capture-format.md follow this list.
 *
 * X(kind, member, limit) is a field; a row has them in this order.  Kinds:
 *   NUMBER  unsigned
 *   SIGNED  may be negative
 *   BELOW   unsigned, and below the limit; what is not is read as 0, which is `unknown`
 *   STACK, PATH, SERIES  an index into that array of the snapshot
 *   TEXT    an array of char, up to its zero
 *   BYTES   an array of bytes as they lay in memory, without the zeros at its end
 * What an index leads to is always there; a number of steps or the like is not bounded by
 * the array that it speaks of.  The numbers of sections are never used again, their fields
 * never change: what is new goes to the end of a row or gets a section of its own, and
 * older readers leave it out. */
#ifndef LK_MODEL_CAPTURE_ROWS_H
#define LK_MODEL_CAPTURE_ROWS_H

#include "model/snapshot.h"

/* The snapshot itself: one row. */
#define LK_CAPTURE_HEAD(X) \
	X(BELOW, moment.scope, LK_SCOPE_PROCESS + 1) \
	X(NUMBER, moment.process, 0) \
	X(NUMBER, moment.monotonic_ns, 0) \
	X(NUMBER, moment.realtime_ns, 0) \
	X(NUMBER, moment.span_ns, 0) \
	X(NUMBER, moment.duration_ns, 0) \
	X(BELOW, moment.totals_known, 2) \
	X(BELOW, moment.peak_known, 2) \
	X(TEXT, moment.test, 0) \
	X(TEXT, moment.program, 0) \
	X(NUMBER, moment.counts.allocations, 0) \
	X(NUMBER, moment.counts.releases, 0) \
	X(NUMBER, moment.counts.allocated_bytes, 0) \
	X(NUMBER, moment.counts.live_blocks, 0) \
	X(NUMBER, moment.counts.live_bytes, 0) \
	X(NUMBER, moment.counts.peak_bytes, 0) \
	X(NUMBER, moment.counts.heap_used, 0) \
	X(NUMBER, moment.counts.heap_system, 0) \
	X(NUMBER, moment.counts.descriptors, 0) \
	X(NUMBER, moment.counts.threads, 0) \
	X(NUMBER, moment.counts.children, 0) \
	X(NUMBER, moment.counts.opened, 0) \
	X(NUMBER, moment.counts.started, 0) \
	X(NUMBER, moment.counts.spawned, 0) \
	X(NUMBER, moment.counts.resident_peak, 0) \
	X(NUMBER, descriptors_beyond, 0) \
	X(NUMBER, threads_count, 0) \
	X(STACK, window_stack, 0) \
	X(NUMBER, events_lost, 0) \
	X(BELOW, run_hung, 2) \
	X(BELOW, is_unscanned, 2) \
	X(BELOW, descriptors_unknown, 2) \
	X(BELOW, threads_unknown, 2) \
	X(BELOW, children_unknown, 2) \
	X(TEXT, not_again, 0)

#define LK_CAPTURE_MODULES(X) \
	X(NUMBER, start, 0) \
	X(NUMBER, end, 0) \
	X(NUMBER, bias, 0) \
	X(BELOW, build_id_size, LK_BUILD_ID_MAX + 1) \
	X(BYTES, build_id, 0) \
	X(BELOW, is_program, 2) \
	X(BELOW, is_ours, 2) \
	X(TEXT, path, 0)

#define LK_CAPTURE_SITES(X) \
	X(STACK, stack, 0) \
	X(BELOW, hold, LK_HOLD_COUNT) \
	X(NUMBER, blocks, 0) \
	X(NUMBER, bytes, 0) \
	X(NUMBER, inner, 0) \
	X(NUMBER, through_blocks, 0) \
	X(NUMBER, through_bytes, 0) \
	X(PATH, path, 0) \
	X(SERIES, series, 0) \
	X(NUMBER, serial, 0)

#define LK_CAPTURE_TOTALS(X) \
	X(STACK, stack, 0) \
	X(NUMBER, blocks, 0) \
	X(NUMBER, bytes, 0)

#define LK_CAPTURE_PATHS(X) \
	X(BELOW, root, LK_ROOT_LOADER + 1) \
	X(NUMBER, tid, 0) \
	X(NUMBER, address, 0) \
	X(NUMBER, module, 0) \
	X(NUMBER, offset, 0) \
	X(NUMBER, steps, 0) \
	X(NUMBER, inner[0], 0) \
	X(NUMBER, offsets[0], 0) \
	X(NUMBER, sizes[0], 0) \
	X(NUMBER, inner[1], 0) \
	X(NUMBER, offsets[1], 0) \
	X(NUMBER, sizes[1], 0) \
	X(NUMBER, inner[2], 0) \
	X(NUMBER, offsets[2], 0) \
	X(NUMBER, sizes[2], 0) \
	X(NUMBER, inner[3], 0) \
	X(NUMBER, offsets[3], 0) \
	X(NUMBER, sizes[3], 0) \
	X(NUMBER, inner[4], 0) \
	X(NUMBER, offsets[4], 0) \
	X(NUMBER, sizes[4], 0) \
	X(NUMBER, inner[5], 0) \
	X(NUMBER, offsets[5], 0) \
	X(NUMBER, sizes[5], 0) \
	X(NUMBER, inner[6], 0) \
	X(NUMBER, offsets[6], 0) \
	X(NUMBER, sizes[6], 0) \
	X(NUMBER, inner[7], 0) \
	X(NUMBER, offsets[7], 0) \
	X(NUMBER, sizes[7], 0) \
	X(NUMBER, inner[8], 0)

#define LK_CAPTURE_SERIES(X) \
	X(NUMBER, runs, 0) \
	X(NUMBER, last_rest, 0) \
	X(SIGNED, count, 0) \
	X(SIGNED, bytes, 0) \
	X(NUMBER, lost, 0) \
	X(SIGNED, count_change[0], 0) \
	X(SIGNED, bytes_change[0], 0) \
	X(SIGNED, count_change[1], 0) \
	X(SIGNED, bytes_change[1], 0) \
	X(SIGNED, count_change[2], 0) \
	X(SIGNED, bytes_change[2], 0) \
	X(SIGNED, count_change[3], 0) \
	X(SIGNED, bytes_change[3], 0) \
	X(SIGNED, count_change[4], 0) \
	X(SIGNED, bytes_change[4], 0) \
	X(SIGNED, count_change[5], 0) \
	X(SIGNED, bytes_change[5], 0) \
	X(SIGNED, count_change[6], 0) \
	X(SIGNED, bytes_change[6], 0) \
	X(SIGNED, count_change[7], 0) \
	X(SIGNED, bytes_change[7], 0)

#define LK_CAPTURE_DESCRIPTORS(X) \
	X(SIGNED, fd, 0) \
	X(BELOW, was_open, 2) \
	X(BELOW, replaced, 2) \
	X(STACK, stack, 0) \
	X(SIGNED, flags, 0) \
	X(BELOW, close_on_exec, 2) \
	X(SERIES, series, 0) \
	X(NUMBER, mode, 0) \
	X(NUMBER, device, 0) \
	X(NUMBER, inode, 0) \
	X(NUMBER, links, 0) \
	X(NUMBER, size, 0) \
	X(SIGNED, offset, 0) \
	X(TEXT, target, 0) \
	X(TEXT, fdinfo, 0) \
	X(BELOW, other_end, LK_END_CLOSED + 1) \
	X(SIGNED, other_fd, 0) \
	X(BELOW, is_hung_up, 2) \
	X(SIGNED, socket.domain, 0) \
	X(SIGNED, socket.type, 0) \
	X(SIGNED, socket.protocol, 0) \
	X(SIGNED, socket.tcp_state, 0) \
	X(BELOW, socket.is_listening, 2) \
	X(BELOW, socket.is_connected, 2) \
	X(BELOW, socket.local_size, LK_ADDRESS_MAX + 1) \
	X(BELOW, socket.peer_size, LK_ADDRESS_MAX + 1) \
	X(BYTES, socket.local, 0) \
	X(BYTES, socket.peer, 0) \
	X(BELOW, held, LK_HELD_DIR + 1) \
	X(NUMBER, held_blocks, 0) \
	X(NUMBER, held_bytes, 0)

/* All of threads_seen. */
#define LK_CAPTURE_THREADS(X) \
	X(NUMBER, tid, 0) \
	X(BELOW, is_main, 2) \
	X(BELOW, is_known, 2) \
	X(BELOW, finished, 2) \
	X(BELOW, detached, 2) \
	X(BELOW, is_handle_held, 2) \
	X(STACK, stack, 0) \
	X(NUMBER, creator, 0) \
	X(NUMBER, start, 0) \
	X(NUMBER, age_ms, 0) \
	X(SERIES, series, 0) \
	X(TEXT, name, 0) \
	X(NUMBER, settled_ms, 0) \
	X(NUMBER, cpu_us, 0) \
	X(BELOW, now.activity, LK_ACTIVITY_ENDED + 1) \
	X(SIGNED, now.call, 0) \
	X(NUMBER, now.arguments[0], 0) \
	X(NUMBER, now.arguments[1], 0) \
	X(NUMBER, now.arguments[2], 0) \
	X(NUMBER, now.arguments[3], 0) \
	X(NUMBER, now.arguments[4], 0) \
	X(NUMBER, now.arguments[5], 0) \
	X(BELOW, now.memory_known, 2) \
	X(BYTES, now.memory, 0) \
	X(TEXT, now.channel, 0) \
	X(TEXT, now.target, 0) \
	X(BELOW, now.other_end, LK_END_CLOSED + 1) \
	X(SIGNED, now.other_fd, 0) \
	X(STACK, now.target_stack, 0) \
	X(STACK, now.stack, 0) \
	X(NUMBER, now.sure, 0)

#define LK_CAPTURE_MISUSES(X) \
	X(BELOW, kind, LK_MISUSE_NOT_OWN + 1) \
	X(SIGNED, fd, 0) \
	X(NUMBER, times, 0) \
	X(STACK, stack, 0) \
	X(STACK, closed, 0) \
	X(STACK, opened, 0)

#define LK_CAPTURE_CHILDREN(X) \
	X(NUMBER, pid, 0) \
	X(NUMBER, state, 0) \
	X(BELOW, is_orphan, 2) \
	X(BELOW, start, LK_CHILD_BY_system + 1) \
	X(STACK, stack, 0) \
	X(SERIES, series, 0) \
	X(TEXT, command, 0)

#define LK_CAPTURE_HANDLES(X) \
	X(STACK, stack, 0) \
	X(SERIES, series, 0) \
	X(NUMBER, count, 0) \
	X(NUMBER, bytes, 0) \
	X(NUMBER, first, 0) \
	X(TEXT, kind, 0)

#define LK_CAPTURE_RELEASES(X) \
	X(STACK, born, 0) \
	X(STACK, freed, 0) \
	X(NUMBER, blocks, 0)

#define LK_CAPTURE_CALLS(X) \
	X(NUMBER, site, 0) \
	X(NUMBER, target, 0)

enum { LK_CAPTURE_NODES = 1, LK_CAPTURE_STACKS = 2, LK_CAPTURE_SNAPSHOT = 3 };

/* X(number, array of the snapshot, its count there, most rows, FIELDS) for each section,
 * besides three: the nodes of the tree of calls, the stacks, the snapshot itself. */
#define LK_CAPTURE_ROWS(X) \
	X(4, modules, modules_count, 1 << 14, LK_CAPTURE_MODULES) \
	X(5, sites, sites_count, 1 << 22, LK_CAPTURE_SITES) \
	X(6, totals, totals_count, 1 << 22, LK_CAPTURE_TOTALS) \
	X(7, paths, paths_count, 1 << 22, LK_CAPTURE_PATHS) \
	X(8, series, series_count, 1 << 20, LK_CAPTURE_SERIES) \
	X(9, descriptors, descriptors_count, 1 << 16, LK_CAPTURE_DESCRIPTORS) \
	X(10, threads, threads_seen, 1 << 16, LK_CAPTURE_THREADS) \
	X(11, misuses, misuses_count, 1 << 16, LK_CAPTURE_MISUSES) \
	X(12, children, children_count, 1 << 16, LK_CAPTURE_CHILDREN) \
	X(13, handles, handles_count, 1 << 16, LK_CAPTURE_HANDLES) \
	X(14, releases, releases_count, 1 << 20, LK_CAPTURE_RELEASES) \
	X(15, calls, calls_count, 1 << 16, LK_CAPTURE_CALLS)

enum { LK_CAPTURE_SECTIONS = 16 }; /* more than the highest number */
enum { LK_CAPTURE_STACKS_MAX = 1 << 24, LK_CAPTURE_NODES_MAX = 1 << 24 };

#endif
