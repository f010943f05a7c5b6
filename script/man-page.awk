# SPDX-License-Identifier: MIT
# awk -v version=V -f script/man-page.awk fail_on.def LIST.def... leakcheck.1.in
# fills the man page with the rows of the lists.  A row that it cannot read
# fails the build: better no page than one that lacks an option.

function fail(sentence)
{
	print FILENAME ":" FNR ": " sentence | "cat >&2"
	failed = 1
	exit 1
}

function escape(text)
{
	gsub(/\\/, "\\e", text)
	gsub(/-/, "\\-", text)
	return text
}

# The sentence in lines of at most 78 bytes, none of which looks like a request.
function wrap(text,    count, word, line, lines, i)
{
	count = split(escape(text), word, " ")
	line = word[1]
	for (i = 2; i <= count + 1; i++) {
		if (i <= count && length(line) + 1 + length(word[i]) <= 76) {
			line = line " " word[i]
			continue
		}
		lines = lines (line ~ /^[.']/ ? "\\&" : "") line "\n"
		line = word[i]
	}
	return lines
}

# The row's words before the first quote are in field[], its strings in string[].
function split_row(row,    parts, piece, i)
{
	parts = split(row, piece, "\"")
	if (parts % 2 != 1 || parts < 3 || piece[parts] !~ /^[ \t]*\)[ \t]*$/)
		fail("cannot read this row: " row)
	strings = 0
	for (i = 2; i < parts; i += 2)
		string[++strings] = piece[i]
	sub(/^[A-Z_]+\([ \t]*/, "", piece[1])
	split(piece[1], field, /[ \t]*,[ \t]*/)
}

function take_option(row,    name, standard)
{
	split_row(row)
	name = field[1]
	gsub(/_/, "-", name)
	standard = field[3]
	if (field[2] == "flag")
		standard = standard == "true" ? "yes" : "no"
	else if (field[2] == "text" || field[2] == "list" || field[2] == "output" ||
		 field[2] == "limits")
		standard = "none"
	else if (field[2] == "set")
		standard = usual_words
	else if (field[2] == "signal" || (field[2] == "seconds" && standard == 0))
		standard = "none"
	else if (field[2] == "word")
		standard = string[1]
	else if (field[2] != "number")
		fail("a kind of option that the man page does not know: " field[2])
	options = options ".TP\n.BI " escape("--" name (field[2] == "output" ? "[=" : "=")) " " \
		string[strings - 1] (field[2] == "output" ? " ]" : "") "\n" \
		wrap(string[strings] " (default: " standard ").")
}

function take_fail_on(row)
{
	split_row(row)
	if (field[2] == "true")
		usual_words = usual_words (usual_words == "" ? "" : ",") field[1]
	words = words ".TP\n.B " field[1] "\n" wrap(string[strings] ".")
}

# The last fields, behind the strings, are the policy's columns.
function take_class(row,    behind, kind, when)
{
	behind = row
	sub(/^.*"[ \t]*,[ \t]*/, "", behind)
	sub(/[ \t]*\)[ \t]*$/, "", behind)
	sub(/[ \t]*,[^"]*$/, ")", row)
	split_row(row)
	kind = field[2]
	if (split(behind, field, /[ \t]*,[ \t]*/) != 4)
		fail("cannot read this row: " row)
	when = field[1] field[1] == field[2] field[3] && field[1] == field[4] ? "In any case: " field[1] "." : \
		"Could not be run again: " field[1] "; happens once: " field[2] \
		"; rises, then stops: " field[3] "; rises each time: " field[4] "."
	classes = classes ".TP\n.B " kind ", " string[1] "\n" wrap(string[2] ".") ".br\n" wrap(when)
}

# An option of the verbs that read captures; without a meta it takes no value.
function take_report_option(row,    name)
{
	split_row(row)
	name = field[1]
	gsub(/_/, "-", name)
	report_options = report_options ".TP\n" \
		(string[1] == "" ? ".B " escape("--" name) : ".BI " escape("--" name "=") " " string[1]) \
		"\n" wrap(string[2] ".")
}

function take_format(row,    name)
{
	split_row(row)
	name = field[1]
	gsub(/_/, "-", name)
	formats = formats ".TP\n.B " escape(name) "\n" wrap(string[1] ".")
}

function take_status(row)
{
	split_row(row)
	statuses = statuses ".TP\n.B " field[2] "\n" wrap(string[strings] ".")
}

# A row ends with the line that ends with its parenthesis.
/^LK_(OPTION|FAIL_ON|CLASS|STATUS|REPORT_OPTION|FORMAT)\(/ { row = "" ; in_row = 1 }
in_row {
	sub(/^[ \t]+/, "")
	row = row (row == "" ? "" : " ") $0
	if (row ~ /\)$/) {
		if (row ~ /^LK_OPTION/)
			take_option(row)
		else if (row ~ /^LK_FAIL_ON/)
			take_fail_on(row)
		else if (row ~ /^LK_CLASS/)
			take_class(row)
		else if (row ~ /^LK_REPORT_OPTION/)
			take_report_option(row)
		else if (row ~ /^LK_FORMAT/)
			take_format(row)
		else
			take_status(row)
		in_row = 0
	}
	next
}
FILENAME ~ /\.def$/ { next }

$0 == "@OPTIONS@" { printf "%s", options; placed++; next }
$0 == "@FAIL_ON@" { printf "%s", words; placed++; next }
$0 == "@REPORT_OPTIONS@" { printf "%s", report_options; placed++; next }
$0 == "@FORMATS@" { printf "%s", formats; placed++; next }
$0 == "@CLASSES@" { printf "%s", classes; placed++; next }
$0 == "@STATUSES@" { printf "%s", statuses; placed++; next }
{
	gsub(/@VERSION@/, version)
	print
}

END {
	if (!failed && (placed != 6 || options == "" || words == "" || classes == "" || statuses == "" || \
			report_options == "" || formats == ""))
		fail("one of the lists is empty or found no place")
}
