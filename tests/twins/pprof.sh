#!/bin/sh
# SPDX-License-Identifier: MIT
# --profile and --stats: what `go tool pprof` and protoc read is what the tests did.
. "${srcdir:-.}/tests/twins/setup.sh"

pprof ()	# ARGUMENT...
{
	HOME=$scratch PPROF_TMPDIR=$scratch PAGER='' go tool pprof "$@"
}

# Passes if COMMAND prints lines that match each PATTERN up to --.
prints ()	# PATTERN... -- COMMAND...
{
	prints_patterns=
	while [ "$1" != -- ]; do
		prints_patterns="$prints_patterns$1
"
		shift
	done
	shift
	"$@" >printed 2>&1 || { cat printed; return 1; }
	printf '%s' "$prints_patterns" >patterns
	while IFS= read -r pattern; do
		grep -qE -e "$pattern" printed || { echo "no line: $pattern"; cat printed; return 1; }
	done <patterns
}

# The COLUMNth value of all samples that pprof -raw finds in FILE, added up.
total ()	# FILE COLUMN
{
	pprof -raw "$1" 2>/dev/null | awk -v column="$2" '
	/^Locations/ { exit }
	/^ *-?[0-9].*: / { sub(/:.*/, ""); sum += $column }
	END { print sum + 0 }'
}

compile program pprof.c -O1 -fno-optimize-sibling-calls -no-pie -pthread
for mode in yes no; do
	CK_FORK=$mode ROWS=3 watch --no-rerun --settle=20 --profile="few $mode.pb.gz" \
		--profile="fd:fd:$mode" --profile="thread:thread.$mode" \
		--profile="child:child.$mode" --stats="stats.$mode" \
		--capture="few.$mode" ./program >out 2>err
	tap_check "fork $mode: the program's results are as ever" shows out '^20%: Checks: 5, Failures: 4'
	cp err "err.$mode"
	CK_FORK=$mode ROWS=5 watch --no-rerun --settle=20 --profile="many.$mode.pb" \
		--capture="many.$mode" ./program >out 2>err
	tap_check "fork $mode: a file of any name is compressed" gzip -t <"few $mode.pb.gz"
	tap_check "fork $mode: without one there is no table" hides err 'temporary'
	tap_check "fork $mode: the table of the tests" \
		awk 'function row(left, bytes, fds, threads) {
			return $5 == left && $6 == bytes && $7 == fds && $8 == threads
		}
		$NF == "test_rows" && row(6, 330, 0, 0) { seen++ }
		$NF == "test_nothing" && row(0, 0, 0, 0) { seen++ }
		$NF == "test_log" && row(0, 0, 2, 0) { seen++ }
		$NF == "test_worker" && $7 == 0 && $8 == 1 { seen++ }
		$NF == "(all)" && $7 == 2 && $8 == 1 { seen++ }
		END { exit seen != 5 }' "err.$mode"
	# Check allocates, too, with each assertion: that is not told.
	tap_check "fork $mode: temporary is what the test freed itself" \
		awk '$NF == "test_rows" && $4 == 7 && $1 == 13 { seen = 1 } END { exit !seen }' \
		"err.$mode"
	tap_check "fork $mode: bytes, and the most at once" \
		awk '$NF == "test_rows" && $2 == 680 && $3 >= 330 && $3 < 680 { seen++ }
		$NF == "test_nothing" && $2 == 350 && $3 >= 50 && $3 < 300 { seen++ }
		END { exit seen != 2 }' "err.$mode"
done

json ()	# TEXT FILE WORD...
{
	json_text=$1
	shift
	test "$(./json_get "$@")" = "$json_text"
}
compile_libs='-ljansson' compile json_get json_get.c
for mode in yes no; do
	tap_check "fork $mode: JSON of a test" json test_rows "stats.$mode" tests 0 test
	tap_check "fork $mode: JSON of its bytes" json 330 "stats.$mode" tests 0 left_bytes
	tap_check "fork $mode: JSON of all tests" json 2 "stats.$mode" all descriptors
done

same_sums ()	# MODE
{
	for same in 1:allocations 2:bytes 3:left_blocks 4:left_bytes; do
		json "$(total "few $1.pb.gz" "${same%:*}")" "stats.$1" all "${same#*:}" || return 1
	done
	"$leakcheck" report "few.$1" >report
}

same_profile ()	# MODE
{
	"$leakcheck" report --format=pprof -o again "few.$1" &&
		gzip -dc <again >again.plain && gzip -dc <"few $1.pb.gz" | cmp - again.plain
}

report_top ()	# CAPTURE OPTION...
{
	top_of=$1
	shift
	"$leakcheck" report --format=pprof -o selected "$@" "$top_of" && pprof -top selected
}

