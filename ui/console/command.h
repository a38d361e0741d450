/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * command.h - the acts of the command line and of the console's ":" line, in one table.
 *
 * A row names the words, the arguments and where they go in the method's parameters, and who prints
 * the answer. Usage texts, argument checks and the man page's list all come from the rows.
 */
#ifndef OSTEND_UI_CONSOLE_COMMAND_H
#define OSTEND_UI_CONSOLE_COMMAND_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "station/base/err.h"

enum argument_kind {
	ARGUMENT_DEGREES,	/* degrees with decimals, sent as millidegrees */
	ARGUMENT_NAME,		/* text as it is */
	ARGUMENT_VALUE,		/* an integer, on, off, or the text of a menu entry */
	ARGUMENT_CHOICE,	/* one of the words in .choices */
	ARGUMENT_FLAG,		/* an option without a value: sets .key to .flag_text, or .flag_value */
	ARGUMENT_NUMBER,	/* a whole number, .low to .high */
	ARGUMENT_NAMES,		/* all words that are left, as a list */
};

enum argument_need {
	NEED_USUAL,	/* a place must be filled, an option may be given */
	NEED_NOT,	/* a place that may stay empty: .otherwise, or nothing, is sent */
	NEED_ALWAYS,	/* an option that must be given */
};

struct argument {
	const char *name;	/* "DEG", or "--speed": an option; "_" in it is typed as "-" */
	const char *key;	/* in params */
	enum argument_kind kind;
	int32_t low, high;	/* of ARGUMENT_DEGREES in millidegrees, of ARGUMENT_NUMBER */
	const char *value_name;	/* of an option, for the usage line */
	const char *choices;	/* "shortest|cw|ccw" */
	bool flag_value;
	const char *flag_text;
	enum argument_need need;
	const char *otherwise;
};

enum command_flags {
	COMMAND_STOPS = 1,	/* falls back to table.sock at once */
	COMMAND_WAITS = 2,	/* the answer comes when something long has ended: a motion, a package, a showing */
	COMMAND_TABLE = 4,	/* table.sock can do it as well; with a name of who asks */
	COMMAND_FOLLOWS = 8,	/* prints more as it comes, with -f */
	COMMAND_LOCAL = 16,	/* not a method of the station: console, demo, help */
	COMMAND_MOVES = 32,	/* turns the table: sent with a time after which it is not begun */
	COMMAND_OWN = 128,	/* several calls and files: the shell's program does it (main.c) */
	COMMAND_PAGES = 256,	/* the answer comes in pages, each with "next" */
	COMMAND_WALK = 64,	/* a conversation on the terminal; the methods are its steps' */
};

#define COMMAND_ARGUMENTS_MAX 20

struct reach;

struct command {
	const char *words;			/* "table goto" */
	const char *method;			/* "table.goto"; NULL for COMMAND_LOCAL */
	const char *help;			/* N_() */
	struct argument arguments[COMMAND_ARGUMENTS_MAX];	/* up to the first without name */
	const char *fixed_key, *fixed_value;	/* sent always: which step of a calibration */
	void (*print)(FILE *out, const json_t *result);
	const char *bare_method;		/* without arguments: only look, by this method */
	void (*bare_print)(FILE *out, const json_t *result);
	/* what is done here before it is sent: may ask the station, and changes @params; NULL: nothing */
	int (*prepare)(const struct reach *reach, json_t *params, struct err *err);
	unsigned flags;
};

extern const struct command command_table[];
extern const size_t command_count;

/**
 * Find the command that @words begins with; *@used words name it.
 * @return NULL when there is none, with a sentence in @err
 */
const struct command *command_find(char *const *words, int count, int *used, struct err *err);

/** The first command that is sent as @method; NULL: none is. */
const struct command *command_of_method(const char *method);

/**
 * Read the words after the command's name into @params (a new object, the caller's).
 * "follow" (of -f) is among them: it is the program's own and not to be sent.
 * ERR_RANGE
 */
int command_parameters(const struct command *command, char *const *words, int count, json_t **params,
		       struct err *err);

/**
 * Add to @params what nobody types: to what changes the table, @by whom, for the record; and to a motion the
 * moment (monotonic) after which it must not begin, so that an order which was held up somewhere does not turn
 * the table when nobody expects it any more.
 */
void command_complete(const struct command *command, json_t *params, const char *by);

/** Whether @params lack the number of the lease that is to end: it is in the table's state. */
bool command_wants_lease(const struct command *command, const json_t *params);
/** ERR_STATE when nobody holds one. */
int command_fill_lease(json_t *params, const json_t *table, struct err *err);

/** "table goto DEG [--way shortest|cw|ccw] ..." */
void command_usage(const struct command *command, char *text, size_t size);

#endif
