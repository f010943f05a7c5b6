#!/bin/sh
# SPDX-License-Identifier: MIT
# What the verbs that read captures say of programs whose memory is known to the byte: each
# form tells the same totals.
. "${srcdir:-.}/tests/twins/setup.sh"

compile profiled profiled.c -g -O1
compile json_get json_get.c -ljansson

# A capture of `profiled WORD...`; only what it holds itself.
capture ()	# FILE WORD...
{
	capture_file=$1
	shift
	watch --capture="$capture_file" ./profiled "$@" >out 2>err
}
capture old 3
capture new 5 2

# Is the member of the JSON of COMMAND at PLACE (words) exactly TEXT?
json_is ()	# TEXT "PLACE" COMMAND...
{
	json_text=$1 json_place=$2
	shift 2
	"$@" >json || return 1
	# shellcheck disable=SC2086 # several words
	[ "$(./json_get json $json_place)" = "$json_text" ]
}

# Only what the program itself took, not the C library.
report ()	# [OPTION...] FILE
{
	"$leakcheck" report --include=profiled.c "$@"
}

tap_check "all is alive: bytes" json_is 1328 "heap total live_bytes" report --format=json old
tap_check "blocks" json_is 8 "heap total live_blocks" report --format=json old
tap_check "rows go by size, the suspect stands behind the wrapper" \
	eval 'json_is keep_through "heap rows 0 function" report --format=json old &&
	json_is keep_many "heap rows 1 function" report --format=json old &&
	json_is 300 "heap rows 1 flat live_bytes" report --format=json old &&
	json_is keep_more "heap rows 2 function" report --format=json old &&
	json_is 28 "heap rows 2 flat live_bytes" report --format=json old'
tap_check "cumulative values go to callers, too" \
	eval 'json_is main "heap rows 0 function" report --format=json --cumulative old &&
	json_is 1328 "heap rows 0 cumulative live_bytes" report --format=json --cumulative old &&
	json_is 0 "heap rows 0 flat live_bytes" report --format=json --cumulative old &&
	json_is 1028 "heap rows 0 cumulative live_bytes" \
		report --format=json --cumulative --exclude=keep_many --include=keep_through old'

# The three forms agree, for each way to group.
for group in function line file library stack; do
	for file in old new; do
		report --format=json --group=$group $file >json
		total=$(./json_get json heap total live_bytes)
		rows=0
		for i in 0 1 2 3 4 5 6 7 8 9; do
			row=$(./json_get json heap rows $i flat live_bytes 2>none) || break
			rows=$((rows + row))
		done
		tap_check "$file by $group: rows add up to the total" [ "$rows" -eq "$total" ]
		tap_check "$file by $group: text says the same total" \
			eval 'report --group=$group --kind=heap $file | grep -q "^heap: $total bytes in "'
	done
done
tap_check "folded stacks add up to the total" \
	eval 'json_is "$(report --format=folded old | awk "{ sum += \$NF } END { print sum }")" \
	"heap total live_bytes" report --format=json old'
tap_check "folded stacks begin with the outermost frame" \
	eval 'report --format=folded old | grep -qE "(^|;)main;keep_through;keep_more;xmalloc 28$"'
tap_check "counts of blocks fold, too" \
	eval 'report --format=folded --sort=live_blocks old | grep -qE ";main;keep_many;xmalloc 3$|^main;keep_many;xmalloc 3$"'
tap_check "a table ends after --top rows and says how many are left" \
	eval 'report --top=1 --kind=heap old >said; grep -q "keep_through" said &&
	! grep -q "keep_many" said && grep -q "2 more rows" said'
tap_check "top is a table of functions" \
	eval '"$leakcheck" top --include=profiled.c old | grep -q " keep_many (.*profiled.c)$"'
tap_check "descriptors are told one by one" \
	eval 'test "$(report --kind=fd new | grep -c "/dev/null .device., opened in keep_open ")" -eq 2'
tap_check "a library can be chosen" \
	eval 'json_is 1328 "heap total live_bytes" "$leakcheck" report --include=profiled --format=json old'

line=$(grep -n "xmalloc(100)" "$twins/profiled.c" | cut -d: -f1)
report --format=annotate old >said
tap_check "source lines have bytes, blocks and cumulative bytes beside them" \
	eval 'grep -qE "^ *$line +300 B +3 +300 B +xmalloc\(100\);$" said'
tap_check "lines that only call have cumulative bytes" \
	eval 'grep -qE "^ *[0-9]+ +28 B +keep_more\(count\);$" said'
cp "$twins/profiled.c" elsewhere.c && compile elsewhere ./elsewhere.c -O1 && rm elsewhere.c
watch --capture=sourceless ./elsewhere >out 2>err
"$leakcheck" report --format=annotate sourceless >said
tap_check "a source that is not here is named, its lines are told" \
	eval 'grep -q "elsewhere.c: .*(the source cannot be read here)$" said &&
	grep -qE "^ *$line +300 B +3 +300 B *$" said'
tap_check "threads are dumped as Go does, one by one" \
	eval '"$leakcheck" report --format=threads old | grep -qE "^main thread [0-9]+ .running.:$"'
tap_check "and by stack" \
	eval '"$leakcheck" report --format=threads-by-stack old | grep -qx "thread profile: total 1"'

