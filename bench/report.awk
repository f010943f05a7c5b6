# SPDX-License-Identifier: MIT
# awk -v table=true|false -f report.awk TARGETS RESULTS: medians over the turns of
# what bench/run found, and the table of the targets.
BEGIN { tools_count = split("plain ours lsan lsan-clang asan heaptrack valgrind gperftools jemalloc", tools, " ") }

function sort(list, count,	i, at, value)
{
	for (i = 2; i <= count; i++) {
		value = list[i]
		for (at = i; at > 1 && list[at - 1] > value; at--)
			list[at] = list[at - 1]
		list[at] = value
	}
}

# The median over the turns of ONE to OTHER, their ratio or their difference; of ONE
# alone if OTHER is "".  "" if there is none.
function median(workload, key, one, other, how,	turn, count, list, a, b)
{
	for (turn = 1; turn <= turns; turn++) {
		if (!((workload, one, turn, key) in found))
			continue
		a = found[workload, one, turn, key]
		if (other != "" && !((workload, other, turn, key) in found))
			continue
		b = other == "" ? 1 : found[workload, other, turn, key]
		if (how == "ratio" && b <= 0)
			continue
		list[++count] = how == "less" ? a - b : a / b
	}
	if (!count)
		return ""
	sort(list, count)
	return count % 2 ? list[(count + 1) / 2] : (list[count / 2] + list[count / 2 + 1]) / 2
}

# What is no loop of many operations has no ratio worth a column.
function is_cost(workload)
{
	return workload ~ /^(find|naming|snapshot|start)/
}

function print_matrix(title, key, unit, how, scale,	t, w, cell, any)
{
	for (w = 1; w <= workloads; w++)
		for (t = 2; t <= tools_count; t++)
			any = any || (median(names[w], key, tools[t], "", "") != "" &&
				(key !~ /^(ns|cpu)$/ || is_cost(names[w]) == (how == "less")))
	if (!any)
		return
	printf "\n%s (plain: %s; others: %s)\n%-12s", title, unit,
		how == "ratio" ? "ratio to plain" : "more than plain", ""
	for (t = 1; t <= tools_count; t++)
		if (tools[t] in seen)
			printf " %10s", tools[t]
	print ""
	for (w = 1; w <= workloads; w++) {
		if (key ~ /^(ns|cpu)$/ && is_cost(names[w]) == (how == "ratio"))
			continue
		if (median(names[w], key, "ours", "", "") == "" &&
		    median(names[w], key, "plain", "", "") == "")
			continue
		printf "%-12s", names[w]
		for (t = 1; t <= tools_count; t++) {
			if (!(tools[t] in seen))
				continue
			cell = median(names[w], key, tools[t], t == 1 ? "" : "plain", t == 1 ? "" : how)
			if (cell == "")
				printf " %10s", "-"
			else if (t == 1 || how == "less")
				printf " %10.4g", cell / scale
			else
				printf " %9.2fx", cell
		}
		print ""
	}
}

function unit_of(limit)
{
	if (limit ~ /x$/)
		return "x"
	sub(/^[0-9.]* */, "", limit)
	return limit
}

# "0.61 pass" for a peer's column, "" if nothing is asked.
function against(peer, workload, key, limit,	ratio)
{
	if (limit == "")
		return ""
	ratio = median(workload, key, "ours", peer, "ratio")
	if (ratio == "")
		return "(" limit ") not run"
	return sprintf("%.3f (%s) %s", ratio, limit, ratio <= limit + 0 ? "pass" : missed("a peer"))
}

function missed(what)
{
	misses[what]++
	return "MISS"
}

function print_target(	field, unit, scale, measured, mark, column)
{
	for (column = 1; column <= 9; column++)
		field[column] = target[row, column]
	unit = unit_of(field[5])
	scale = unit == "us" ? 1000 : unit == "ms" ? 1000000 : 1
	measured = median(field[2], field[3], "ours", "plain", unit == "x" ? "ratio" : "less")
	if (measured == "") {
		printf "%-38s %7s %7s %10s\n", field[1], field[5], field[6], "not run"
		return
	}
	measured /= scale
	mark = measured <= field[6] + 0 ? "aim" : measured <= field[5] + 0 ? "pass" : missed("must")
	printf "%-38s %7s %7s %10s %-5s %-20s %-20s %-20s\n", field[1], field[5], field[6],
		sprintf(unit == "x" ? "%.2f%s" : "%.3g %s", measured, unit), mark,
		against("lsan", field[2], field[4], field[7]),
		against("heaptrack", field[2], field[4], field[8]),
		against("valgrind", field[2], field[4], field[9])
}

FILENAME == ARGV[1] {
	if (!/^#/ && NF) {
		columns = split($0, part, "|")
		targets++
		for (i = 1; i <= columns; i++)
			target[targets, i] = part[i]
	}
	next
}

/^turn=/ {
	for (i = 1; i <= NF; i++) {
		split($i, part, "=")
		if (i == 1)
			turn = part[2] + 0
		else if (i == 2)
			workload = part[2]
		else if (i == 3)
			tool = part[2]
		else
			found[workload, tool, turn, part[1]] = part[2] + 0
	}
	seen[tool] = 1
	if (turn > turns)
		turns = turn
	if (!(workload in known)) {
		known[workload] = 1
		names[++workloads] = workload
	}
}

END {
	print_matrix("processor time of an operation", "cpu", "ns", "ratio", 1)
	print_matrix("clock time of an operation", "ns", "ns", "ratio", 1)
	print_matrix("processor time of single events", "cpu", "us", "less", 1000)
	print_matrix("processor time of the whole process", "process", "ms", "ratio", 1e6)
	print_matrix("clock time of the whole process", "wall", "ms", "ratio", 1e6)
	print_matrix("peak memory", "rss", "KiB", "ratio", 1)
	print_matrix("memory of a live block", "bytes", "bytes", "less", 1)
	print_matrix("finding one leak among the live blocks", "one_ns", "ms", "less", 1e6)
	print_matrix("finding as many leaks as there are live blocks", "all_ns", "ms", "less", 1e6)
	if (table != "true")
		exit
	printf "\nTargets, medians of %d turns\n", turns
	printf "%-38s %7s %7s %10s %-5s %-20s %-20s %-20s\n", "what", "must", "aim", "measured", "",
		"vs LSan", "vs heaptrack", "vs valgrind"
	for (row = 1; row <= targets; row++)
		print_target()
	printf "%d of must and %d of a peer missed\n", misses["must"], misses["a peer"]
}
