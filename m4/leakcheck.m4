# SPDX-License-Identifier: MIT
#
# SYNOPSIS
#
#   AX_LEAKCHECK
#
# DESCRIPTION
#
#   Adds a target `make check-leaks`, which runs the tests of `make check`
#   again under leakcheck, so that the Check tests that leak fail.
#
#   configure.ac:  AX_LEAKCHECK              (after AM_INIT_AUTOMAKE)
#   Makefile.am:   @LEAKCHECK_CHECK_RULES@   (each one that sets TESTS)
#
#   configure gets --enable-leakcheck: by default the target works if leakcheck
#   is found, with `yes` a missing leakcheck is an error, with `no` the target
#   fails with a sentence.  Sets for makefiles:
#
#     LEAKCHECK          the program; may be given to configure
#     LEAKCHECK_FLAGS    its options; may be given to configure and to make
#     LEAKCHECK_ENABLED  AM_CONDITIONAL
#
#   What a test is run by stays: LOG_COMPILER and AM_LOG_FLAGS of the project
#   run under leakcheck.  Tests with an extension of their own (.sh, ..) run as
#   in `make check`.  Check programs, helper programs and built sources are
#   made first.  Logs are kept apart: test-suite-leaks.log and NAME.leaks.log;
#   NAME.log and NAME.trs remain those of `make check`.  Every run is a full run.
#   The rules are POSIX make; do not run `make check check-leaks` with -j, the
#   two take turns in the same files.

#serial 1

AC_DEFUN([AX_LEAKCHECK], [
AC_REQUIRE([AM_INIT_AUTOMAKE])dnl
AM_EXTRA_RECURSIVE_TARGETS([check-leaks])
AC_ARG_VAR([LEAKCHECK], [the program leakcheck])
AC_ARG_VAR([LEAKCHECK_FLAGS], [options for leakcheck in make check-leaks])
AC_ARG_ENABLE([leakcheck],
	[AS_HELP_STRING([--enable-leakcheck], [make check-leaks fails the tests that leak; default: if leakcheck is found])],
	[], [enable_leakcheck=auto])
AS_IF([test "$enable_leakcheck" != no], [
	AC_PATH_PROG([LEAKCHECK], [leakcheck])
	AS_IF([test -z "$LEAKCHECK"], [
		AC_MSG_CHECKING([for leakcheck with pkg-config])
		LEAKCHECK=`${PKG_CONFIG-pkg-config} --variable=leakcheck leakcheck 2>/dev/null`
		AS_IF([test -x "$LEAKCHECK"], [], [LEAKCHECK=])
		AC_MSG_RESULT([${LEAKCHECK:-no}])
	])
	AS_IF([test -n "$LEAKCHECK"], [enable_leakcheck=yes],
	      [test "$enable_leakcheck" = yes],
	      [AC_MSG_ERROR([leakcheck was not found; install it, set LEAKCHECK or configure with --disable-leakcheck])],
	      [enable_leakcheck=no])
])
AM_CONDITIONAL([LEAKCHECK_ENABLED], [test "$enable_leakcheck" = yes])
AC_SUBST([LEAKCHECK_ENABLED], [$enable_leakcheck])

[LEAKCHECK_CHECK_RULES='
# Of AX_LEAKCHECK (leakcheck.m4).
leakcheck_made_first = $(check_PROGRAMS) $(check_LIBRARIES) $(check_LTLIBRARIES) \
	$(check_SCRIPTS) $(check_HEADERS) $(check_DATA)

# The harness names its logs after the tests: those of `make check` are put
# aside and come back, whatever happens.
check-leaks-local:
	@if test "$(LEAKCHECK_ENABLED)" != yes; then \
	  echo "check-leaks: configure found no leakcheck, or --disable-leakcheck was given" >&2; \
	  exit 1; \
	fi
	@for targets in "$(BUILT_SOURCES)" all-am "$(leakcheck_made_first)"; do \
	  test -z "`echo $$targets`" || $(MAKE) $(AM_MAKEFLAGS) $$targets || exit 1; \
	done
	@if test -z "`echo $(TESTS)`"; then exit 0; fi; \
	logs="`echo $(TEST_LOGS)`"; \
	put_back () { \
	  for log in $$logs; do \
	    name=`echo "$$log" | sed "s/[.]log\$$//"`; \
	    for end in log trs; do \
	      if test -f "$$name.$$end"; then mv -f "$$name.$$end" "$$name.leaks.$$end"; fi; \
	      if test -f "$$name.$$end.kept"; then mv -f "$$name.$$end.kept" "$$name.$$end"; fi; \
	    done; \
	  done; \
	}; \
	for log in $$logs; do \
	  name=`echo "$$log" | sed "s/[.]log\$$//"`; \
	  for end in log trs; do \
	    if test -f "$$name.$$end.kept"; then rm -f "$$name.$$end"; \
	    elif test -f "$$name.$$end"; then mv -f "$$name.$$end" "$$name.$$end.kept"; fi; \
	  done; \
	done; \
	trap "put_back; exit 1" 1 2 15; \
	status=0; \
	$(MAKE) $(AM_MAKEFLAGS) check-TESTS TEST_SUITE_LOG=test-suite-leaks.log \
	  LOG_COMPILER="$(LEAKCHECK) $(LEAKCHECK_FLAGS) -- $(LOG_COMPILER)" || status=1; \
	put_back; \
	exit $$status

mostlyclean-am: mostlyclean-leaks
mostlyclean-leaks:
	-@rm -f test-suite-leaks.log
	-@for log in x $(TEST_LOGS); do \
	  name=`echo "$$log" | sed "s/[.]log\$$//"`; \
	  rm -f "$$name.leaks.log" "$$name.leaks.trs" "$$name.log.kept" "$$name.trs.kept"; \
	done

.PHONY: check-leaks-local mostlyclean-leaks
']
AC_SUBST([LEAKCHECK_CHECK_RULES])
m4_ifdef([_AM_SUBST_NOTMAKE], [_AM_SUBST_NOTMAKE([LEAKCHECK_CHECK_RULES])])
])
