#!/bin/sh
# SPDX-License-Identifier: MIT
# Signals, job control, and leakcheck's own sudden death.
# shellcheck source=tests/cli/setup.sh
. "${srcdir:-.}/tests/cli/setup.sh"

LEAKCHECK_FAKE=runners=1:tests_checked=1
export LEAKCHECK_FAKE
compile launch -lutil <"$srcdir/tests/cli/launch.c" || exit 1
# Says which signals come; SIGTERM ends it with status 7.
compile catches <<'EOT'
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
int main(void)
{
	sigset_t all;
	int number;

	sigfillset(&all);
	sigdelset(&all, SIGALRM);
	sigdelset(&all, SIGTSTP);
	sigprocmask(SIG_SETMASK, &all, NULL);
	signal(SIGALRM, SIG_DFL);
	alarm(60);
	setlinebuf(stdout);
	puts("ready");
	while (sigwait(&all, &number) == 0) {
		printf("got %d\n", number);
		if (number == SIGTERM)
			return 7;
	}
}
EOT

# Starts leakcheck with `catches` and waits until it is ready; $pid is leakcheck
# and descriptor 3 reads what the program says.
begin ()
{
	rm -f pipe
	mkfifo pipe
	leakcheck ./catches >pipe 2>"$scratch/err" &
	pid=$!
	exec 3<pipe
	read -r said <&3
}

# Passes if the program says that it GOT a signal.
got ()	# NAME NUMBER
{
	read -r said <&3
	if [ "$said" = "got $2" ]; then
		tap_pass "$1"
	else
		echo "# it said '$said', not 'got $2'"
		tap_fail "$1" "$scratch/err"
	fi
}

begin
for name in HUP INT QUIT USR1 USR2 PIPE XCPU WINCH IO RTMIN; do
	number=$(kill -l "$name" 2>"$scratch/ignored") || number=34
	kill -s "$number" "$pid" 2>"$scratch/ignored" || kill -"$number" "$pid"
	got "SIG$name is sent on" "$number"
done
kill -CONT "$pid"
got "SIGCONT is sent on" 18
kill -TERM "$pid"
got "SIGTERM is sent on" 15
wait "$pid"
status=$?
tap_check "and the program decides how it ends" test "$status" -eq 7
tap_check "with a summary" grep -q '^leakcheck: 1 test checked' "$scratch/err"
exec 3<&-

begin
kill -KILL "$pid"
got "when leakcheck is killed, the program gets SIGTERM" 15
wait "$pid" 2>"$scratch/ignored"
exec 3<&-

printf 'ready\ngot 2\ngot 15\n' >"$scratch/lines"
./launch terminal leakcheck ./catches >"$scratch/out" 2>"$scratch/err"
grep -o -e ready -e 'got [0-9]*' "$scratch/out" >"$scratch/seen"
tap_check "^C reaches the program once, and leakcheck waits for it" \
	diff "$scratch/lines" "$scratch/seen"
tap_check "the summary comes on a terminal too" grep -q '^leakcheck: 1 test checked' "$scratch/out"
tap_check "and the program's status" grep -qx 'exit 7' "$scratch/out"

./launch hangup leakcheck ./catches >"$scratch/out" 2>"$scratch/err"
grep -v 'got 18' "$scratch/out" >"$scratch/seen"
printf 'ready\ngot 1\ngot 15\nexit 7\n' >"$scratch/lines"
tap_check "the end of the terminal reaches the program once" diff "$scratch/lines" "$scratch/seen"

compile stops <<'EOT'
#include <signal.h>
#include <stdlib.h>
int main(int argc, char **argv)
{
	(void)argc;
	raise(atoi(argv[1]));
	return 5;
}
EOT
for number in 20 21 22; do
	prints "leakcheck stops when the program stops by signal $number, and goes on" \
		"stop $number
exit 5" ./launch job "$bin/leakcheck" ./stops "$number"
done
# SIGTSTP for leakcheck alone: the program stops, then leakcheck.
compile stops_parent <<'EOT'
#include <signal.h>
#include <unistd.h>
int main(void)
{
	sigset_t stop, none;
	struct sigaction action = { .sa_handler = SIG_DFL };

	sigemptyset(&none);
	sigemptyset(&stop);
	sigaddset(&stop, SIGCONT);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	sigaction(SIGTSTP, &action, NULL);
	kill(getppid(), SIGTSTP);
	sigwaitinfo(&stop, NULL);
	return 5;
}
EOT
prints "SIGTSTP for leakcheck alone stops both" "stop 20
exit 5" ./launch job "$bin/leakcheck" ./stops_parent
tap_end
