/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "certs/command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"

#define PHRASE_MIN 8
#define US_PER_S INT64_C(1000000)

int command_role(enum role *out, const struct command_line *line, struct err *err)
{
	char known[128] = "";

	if (line->role && role_from_name(out, line->role))
		return 0;
	for (int role = 0; role < ROLE_COUNT; role++)
		snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", role ? ", " : "",
			 role_name(role));
	return err_set(err, ERR_RANGE, _("--role is one of %s"), known);
}

int command_number(int *out, const char *text, const char *option, int max, int fallback, struct err *err)
{
	char *end;
	long number;

	if (!text) {
		*out = fallback;
		return 0;
	}
	errno = 0;
	number = strtol(text, &end, 10);
	if (errno || end == text || *end || number < 1 || number > max)
		return err_set(err, ERR_RANGE, _("%s takes a whole number from 1 to %d, not \"%s\""), option,
			       max, text);
	*out = (int)number;
	return 0;
}

int command_time(int64_t *out_utc_us, const char *text, struct err *err)
{
	static const char *const formats[] = { "%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ" };

	if (!text) {
		*out_utc_us = clock_utc_us();
		return 0;
	}
	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		struct tm parts = { 0 };
		const char *end = strptime(text, formats[i], &parts);

		if (end && !*end) {
			*out_utc_us = (int64_t)timegm(&parts) * US_PER_S;
			return 0;
		}
	}
	return err_set(err, ERR_RANGE, _("--not-before takes 2026-11-24 or 2026-11-24T08:15:00Z, not \"%s\""),
		       text);
}

/* ---- pass phrases ---- */

static int check_phrase(const char *phrase, struct err *err)
{
	if (strlen(phrase) < PHRASE_MIN)
		return err_set(err, ERR_RANGE, _("a pass phrase has at least %d characters"), PHRASE_MIN);
	return 0;
}

static int read_line(char phrase[256], FILE *file, const char *where, struct err *err)
{
	size_t len;

	if (!fgets(phrase, 256, file))
		return err_set(err, ERR_RANGE, _("%s holds no pass phrase"), where);
	len = strlen(phrase);
	if (len == 255 && phrase[len - 1] != '\n')
		return err_set(err, ERR_RANGE, _("the pass phrase in %s is too long"), where);
	phrase[strcspn(phrase, "\r\n")] = '\0';
	return check_phrase(phrase, err);
}

static int read_file(char phrase[256], const char *path, struct err *err)
{
	FILE *file = fopen(path, "re");
	int rc;

	if (!file)
		return err_os(err, "%s", path);
	rc = read_line(phrase, file, path, err);
	fclose(file);
	return rc;
}

/* One line from the terminal without showing it. */
static int ask(char phrase[256], FILE *tty, const char *question, struct err *err)
{
	struct termios shown, hidden;
	int rc;

	if (tcgetattr(fileno(tty), &shown) < 0)
		return err_os(err, "/dev/tty");
	hidden = shown;
	hidden.c_lflag &= (tcflag_t)~ECHO;
	fprintf(tty, "%s", question);
	fflush(tty);
	tcsetattr(fileno(tty), TCSAFLUSH, &hidden);
	rc = read_line(phrase, tty, "/dev/tty", err);
	tcsetattr(fileno(tty), TCSAFLUSH, &shown);
	fprintf(tty, "\n");
	return rc;
}

static int ask_twice(char phrase[256], FILE *tty, struct err *err)
{
	char again[256];
	int rc = ask(phrase, tty, _("Pass phrase for the file: "), err);

	if (rc == 0)
		rc = ask(again, tty, _("Once more: "), err);
	if (rc == 0 && strcmp(phrase, again))
		rc = err_set(err, ERR_RANGE, _("the two pass phrases differ"));
	OPENSSL_cleanse(again, sizeof again);
	return rc;
}

int command_pass_phrase(char phrase[256], bool *made, const struct command_line *line, struct err *err)
{
	FILE *tty;
	int rc;

	*made = false;
	if (line->pass_file)
		return read_file(phrase, line->pass_file, err);
	if (line->pass_stdin)
		return read_line(phrase, stdin, _("standard input"), err);
	tty = isatty(STDIN_FILENO) ? fopen("/dev/tty", "r+e") : NULL;
	if (!tty) {
		*made = true;
		pass_text_new(phrase);
		return 0;
	}
	rc = ask_twice(phrase, tty, err);
	fclose(tty);
	return rc;
}
