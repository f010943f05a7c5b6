#!/bin/sh
# SPDX-License-Identifier: MIT
# Programs that cannot be watched: one sentence, status 2, and nothing is run.
# shellcheck source=tests/cli/setup.sh
. "${srcdir:-.}/tests/cli/setup.sh"

# A program that leaves a trace when it runs.
cat >runs.c <<'EOT'
#include <fcntl.h>
int main(void)
{
	return creat("ran", 0600) < 0;
}
EOT
compile runs <runs.c

# A copy of the program with one byte of its header changed.
changed ()	# COPY OFFSET BYTE
{
	cp runs "$1"
	# shellcheck disable=SC2059 # an escape of printf
	printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>"$scratch/err"
}

refuses "a file that is not there" "cannot run './nothing': No such file" leakcheck ./nothing
refuses "a folder that is not there" "cannot run 'nowhere/x': No such file" leakcheck nowhere/x
refuses "a file as a folder" "cannot run './runs/x': Not a directory" leakcheck ./runs/x
refuses "a name that PATH has not" "no program 'no-such-program' in PATH" leakcheck no-such-program
refuses "a name of this folder" "named './runs'" leakcheck runs
refuses "an empty name" "is empty" leakcheck ""
refuses "a long name" "too long" leakcheck "./$(printf '%05000d' 0)"
refuses "a folder" "is a directory" leakcheck .
refuses "a device" "not a regular file" leakcheck /dev/null
cp runs not_executable
chmod -x not_executable
refuses "a file without the right to run it" "is not executable" leakcheck ./not_executable
echo hello >text
: >empty
chmod +x text empty
refuses "a text" "neither an ELF program nor a script" leakcheck ./text
refuses "an empty file" "neither an ELF program nor a script" leakcheck ./empty
refuses "a name with control characters" "'./.x1b\[2J.nx'" leakcheck "./$(printf '\033[2J\nx')"

head -c 10 runs >cut10
head -c 100 runs >cut100
head -c 5000 runs >cut5000
chmod +x cut*
for size in 10 100 5000; do
	refuses "an ELF file of $size bytes" "damaged ELF file" leakcheck ./cut$size
done
changed bits32 4 '\001'
refuses "a 32-bit program" "is a 32-bit program" leakcheck ./bits32
changed other_machine 18 '\050'
refuses "another machine" "another kind of machine" leakcheck ./other_machine
changed other_order 5 '\002'
refuses "another byte order" "another kind of machine" leakcheck ./other_order
changed core 16 '\004'
refuses "an ELF file that is no program" "not a program" leakcheck ./core

compile static -static <runs.c
refuses "a static program" "is linked statically" leakcheck ./static
compile static_pie -static-pie <runs.c
refuses "a static PIE" "is linked statically" leakcheck ./static_pie
compile musl -Wl,--dynamic-linker=/lib/ld-musl-x86_64.so.1 <runs.c
refuses "another C library" "another C library: its loader is /lib/ld-musl" leakcheck ./musl
compile no_loader -Wl,--dynamic-linker=/nowhere/ld-linux-x86-64.so.2 <runs.c
refuses "a loader that is not there" "needs the loader /nowhere/ld-linux" leakcheck ./no_loader

# Built with the sanitizer itself, or where the compiler lacks it with the mark
# it leaves.
sanitized ()	# NAME OPTION SYMBOL
{
	compile "sane_$2" "-fsanitize=$2" <runs.c 2>"$scratch/err" ||
		{ cat runs.c && echo "void $3(void) {}"; } | compile "sane_$2" -rdynamic
	refuses "$1" "built with $1, .* without -fsanitize=$2" leakcheck "./sane_$2"
	cp "sane_$2" "stripped_$2"
	strip "stripped_$2"
	refuses "$1, stripped" "built with $1" leakcheck "./stripped_$2"
}
sanitized AddressSanitizer address __asan_init
sanitized ThreadSanitizer thread __tsan_init
sanitized LeakSanitizer leak __lsan_init
sanitized MemorySanitizer memory __msan_init
sanitized HWAddressSanitizer hwaddress __hwasan_init
asks_weakly='void __sanitizer_print_memory_profile(void) __attribute__((weak));
	void (*volatile print)(void) = __sanitizer_print_memory_profile;'
