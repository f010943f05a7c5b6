/* SPDX-License-Identifier: MIT */
/* The tables of a profile for pprof: places, functions, mappings, strings. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/escape.h"
#include "report/pprof_writer.h"

uint64_t lk_pprof_id(struct lk_pprof_table *table, const void *row)
{
	uint64_t hash = lk_hash(0, row, table->size);
	size_t at = 0, found;

	while ((found = lk_index_next(&table->index, hash, &at)) != LK_INDEX_NONE)
		if (memcmp(table->rows + found * table->size, row, table->size) == 0)
			return found + 1;
	if (!lk_array_reserve(&table->rows, &table->room, table->count + 1, table->size) ||
	    !lk_index_put(&table->index, hash, table->count))
		return 0;
	memcpy(table->rows + table->count * table->size, row, table->size);
	return ++table->count;
}

/* The place of TEXT in the table of strings, where the empty one comes first. */
static uint64_t string_of(struct lk_pprof_writer *writer, const char *text)
{
	const char *kept = lk_intern(&writer->texts, text ? text : "");
	uint64_t id = kept ? lk_pprof_id(&writer->strings, &kept) : 0;

	writer->failed |= id == 0;
	return id > 0 ? id - 1 : 0;
}

void lk_pprof_text(struct lk_pprof_writer *writer, struct lk_protobuf *message, unsigned field,
		   const char *text)
{
	lk_protobuf_number(message, field, string_of(writer, text));
}

static void add_line(struct lk_pprof_writer *writer, const struct lk_profile_line *line)
{
	struct lk_pprof_function function = { line->function, line->file, line->start };
	uint64_t id = lk_pprof_id(&writer->functions, &function);

	writer->failed |= id == 0;
	lk_protobuf_number(&writer->inner, LINE_FUNCTION_ID, id);
	lk_protobuf_number(&writer->inner, LINE_LINE, line->line);
	lk_protobuf_message(&writer->message, LOCATION_LINE, &writer->inner);
}

static void add_lines(struct lk_pprof_writer *writer, const struct lk_profile_location *location,
		      size_t skipped, struct lk_pprof_mapping *mapping)
{
	for (size_t i = skipped; i < location->lines_count; i++) {
		const struct lk_profile_line *line =
			&writer->profile->lines[location->first_line + i];

		if (!line->function && !line->file)
			continue; /* readers say where it is, or name it themselves */
		add_line(writer, line);
		mapping->has_functions |= line->function != NULL;
		mapping->has_files |= line->file != NULL;
		mapping->has_lines |= line->line > 0;
		mapping->has_inlined |= location->lines_count > 1;
	}
}

static void add_location(struct lk_pprof_writer *writer, const struct lk_pprof_place *place)
{
	static const struct lk_profile_line nowhere = { .function = "(stack unknown)" };
	const struct lk_profile *profile = writer->profile;

	if (place->location == LK_PROFILE_NONE) {
		add_line(writer, &nowhere);
		return;
	}
	const struct lk_profile_location *location = &profile->locations[place->location];
	struct lk_pprof_mapping none = { 0 }, *mapping = &none;
	uint64_t address = location->offset - 1; /* the call, not what follows it */

	if (location->module != LK_PROFILE_NONE) {
		address += profile->modules[location->module].bias;
		mapping = &writer->mappings[location->module];
		mapping->is_used = true;
		lk_protobuf_number(&writer->message, LOCATION_MAPPING_ID, location->module + 1);
	}
	lk_protobuf_number(&writer->message, LOCATION_ADDRESS, address);
	add_lines(writer, location, place->skipped, mapping);
}

static void add_locations(struct lk_pprof_writer *writer)
{
	const struct lk_pprof_place *places = (const struct lk_pprof_place *)writer->places.rows;

	for (size_t i = 0; i < writer->places.count; i++) {
		lk_protobuf_number(&writer->message, LOCATION_ID, i + 1);
		add_location(writer, &places[i]);
		lk_protobuf_message(&writer->out, PROFILE_LOCATION, &writer->message);
	}
}

