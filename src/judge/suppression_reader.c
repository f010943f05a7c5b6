/* SPDX-License-Identifier: MIT */
/* Text -> rules. */
#include "judge/suppression.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/demangle.h"

/* One file on its way into the list. */
struct reader {
	struct lk_suppressions *list;
	const char *name; /* the list's copy */
	const char *at, *end;
	unsigned line; /* of the text that next_line gave last */
	char *error;
	struct lk_demangler demangler;
};

static bool fail(const struct reader *reader, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static bool fail(const struct reader *reader, const char *format, ...)
{
	va_list arguments;
	char *out = reader->error;
	int used = reader->line > 0 ? snprintf(out, LK_SUPPRESSION_ERROR_MAX,
					       "%s:%u: ", reader->name, reader->line)
				    : snprintf(out, LK_SUPPRESSION_ERROR_MAX,
					       "suppressions '%s': ", reader->name);

	if (used < 0 || used >= LK_SUPPRESSION_ERROR_MAX)
		return false;
	va_start(arguments, format);
	vsnprintf(out + used, LK_SUPPRESSION_ERROR_MAX - (size_t)used, format, arguments);
	va_end(arguments);
	return false;
}

static bool fail_memory(const struct reader *reader)
{
	return fail(reader, "there is no memory left for its rules");
}

/* The LENGTH bytes at TEXT without the blanks around them, in new memory. */
static char *copy_trimmed(const char *text, size_t length)
{
	while (length > 0 && isspace((unsigned char)text[0])) {
		text++;
		length--;
	}
	while (length > 0 && isspace((unsigned char)text[length - 1]))
		length--;
	return strndup(text, length);
}

/* The next line that is neither empty nor a comment, in new memory: true, with NULL
 * at the end of the text; false without memory. */
static bool next_line(struct reader *reader, char **ret)
{
	*ret = NULL;
	while (reader->at < reader->end) {
		size_t rest = (size_t)(reader->end - reader->at);
		const char *newline = memchr(reader->at, '\n', rest);
		size_t length = newline ? (size_t)(newline - reader->at) : rest;
		char *line = copy_trimmed(reader->at, length);

		reader->at += length + (newline != NULL);
		reader->line++;
		if (!line)
			return false;
		if (line[0] && line[0] != '#') {
			*ret = line;
			return true;
		}
		free(line);
	}
	return true;
}

static void release_rule(struct lk_suppression *rule)
{
	for (size_t i = 0; i < rule->frames_count; i++)
		free(rule->frames[i].pattern);
	free(rule->frames);
	free(rule->pattern);
	free(rule->state);
	free(rule->text);
	free(rule->reason);
}

/* Takes RULE over, also on failure. */
static bool add(struct reader *reader, struct lk_suppression *rule)
{
	struct lk_suppressions *list = reader->list;
	void *more = NULL;

	if (list->count == LK_RULES_MAX)
		fail(reader, "there are more than %d rules", LK_RULES_MAX);
	else if (!(more = reallocarray(list->rows, list->count + 1, sizeof *list->rows)))
		fail_memory(reader);
	if (!more) {
		release_rule(rule);
		return false;
	}
	list->rows = more;
	list->rows[list->count++] = *rule;
	return true;
}

/* What a rule calls KIND. */
static const char *word_of(enum lk_kind kind)
{
	return kind == LK_KIND_heap ? "leak" : lk_kind_name(kind);
}

static bool is_word(const char *text, size_t length, const char *word)
{
	return strlen(word) == length && strncmp(text, word, length) == 0;
}

/* "leak", "fd.top", "test"...: the part before the colon. */
static bool read_what(const struct reader *reader, const char *word, size_t length,
		      struct lk_suppression *rule)
{
	const char *dot = memchr(word, '.', length);
	size_t stem = dot ? (size_t)(dot - word) : length, rest = length - stem;

	for (int kind = 0; kind < LK_KIND_COUNT; kind++)
		if (is_word(word, stem, word_of(kind)))
			rule->kinds = 1u << kind;
	rule->is_test = is_word(word, length, "test");
	rule->is_once = is_word(word, length, "once");
	rule->is_id = is_word(word, length, "id");
	if (rule->is_test || rule->is_id)
		rule->kinds = ~0u;
	if (dot && is_word(dot, rest, ".top"))
		rule->where = LK_TOP;
	else if (dot && is_word(dot, rest, ".created-by"))
		rule->where = LK_CREATED_BY;
	else if (dot)
		return fail(reader, "'%.*s' is unknown; expected .top or .created-by", (int)rest,
			    dot);
	return rule->kinds != 0 || rule->is_once ||
	       fail(reader,
		    "'%.*s:' is unknown; expected leak:, fd:, thread:, id:, test:, once:, or { alone on "
		    "its line for a rule in valgrind's form",
		    (int)length, word);
}

/* The kinds named in the brackets of a test's rule. */
static bool read_kinds(const struct reader *reader, struct lk_suppression *rule)
{
	rule->is_whole_test = !rule->state;
	if (!rule->state)
		return true;
	rule->kinds = 0;
	for (char *rest = rule->state, *word; (word = strtok_r(rest, " \t,", &rest));) {
		unsigned before = rule->kinds;

		for (int kind = 0; kind < LK_KIND_COUNT; kind++)
			if (strcmp(word, lk_kind_name(kind)) == 0)
				rule->kinds |= 1u << kind;
		if (rule->kinds == before)
			return fail(reader, "'%s' is no kind of leak; expected heap, fd or thread",
				    word);
	}
	free(rule->state);
	rule->state = NULL;
	return rule->kinds != 0 || fail(reader, "the brackets are empty; expected kinds of leaks");
}

/* Cuts " # reason" off LINE. */
static bool cut_reason(char *line, char **reason)
{
	char *mark = line;

	while ((mark = strchr(mark, '#')) && !isspace((unsigned char)mark[-1]))
		mark++;
	if (!mark)
		return true;
	*reason = copy_trimmed(mark + 1, strlen(mark + 1));
	do
		*mark-- = '\0';
	while (isspace((unsigned char)*mark));
	return *reason != NULL;
}

/* Cuts " [state]" off PATTERN. */
static bool cut_state(char *pattern, char **state)
{
	size_t length = strlen(pattern);
	char *open = strrchr(pattern, '[');

	if (!open || open == pattern || !isspace((unsigned char)open[-1]) ||
	    pattern[length - 1] != ']')
		return true;
	*state = copy_trimmed(open + 1, (size_t)(pattern + length - 1 - open - 1));
	do
		*open-- = '\0';
	while (open > pattern && isspace((unsigned char)*open));
	return *state != NULL;
}

static bool fill_rule(const struct reader *reader, char *line, struct lk_suppression *rule)
{
	char *colon;

	if (!(rule->text = strdup(line)) || !cut_reason(line, &rule->reason))
		return fail_memory(reader);
	colon = strchr(line, ':');
	if (!colon)
		return fail(reader, "'%s' has no colon; expected a rule such as leak:function",
			    line);
	if (!read_what(reader, line, (size_t)(colon - line), rule))
		return false;
	rule->pattern = copy_trimmed(colon + 1, strlen(colon + 1));
	bool has_brackets = rule->is_test || rule->kinds == 1u << LK_KIND_thread;
	if (!rule->pattern || (has_brackets && !cut_state(rule->pattern, &rule->state)))
		return fail_memory(reader);
	if (!rule->pattern[0])
		return fail(reader, "nothing stands behind '%s'; expected a name or a pattern",
			    line);
	return !rule->is_test || read_kinds(reader, rule);
}

static bool read_line_rule(struct reader *reader, char *line)
{
	struct lk_suppression rule = { .file = reader->name, .line = reader->line };

	if (fill_rule(reader, line, &rule))
		return add(reader, &rule);
	release_rule(&rule);
	return false;
}

/* "Memcheck,Other:Leak" -> what it may match; 0: it is not for us. */
static unsigned kinds_of(const char *line)
{
	const char *colon = strchr(line, ':');
	size_t tools = (size_t)(colon - line);

	if (strcmp(line, "CoreError:FdNotClosed") == 0)
		return 1u << LK_KIND_descriptor;
	if (strcmp(line, "CoreError:FdBadClose") == 0)
		return 1u << LK_KIND_misuse;
	if (strcmp(colon, ":Leak") == 0 && memmem(line, tools, "Memcheck", strlen("Memcheck")))
		return 1u << LK_KIND_heap;
	return 0;
}

/* C++ names are mangled in such a rule and readable in our frames. */
static char *copy_function(struct reader *reader, const char *name)
{
	char *readable = strncmp(name, "_Z", 2) == 0 ? lk_demangle(&reader->demangler, name) : NULL;

	return readable ? readable : strdup(name);
}

static bool add_frame(struct reader *reader, const char *line, struct lk_suppression *rule)
{
	static const char *const words[] = { "fun:", "obj:", "src:" };
	struct lk_suppression_frame frame = { LK_FRAME_ANY, NULL };

	if (strcmp(line, "...") != 0) {
		for (int i = 0; i < 3 && frame.what == LK_FRAME_ANY; i++)
			if (strncmp(line, words[i], 4) == 0)
				frame.what = (int[]){ LK_FRAME_FUNCTION, LK_FRAME_OBJECT,
						      LK_FRAME_SOURCE }[i];
		if (frame.what == LK_FRAME_ANY)
			return fail(reader, "'%s' is unknown; expected fun:, obj:, src:, ... or }",
				    line);
		frame.pattern = frame.what == LK_FRAME_FUNCTION ? copy_function(reader, line + 4)
								: strdup(line + 4);
		if (!frame.pattern)
			return fail_memory(reader);
	}
	void *more = reallocarray(rule->frames, rule->frames_count + 1, sizeof frame);
	if (!more) {
		free(frame.pattern);
		return fail_memory(reader);
	}
	rule->frames = more;
	rule->frames[rule->frames_count++] = frame;
	return true;
}

/* One line between the braces; STEP counts them.  What another tool's entry holds is
 * not looked at. */
static bool read_entry_line(struct reader *reader, char *line, unsigned step,
			    struct lk_suppression *rule)
{
	if (step == 0) {
		rule->text = strdup(line);
		rule->reason = strdup(line);
		return (rule->text && rule->reason) || fail_memory(reader);
	}
	if (step == 1) {
		if (!strchr(line, ':'))
			return fail(reader,
				    "'%s' has no colon; expected a tool and a kind of "
				    "error, such as Memcheck:Leak",
				    line);
		rule->kinds = kinds_of(line);
		return true;
	}
	if (strncmp(line, "match-leak-kinds:", 17) == 0) {
		rule->is_for_reachable = !strstr(line, "definite") && !strstr(line, "indirect") &&
					 !strstr(line, "possible") && !strstr(line, "all");
		return true;
	}
	if (rule->kinds == 0)
		return true;
	return add_frame(reader, line, rule);
}

static bool read_entry(struct reader *reader)
{
	struct lk_suppression rule = { .file = reader->name, .line = reader->line };
	bool is_open = true, ok = true;
	char *line = NULL;

	for (unsigned step = 0; ok && is_open; step++) {
		if (!next_line(reader, &line)) {
			ok = fail_memory(reader);
		} else if (!line) {
			reader->line = rule.line;
			ok = fail(reader, "the { has no }; expected } alone on its line");
		} else if (strcmp(line, "}") == 0) {
			is_open = false;
			if (step < 2)
				ok = fail(reader, "the rule ends early; expected its name and a "
						  "kind such as Memcheck:Leak");
		} else {
			ok = read_entry_line(reader, line, step, &rule);
		}
		free(line);
	}
	if (ok && rule.kinds != 0)
		return rule.frames_count > 0 ? add(reader, &rule)
					     : (release_rule(&rule),
						fail(reader, "the rule has no frame; expected "
							     "fun:, obj:, src: or ..."));
	release_rule(&rule);
	return ok;
}

static bool read_all(struct reader *reader)
{
	for (;;) {
		char *line;

		if (!next_line(reader, &line))
			return fail_memory(reader);
		if (!line)
			return true;
		bool ok =
			strcmp(line, "{") == 0 ? read_entry(reader) : read_line_rule(reader, line);
		free(line);
		if (!ok)
			return false;
	}
}

bool lk_suppressions_read(struct lk_suppressions *list, const char *name, const char *text,
			  size_t size, char *error)
{
	struct reader reader = {
		.list = list, .name = name, .at = text, .end = text + size, .error = error
	};
	char *copy = strdup(name);
	void *more = reallocarray(list->files, list->files_count + 1, sizeof *list->files);

	if (more)
		list->files = more;
	if (!more || !copy) {
		free(copy);
		return fail_memory(&reader);
	}
	reader.name = list->files[list->files_count++] = copy;
	if (memchr(text, '\0', size))
		return fail(&reader, "this is no text; expected rules, one a line");
	return read_all(&reader);
}

/* The whole of the file in new memory, NULL with errno set. */
static char *read_file(const char *name, size_t *ret_size)
{
	enum { STEP = 1 << 16 };
	FILE *in = fopen(name, "re");
	char *text = NULL;
	size_t size = 0, got = 1;

	while (in && got > 0) {
		char *more = realloc(text, size + STEP);

		if (!more)
			break;
		text = more;
		got = fread(text + size, 1, STEP, in);
		size += got;
	}
	bool ok = in && got == 0 && !ferror(in);
	int error = errno;
	if (in)
		fclose(in);
	if (!ok) {
		free(text);
		text = NULL;
	}
	errno = error;
	*ret_size = size;
	return text;
}

bool lk_suppressions_read_files(struct lk_suppressions *list, const char *files, char *error)
{
	bool ok = true;

	for (size_t length; ok && (length = strcspn(files, "\n")) > 0; files += length + 1) {
		size_t size = 0;
		char *name = strndup(files, length);
		char *text = name ? read_file(name, &size) : NULL;

		if (text)
			ok = lk_suppressions_read(list, name, text, size, error);
		else
			ok = fail(&(struct reader){ .name = name ? name : "", .error = error },
				  "cannot be read: %s", strerror(errno));
		free(text);
		free(name);
	}
	return ok;
}

void lk_suppressions_release(struct lk_suppressions *list)
{
	for (size_t i = 0; i < list->count; i++)
		release_rule(&list->rows[i]);
	for (size_t i = 0; i < list->files_count; i++)
		free(list->files[i]);
	free(list->rows);
	free(list->files);
	*list = (struct lk_suppressions){ 0 };
}
