/* SPDX-License-Identifier: MIT */
/* make_page WHAT: writes the triage page of values made by hand.
 *
 * empty: of nothing; hostile: every name tries to be markup; big: 10 000 sites and 1000
 * findings; series: a process that grows, by snapshots each second. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/attributes.h"
#include "report/page.h"

enum { FUNCTIONS = 3000, STACKS = 10000, DEPTH = 20, PARTS_MAX = 60 };

/* Ends whatever it may stand in, and does what a browser would tell. */
#define HOSTILE                                                                                  \
	"</script></style></title>\"'><img src=x onerror=\"document.title='broken'\"><b>&lt;\x01" \
	"\x1b[31m\xff\xe2\x80\xae"

static struct lk_profile profile;
static struct lk_profile_module modules[] = {
	{ .path = "/src/prog", .is_program = true },
	{ .path = "/usr/lib/libz.so.1", .is_system = true },
	{ .path = "/usr/lib/libc.so.6", .is_system = true, .is_libc = true },
};
static struct lk_profile_line lines[FUNCTIONS];
static struct lk_profile_location locations[FUNCTIONS];
static size_t paths[STACKS * DEPTH];
static struct lk_profile_stack stacks[STACKS + 1];
static struct lk_profile_part profile_parts[PARTS_MAX];
static struct lk_profile_sample samples[STACKS + PARTS_MAX + 2];

static struct lk_snapshot snapshots[PARTS_MAX];
static struct lk_findings findings[PARTS_MAX];
static struct lk_page_part parts[PARTS_MAX];
static struct lk_page page = { .parts = parts, .profile = &profile };

static struct lk_module module = { .path = "/usr/lib/libz.so.1" };
static unsigned seed = 1;

static unsigned below(unsigned bound)
{
	return (unsigned)rand_r(&seed) % bound;
}

static struct lk_moment *add_part(enum lk_scope scope)
{
	size_t i = page.parts_count++;
	struct lk_moment *moment = &snapshots[i].moment;

	moment->scope = scope;
	moment->process = 4711;
	moment->monotonic_ns = (i + 1) * UINT64_C(1000000000);
	moment->realtime_ns = UINT64_C(1790000000000000000) + moment->monotonic_ns;
	moment->totals_known = true;
	strcpy(moment->program, "/src/prog");
	parts[i] = (struct lk_page_part){ &snapshots[i], &findings[i] };
	return moment;
}

/* The profile knows of the parts what the snapshots say. */
static void finish_parts(void)
{
	for (size_t i = 0; i < page.parts_count; i++)
		profile_parts[i].moment = snapshots[i].moment;
	profile.parts_count = page.parts_count;
}

static void make_profile(size_t functions, size_t stacks_wanted)
{
	profile.modules = modules;
	profile.modules_count = LK_COUNT(modules);
	profile.lines = lines;
	profile.lines_count = functions;
	profile.locations = locations;
	profile.locations_count = functions;
	profile.paths = paths;
	profile.stacks = stacks;
	profile.stacks_count = stacks_wanted + 1;
	profile.parts = profile_parts;
	profile.samples = samples;
	profile.totals_known = true;
	for (size_t i = 0; i < functions; i++) {
		locations[i] = (struct lk_profile_location){ .module = i % 7 == 6 ? 1 : 0,
							     .offset = 0x1000 + i,
							     .first_line = i,
							     .lines_count = 1 };
		lines[i].line = (unsigned)i + 1;
	}
}

/* Inner frames vary most, as in a real call tree. */
static void make_stacks(size_t functions, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct lk_profile_stack *stack = &stacks[i + 1];

		*stack = (struct lk_profile_stack){ .first = i * DEPTH, .count = DEPTH };
		for (size_t depth = 0; depth < DEPTH; depth++) {
			size_t place = DEPTH - 1 - depth; /* from the outermost on */
			size_t choice = depth < 5 ? depth : below(depth < 12 ? 3 : 40);

			paths[stack->first + place] = (depth * 97 + choice) % functions;
		}
		samples[profile.samples_count++] = (struct lk_profile_sample){
			.kind = LK_KIND_heap,
			.stack = i + 1,
			.values = { [LK_VALUE_live_blocks] = 1 + below(10),
				    [LK_VALUE_live_bytes] = 16 + below(100000),
				    [LK_VALUE_alloc_blocks] = 20,
				    [LK_VALUE_alloc_bytes] = 16 + below(1000000) },
		};
	}
}

static struct lk_finding *make_findings(size_t count, const struct lk_frame *frames,
					size_t frames_count)
{
	struct lk_finding *rows = calloc(count, sizeof *rows);

	if (!rows)
		abort();
	for (size_t i = 0; i < count; i++)
		rows[i] = (struct lk_finding){ .kind = LK_KIND_heap,
					       .class = LK_CLASS_lost,
					       .ruling = LK_RULING_fail,
					       .blocks = 1,
					       .bytes = 100 + i,
					       .id = (uint32_t)(i * 2654435761u),
					       .frames = (struct lk_frame *)frames,
					       .frames_count = frames_count,
					       .suspect = 0 };
	findings[0].rows = rows;
	findings[0].count = count;
	findings[0].leaks[LK_KIND_heap] = count;
	findings[0].rulings[LK_RULING_fail] = count;
	return rows;
}

