#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/tidy is believed after it has failed on purpose: a copy of the tree gets
# one breach of each law, and tidy must name it.
# shellcheck source=tests/tap.sh
. "${srcdir:-.}/tests/tap.sh"

tree=$scratch/tree
build=$scratch/build
mkdir "$tree" "$build"
for entry in .ci src include tests examples bench doc script m4 configure.ac Makefile.am \
	leakcheck.pc.in; do
	[ ! -e "$srcdir/$entry" ] || cp -R "$srcdir/$entry" "$tree"
done
chmod -R u+w "$tree"
find src -name '*.o' -path '*/.libs/*' | while read -r object; do
	mkdir -p "$build/${object%/*}"
	cp "$object" "$build/$object"
done
mkdir "$build/.libs"
cp .libs/libleakcheck.so "$build/.libs/"

# Puts TEXT at the end of FILE, wants BREACH from tidy and puts FILE back.
catches ()	# LAW NAME FILE TEXT BREACH
{
	[ ! -e "$tree/$3" ] || cp "$tree/$3" "$scratch/kept"
	printf '%b' "$4" >>"$tree/$3"
	wants "$1" "$2" "$5"
	if [ -e "$scratch/kept" ]; then
		mv "$scratch/kept" "$tree/$3"
	else
		rm "$tree/$3"
	fi
}

# Compiles TEXT into FILE of the build.
catches_object ()	# LAW NAME FILE TEXT BREACH [FLAG...]
{
	law=$1 name=$2 file=$3 breach=$5
	printf '%b' "$4" >"$scratch/planted.c"
	shift 5
	cp "$build/$file" "$scratch/kept"
	$CC -fPIC "$@" -o "$build/$file" "$scratch/planted.c"
	wants "$law" "$name" "$breach"
	mv "$scratch/kept" "$build/$file"
}

wants ()	# LAW NAME BREACH
{
	"$tree/tests/tidy" "$build" "$1" >"$scratch/tidy.out" 2>&1
	if grep -q -e "$3" "$scratch/tidy.out"; then
		tap_pass "$2"
	else
		tap_fail "$2" "$scratch/tidy.out"
	fi
}

catches includes "an include that goes up" src/judge/finding.c '#include "report/text.h"\n' \
	'^src/judge/finding.c:[0-9]*: judge/ may not include report/'
catches includes "an include from the other tower" src/judge/finding.c '#include "probe/heap.h"\n' \
	'judge/ may not include probe/'
catches includes "an include without its folder" src/probe/heap.c '#include "heap.h"\n' \
	'write the include from src/'
catches includes "the public header below the bridge" src/judge/finding.c '#include "leakcheck.h"\n' \
	'may not see the public header'
catches light_last "an include after light.h" src/base/fmt.c '#include <stdio.h>\n' \
	'^src/base/fmt.c:[0-9]*: an include after base/light.h'
catches light_last "a light file without light.h" src/base/planted.c '/* SPDX-License-Identifier: MIT */\n' \
	'^src/base/planted.c:1: a light file ends its includes'
catches licence "a file without SPDX line" src/base/planted.h '\n' '^src/base/planted.h:1: no SPDX line'
catches sizes "a long function" src/judge/finding.c "{\n$(yes ';\n' | head -n 70 | tr -d '\n')}\n" \
	'the function has 72 lines, more than 70'
catches sizes "a long file" src/judge/finding.c "$(yes '\n' | head -n 600 | tr -d '\n')" 'lines, more than 600'
catches sizes "a blank at the end" src/judge/finding.c 'int a; \n' 'a blank at the end of the line'
catches words "unfinished work" src/judge/finding.c '/* TO''DO */\n' '^src/judge/finding.c:[0-9]*: unfinished work'
catches words "a path of a machine" script/build '# /ro''ot/x\n' '^script/build:[0-9]*: a path of'
catches words "a name that says nothing" src/base/util.h '\n' '^src/base/util.h:1: a name that says nothing'
catches listed "a source that Makefile.am does not list" src/judge/planted.h '\n' \
	'^src/judge/planted.h:1: not in Makefile.am'
catches listed "a listed source that is not there" Makefile.am 'x src/judge/absent.c\n' \
	'^Makefile.am:[0-9]*: src/judge/absent.c does not exist'
catches exported "a hook that is not exported" src/base/hooked.def 'LK_HOOK(int, absent, (void))\n' \
	'^src/base/hooked.def:[0-9]*: absent is listed but not exported'
catches exported "a public function that is not exported" include/leakcheck.h 'void leakcheck_absent(void);\n' \
	'^include/leakcheck.h:[0-9]*: leakcheck_absent is declared but not exported'
catches_object exported "an exported name that is not listed" .libs/libleakcheck.so 'int planted;\n' \
	'planted is exported but not listed' -shared
catches_object exported "a public function that is not declared" .libs/libleakcheck.so \
	'int leakcheck_planted;\n' 'leakcheck_planted is exported but not declared' -shared
catches_object light_calls "light code that uses stdio" src/base/.libs/libfloor_la-fmt.o \
	'int puts(const char *); void f(void) { puts("x"); }\n' \
	'^src/base/fmt.c:[0-9]*: light code calls puts' -c
catches_object light_calls "light code that calls a hook" src/base/.libs/libfloor_la-fmt.o \
	'int close(int); void f(void) { close(1); }\n' 'light code calls close' -c
for global in 'int planted;' 'int planted = 1;' 'static int planted; int *f(void) { return &planted; }' \
	'_Thread_local int planted;'; do
	catches_object judge_globals "judge: $global" src/judge/.libs/libheavy_la-finding.o "$global\n" \
		'^src/judge/finding.c:[0-9]*: judge/ has no globals, but here is planted' -c
done
rm "$build/src/judge/.libs/libheavy_la-finding.o"
wants judge_globals "an object that is missing" '^src/judge/finding.c:1: not built'
tap_end
