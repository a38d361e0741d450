/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/console/command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "station/base/tty_clean.h"
#include "ui/console/degrees.h"
#include "ui/console/fields.h"

#define EXPIRES_NS (2 * NS_PER_S)	/* after the key or the command line */

/* How many of @words the command's name takes; 0 when it is another. */
static int match(const struct command *command, char *const *words, int count)
{
	const char *at = command->words;

	for (int used = 0; used < count; used++) {
		size_t len = strcspn(at, " ");

		if (strlen(words[used]) != len || strncmp(at, words[used], len) != 0)
			return 0;
		if (!at[len])
			return used + 1;
		at += len + 1;
	}
	return 0;
}

static bool begins_with_word(const struct command *command, const char *word)
{
	size_t len = strlen(word);

	return strncmp(command->words, word, len) == 0 && command->words[len] == ' ';
}

/* "table": which words may follow it, each once. */
static void list_followers(char *list, size_t size, const char *word)
{
	const char *last = "";
	size_t last_len = 0, used = 0;

	for (size_t i = 0; i < command_count && used < size; i++) {
		const char *next = command_table[i].words + strlen(word) + 1;
		size_t len;

		if (!begins_with_word(&command_table[i], word))
			continue;
		len = strcspn(next, " ");
		if (len == last_len && strncmp(next, last, len) == 0)
			continue;
		used += (size_t)snprintf(list + used, size - used, "%s%.*s", used ? ", " : "", (int)len, next);
		last = next;
		last_len = len;
	}
}

static void explain_unknown(char *const *words, int count, struct err *err)
{
	char list[200] = "", shown[48];

	list_followers(list, sizeof list, words[0]);
	tty_clean(shown, sizeof shown, words[0], strlen(words[0]), -1);
	if (list[0] && count < 2)
		err_set(err, ERR_RANGE, _("\"%s\" needs one of: %s"), shown, list);
	else if (list[0])
		err_set(err, ERR_RANGE, _("\"%s\" knows only: %s"), shown, list);
	else
		err_set(err, ERR_RANGE, _("no command is called \"%s\"; --help lists them"), shown);
}

const struct command *command_find(char *const *words, int count, int *used, struct err *err)
{
	for (size_t i = 0; i < command_count; i++) {
		*used = match(&command_table[i], words, count);
		if (*used > 0)
			return &command_table[i];
	}
	if (count > 0)
		explain_unknown(words, count, err);
	else
		err_set(err, ERR_RANGE, _("no command given"));
	return NULL;
}

const struct command *command_of_method(const char *method)
{
	for (size_t i = 0; i < command_count; i++)
		if (command_table[i].method && strcmp(command_table[i].method, method) == 0)
			return &command_table[i];
	return NULL;
}

static bool is_option(const char *word)
{
	/* "-90" is a value */
	return word[0] == '-' && !(word[1] >= '0' && word[1] <= '9') && word[1] != '.' && word[1];
}

static bool is_choice(const char *choices, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = choices; *at; at += *at == '|') {
		size_t span = strcspn(at, "|");

		if (span == len && strncmp(at, word, len) == 0)
			return true;
		at += span;
	}
	return false;
}

/* An integer, on, off, or text. */
static json_t *value_of(const char *word)
{
	long long number;
	char *end;

	if (strcmp(word, "on") == 0)
		return json_integer(1);
	if (strcmp(word, "off") == 0)
		return json_integer(0);
	errno = 0;
	number = strtoll(word, &end, 10);
	return *word && !*end && !errno ? json_integer(number) : json_string(word);
}

static int number_of(json_t **out, const struct argument *argument, const char *word, const char *shown,
		     struct err *err)
{
	json_t *value = value_of(word);

	if (json_is_integer(value) && json_integer_value(value) >= argument->low &&
	    json_integer_value(value) <= argument->high && word[0] != 'o') {
		*out = value;
		return 0;
	}
	json_decref(value);
	return err_set(err, ERR_RANGE, _("%s: \"%s\" is not a whole number from %d to %d"),
		       argument->name, shown, argument->low, argument->high);
}

static int set_argument(json_t *params, const struct argument *argument, const char *word,
			struct err *err)
{
	char shown[48];
	json_t *value = NULL;
	int32_t mdeg;

	tty_clean(shown, sizeof shown, word, strlen(word), -1);
	switch (argument->kind) {
	case ARGUMENT_DEGREES:
		if (degrees_parse(&mdeg, word, argument->name, argument->low, argument->high, err) <
		    0)
			return ERR_RANGE;
		value = json_integer(mdeg);
		break;
	case ARGUMENT_CHOICE:
		if (!is_choice(argument->choices, word))
			return err_set(err, ERR_RANGE, _("%s: \"%s\" is not one of: %s"),
				       argument->name, shown, argument->choices);
		value = json_string(word);
		break;
	case ARGUMENT_VALUE:
		value = value_of(word);
		break;
	case ARGUMENT_NUMBER:
		if (number_of(&value, argument, word, shown, err) < 0)
			return ERR_RANGE;
		break;
	default:
		value = json_string(word);
	}
	if (!value)	/* jansson refuses text that is not UTF-8 */
		return err_set(err, ERR_RANGE, _("%s: \"%s\" is not valid text"), argument->name,
			       shown);
	if (argument->kind != ARGUMENT_NAMES)
		json_object_set_new(params, argument->key, value);
	else if (json_is_array(json_object_get(params, argument->key)))
		json_array_append_new(json_object_get(params, argument->key), value);
	else
		json_object_set_new(params, argument->key, json_pack("[o]", value));
	return 0;
}

