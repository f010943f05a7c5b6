/* SPDX-License-Identifier: MIT */
/* sql STATEMENTS: inserts, and a query every tenth time, in a sqlite database that
 * lives in memory and is emptied now and then. */
#include <sqlite3.h>

#include "bench.h"

static sqlite3 *database;

static void execute(const char *text)
{
	if (sqlite3_exec(database, text, NULL, NULL, NULL) != SQLITE_OK)
		exit(1);
}

int main(int argc, char **argv)
{
	unsigned long statements = number(argc, argv, 1, 20000);
	struct stopwatch watch = start_watch();

	if (sqlite3_open(":memory:", &database) != SQLITE_OK)
		return 1;
	execute("create table t(a integer primary key, b text)");
	for (unsigned long i = 0; i < statements; i++) {
		char text[100];

		if (i % 200 == 199)
			execute("delete from t");
		else if (i % 10 == 9)
			execute("select b, count(*) from t where a % 3 = 1 group by b limit 5");
		else {
			snprintf(text, sizeof text, "insert into t(b) values('row %lu')", i);
			execute(text);
		}
	}
	if (sqlite3_close(database) != SQLITE_OK)
		return 1;
	stop_watch(&watch);
	print_bench("sql", &watch, statements);
	putchar('\n');
	return 0;
}
