/* SPDX-License-Identifier: MIT */
/* A small piece that keeps a big buffer: the slice of ten bytes that holds an array of
 * 64 KiB. */
#include <stdlib.h>
#include <string.h>

#include "patterns.h"

enum { MESSAGE_SIZE = 64 << 10, SUBJECTS_MAX = 5000 };

static char *subjects[SUBJECTS_MAX];
static size_t subjects_count;

static void remember(char *subject)
{
	if (subjects_count < SUBJECTS_MAX)
		subjects[subjects_count++] = subject;
}

static char *receive(const char *text)
{
	char *message = malloc(MESSAGE_SIZE);

	strncpy(message, text, MESSAGE_SIZE - 1);
	message[MESSAGE_SIZE - 1] = '\0';
	return message;
}

/* The first line without "Subject: ", in the message itself. */
static char *find_subject(char *message)
{
	message[strcspn(message, "\n")] = '\0';
	return message + strlen("Subject: ");
}

void message_read(const char *text)
{
	remember(find_subject(receive(text))); /* the mistake: all of the message stays for it */
}

void message_read_mended(const char *text)
{
	static char last[128];
	char *message = receive(text);

	strncpy(last, find_subject(message), sizeof last - 1);
	free(message);
}

void subjects_clear(void)
{
	while (subjects_count > 0)
		free(subjects[--subjects_count] - strlen("Subject: "));
}
