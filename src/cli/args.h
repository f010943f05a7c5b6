/* SPDX-License-Identifier: MIT */
/* The command line of `leakcheck run`, and the settings handed on. */
#ifndef LK_CLI_ARGS_H
#define LK_CLI_ARGS_H

#include <stdbool.h>

#include "base/options.h"

#define LK_OPTIONS_VARIABLE "LEAKCHECK_OPTIONS"

/* What the command line asks for. */
enum lk_request { LK_REQUEST_RUN, LK_REQUEST_HELP, LK_REQUEST_VERSION, LK_REQUEST_WRONG };

/* Room for the text of lk_args_hand_on: every option with each byte escaped. */
enum { LK_ARGS_TEXT_MAX = 16384 };

/* Reads the options in front of the program, from ARGUMENTS (NULL at the end)
 * into OPTIONS.  *REST is left at the program's name, NULL if there is none.
 * LK_REQUEST_WRONG comes after one sentence on standard error. */
enum lk_request lk_args_parse(char **arguments, struct lk_options *options, char ***rest);

/* Writes what differs from the defaults as lk_options_parse reads it; false if
 * it does not fit into the SIZE bytes of TEXT. */
bool lk_args_hand_on(const struct lk_options *options, char *text, size_t size);

#endif
