/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "turntable/tool_ask.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "station/base/i18n.h"
#include "station/base/tty_clean.h"

#define LOOK_MS 20
#define LINE_MAX_BYTES 200

static bool input_waits(void)
{
	struct pollfd poll_fd = { .fd = STDIN_FILENO, .events = POLLIN };

	return poll(&poll_fd, 1, 0) == 1;
}

/* One byte at a time: what is typed ahead stays for the next question. */
static int read_line(struct tool_run *run, char *line, size_t size, struct err *err)
{
	size_t len = 0;
	char byte = '\0';
	ssize_t count = 1;

	while (byte != '\n' && count > 0) {
		if (run->interrupted)
			return err_set(err, ERR_STATE, "%s", _("interrupted"));
		if (!input_waits()) {
			loop_once(run->loop, LOOK_MS);
			continue;
		}
		count = read(STDIN_FILENO, &byte, 1);
		if (count > 0 && byte != '\n' && len < size - 1)
			line[len++] = byte;
	}
	line[len] = '\0';
	return count > 0 || len ? 0 : err_set(err, ERR_STATE, "%s", _("nobody answers: the input has ended"));
}

int tool_ask(struct tool_run *run, const char *question, char *answer, size_t size, struct err *err)
{
	char line[LINE_MAX_BYTES];
	const char *start;
	size_t len;
	int rc;

	printf("%s ", question);
	fflush(stdout);
	rc = read_line(run, line, sizeof line, err);
	if (rc < 0)
		return rc;
	start = line + strspn(line, " \t\r");
	for (len = strlen(start); len && strchr(" \t\r", start[len - 1]);)
		len--;
	tty_clean(answer, size, start, len, -1);
	return 0;
}

int tool_ask_yes(struct tool_run *run, const char *question, struct err *err)
{
	char answer[32];
	int rc;

	for (;;) {
		rc = tool_ask(run, question, answer, sizeof answer, err);
		if (rc < 0)
			return rc;
		if (strcmp(answer, _("yes")) == 0 || strcmp(answer, "yes") == 0)
			return 1;
		if (strcmp(answer, _("no")) == 0 || strcmp(answer, "no") == 0)
			return 0;
		puts(_("Answer yes or no."));
	}
}

int tool_ask_empty(struct tool_run *run, struct err *err)
{
	int rc = run->options->yes ? 1 :
		tool_ask_yes(run, _("Is the table empty, and does nothing stand in its way? (yes/no)"), err);

	return rc == 0 ? err_set(err, ERR_STATE, "%s", _("nothing was moved: the table must be empty")) : MIN(rc, 0);
}

int tool_ask_degrees(struct tool_run *run, const char *question, int32_t low_mdeg, int32_t high_mdeg, int64_t *mdeg,
		     struct err *err)
{
	char answer[32];
	int rc;

	for (;;) {
		rc = tool_ask(run, question, answer, sizeof answer, err);
		if (rc < 0)
			return rc;
		*mdeg = 0;
		if (!answer[0] || (tool_degrees(answer, mdeg) && *mdeg >= low_mdeg && *mdeg <= high_mdeg))
			return 0;
		printf(_("Answer a number of degrees from %d to %d, as 2.5 or -0.3.\n"), low_mdeg / 1000,
		       high_mdeg / 1000);
	}
}