static void make_big(void)
{
	static char names[FUNCTIONS][48];
	static struct lk_frame frames[DEPTH];

	for (size_t i = 0; i < FUNCTIONS; i++) {
		snprintf(names[i], sizeof names[i], "module_%zu_does_something_%zu", i / 97, i);
		lines[i].function = names[i];
		lines[i].file = "source.c";
	}
	for (size_t i = 0; i < DEPTH; i++)
		frames[i] = (struct lk_frame){ .function = names[i * 97], .file = "source.c",
					       .line = (unsigned)i + 1, .module = &module };
	add_part(LK_SCOPE_PROCESS);
	make_profile(FUNCTIONS, STACKS);
	make_stacks(FUNCTIONS, STACKS);
	make_findings(LK_FINDINGS_MAX, frames, DEPTH);
}

/* Two threads that wait for each other, and one that waits for them. */
static void make_threads(const char *state)
{
	static struct lk_thread_left threads[3];
	static struct lk_thread_waits rows[3];
	static struct lk_frame frame = { .function = HOSTILE, .module = &module, .offset = 0x77 };

	for (size_t i = 0; i < 3; i++) {
		threads[i] = (struct lk_thread_left){ .tid = 100 + (pid_t)i,
						      .now.activity = LK_ACTIVITY_CALL };
		snprintf(threads[i].name, sizeof threads[i].name, "%s", "<b>\"'&\x1b</b>");
		rows[i] = (struct lk_thread_waits){
			.thread = &threads[i],
			.wait = { .kind = LK_WAIT_mutex, .object = 0x1000 * (i + 1) },
			.now = { .frames = &frame, .count = 1, .sure = 1 },
			.created = { .frames = &frame, .count = 1, .sure = 1, .cut = true },
			.state = strdup(state),
			.holder = i == 0 ? 1 : 0,
			.cycle = i < 2,
			.stuck = "deadlock",
			.stuck_is_sure = true,
		};
	}
	findings[0].waits = (struct lk_waits){ .rows = rows, .count = 3, .young = 3, .cycles = 1 };
}

static void make_hostile(void)
{
	static const char *const doubts[] = { HOSTILE };
	static struct lk_frame frames[] = {
		{ .function = HOSTILE, .file = HOSTILE ".c", .line = 7, .module = &module },
		{ .module = &module, .offset = 0x12 },
		{ .pc = 0x99 },
	};
	struct lk_moment *moment = add_part(LK_SCOPE_WINDOW);

	snprintf(moment->test, sizeof moment->test, "%s", HOSTILE);
	snprintf(moment->program, sizeof moment->program, "/%s", HOSTILE);
	snprintf(module.path, sizeof module.path, "/lib/%s", HOSTILE);
	snprintf(snapshots[0].not_again, sizeof snapshots[0].not_again, "%s", HOSTILE);
	snprintf(profile.complaint, sizeof profile.complaint, "%s", HOSTILE);
	modules[0].path = "/lib/" HOSTILE;
	for (size_t i = 0; i < 40; i++)
		lines[i] = (struct lk_profile_line){ .function = i % 5 ? HOSTILE : NULL,
						     .file = HOSTILE };
	make_profile(40, 30);
	make_stacks(40, 30);
	for (int kind = LK_KIND_descriptor; kind <= LK_KIND_child; kind++)
		samples[profile.samples_count++] = (struct lk_profile_sample){
			.kind = (enum lk_kind)kind,
			.stack = 1,
			.state = HOSTILE,
			.what = HOSTILE,
			.values = { [LK_VALUE_live_blocks] = 1 },
		};
	struct lk_finding *rows = make_findings(3, frames, 3);
	rows[0].class = LK_CLASS_retained;
	rows[0].holder = HOSTILE;
	rows[1].kind = LK_KIND_descriptor;
	rows[1].class = LK_CLASS_open;
	rows[1].what = HOSTILE;
	rows[1].earlier[0] = (struct lk_earlier){ "opened at", frames, 3 };
	rows[2].ruling = LK_RULING_note;
	rows[2].released.blocks = rows[2].released.all = 1;
	rows[2].released.frame = frames[0];
	make_threads(HOSTILE);
	page.doubts = doubts;
	page.doubts_count = 1;
}

/* One place leaks 1000 bytes a second, one is filled once. */
static void make_series(void)
{
	static const char *const names[] = { "leaks", "fills_once" };

	for (size_t i = 0; i < 2; i++) {
		lines[i] = (struct lk_profile_line){ .function = names[i], .file = "soak.c" };
		paths[i] = i;
		stacks[i + 1] = (struct lk_profile_stack){ .first = i, .count = 1 };
	}
	make_profile(2, 2);
	for (size_t i = 0; i < 30; i++) {
		struct lk_counts *counts = &add_part(LK_SCOPE_PROCESS)->counts;
		uint64_t bytes[] = { 1000 * (i + 1), i < 10 ? 500 : 90000 };

		counts->live_bytes = bytes[0] + bytes[1];
		counts->live_blocks = i + 2;
		counts->threads = 3;
		for (size_t k = 0; k < 2; k++)
			samples[profile.samples_count++] = (struct lk_profile_sample){
				.kind = LK_KIND_heap,
				.part = i,
				.stack = k + 1,
				.hold = LK_HOLD_RETAINED,
				.values = { [LK_VALUE_live_blocks] = i + 1,
					    [LK_VALUE_live_bytes] = bytes[k] },
			};
	}
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (strcmp(what, "hostile") == 0)
		make_hostile();
	else if (strcmp(what, "big") == 0)
		make_big();
	else if (strcmp(what, "series") == 0)
		make_series();
	else if (strcmp(what, "empty") == 0)
		make_profile(0, 0);
	else
		return 2;
	finish_parts();
	return !lk_page_write(stdout, &page) || fflush(stdout) != 0;
}