own_malloc='#include <stddef.h>
	void *malloc(size_t size) { (void)size; return NULL; }'
{ cat runs.c && echo "$asks_weakly
$own_malloc"; } |
	compile sane_static -rdynamic -Wl,-z,dynamic-undefined-weak
refuses "a sanitizer's runtime linked statically" "built with a sanitizer" leakcheck ./sane_static

# In scripts.
script ()	# FILE FIRST-LINE
{
	printf '%s\n: >ran\n' "$2" >"$1"
	chmod +x "$1"
}
script no_interpreter '#!  '
refuses "a script without an interpreter" "names no interpreter" leakcheck ./no_interpreter
script lost_interpreter '#! /nowhere/sh -e'
refuses "a script whose interpreter is not there" "interpreter '/nowhere/sh': No such file" \
	leakcheck ./lost_interpreter
script dos_script "$(printf '#!/bin/sh\r')"
refuses "a script with the line ends of DOS" "interpreter '/bin/sh.x0d'" leakcheck ./dos_script
script static_script "#!$PWD/static"
refuses "a script for a static interpreter" "'.*/static' is linked statically" leakcheck ./static_script
script circle "#!$PWD/circle"
refuses "a script for itself" "too many scripts" leakcheck ./circle
mkdir .libs
cp sane_address .libs/wrapper
script wrapper '#!/bin/sh'
refuses "a script of libtool" "'./.libs/wrapper' is built with AddressSanitizer" leakcheck ./wrapper

# Rights.  Root can give files away, and be somebody else.
if [ "$(id -u)" -eq 0 ]; then
	chmod 777 .
	cp runs set_user && chown 65534 set_user && chmod 4755 set_user
	cp runs set_group && chgrp 65534 set_group && chmod 2755 set_group
	refuses "a set-user-ID program" "is set-user-ID" leakcheck ./set_user
	refuses "a set-group-ID program" "is set-group-ID" leakcheck ./set_group
	cp runs secret && chmod 711 secret
	refuses "a program that cannot be read" "'./secret' cannot be read.*Permission denied" \
		setpriv --reuid=65534 --regid=65534 --clear-groups "$bin/leakcheck" ./secret
	cp runs own_user && chmod 6755 own_user
	returns "a set-user-ID program of the caller is run" 24 leakcheck ./own_user
	rm -f ran
	returns "where no_new_privs silences the bit it is run" 24 \
		setpriv --no-new-privs "$bin/leakcheck" ./set_user
	rm -f ran
else
	tap_skip "set-user-ID and unreadable programs" "needs root"
fi
if [ "$(id -u)" -eq 0 ] && cp runs capable && PATH=$PATH:/usr/sbin:/sbin setcap cap_chown+ep capable 2>"$scratch/err"; then
	refuses "a program with file capabilities" "has file capabilities" \
		setpriv --reuid=65534 --regid=65534 --clear-groups "$bin/leakcheck" ./capable
	returns "which mean nothing to root" 24 leakcheck ./capable
	rm -f ran
else
	tap_skip "file capabilities" "needs root and setcap"
fi

# The library.
mkdir -p "$scratch/with space/.libs" "$scratch/alone"
cp "$bin/leakcheck" "$scratch/with space"
cp "$bin/.libs/libleakcheck.so" "$scratch/with space/.libs"
cp "$bin/leakcheck" "$scratch/alone"
refuses "a library in a folder with a space" "LD_PRELOAD cannot name" "$scratch/with space/leakcheck" ./runs
refuses "no library" "cannot find its library libleakcheck.so.0" "$scratch/alone/leakcheck" ./runs

tap_check "nothing was run" test ! -e ran

# What is not refused.
compile ubsan -fsanitize=undefined <runs.c 2>"$scratch/err" || cp runs ubsan
returns "UndefinedBehaviorSanitizer leaves malloc alone" 24 leakcheck ./ubsan
{ cat runs.c && echo 'void __asan_init(void) __attribute__((weak));
	void (*volatile init)(void) = __asan_init;'; } |
	compile asks -Wl,-z,dynamic-undefined-weak
returns "a program may ask for a sanitizer" 24 leakcheck ./asks
cp runs sectionless
printf '\000\000\000\000\000\000\000\000' | dd of=sectionless bs=1 seek=40 conv=notrunc 2>"$scratch/err"
returns "a program without section headers" 24 leakcheck ./sectionless
{ cat runs.c && echo "$asks_weakly"; } | compile unsure -Wl,-z,dynamic-undefined-weak
returns "a sanitizer's runtime that leaves malloc alone" 24 leakcheck ./unsure
{ cat runs.c && echo "$own_malloc"; } | compile own_malloc -rdynamic
returns "a program with its own malloc" 24 leakcheck ./own_malloc
rm -f ran .libs/wrapper
returns "a script without its program beside it" 24 leakcheck ./wrapper
tap_check "they were run" test -e ran
tap_end
