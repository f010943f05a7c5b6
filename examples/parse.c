/* SPDX-License-Identifier: MIT */
#include "parse.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *xstrndup(const char *text, size_t length)
{
	char *copy = strndup(text, length);

	if (!copy)
		abort();
	return copy;
}

static struct header *header_add(struct header *list, const char *name, size_t length,
				 const char *value)
{
	struct header *header = malloc(sizeof *header);

	if (!header)
		abort();
	header->name = xstrndup(name, length);
	header->value = xstrndup(value, strcspn(value, "\n"));
	header->next = list;
	return header;
}

struct header *headers_parse(const char *text)
{
	struct header *list = NULL;

	while (*text) {
		size_t line = strcspn(text, "\n"), name = strcspn(text, ":\n");

		if (text[name] != ':')
			return NULL; /* the mistake: what was parsed so far is lost */
		list = header_add(list, text, name, text + name + 1);
		text += line + (text[line] == '\n');
	}
	return list;
}

void headers_free(struct header *list)
{
	while (list) {
		struct header *next = list->next;

		free(list->name);
		free(list->value);
		free(list);
		list = next;
	}
}

int log_line(const char *path, const char *line)
{
	FILE *log = fopen(path, "a");

	if (!log)
		return -1;
	if (line[0] == '\0')
		return -1; /* the mistake: the file stays open */
	fprintf(log, "%s\n", line);
	return fclose(log);
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static int stopping;

static void *flush(void *unused)
{
	pthread_mutex_lock(&lock);
	while (!stopping)
		pthread_cond_wait(&wake, &lock);
	pthread_mutex_unlock(&lock);
	return unused;
}

static pthread_t flusher;

void flusher_start(void)
{
	if (pthread_create(&flusher, NULL, flush, NULL) != 0)
		abort();
}

void flusher_stop(void)
{
	pthread_mutex_lock(&lock);
	stopping = 1;
	pthread_cond_signal(&wake);
	pthread_mutex_unlock(&lock);
	pthread_join(flusher, NULL);
}