difference ()	# [OPTION...] OLD NEW
{
	"$leakcheck" diff --include=profiled.c "$@"
}
tap_check "what grew is a row as tracemalloc prints it" \
	eval 'difference --kind=heap old new >said;
	grep -qx "     .*profiled.c:$line: size=500 B (+200 B), count=5 (+2), average=100 B" said'
tap_check "what did not change has none" eval 'test "$(wc -l <said)" -eq 2'
tap_check "totals of both sides" \
	grep -qx "heap: 1328 -> 1528 bytes (+200), 8 -> 10 blocks (+2) alive" said
tap_check "new descriptors are new" \
	eval 'test "$(difference --kind=fd old new | grep -c "^new  fd ")" -eq 2'
tap_check "and gone the other way round" \
	eval 'test "$(difference --kind=fd new old | grep -c "^gone fd ")" -eq 2'
tap_check "the same as JSON" \
	eval 'json_is 200 "heap rows 0 change live_bytes" difference --format=json old new &&
	json_is 500 "heap rows 0 new live_bytes" difference --format=json old new &&
	json_is 1328 "heap old_total live_bytes" difference --format=json old new &&
	json_is new "fd rows 0 status" difference --format=json old new'
tap_check "nothing differs from itself" \
	eval 'difference old old >said; grep -q "(+0)" said && ! grep -q "^     \|^new\|^gone" said'


# More of pprof in pprof.sh.
if command -v go >which; then
	"$leakcheck" report --format=pprof --include=profiled.c -o old.pb.gz old
	tap_check "pprof reads its form, with the same total" \
		eval 'HOME=$scratch PPROF_TMPDIR=$scratch go tool pprof -top -unit=B old.pb.gz 2>&1 |
			grep -q "100% of 1328B total"'
else
	tap_skip "pprof reads its form, with the same total" "needs go"
fi

"$leakcheck" merge -o both old new
tap_check "a merged capture holds both" \
	json_is 2856 "heap total live_bytes" report --format=json both
tap_check "several files are one report" \
	json_is 2856 "heap total live_bytes" report --format=json old new
tap_check "standard input is a file" \
	eval 'cat old new | report --format=json - >json; test "$(./json_get json heap total live_bytes)" = 2856'
cp old same
tap_check "a capture may be merged into itself" \
	eval '"$leakcheck" merge -o same same new && cmp same both'

# Bad files: one sentence, status 2.
bad ()	# NAME PATTERN COMMAND...
{
	bad_name=$1 bad_pattern=$2
	shift 2
	"$@" >out 2>err
	bad_status=$?
	tap_check "$bad_name" eval 'cat err; test $bad_status -eq 2 && test "$(wc -l <err)" -eq 1 &&
		grep -q "^leakcheck: .*$bad_pattern" err'
}
echo "not a capture" >text
bad "a file that is no capture" "" "$leakcheck" report text
tap_check "prints nothing" [ ! -s out ]
bad "a file that is not there" "No such file" "$leakcheck" diff old nowhere
bad "no file" "no capture is named" "$leakcheck" report
bad "one file to compare" "two captures" "$leakcheck" diff old
bad "merge without output" "an output and captures are needed" "$leakcheck" merge old
bad "merge of what is no capture" "" "$leakcheck" merge -o made text
tap_check "makes no file" [ ! -e made ]
bad "an unknown form" "format 'xml' is unknown" "$leakcheck" report --format=xml old
bad "an unknown group" "option 'group' takes one of" "$leakcheck" report --group=colour old
bad "an unknown option" "option '--colour=red' is unknown" "$leakcheck" report --colour=red old
bad "no snapshot of that sort" "no snapshot of a test" "$leakcheck" report --scope=tests old
bad "totals that were not counted" "run the program with --totals" \
	"$leakcheck" report --sort=alloc_bytes old
watch --totals --capture=totals ./profiled 3 >out 2>err
tap_check "what was allocated, if it was counted" \
	json_is 1328 "heap total alloc_bytes" report --sort=alloc_bytes --format=json totals
cp old kept
bad "an output is left as it was" "option 'top' takes a number" "$leakcheck" report --top=x -o kept old
tap_check "when nothing is written" cmp old kept
bad "an output that cannot be written" "cannot write" "$leakcheck" report -o /no/such/file old
head -c "$(($(wc -c <old) - 10))" old >short
cat new short >damaged
bad "a file with a damaged record" "" "$leakcheck" report damaged
tap_check "what can be read is told all the same" grep -q "^heap: " out

tap_check "help lists options and forms" \
	eval '"$leakcheck" report --help >said && grep -q -e "--first-frame" said && grep -q "folded" said'

# Tests of a suite are told apart.
compile captures captures.c
watch --capture=suite ./captures >out 2>err
by_test ()	# [OPTION...]
{
	"$leakcheck" report --group=test --format=json "$@" suite
}
tap_check "what tests left, by test" \
	eval 'json_is leaks "heap rows 0 label" by_test --test="l*k?" &&
	json_is 115 "heap rows 0 flat live_bytes" by_test --test=leaks'
tap_check "one test alone" json_is 0 "heap total live_bytes" by_test --test=clean
tap_end
