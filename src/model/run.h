/* SPDX-License-Identifier: MIT */
/* What one run of `leakcheck` saw, shared by all processes of the run.
 *
 * The leakcheck program makes it as a file in memory and names it in the
 * environment (LK_RUN_VARIABLE); every process that loads the library maps it
 * and adds to it with atomic operations.  A program that is only linked keeps
 * one of its own, shared with its children. */
#ifndef LK_MODEL_RUN_H
#define LK_MODEL_RUN_H

#include <stddef.h>
#include <stdint.h>

#define LK_RUN_VARIABLE "LEAKCHECK_RUN"

/* Why a test was not checked: LK_NOT_CHECKED(name, how the summary says it). */
#define LK_NOT_CHECKED_LIST(X)                    \
	X(failed, "failed by itself")             \
	X(setup_failed, "failed in a fixture")    \
	X(exited, "ended by exit")                \
	X(signalled, "ended by a signal")         \
	X(killed, "timed out or was killed")

enum lk_not_checked {
#define LK_NAME(name, text) LK_NOT_CHECKED_##name,
	LK_NOT_CHECKED_LIST(LK_NAME)
#undef LK_NAME
	LK_NOT_CHECKED_COUNT
};

enum { LK_RUN_MAGIC = 0x4c4b5240, LK_NOTICES_MAX = 16, LK_NOTICE_SIZE = 256, LK_RULES_MAX = 4096,
       LK_RUN_KINDS_MAX = 8 };
enum { LK_RUN_ROOM = 3456 };

/* A sentence about what is not watched, with the number of tests it touched. */
struct lk_notice {
	uint32_t taken;	      /* 0 free, 1 being written, 2 valid */
	uint32_t tests;	      /* tests that were unsure because of it */
	char text[LK_NOTICE_SIZE];
};

/* What the leakcheck program wants to have of each test, besides the counts: bits. */
enum {
	LK_WANTED_JSON = 1,  /* what was found, as JSON */
	LK_WANTED_KNOWN = 2, /* rows for a baseline */
	LK_WANTED_TESTS = 4, /* the name of each test that was checked */
};

/* The first tests that were not checked for one reason. */
enum { LK_NOT_CHECKED_NAMES_MAX = 8, LK_NOT_CHECKED_NAME_SIZE = 160 };
struct lk_not_checked_name {
	uint32_t taken; /* as in struct lk_notice */
	char text[LK_NOT_CHECKED_NAME_SIZE]; /* not escaped */
};

/* What one rule of the user's did in the run. */
struct lk_rule_use {
	uint32_t hits;	/* leaks or tests that it covers */
	uint32_t blind; /* leaks that it might cover, had their frames names */
};

struct lk_run {
	uint32_t magic;	    /* LK_RUN_MAGIC: changes with this layout */
	uint32_t processes; /* that loaded the library */
	uint32_t runners;   /* processes in which Check was recognised */
	uint32_t misuses;   /* LEAKCHECK_VERIFY_NONE() where it cannot work */
	uint64_t tests_checked; /* with a verdict: clean, leaked or unsure */
	uint64_t tests_leaked;
	uint64_t tests_unsure;
	/* Begun in the runner's own process (no-fork mode) and not ended: what is left
	 * here when the process is gone went with it. */
	uint64_t tests_open;
	/* A self-test: each test leaves a leak of each kind on purpose, and by kind (enum
	 * lk_kind) in how many of them it was found. */
	uint32_t plants;
	uint64_t tests_planted, harvest[LK_RUN_KINDS_MAX];
	uint64_t sites; /* distinct leaks reported */
	uint64_t not_checked[LK_NOT_CHECKED_COUNT];
	uint64_t ignored; /* leaks that rules cover */
	uint64_t known_leaks; /* that the baseline covers */
	uint64_t tests_ignored; /* left out by a rule */
	uint64_t stale_rules;	/* that matched nothing or could not be evaluated */
	/* Events seen in the windows of tests. */
	uint64_t allocations, descriptors, threads, children;
	uint64_t events_lost;
	/* What processes of the run share besides: lk_tracker_share. */
	uint32_t room_used;
	_Alignas(16) char room[LK_RUN_ROOM];
	/* So far a test writes that passes: on one page, because each of its process costs
	 * as much as a thousand instructions. */
	struct lk_not_checked_name open; /* the last of tests_open that began */
	struct lk_not_checked_name names[LK_NOT_CHECKED_COUNT][LK_NOT_CHECKED_NAMES_MAX];
	struct lk_notice notices[LK_NOTICES_MAX];
	struct lk_rule_use rules[LK_RULES_MAX]; /* in the order of the rules that were read */
	/* How much each row of the baseline covered, at most, in one test. */
	uint64_t known[LK_RULES_MAX];
	/* The ledger: lines that the tests' processes append behind this struct. */
	uint32_t ledger_wanted;
	uint32_t ledger_lost; /* lines that could not be written */
	uint64_t ledger_used; /* bytes */
	uint64_t captures, captures_lost; /* records that were written, and that could not be */
};
_Static_assert(offsetof(struct lk_run, open) <= 4096, "one page");

/* Where the ledger begins in the file. */
enum { LK_LEDGER_START = (sizeof(struct lk_run) + 4095) / 4096 * 4096 };

#endif
