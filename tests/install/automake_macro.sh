#!/bin/sh
# SPDX-License-Identifier: MIT
# An automake project with AX_LEAKCHECK: make check-leaks.
# shellcheck source=tests/install/common.sh
. "${srcdir:-.}/tests/install/common.sh"

mkdir -p "$scratch/project/sub" "$scratch/build" "$scratch/without"
cd "$scratch/project" || exit 1
cat >configure.ac <<'EOT'
AC_INIT([macro], [1])
AM_INIT_AUTOMAKE([foreign -Wall -Werror])
AC_PROG_CC
PKG_CHECK_MODULES([CHECK], [check])
AX_LEAKCHECK
AC_CONFIG_FILES([Makefile sub/Makefile])
AC_OUTPUT
EOT
# sub/ has no tests; its rules must still do.  `assistant` is no test itself.
cat >Makefile.am <<'EOT'
SUBDIRS = sub
BUILT_SOURCES = built.h
built.h:
	echo '/* built */' >$@
CLEANFILES = built.h
check_PROGRAMS = check_leaky assistant
nodist_check_leaky_SOURCES = built.h
check_leaky_SOURCES = check_leaky.c
TESTS = check_leaky plain.sh
TEST_EXTENSIONS = .sh
EXTRA_DIST = plain.sh
AM_CFLAGS = $(CHECK_CFLAGS)
LDADD = $(CHECK_LIBS)
LOG_COMPILER = env
AM_LOG_FLAGS = PROJECT=kept
@LEAKCHECK_CHECK_RULES@
EOT
echo '@LEAKCHECK_CHECK_RULES@' >sub/Makefile.am
write_suite check_leaky.c leak
echo 'int main(void) { return 0; }' >assistant.c
printf '#!/bin/sh\ntest -x ./assistant\n' >plain.sh
chmod +x plain.sh
tap_check "the project is set up" sh -c 'autoreconf -i && cd ../build && ../project/configure'
cd ../build || exit 1

tap_fails "make check-leaks from nothing builds all and fails" "$MAKE" check-leaks
tap_check "programs that are no tests were built" test -x assistant
tap_check "the suite that leaks failed" shows check_leaky.leaks.trs ':test-result: FAIL'
tap_check "its log names the test" shows check_leaky.leaks.log 'keeps_a_block.*leak'
tap_check "the script ran as it is" shows plain.leaks.trs ':test-result: PASS'
tap_check "the suite log has a name of its own" shows test-suite-leaks.log 'keeps_a_block'
tap_check "no log of make check was made" test ! -e check_leaky.log
tap_check "make check passes" "$MAKE" check
cp check_leaky.log before.log
tap_fails "make check-leaks after make check still fails" "$MAKE" check-leaks
tap_check "the log of make check is as it was" cmp before.log check_leaky.log
tap_check "nothing is left aside" sh -c '! ls | grep "[.]kept"'
tap_fails "options are passed on" "$MAKE" check-leaks LEAKCHECK_FLAGS="--report=$scratch/report"
tap_check "the report is there" test -s "$scratch/report"
rm before.log
write_suite ../project/check_leaky.c ""
tap_check "make check-leaks passes once the leak is mended" "$MAKE" check-leaks
tap_check "make distcheck passes" "$MAKE" distcheck
tap_check "make clean" "$MAKE" clean
tap_check "clean removed all of it" sh -c '! ls | grep -e leaks -e "[.]trs"'

cd ../without || exit 1
tap_check "configure --disable-leakcheck" ../project/configure --disable-leakcheck
tap_fails "make check-leaks then fails" "$MAKE" check-leaks
"$MAKE" check-leaks >"$scratch/refusal" 2>&1
tap_check "with a sentence" shows "$scratch/refusal" 'check-leaks: configure found no leakcheck'
tap_end
