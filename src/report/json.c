/* SPDX-License-Identifier: MIT */
#include "report/json.h"

#include <inttypes.h>

#include "judge/escape.h"
#include "model/series.h"

void lk_json_text(FILE *out, const char *text)
{
	const unsigned char *byte = (const unsigned char *)text;

	fputc('"', out);
	while (*byte) {
		size_t length = lk_escape_sequence(byte);

		if (length == 0)
			fputs("\xef\xbf\xbd", out);
		else if (*byte < 0x20 || *byte == 0x7f)
			fprintf(out, "\\u%04x", *byte);
		else if (*byte == '"' || *byte == '\\')
			fprintf(out, "\\%c", *byte);
		else
			fwrite(byte, 1, length, out);
		byte += length > 0 ? length : 1;
	}
	fputc('"', out);
}

static void print_member(FILE *out, const char *name, const char *text)
{
	fprintf(out, ",\"%s\":", name);
	if (text)
		lk_json_text(out, text);
	else
		fputs("null", out);
}

static void print_frame(FILE *out, const struct lk_frame *frame)
{
	const struct lk_module *module = frame->module;

	fprintf(out, "{\"address\":\"0x%" PRIxPTR "\"", frame->pc);
	print_member(out, "function", frame->function);
	print_member(out, "file", frame->file);
	fprintf(out, ",\"line\":%u,\"inlined\":%s", frame->line, frame->inlined ? "true" : "false");
	print_member(out, "module", module ? module->path : NULL);
	fprintf(out, ",\"offset\":\"0x%" PRIxPTR "\",\"build_id\":\"", frame->offset);
	for (unsigned i = 0; module && i < module->build_id_size; i++)
		fprintf(out, "%02x", module->build_id[i]);
	fputs("\"}", out);
}

static void print_changes(FILE *out, const char *name, const int64_t *changes, uint32_t runs)
{
	fprintf(out, ",\"%s\":[", name);
	for (uint32_t i = 0; i < runs && i < LK_SERIES_SHOWN; i++)
		fprintf(out, "%s%" PRId64, i > 0 ? "," : "", changes[i]);
	fputc(']', out);
}

/* Of the first further runs, how much each added. */
static void print_series(FILE *out, const struct lk_series *series)
{
	if (!series || series->runs == 0)
		return;
	fprintf(out, ",\"runs\":%" PRIu32, series->runs);
	print_changes(out, "count_changes", series->count_change, series->runs);
	print_changes(out, "bytes_changes", series->bytes_change, series->runs);
	fprintf(out, ",\"lost_by_then\":%" PRIu64, series->lost);
}

static void print_frames(FILE *out, const struct lk_frame *frames, size_t count)
{
	fputs(",\"frames\":[", out);
	for (size_t i = 0; i < count; i++) {
		fputs(i > 0 ? "," : "", out);
		print_frame(out, &frames[i]);
	}
	fputc(']', out);
}

static void print_earlier(FILE *out, const struct lk_earlier *earlier)
{
	const char *separator = "";

	fputs(",\"earlier\":[", out);
	for (size_t i = 0; i < LK_EARLIER_MAX; i++) {
		if (!earlier[i].what[0])
			continue;
		fprintf(out, "%s{\"what\":\"%s\"", separator, earlier[i].what);
		print_frames(out, earlier[i].frames, earlier[i].frames_count);
		fputc('}', out);
		separator = ",";
	}
	fputc(']', out);
}

/* Where others from there are released, as far as further runs showed it. */
static void print_released(FILE *out, const struct lk_sibling_release *released)
{
	if (released->blocks == 0)
		return;
	fprintf(out, ",\"others_freed\":%" PRIu64 ",\"others_freed_there\":%" PRIu64
		     ",\"others_freed_at\":",
		released->all, released->blocks);
	print_frame(out, &released->frame);
}

