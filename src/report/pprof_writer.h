/* SPDX-License-Identifier: MIT */
/* A profile for pprof in the making; only pprof*.c include this. */
#ifndef LK_REPORT_PPROF_WRITER_H
#define LK_REPORT_PPROF_WRITER_H

#include "judge/array.h"
#include "judge/interner.h"
#include "judge/statistics.h"
#include "report/protobuf.h"

/* Numbers of the fields, as profile.proto has them. */
enum { PROFILE_SAMPLE_TYPE = 1, PROFILE_SAMPLE, PROFILE_MAPPING, PROFILE_LOCATION,
       PROFILE_FUNCTION, PROFILE_STRING_TABLE, PROFILE_TIME_NANOS = 9, PROFILE_DURATION_NANOS,
       PROFILE_PERIOD_TYPE, PROFILE_PERIOD, PROFILE_COMMENT, PROFILE_DEFAULT_SAMPLE_TYPE };
enum { VALUE_TYPE_TYPE = 1, VALUE_TYPE_UNIT };
enum { SAMPLE_LOCATION_ID = 1, SAMPLE_VALUE, SAMPLE_LABEL };
enum { LABEL_KEY = 1, LABEL_STR };
enum { MAPPING_ID = 1, MAPPING_MEMORY_START, MAPPING_MEMORY_LIMIT, MAPPING_FILE_OFFSET,
       MAPPING_FILENAME, MAPPING_BUILD_ID, MAPPING_HAS_FUNCTIONS, MAPPING_HAS_FILENAMES,
       MAPPING_HAS_LINE_NUMBERS, MAPPING_HAS_INLINE_FRAMES };
enum { LOCATION_ID = 1, LOCATION_MAPPING_ID, LOCATION_ADDRESS, LOCATION_LINE };
enum { LINE_FUNCTION_ID = 1, LINE_LINE };
enum { FUNCTION_ID = 1, FUNCTION_NAME, FUNCTION_SYSTEM_NAME, FUNCTION_FILENAME,
       FUNCTION_START_LINE };

/* Rows of SIZE bytes without padding, each once; the id of a row is its place and 1. */
struct lk_pprof_table {
	size_t size;
	uint8_t *rows;
	size_t count, room;
	struct lk_index index;
};

struct lk_pprof_place {
	size_t location; /* LK_PROFILE_NONE: stands for an empty stack */
	size_t skipped;	 /* of its lines, the innermost */
};

struct lk_pprof_function {
	const char *name, *file; /* equal text is an equal pointer */
	size_t start;
};

struct lk_pprof_mapping {
	bool is_used, has_functions, has_files, has_lines, has_inlined;
};

struct lk_pprof_writer {
	const struct lk_profile *profile;
	const struct lk_selection *selection;
	enum lk_kind kind; /* of the selection */
	bool failed, many_programs, has_live;
	struct lk_interner texts;
	struct lk_pprof_table places, functions, strings;
	struct lk_pprof_mapping *mappings; /* one for each module */
	uint64_t *path;			   /* ids of one sample's stack */
	size_t path_count, path_room;
	uint64_t cut; /* samples */
	struct lk_protobuf out, message, inner;
};

/* The id of a row of TABLE that equals ROW, which is added if there is none; 0 when out of
 * memory. */
uint64_t lk_pprof_id(struct lk_pprof_table *table, const void *row);

/* A field that is a place in the table of strings, which TEXT is put into; NULL is the
 * empty one. */
void lk_pprof_text(struct lk_pprof_writer *writer, struct lk_protobuf *message, unsigned field,
		   const char *text);

/* Adds the places that the samples have named, and what those refer to. */
void lk_pprof_places(struct lk_pprof_writer *writer);
/* Adds the table of strings; nothing that has strings may follow. */
void lk_pprof_strings(struct lk_pprof_writer *writer);

struct lk_pprof_segment {
	uint64_t start, end; /* in memory, whole pages */
	uint64_t offset;     /* in the file */
};

/* Where MODULE has its code; false if its file does not tell. */
bool lk_pprof_find_segment(const struct lk_profile_module *module, struct lk_pprof_segment *ret);

void lk_pprof_release(struct lk_pprof_writer *writer);

#endif
