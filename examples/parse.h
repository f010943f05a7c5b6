/* SPDX-License-Identifier: MIT */
/* A small message parser with the mistakes that examples/check_parse.c finds. */
#ifndef PARSE_H
#define PARSE_H

struct header {
	char *name;
	char *value;
	struct header *next;
};

/* Parses "name: value" lines; NULL if a line has no colon. */
struct header *headers_parse(const char *text);
void headers_free(struct header *list);

/* Appends a line to the log file PATH; 0, or -1 when the line is empty. */
int log_line(const char *path, const char *line);

/* Starts the thread that flushes the cache. */
void flusher_start(void);
void flusher_stop(void);

#endif
