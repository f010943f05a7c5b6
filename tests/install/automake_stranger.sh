#!/bin/sh
# SPDX-License-Identifier: MIT
# An automake project that knows nothing of leakcheck:
# make check LOG_COMPILER=leakcheck fails the test that leaks, and only that.
# shellcheck source=tests/install/common.sh
. "${srcdir:-.}/tests/install/common.sh"

mkdir "$scratch/project"
cd "$scratch/project" || exit 1
cat >configure.ac <<'EOT'
AC_INIT([stranger], [1])
AM_INIT_AUTOMAKE([foreign])
AC_PROG_CC
PKG_CHECK_MODULES([CHECK], [check])
AC_CONFIG_FILES([Makefile])
AC_OUTPUT
EOT
cat >Makefile.am <<'EOT'
check_PROGRAMS = check_clean check_leaky
TESTS = $(check_PROGRAMS) plain.sh
TEST_EXTENSIONS = .sh
AM_CFLAGS = $(CHECK_CFLAGS)
LDADD = $(CHECK_LIBS)
EOT
write_suite check_clean.c ""
write_suite check_leaky.c leak
printf '#!/bin/sh\nexit 0\n' >plain.sh
chmod +x plain.sh
tap_check "the project is set up" sh -c 'autoreconf -i && ./configure'
tap_check "make check passes" "$MAKE" check
tap_fails "make check LOG_COMPILER=leakcheck fails" "$MAKE" check LOG_COMPILER=leakcheck
tap_check "the suite that leaks failed" shows check_leaky.trs ':test-result: FAIL'
tap_check "its log names the test" shows check_leaky.log 'keeps_a_block.*leak'
tap_check "its log does not blame the clean test" hides check_leaky.log 'keeps_nothing:0: leakcheck'
tap_check "the clean suite passed" shows check_clean.trs ':test-result: PASS'
tap_check "the script passed" shows plain.trs ':test-result: PASS'
tap_end