void lk_json_thread(FILE *out, const struct lk_thread_waits *doing)
{
	fprintf(out, "\"thread\":%d", (int)doing->thread->tid);
	print_member(out, "name", doing->thread->name);
	print_member(out, "state", doing->state);
	print_member(out, "waits_in", lk_wait_word(doing->wait.kind));
	if (doing->wait.holder)
		fprintf(out, ",\"waits_for_thread\":%d", (int)doing->wait.holder);
	print_member(out, "stuck", doing->stuck);
	fprintf(out, ",\"stuck_for_sure\":%s,\"deadlock\":%s,\"now_sure\":%zu,\"now\":{\"cut\":%s",
		doing->stuck && doing->stuck_is_sure ? "true" : "false",
		doing->cycle ? "true" : "false", doing->now.sure,
		doing->now.cut ? "true" : "false");
	print_frames(out, doing->now.frames, doing->now.count);
	fputc('}', out);
}

static void print_heap(FILE *out, const struct lk_finding *finding)
{
	fprintf(out,
		",\"blocks\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"through_blocks\":%" PRIu64
		",\"through_bytes\":%" PRIu64 ",\"inner_pointers_only\":%" PRIu64,
		finding->blocks, finding->bytes, finding->through_blocks, finding->through_bytes,
		finding->inner);
	print_member(out, "holder", finding->holder);
}

static void print_limit(FILE *out, const struct lk_breach *limit)
{
	fprintf(out, ",\"measure\":\"%s\",\"allowed\":%" PRIu64 ",\"measured\":",
		lk_measure_names[limit->measure], limit->allowed);
	if (limit->is_measured)
		fprintf(out, "%" PRIu64, limit->measured);
	else
		fputs("null", out);
}

static void print_finding(FILE *out, const struct lk_finding *finding)
{
	fprintf(out, "{\"ruling\":\"%s\",\"id\":\"%08" PRIx32 "\",\"kind\":\"%s\",\"class\":\"%s\"",
		lk_ruling_words[finding->ruling], finding->id, lk_kind_name(finding->kind),
		lk_class_rows[finding->class].word);
	if (finding->kind == LK_KIND_heap)
		print_heap(out, finding);
	if (finding->serial > 0)
		fprintf(out, ",\"serial\":%" PRIu64, finding->serial);
	if (finding->kind != LK_KIND_heap)
		print_member(out, "what", finding->what);
	fprintf(out, ",\"again\":\"%s\"", lk_again_words[finding->again]);
	print_series(out, finding->series);
	if (finding->suspect < finding->frames_count)
		fprintf(out, ",\"suspect\":%zu", finding->suspect);
	fprintf(out, ",\"cut\":%s", finding->cut ? "true" : "false");
	print_frames(out, finding->frames, finding->frames_count);
	print_released(out, &finding->released);
	if (finding->limit)
		print_limit(out, finding->limit);
	if (finding->kind == LK_KIND_misuse || finding->kind == LK_KIND_budget)
		print_earlier(out, finding->earlier);
	if (finding->doing) {
		fputc(',', out);
		lk_json_thread(out, finding->doing);
	}
	fputc('}', out);
}

void lk_json_test(FILE *out, const struct lk_json_test *test, const struct lk_findings *findings)
{
	fprintf(out, "{\"verdict\":\"%s\"", lk_verdict_words[test->verdict]);
	print_member(out, "test", test->name);
	print_member(out, "file", test->file[0] ? test->file : NULL);
	fprintf(out, ",\"line\":%u,\"leaks\":%" PRIu64, test->line, lk_findings_leaks(findings));
	for (int ruling = 0; ruling < LK_RULING_COUNT; ruling++)
		fprintf(out, "%s\"%s\":%" PRIu64, ruling == 0 ? ",\"rulings\":{" : ",",
			lk_ruling_words[ruling], findings->rulings[ruling]);
	fputc('}', out);
	if (findings->not_again[0])
		print_member(out, "not_run_again", findings->not_again);
	fputs(",\"findings\":[", out);
	for (size_t i = 0; i < findings->count; i++) {
		fputs(i > 0 ? "," : "", out);
		print_finding(out, &findings->rows[i]);
	}
	fprintf(out, "],\"left_out\":%" PRIu64 "}", findings->left_out);
}
