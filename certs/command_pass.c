/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "certs/command.h"

#include <qrencode.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "certs/pass_text.h"
#include "station/base/clock.h"
#include "station/base/i18n.h"

#define HOURS 12
#define HOURS_MAX (30 * 24)
#define US_PER_HOUR (INT64_C(3600) * 1000000)
#define QUIET 2		/* modules of light around the code */

/* Two modules in one character, dark ones drawn; outside it is light. */
static const char *half_block(const QRcode *code, int x, int y)
{
	static const char *const blocks[] = { " ", "▀", "▄", "█" };
	int drawn = 0;

	for (int row = 0; row < 2; row++)
		if (x >= 0 && y + row >= 0 && x < code->width && y + row < code->width &&
		    code->data[(y + row) * code->width + x] & 1)
			drawn |= 1 << row;
	return blocks[drawn];
}

/* Black on white whatever the terminal's own colours are, which a phone's camera needs. */
static void print_qr(const char *text)
{
	QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_L, QR_MODE_8, 1);
	bool colours = isatty(STDOUT_FILENO);

	if (!code)
		return;
	for (int y = -QUIET; y < code->width + QUIET; y += 2) {
		fputs(colours ? "\033[30;107m" : "", stdout);
		for (int x = -QUIET; x < code->width + QUIET; x++)
			fputs(half_block(code, x, y), stdout);
		puts(colours ? "\033[0m" : "");
	}
	QRcode_free(code);
}

static void print_pass(const struct command_line *line, const char *text, int64_t until_utc_us)
{
	CLEANUP(util_freep) char *link = NULL;
	char until[32], id[65], plain[PASS_CHARS + 1];

	pass_text_read(plain, text);
	pass_text_id(id, plain);
	clock_format_utc(until, sizeof until, until_utc_us);
	printf(_("pass, shown only now: %s\ngood once, until %s; to revoke it: %.16s\n"), text, until, id);
	/* after the "#" it never reaches a server's log */
	if (line->url && asprintf(&link, "%s#pass=%s", line->url, text) >= 0) {
		printf("%s\n", link);
		print_qr(link);
		OPENSSL_cleanse(link, strlen(link));
	}
	OPENSSL_cleanse(plain, sizeof plain);
}

int command_pass(struct authority *authority, const struct command_line *line, struct err *err)
{
	char text[PASS_TEXT_SIZE];
	int64_t until_utc_us;
	enum role role;
	int hours;
	int rc = command_role(&role, line, err);

	if (rc == 0)
		rc = command_number(&hours, line->hours, "--hours", HOURS_MAX, HOURS, err);
	if (rc < 0)
		return rc;
	if (line->url && strncmp(line->url, "https://", 8))
		return err_set(err, ERR_RANGE, _("--url takes the station's https:// address"));
	pass_text_new(text);
	until_utc_us = clock_utc_us() + hours * US_PER_HOUR;
	rc = authority_pass(authority, text, line->words[0], role, until_utc_us, false, err);
	if (rc == 0)
		print_pass(line, text, until_utc_us);
	OPENSSL_cleanse(text, sizeof text);
	return rc;
}
