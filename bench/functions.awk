# SPDX-License-Identifier: MIT
# awk -v functions=6000 -f functions.awk: writes the C source of as many functions,
# each of which calls the next one until LEFT is 0 and then takes a block; and the
# table step_table of them all.  Compiled with -g it makes a program of 3 MB.
BEGIN {
	print "/* Written by functions.awk. */"
	print "#include <stdlib.h>"
	print "struct state { unsigned salt; double weight; char name[16]; };"
	for (i = 0; i <= functions; i++)
		printf "void *step_%d(unsigned left, struct state *state);\n", i
	for (i = 0; i < functions; i++) {
		printf "\nvoid *step_%d(unsigned left, struct state *state)\n{\n", i
		printf "\tunsigned own_%d = state->salt * %du + left;\n", i, 2 * i + 1
		printf "\tconst char *name_%d = state->name + left %% 16;\n\tvoid *block;\n\n", i
		printf "\town_%d ^= (unsigned)*name_%d;\n", i, i
		printf "\tif (left == 0)\n\t\tblock = malloc(%d + own_%d %% 8);\n", 16 + i % 64, i
		printf "\telse\n\t\tblock = step_%d(left - 1, state);\n", i + 1
		printf "\tstate->salt = own_%d;\n", i
		printf "\treturn block;\n}\n"
	}
	printf "\nvoid *step_%d(unsigned left, struct state *state)\n", functions
	print "{\n\tstate->salt += left;\n\treturn malloc(16);\n}"
	print "\nvoid *(*const step_table[])(unsigned left, struct state *state) = {"
	for (i = 0; i < functions; i++)
		printf "\tstep_%d,\n", i
	print "};"
	printf "const unsigned step_count = %d;\n", functions
}
