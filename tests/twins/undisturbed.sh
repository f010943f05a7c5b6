#!/bin/sh
# SPDX-License-Identifier: MIT
# A thread does not notice that it is looked at: no call is interrupted, and its calls
# are those that it makes without leakcheck, but for those of the hooks.
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

if ! strace -o trace true >log 2>&1; then
	tap_skip "threads make the same calls" "strace cannot trace here: $(head -n 1 log)"
	tap_end
	exit
fi
compile undisturbed undisturbed.c || exit 1

# What hooks call in the thread: memory for tables, is this address readable, who am I.
ours='^(mmap|munmap|madvise|gettid|getpid)\(|^rt_sigprocmask\(0xffffffff|^tgkill\([0-9]+, [0-9]+, 0\)'

# The calls of each thread that names itself, without results and addresses.
calls_of_threads ()	# PREFIX
{
	for calls_file in "$1".[0-9]*; do
		calls_name=$(sed -n 's/^write([0-9]*, "in \(.*\)", .*/\1/p' "$calls_file")
		[ -n "$calls_name" ] || continue
		grep -vE "$ours" "$calls_file" |
			sed -e "s/^/$calls_name: /" -e 's/ = .*//' -e 's/0x[0-9a-f]*/ADDRESS/g' \
				-e 's/<unfinished \.\.\.>//' -e 's/ *$//' -e '/+++ exited/d' \
				-e 's/tv_sec=[0-9]*, tv_nsec=[0-9]*/TIME/g'
	done | sort -s -t: -k1,1
}

traced ()	# PREFIX COMMAND...
{
	traced_prefix=$1
	shift
	rm -f "$traced_prefix".[0-9]*
	CK_FORK=no strace -ff -o "$traced_prefix" "$@" >"$traced_prefix.out" 2>"$traced_prefix.err"
	calls_of_threads "$traced_prefix" >"$traced_prefix.calls"
}

same_calls ()
{
	[ "$(cut -d: -f1 plain.calls | sort -u | wc -l)" -eq 10 ] || { cat plain.err; return 1; }
	diff plain.calls watched.calls
}

none_interrupted ()
{
	grep -lE 'in in_[a-z]*"' watched.[0-9]* | xargs grep -E 'EINTR|ERESTART|interrupted|--- SIG' && return 1
	shows watched.out '\[poll of fd .*\], still running'
}

traced plain ./undisturbed
traced watched "$leakcheck" --settle=20 --rerun=no ./undisturbed
tap_check "threads make the same calls" same_calls
tap_check "none is interrupted, and all were looked at" none_interrupted
tap_end
