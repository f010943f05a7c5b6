# SPDX-License-Identifier: MIT
# awk -f judge.awk LIST OUTPUT: were the tests of LIST (twins.h) judged as their
# names demand?  OUTPUT is what Check printed, CK_VERBOSITY=verbose.  One line
# for each test, "ok NAME" or "not ok NAME: why", the latter with its message.
# A must_leak has one leak only, unless its "what" begins with "& ".  What has
# neither name is somebody else's business.

function complain(name, why)
{
	if (!(name in complaint))
		complaint[name] = why
}

# All of one result is in type, test and message.
function judge(    parts, lines, i, leak_line, place_line, stackless)
{
	if (test !~ /^must_/)
		return
	if (!(test in listed))
		complain(test, "ran, but is not listed")
	if (!(test in listed) && !(test in seen))
		order[++tests] = test
	seen[test]++
	messages[test] = messages[test] message "\n"
	if (test ~ /^must_pass_/) {
		if (type != "P")
			complain(test, "failed")
		return
	}
	if (type == "P") {
		complain(test, "passed")
		return
	}
	if (message !~ /^leakcheck: [1-9][0-9]* leaks?: /) {
		complain(test, "failed otherwise")
		return
	}
	if (!among[test] && message !~ /^leakcheck: 1 leak: /)
		complain(test, "more than one leak")
	parts = split(message, lines, "\n")
	for (i = 2; i <= parts; i++) {
		if (lines[i] !~ /^  # /)
			complain(test, "a line that TAP cannot take: " lines[i])
		if (lines[i] ~ /^  #   (probably )?never goes on: / && index(lines[i], what[test]))
			leak_line = 1
		if (lines[i] ~ /^  # DEADLOCK / && index(lines[i], what[test]))
			leak_line = 1
		if (lines[i] ~ /^  # LEAK [0-9a-f]+ / && index(lines[i], what[test])) {
			leak_line = 1
			stackless = lines[i] !~ /, from$/
		}
		if (lines[i] ~ /^  #   [> ] / && index(lines[i], place[test] " "))
			place_line = 1
	}
	if (!leak_line)
		complain(test, "no leak like '" what[test] "'")
	if (place[test] == "-" ? !stackless : !place_line)
		complain(test, "no stack through '" place[test] "'")
}

FNR == NR {
	split($0, field, "\t")
	order[++tests] = field[1]
	listed[field[1]] = 1
	among[field[1]] = sub(/^& /, "", field[2])
	what[field[1]] = field[2]
	place[field[1]] = field[3]
	next
}

match($0, /:-?[0-9]+:[PFSE]:[^:]*:[A-Za-z0-9_]+:-?[0-9]+: /) {
	if (test != "")
		judge()
	split(substr($0, RSTART + 1, RLENGTH - 1), field, ":")
	type = field[2]
	test = field[4]
	message = substr($0, RSTART + RLENGTH)
	next
}

/^  # / {
	message = message "\n" $0
	next
}

# What a program prints between two results belongs to none.
test != "" {
	judge()
	test = ""
}

END {
	if (test != "")
		judge()
	for (i = 1; i <= tests; i++) {
		name = order[i]
		if (!(name in seen))
			complain(name, "did not run")
		if (!(name in complaint)) {
			print "ok " name
			continue
		}
		print "not ok " name ": " complaint[name]
		parts = split(messages[name], lines, "\n")
		for (k = 1; k < parts; k++)
			print "# " lines[k]
	}
}