static void add_functions(struct lk_pprof_writer *writer)
{
	const struct lk_pprof_function *functions =
		(const struct lk_pprof_function *)writer->functions.rows;
	struct lk_protobuf *message = &writer->message;

	for (size_t i = 0; i < writer->functions.count; i++) {
		const char *name = functions[i].name ? functions[i].name : "(unknown)";

		lk_protobuf_number(message, FUNCTION_ID, i + 1);
		lk_pprof_text(writer, message, FUNCTION_NAME, name);
		lk_pprof_text(writer, message, FUNCTION_SYSTEM_NAME, name);
		lk_pprof_text(writer, message, FUNCTION_FILENAME, functions[i].file);
		lk_protobuf_number(message, FUNCTION_START_LINE, functions[i].start);
		lk_protobuf_message(&writer->out, PROFILE_FUNCTION, message);
	}
}

static void add_mapping(struct lk_pprof_writer *writer, size_t index)
{
	const struct lk_profile_module *module = &writer->profile->modules[index];
	const struct lk_pprof_mapping *mapping = &writer->mappings[index];
	struct lk_protobuf *message = &writer->message;
	struct lk_pprof_segment segment = { module->start, module->end, 0 };
	char build_id[2 * LK_BUILD_ID_MAX + 1] = "";

	for (size_t i = 0; i < module->build_id_size && i < LK_BUILD_ID_MAX; i++)
		sprintf(build_id + 2 * i, "%02x", module->build_id[i]);
	lk_pprof_find_segment(module, &segment);
	lk_protobuf_number(message, MAPPING_ID, index + 1);
	lk_protobuf_number(message, MAPPING_MEMORY_START, segment.start);
	lk_protobuf_number(message, MAPPING_MEMORY_LIMIT, segment.end);
	lk_protobuf_number(message, MAPPING_FILE_OFFSET, segment.offset);
	lk_pprof_text(writer, message, MAPPING_FILENAME, module->path);
	lk_pprof_text(writer, message, MAPPING_BUILD_ID, build_id);
	lk_protobuf_number(message, MAPPING_HAS_FUNCTIONS, mapping->has_functions);
	lk_protobuf_number(message, MAPPING_HAS_FILENAMES, mapping->has_files);
	lk_protobuf_number(message, MAPPING_HAS_LINE_NUMBERS, mapping->has_lines);
	lk_protobuf_number(message, MAPPING_HAS_INLINE_FRAMES, mapping->has_inlined);
	lk_protobuf_message(&writer->out, PROFILE_MAPPING, message);
}

/* Readers take the first one for the program. */
static void add_mappings(struct lk_pprof_writer *writer)
{
	const struct lk_profile *profile = writer->profile;

	for (size_t i = 0; i < profile->modules_count; i++)
		if (profile->modules[i].is_program)
			add_mapping(writer, i);
	for (size_t i = 0; i < profile->modules_count; i++)
		if (!profile->modules[i].is_program && writer->mappings[i].is_used)
			add_mapping(writer, i);
}

void lk_pprof_places(struct lk_pprof_writer *writer)
{
	add_locations(writer);
	add_mappings(writer);
	add_functions(writer);
}

/* A field of that type holds UTF-8 only, and a reader prints it to a terminal. */
static bool is_plain(const char *text)
{
	const unsigned char *byte = (const unsigned char *)text;
	size_t length;

	for (; *byte; byte += length) {
		length = lk_escape_sequence(byte);
		if (length == 0 || *byte < 0x20 || *byte == 0x7f)
			return false;
	}
	return true;
}

static void add_string(struct lk_pprof_writer *writer, const char *text)
{
	char *escaped = NULL;
	size_t size = 0;
	FILE *stream = is_plain(text) ? NULL : open_memstream(&escaped, &size);

	if (stream) {
		lk_escape(stream, text);
		writer->failed |= fclose(stream) != 0;
	} else {
		writer->failed |= !is_plain(text);
	}
	lk_protobuf_bytes(&writer->out, PROFILE_STRING_TABLE, escaped ? escaped : text,
			  escaped ? size : strlen(text));
	free(escaped);
}

void lk_pprof_strings(struct lk_pprof_writer *writer)
{
	for (size_t i = 0; i < writer->strings.count; i++)
		add_string(writer, ((const char **)writer->strings.rows)[i]);
}

static void release_table(struct lk_pprof_table *table)
{
	free(table->rows);
	lk_index_deinit(&table->index);
}

void lk_pprof_release(struct lk_pprof_writer *writer)
{
	free(writer->mappings);
	free(writer->path);
	release_table(&writer->places);
	release_table(&writer->functions);
	release_table(&writer->strings);
	lk_interner_deinit(&writer->texts);
	lk_protobuf_deinit(&writer->message);
	lk_protobuf_deinit(&writer->inner);
	lk_protobuf_deinit(&writer->out);
}
