/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cli.h - one act from the command line: send it, wait for its end, print the answer. */
#ifndef OSTEND_UI_CONSOLE_CLI_H
#define OSTEND_UI_CONSOLE_CLI_H

#include <stdbool.h>

#include "ui/console/command.h"
#include "ui/console/reach.h"

#define CLI_BY "ostend"		/* in the record of who asked for what */

enum { EXIT_DONE = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2 };

/**
 * Do @command with its @words and print to standard output; a failure is one sentence on standard
 * error. @json prints what the station sent instead of a table.
 *
 * @return an exit status
 */
int cli_run(const struct reach *reach, const struct command *command, char *const *words, int count,
	    bool json);

/**
 * Send @method with @params (borrowed) as @command would: to the station or, where it is gone and the
 * command allows, to the table's own socket; a stop the other way round. Waits for the answer.
 *
 * @result the caller's reference
 * @return 0; what the refusal was; ERR_GONE, ERR_TIMEOUT
 */
int cli_call(const struct reach *reach, const struct command *command, const char *method,
	     const json_t *params, json_t **result, struct err *err);

#endif
