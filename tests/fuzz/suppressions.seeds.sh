# SPDX-License-Identifier: MIT
# Rules in each form.
# shellcheck shell=sh
set -eu
cd "$1"
cat >own <<'END'
# a comment
leak:libx.so
leak:*push_back*
heap:std::vector<*>::push_back(* const&) # reason
fd:open_*
thread:worker [poll]
child:popen
test:test_a
once:test_*
leak[^x]$
END
cat >valgrind <<'END'
{
   name
   Memcheck:Leak
   match-leak-kinds: definite,possible
   fun:malloc
   ...
   fun:_ZNSt6vectorIiSaIiEE9push_backERKi
   obj:*/libx.so*
   src:malloc.c:1
}
END
