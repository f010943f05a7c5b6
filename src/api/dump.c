/* SPDX-License-Identifier: MIT */
/* What all threads do, for programs that ask. */
#include "api/session.h"
#include "base/attributes.h"
#include "base/self.h"
#include "leakcheck.h"
#include "report/threads.h"

LK_EXPORT int leakcheck_dump_threads(FILE *out, int layout)
{
	int saved = lk_quiet_begin();
	struct lk_outcome outcome = { 0 };
	const struct lk_waits *waits = &outcome.findings.waits;
	bool ok;

	lk_room_make(&outcome.room);
	struct lk_room room = outcome.room;
	ok = lk_session_look(true, &outcome);
	outcome.room = room;
	if (ok && layout == 1) {
		ok = lk_report_threads_counted(out, waits, "");
		lk_report_deadlocks(out, waits, false, "");
		ok = lk_report_thread_patterns(out, waits, false, "") && ok;
	} else if (ok) {
		lk_report_threads(out, waits, "");
	}
	lk_outcome_release(&outcome);
	lk_quiet_end(saved);
	return ok;
}
