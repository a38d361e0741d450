/* SPDX-License-Identifier: GPL-3.0-or-later */
/* command.h - the command line of ostend-certs, read once; each act gets all of it. */
#ifndef OSTEND_CERTS_COMMAND_H
#define OSTEND_CERTS_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "certs/authority.h"
#include "station/base/err.h"

struct command_line {
	const char *state;
	const char *centre;		/* init --name */
	const char *role, *days, *hours, *not_before;
	const char *out, *csr, *pass_file, *url;
	bool pass_stdin, renew, json;
	const char *const *words;	/* what is no option, NULL-ended */
	int word_count;
};

/* Each act says on standard output what it did. 0, or an ERR_*; ERR_RANGE for a word it cannot use. */
int command_person(struct authority *authority, const struct command_line *line, struct err *err);
int command_pass(struct authority *authority, const struct command_line *line, struct err *err);
int command_list(struct authority *authority, const struct command_line *line, struct err *err);

/** --role; ERR_RANGE naming the roles there are. */
int command_role(enum role *out, const struct command_line *line, struct err *err);
/** A whole number from 1 to @max; @fallback when @text is NULL. */
int command_number(int *out, const char *text, const char *option, int max, int fallback, struct err *err);
/** "2026-11-24" or "2026-11-24T08:15:00Z" (UTC); now when @text is NULL. */
int command_time(int64_t *out_utc_us, const char *text, struct err *err);

/**
 * The pass phrase for a file: from --pass-file or --pass-stdin (its first line), asked for twice on a
 * terminal, or a new random one.
 *
 * @made   true when it is new and must be shown
 * @return 0; ERR_RANGE for one of fewer than 8 bytes or over 255; ERR_OS
 */
int command_pass_phrase(char phrase[256], bool *made, const struct command_line *line, struct err *err);

#endif