same_table ()	# MODE
{
	"$leakcheck" report --format=stats "few.$1" >table &&
		sed -n '/what each test did$/,/ (all)$/p' "err.$1" | sed 1d | diff - table
}

# Do both say by how much each function has changed?
same_difference ()	# MODE SAMPLE-TYPE VALUE
{
	"$leakcheck" diff --format=json --group=function "few.$1" "many.$1" >difference || return 1
	row=0
	while function=$(./json_get difference heap rows "$row" function); do
		echo "$(./json_get difference heap rows "$row" change "$3") $function"
		row=$((row + 1))
	done | sort >ours
	pprof -top -unit=B -sample_index="$2" -diff_base="few $1.pb.gz" "many.$1.pb" 2>/dev/null |
		awk '/^ +-?[0-9.]+B? .*%/ && $1 !~ /^0/ { sub(/B$/, "", $1); print $1, $6 }' |
		sort >theirs
	test -s ours && diff ours theirs
}

check_heap ()	# MODE
{
	few="few $1.pb.gz" many=many.$1.pb
	name="fork $1"
	tap_check "$name: functions behind wrappers" \
		prints " 300B .* 300B .* make_row \\(inline\\)$" " 30B .* 330B .* load_rows$" \
		"^ +0 .* 330B .* test_rows_fn$" -- pprof -top -tagfocus=reach=lost "$few"
	tap_check "$name: a difference" \
		prints " 200B .* 200B .* make_row \\(inline\\)$" " 20B .* 220B .* load_rows$" \
		-- pprof -top -diff_base="$few" -tagfocus=reach=lost "$many"
	tap_check "$name: what was allocated, whatever became of it" \
		prints " 700B .* 700B .* use_up$" "^ +0 .* 350B .* test_nothing_fn$" \
		-- pprof -top -sample_index=alloc_space -unit=B "$few"
	tap_check "$name: the sums are those of the table" same_sums "$1"
	tap_check "$name: and of the report" shows report "^heap: $(total "$few" 4) bytes in $(
		total "$few" 3) blocks alive; $(total "$few" 2) bytes in $(
		total "$few" 1) blocks were allocated$"
	tap_check "$name: a capture gives the same profile" same_profile "$1"
	tap_check "$name: and the same table" same_table "$1"
	tap_check "$name: it gives those of other kinds, and of one test" \
		prints "^Type: fd$" "^ +2 +100%" -- report_top "few.$1" --kind=fd --test=test_log
	tap_check "$name: of another test nothing" \
		prints "accounting for 0, 0% of 0 total" -- report_top "few.$1" --kind=fd --test=test_rows
	for value in inuse_space:live_bytes inuse_objects:live_blocks alloc_space:alloc_bytes; do
		tap_check "$name: ${value%:*}: -diff_base is what leakcheck diff says" \
			same_difference "$1" "${value%:*}" "${value#*:}"
	done
}

check_more ()	# MODE
{
	few="few $1.pb.gz"
	name="fork $1"
	tap_check "$name: the sample types" \
		prints "^alloc_objects/count alloc_space/bytes inuse_objects/count inuse_space/bytes\\[dflt\\]$" \
		"^Period: 1$" -- pprof -raw "$few"
	tap_check "$name: lines" \
		prints "ROUTINE =+ load_rows in .*pprof.c$" "^ +\\. +300B +$make_row_line:" \
		"^ +30B +30B +$xmalloc_line:" -- pprof -source_path="$twins" -list load_rows \
		-tagfocus=reach=lost "$few"
	tap_check "$name: labels" prints "^ +reach: +lost$" "^ +test: +test_rows$" \
		"^ +300B +make_row \\(inline\\)$" -- pprof -traces "$few"
	tap_check "$name: where a function is declared" \
		prints " load_rows .*pprof.c:$xmalloc_line s=$load_rows_line$" -- pprof -raw "$few"
	tap_check "$name: the program is the first mapping, with its build-id" \
		prints "^1: 0x[0-9a-f]+/0x[0-9a-f]+/0x[0-9a-f]+ .*/program $build_id \\[FN\\]\\[FL\\]\\[LN\\]\\[IN\\]$" \
		-- pprof -raw "$few"
	tap_check "$name: a difference of nothing" test "$(pprof -raw -base="$few" "$few" \
		2>/dev/null | sed -n '/^Samples/,/^Locations/p' | grep -c ': ')" -eq 0
	tap_check "$name: the code" prints "load_rows" "make_row|pprof.c:32" -- \
		pprof -disasm load_rows "$few"
}

