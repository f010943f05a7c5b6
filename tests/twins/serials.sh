#!/bin/sh
# SPDX-License-Identifier: MIT
# --serials and --break-at: a report names an allocation by its number in the test, and the
# next run finds it by that.
# shellcheck source=tests/twins/setup.sh
. "${srcdir:-.}/tests/twins/setup.sh"

compile serials serials.c || exit 1
watch_options=--serials
judge serials yes
judge serials no

# Prints the number that the report gives the leak of the test NAME.
serial_of ()	# NAME
{
	TWINS_ONLY=$1 watch ./serials 2>&1 | sed -n 's/.*, first at serial \([0-9]*\), from$/\1/p'
}

# Does the test NAME say once that its allocation SERIAL has come, in the function PLACE?
says ()	# NAME SERIAL PLACE
{
	watch_options=--break-at=$2
	TWINS_ONLY=$1 watch ./serials >out 2>err
	watch_options=--serials
	cat err
	test "$(grep -c '^leakcheck: allocation ' err)" -eq 1 &&
		grep -q "^leakcheck: allocation $2 of $1 at .*serials.c:[0-9]*, from\$" err &&
		grep -q "^  > $3  *.*serials.c:[0-9]*\$" err
}

for mode in yes no; do
	export CK_FORK=$mode
	for twin in one:lose_here three:lose_here moved:must_leak_moved_fn grows:lengthen; do
		name=must_leak_${twin%:*}
		serial=$(serial_of "$name")
		tap_check "fork $mode: $name: the number is the same the next time" \
			test "$serial" -eq "$(serial_of "$name")"
		tap_check "fork $mode: $name: it is found by its number" says "$name" "$serial" "${twin#*:}"
		tap_check "fork $mode: $name: how a debugger comes there" shows err '^leakcheck: no debugger is here; '
		tap_check "fork $mode: $name: the test goes on, and is judged" shows out ", first at serial $serial, from\$"
	done
	tap_check "fork $mode: realloc counts as one" test $(($(serial_of must_leak_moved) - 1)) -eq \
		"$(serial_of must_leak_one)"
done
unset CK_FORK
for wanted in '*_one:must_leak_one' 'must_leak_one:must_leak_one' 'none:'; do
	"$leakcheck" --break-at=10 --break-in="${wanted%:*}" ./serials >out 2>err
	tap_check "--break-in=${wanted%:*}" test \
		"$(sed -n 's/^leakcheck: allocation 10 of \([a-z_]*\) .*/\1/p' err)" = "${wanted#*:}"
done
watch_options=
TWINS_ONLY=must_leak_one watch ./serials >out 2>err
tap_check "no number without the option" hides out 'at serial'
watch_options=--break-at=1000000
TWINS_ONLY=must_leak_one watch ./serials >out 2>err
tap_check "a number that is never reached" hides err 'allocation 1000000'
watch_options=--serials
TWINS_ONLY=must_leak_one watch --json=json ./serials >out 2>err
tap_check "JSON has the number" shows json '"serial":[1-9]'

# A debugger that follows all processes, as the hint says.
if [ -n "${EMULATOR:-}" ]; then
	:
elif gdb -q -batch -ex "set startup-with-shell off" -ex run --args true </dev/null 2>&1 |
	grep -q "exited normally"; then
	for mode in yes no; do
		export CK_FORK=$mode
		serial=$(serial_of must_leak_one)
		CK_DEFAULT_TIMEOUT=0 TWINS_ONLY=must_leak_one timeout 60 gdb -q -batch \
			-ex "set debuginfod enabled off" -ex "set detach-on-fork off" \
			-ex "set schedule-multiple on" -ex run -ex bt --args \
			"$leakcheck" --break-at="$serial" ./serials >gdb.out 2>&1 </dev/null
		tap_check "fork $mode: gdb stops there" shows gdb.out 'received signal SIGTRAP'
		tap_check "fork $mode: gdb is in the middle of it" shows gdb.out '^#[0-9]*  .* in lose_here '
	done
else
	tap_skip "gdb stops" "gdb cannot trace here"
fi
tap_end