/* Options of forms are called as their fields, which have "_" in messages and "-" on the command line. */
static bool is_name(const char *name, const char *word)
{
	while (*name && (*name == *word || (*name == '_' && *word == '-')))
		name++, word++;
	return !*name && !*word;
}

static const struct argument *find_option(const struct command *command, const char *word)
{
	for (const struct argument *at = command->arguments; at->name; at++)
		if (is_name(at->name, word))
			return at;
	return NULL;
}

/* The next argument without dashes that has not been given yet. */
static const struct argument *next_place(const struct command *command, const json_t *params)
{
	for (const struct argument *at = command->arguments; at->name; at++)
		if (at->name[0] != '-' &&
		    (at->kind == ARGUMENT_NAMES || !json_object_get(params, at->key)))
			return at;
	return NULL;
}

/* What must still be given; NULL: nothing. */
static const struct argument *missing(const struct command *command, const json_t *params)
{
	for (const struct argument *at = command->arguments; at->name; at++) {
		bool place = at->name[0] != '-';

		if (!json_object_get(params, at->key) &&
		    (place ? at->need == NEED_USUAL : at->need == NEED_ALWAYS))
			return at;
	}
	return NULL;
}

static int fill_in(const struct command *command, json_t *params, struct err *err)
{
	int rc = 0;

	for (const struct argument *at = command->arguments; at->name && rc == 0; at++)
		if (at->otherwise && !json_object_get(params, at->key))
			rc = set_argument(params, at, at->otherwise, err);
	return rc;
}

static int read_word(const struct command *command, json_t *params, char *const *words, int count,
		     int *at, struct err *err)
{
	const char *word = words[(*at)++];
	const struct argument *argument = is_option(word) ? find_option(command, word) :
							    next_place(command, params);
	char shown[48];

	tty_clean(shown, sizeof shown, word, strlen(word), -1);
	if (!argument)
		return err_set(err, ERR_RANGE, _("%s: \"%s\" is not expected"), command->words,
			       shown);
	if (argument->kind == ARGUMENT_FLAG) {
		json_object_set_new(params, argument->key,
				    argument->flag_text ? json_string(argument->flag_text)
							: json_boolean(argument->flag_value));
		return 0;
	}
	if (argument->name[0] != '-')
		return set_argument(params, argument, word, err);
	if (*at == count)
		return err_set(err, ERR_RANGE, _("%s: %s needs a value"), command->words,
			       argument->name);
	return set_argument(params, argument, words[(*at)++], err);
}

int command_parameters(const struct command *command, char *const *words, int count,
		       json_t **params, struct err *err)
{
	json_t *object = json_object();
	int rc = object ? 0 : err_set(err, ERR_NOMEM, "out of memory");

	for (int at = 0; rc == 0 && at < count;)
		rc = read_word(command, object, words, count, &at, err);
	if (rc == 0 && missing(command, object))
		rc = err_set(err, ERR_RANGE, _("%s: %s is missing"), command->words,
			     missing(command, object)->name);
	if (rc == 0)
		rc = fill_in(command, object, err);
	if (rc < 0) {
		json_decref(object);
		return rc;
	}
	if (command->fixed_key)
		json_object_set_new(object, command->fixed_key,
				    strcmp(command->fixed_value, "true") == 0 ? json_true()
				    : strcmp(command->fixed_value, "false") == 0
					    ? json_false()
					    : json_string(command->fixed_value));
	*params = object;
	return 0;
}

void command_complete(const struct command *command, json_t *params, const char *by)
{
	if (command->flags & COMMAND_TABLE && strcmp(command->method, "table.status") != 0)
		json_object_set_new(params, "by", json_string(by));
	if (command->flags & COMMAND_MOVES)
		json_object_set_new(params, "expires_ns",
				    json_integer((json_int_t)(clock_mono_ns() + EXPIRES_NS)));
}

bool command_wants_lease(const struct command *command, const json_t *params)
{
	return strcmp(command->method, "table.release") == 0 && !json_object_get(params, "lease");
}

int command_fill_lease(json_t *params, const json_t *table, struct err *err)
{
	json_int_t number = field_integer(json_object_get(table, "lease"), "lease", 0);

	if (!number)
		return err_set(err, ERR_STATE, _("nobody has been given the table: there is no lease to end"));
	json_object_set_new(params, "lease", json_integer(number));
	return 0;
}

static size_t usage_of(const struct argument *at, char *text, size_t size)
{
	const char *value = at->kind == ARGUMENT_FLAG ? "" : at->choices ? at->choices : at->value_name;
	bool option = at->name[0] == '-', optional = option ? at->need != NEED_ALWAYS : at->need == NEED_NOT;

	char name[40];
	size_t i = 0;

	do
		name[i] = at->name[i] == '_' && option ? '-' : at->name[i];
	while (at->name[i++] && i < sizeof name);
	name[sizeof name - 1] = '\0';
	return (size_t)snprintf(text, size, " %s%s%s%s%s%s", optional ? "[" : "", name,
				option && *value ? " " : "", option ? value : "",
				at->kind == ARGUMENT_NAMES ? "..." : "", optional ? "]" : "");
}

void command_usage(const struct command *command, char *text, size_t size)
{
	size_t len = (size_t)snprintf(text, size, "%s", command->words);

	for (const struct argument *at = command->arguments; at->name && len < size; at++)
		len += usage_of(at, text + len, size - len);
}