# Readers name what we cannot, given the file with the names.
check_stripped ()
{
	cp program named
	strip program
	ROWS=3 watch --no-rerun --settle=20 --profile=stripped ./program >out 2>err
	tap_check "a stripped program has no names" \
		prints "^1: 0x.* $build_id $" -- pprof -raw stripped
	tap_check "its frames are named with the program that has them" \
		prints " 330B .* load_rows$" -- pprof -top -tagfocus=reach=lost named stripped
	mv named program
}

check_others ()	# MODE
{
	name="fork $1"
	tap_check "$name: descriptors" prints "^Type: fd$" \
		"^ +2 +100% .* open_log$" -- pprof -top "fd:$1"
	tap_check "$name: what they are" prints "^ +type: +device$" "^ +test: +test_log$" \
		-- pprof -traces "fd:$1"
	tap_check "$name: threads, where they are and were created" prints "^Type: thread$" \
		" 1 .* wait_for_ever$" " 1 .* start_worker$" " 1 .* test_worker_fn$" \
		-- pprof -top "thread.$1"
	tap_check "$name: each counts once" test "$(total "fd:$1" 1) $(total "child.$1" 1)" = "2 1"
	tap_check "$name: children" prints "^Type: child$" "^ +1 +100% .* fork_child$" \
		-- pprof -top "child.$1"
}

line_of ()	# TEXT
{
	grep -nF -e "$1" "$twins/pprof.c" | tail -n 1 | cut -d: -f1
}
make_row_line=$(line_of "make_row();") xmalloc_line=$(line_of "xmalloc(10);")
load_rows_line=$(line_of "void load_rows(int count)")
build_id=$(readelf -n program | sed -n 's/.*Build ID: //p')
if HOME=$scratch go tool pprof -help >/dev/null 2>&1; then
	for mode in yes no; do
		check_heap "$mode"
		check_others "$mode"
	done
	check_more yes
	check_stripped
	if command -v dot >/dev/null; then
		tap_check "a graph" pprof -svg -output=graph.svg "few yes.pb.gz"
		tap_check "shows the functions" shows graph.svg make_row
	else
		tap_skip "a graph" "graphviz is not installed"
	fi
else
	tap_skip "what go tool pprof reads" "Go is not installed"
fi

decode ()	# FILE
{
	gzip -dc <"$1" | protoc -I"$twins" --decode=perftools.profiles.Profile profile.proto
}
if command -v protoc >/dev/null; then
	for file in "few yes.pb.gz" fd:no thread.no; do
		decode "$file" >decoded 2>&1
		tap_check "$file: protoc reads it" shows decoded '^default_sample_type\|^period'
		tap_check "$file: no field is unknown" hides decoded '^ *[0-9][0-9]*:\|^ *[0-9][0-9]* {'
	done
else
	tap_skip "what protoc reads" "protoc is not installed"
fi

# Without tests it is what was alive at the end.
watch --profile=whole --stats=whole.json --every=0.1 --capture=whole.capture ./program alone \
	>out 2>err
tap_check "a program without tests runs" test $? -eq 0
tap_check "it was looked at several times" \
	eval 'test "$(grep -o "^leakcheck: [0-9]* snapshots captured" err | tr -dc 0-9)" -ge 2'
tap_check "which do not add up in a report" \
	eval '"$leakcheck" report whole.capture >report; shows report "^heap: 660 bytes in 12 blocks"'
tap_check "a program without tests has no table" hides err temporary
if HOME=$scratch go tool pprof -help >/dev/null 2>&1; then
	tap_check "but a profile" prints " 600B .* make_row \\(inline\\)$" "^ +0 .* 660B .* main$" -- \
		pprof -top -unit=B whole
else
	tap_skip "what go tool pprof reads" "Go is not installed"
fi

# What is no plain file is written itself, not put aside.
ln -s /dev/null nowhere
mkfifo pipe
cat pipe >from_pipe &
ROWS=3 watch --no-rerun --settle=20 --profile=nowhere --stats=pipe ./program >out 2>err
wait
tap_check "a link stays" test -L nowhere
tap_check "a pipe gets what is written" json test_rows from_pipe tests 0 test

tap_check "the library has nothing of zlib" \
	eval '! readelf -d "$libraries/libleakcheck.so" | grep libz'

# What cannot be written is told before anything runs.
for option in --profile=/no/such/folder/p --profile=fd:/no/such/folder/p --stats=/no/such/folder/s; do
	ROWS=1 returns 2 watch "$option" ./program
	tap_check "$option refuses the run" shows err "^leakcheck: cannot write '/no/such/folder/[ps].new'"
done
tap_check "nothing was run" test ! -s out
tap_check "a profile needs a file" returns 2 watch --profile=heap: ./program
tap_end
