/* SPDX-License-Identifier: MIT */
/* A database in memory. */
#include <sqlite3.h>
#include <stdio.h>

#include "program.h"

int main(int argc, char **argv)
{
	sqlite3 *database;

	if (sqlite3_open(":memory:", &database) != SQLITE_OK)
		return 1;
	sqlite3_exec(database, "create table t(a integer primary key, b text)", NULL, NULL, NULL);
	for (int round = rounds_of(argc, argv) * 10; round > 0; round--) {
		char text[200];

		snprintf(text, sizeof text, "insert into t(b) values('row %d of many')", round);
		sqlite3_exec(database, text, NULL, NULL, NULL);
		if (round % 10 == 0)
			sqlite3_exec(database,
				     "select b, count(*) from t where a % 3 = 1 group by b "
				     "order by b desc limit 5",
				     NULL, NULL, NULL);
	}
	return sqlite3_close(database) != SQLITE_OK;
}
