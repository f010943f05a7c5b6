#!/bin/sh
# SPDX-License-Identifier: MIT
# Which program is run, and that it notices nothing.
# shellcheck source=tests/cli/setup.sh
. "${srcdir:-.}/tests/cli/setup.sh"

script ()	# FILE LINE...
{
	script_to=$1
	shift
	printf '%s\n' '#!/bin/sh' "$@" >"$script_to"
	chmod +x "$script_to"
}

mkdir first second
script first/tool 'echo first "$0" "$@"'
script second/tool 'echo second "$@"'
script second/other 'echo other'
script help 'echo a program named help'
script version 'echo a program named version'
: >first/other
mkdir first/deep
mkdir first/other2
script second/other2 'echo other2'
old_path=$PATH

PATH=$PWD/first:$PWD/second:$old_path
prints "PATH is searched in order" "first $PWD/first/tool a b" leakcheck tool a b
prints "a file that cannot be run is passed over" "other" leakcheck other
prints "a folder is passed over" "other2" leakcheck other2
PATH=$PWD/second:$old_path
prints "a name with a slash is not searched" "first ./first/tool" leakcheck ./first/tool
PATH=:$old_path
cp second/other here_only
prints "an empty entry of PATH is this folder" "other" leakcheck here_only
PATH=$old_path
refuses "what cannot be run is told" "'.*/first/other' is not executable" \
	env "PATH=$PWD/first" "$bin/leakcheck" other
prints "without PATH the standard one is searched" "found" \
	env -u PATH "$bin/leakcheck" sh -c 'echo found'
PATH=$PWD:$old_path
prints "-- runs a program named like a verb" "a program named help" leakcheck -- help
prints "run does too" "a program named version" leakcheck run version
prints "so does a slash" "a program named help" leakcheck ./help
prints "so does an option in front" "a program named version" leakcheck --heap version
PATH=$old_path

prints "words behind the program are its own" "--heap -- -V *" leakcheck echo --heap -- -V '*'
prints "the program's own --" "-- x" leakcheck -- echo -- x
prints "empty words" "[] [a b] []" leakcheck printf '[%s] [%s] [%s]\n' "" "a b" ""
compile names <<'EOT'
#include <stdio.h>
int main(int argc, char **argv)
{
	(void)argc;
	puts(argv[0]);
	return 0;
}
EOT
PATH=$PWD:$old_path
prints "argv[0] is the name as written" "names" leakcheck names
prints "also with a folder" "./names" leakcheck ./names
PATH=$old_path
printf '#!%s/first/tool\n' "$PWD" >nested
printf '#! /bin/echo one word\n' >argument
chmod +x nested argument
prints "a script for a script" "first $PWD/first/tool ./nested x" leakcheck ./nested x
prints "an interpreter with an argument" "one word ./argument x" leakcheck ./argument x
mkdir .libs
cp names .libs/wrapper
script wrapper 'exec "${0%/*}/.libs/${0##*/}"'
prints "a script of libtool" "./.libs/wrapper" leakcheck ./wrapper

# Streams.
prints "standard input" "from here" sh -c 'echo from here | leakcheck cat'
leakcheck sh -c 'echo out; echo err >&2' >"$scratch/out" 2>"$scratch/err"
tap_check "standard output" grep -qx out "$scratch/out"
tap_check "holds nothing of ours" test "$(wc -l <"$scratch/out")" -eq 1
tap_check "standard error" grep -qx err "$scratch/err"
tap_check "ends with our summary" sh -c 'tail -n +2 "$1" | grep -v "^leakcheck: "; test $? -eq 1' \
	sh "$scratch/err"

# Everything else that a program can see of how it was started.
compile mirror <<'EOT'
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
int main(void)
{
	sigset_t mask;
	struct sigaction action;
	struct rlimit limit;
	struct stat status;
	FILE *out = fopen(getenv("MIRROR"), "w");

	/* The file above is the only one that this program opens. */
	for (int fd = 0; fd < 256; fd++)
		if (fd != fileno(out) && fstat(fd, &status) == 0)
			fprintf(out, "fd %d %o\n", fd, (unsigned)status.st_mode & S_IFMT);
	sigprocmask(SIG_BLOCK, NULL, &mask);
	for (int number = 1; number < 65; number++) {
		if (sigismember(&mask, number) == 1)
			fprintf(out, "blocked %d\n", number);
		if (sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_DFL)
			fprintf(out, "ignored %d\n", number);
	}
	getrlimit(RLIMIT_CORE, &limit);
	fprintf(out, "group %d session %d umask %o core %lu\n", getpgrp(), getsid(0), umask(0),
		(unsigned long)limit.rlim_cur);
	return fclose(out);
}
EOT
compile launch <"$srcdir/tests/cli/launch.c" || exit 1
for way in as_is signals streams; do
	MIRROR=$PWD/mirror.direct ./launch $way ./mirror 2>"$scratch/err"
	MIRROR=$PWD/mirror.wrapped ./launch $way "$bin/leakcheck" ./mirror 2>"$scratch/err"
	tap_check "the program sees no difference: $way" diff mirror.direct mirror.wrapped
done

# The environment.
env -i A=1 "PATH=$PATH" "$bin/leakcheck" env 2>"$scratch/err" | sort >"$scratch/out"
sed 's/=.*//' "$scratch/out" | tr '\n' ' ' >"$scratch/names"
tap_check "four variables are added" \
	grep -qx 'A G_SLICE LD_PRELOAD LEAKCHECK_OPTIONS LEAKCHECK_RUN PATH ' "$scratch/names"
env -i G_SLICE=all "PATH=$PATH" "$bin/leakcheck" printenv G_SLICE >"$scratch/out" 2>"$scratch/err"
tap_check "what is set stays" test "$(cat "$scratch/out")" = all
library=$(realpath "$bin/.libs/libleakcheck.so")
prints "the library is preloaded" "$library" leakcheck printenv LD_PRELOAD
prints "in front of others" "$library:libm.so.6 libdl.so.2" \
	env LD_PRELOAD="libm.so.6 libdl.so.2" "$bin/leakcheck" printenv LD_PRELOAD
prints "an empty LD_PRELOAD" "$library" env LD_PRELOAD= "$bin/leakcheck" printenv LD_PRELOAD
mkdir -p "$scratch/links"
ln -s "$bin/leakcheck" "$scratch/links/leakcheck"
prints "also when leakcheck is a link" "$library" "$scratch/links/leakcheck" printenv LD_PRELOAD
tap_end
