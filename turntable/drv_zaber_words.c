/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drv_zaber_words.c - what a Zaber device writes, taken apart strictly, and what its words mean.
 *
 *	@AA X [ID] OK|RJ BUSY|IDLE WW DATA[:CC]		reply
 *	!AA X BUSY|IDLE WW[:CC]				alert, unasked
 *	#AA X [ID] TEXT[:CC]				info
 *
 * Zaber ASCII Protocol Manual, "Message Format", "Reply", "Checksumming", "Warning Flags" (zaber.com/wiki
 * for firmware 6, zaber.com/protocol-manual for firmware 7); flags that came later from the list in Zaber's own
 * zaber-motion library (WarningFlags). Checksums were compared with the vectors of Zaber's serial library.
 */
#include "turntable/drv_zaber.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/i18n.h"
#include "station/base/util.h"

uint8_t zaber_checksum(const char *text, size_t len)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum = (uint8_t)(sum + (uint8_t)text[i]);
	return (uint8_t)-sum;
}

/* Cut the checksum off; false when it is wrong, or no hexadecimal number. */
static bool check_sum(char *text, bool *checked)
{
	size_t len = strlen(text);
	char hex[3];

	*checked = len > 4 && text[len - 3] == ':';
	if (!*checked)
		return true;
	snprintf(hex, sizeof hex, "%02X", zaber_checksum(text + 1, len - 4));
	if (strcmp(hex, text + len - 2) != 0)
		return false;
	text[len - 3] = '\0';
	return true;
}

/* The next word of exactly @digits digits; -1: it is something else. */
static int digits(char **rest, size_t count)
{
	char *word = *rest;
	size_t len = word ? strspn(word, "0123456789") : 0;

	if (len != count || (word[len] != ' ' && word[len]))
		return -1;
	*rest = word[len] ? word + len + 1 : NULL;
	return atoi(word);
}

static bool one_of(char **rest, const char *no, const char *yes, bool *is_yes)
{
	char *word = strsep(rest, " ");

	*is_yes = word && strcmp(word, yes) == 0;
	return *is_yes || (word && strcmp(word, no) == 0);
}

static bool read_flag(char **rest, char *flag)
{
	char *word = strsep(rest, " ");

	if (!word || strlen(word) != 2)
		return false;
	for (int i = 0; i < 2; i++)
		if (word[i] != '-' && (word[i] < 'A' || word[i] > 'Z'))
			return false;
	memcpy(flag, word, 3);
	return true;
}

bool zaber_parse(struct zaber_reply *reply, const char *line)
{
	char copy[TEXT_LINE_MAX], *rest = copy + 1;

	*reply = (struct zaber_reply){ .type = line[0], .id = -1 };
	snprintf(copy, sizeof copy, "%s", line);
	if ((reply->type != '@' && reply->type != '!' && reply->type != '#') || !check_sum(copy, &reply->checked))
		return false;
	reply->address = digits(&rest, 2);
	reply->axis = digits(&rest, 1);
	if (reply->address < 1 || reply->axis < 0)
		return false;
	if (reply->type != '!')
		reply->id = digits(&rest, 2);
	if (reply->type == '#') {
		snprintf(reply->data, sizeof reply->data, "%s", rest ? rest : "");
		return true;
	}
	if ((reply->type == '@' && !one_of(&rest, "OK", "RJ", &reply->rejected)) ||
	    !one_of(&rest, "IDLE", "BUSY", &reply->busy) || !read_flag(&rest, reply->flag))
		return false;
	if (reply->type == '!')
		return !rest;
	snprintf(reply->data, sizeof reply->data, "%s", rest ? rest : "");
	return reply->data[0] != '\0';
}

bool zaber_integer(const char *text, int64_t *value)
{
	size_t len = strspn(text + (*text == '-'), "0123456789");

	if (!len || len > 15 || text[(*text == '-') + len])
		return false;
	*value = strtoll(text, NULL, 10);
	return true;
}

int zaber_version(const char *text)
{
	int major, minor, used = 0;

	if (sscanf(text, "%2d.%2d%n", &major, &minor, &used) != 2 || text[used] || major < 1 || minor < 0)
		return 0;
	return major * 100 + minor;
}

const struct zaber_flag *zaber_flag(const char *code)
{
	static const struct zaber_flag flags[] = {
		{ "FF", ZABER_FAULT | ZABER_OFF | ZABER_BLIND, N_("a critical error; ask its maker") },
		{ "FN", ZABER_FAULT | ZABER_OFF | ZABER_LOST, N_("the stage at the controller is not supported") },
		{ "FZ", ZABER_FAULT | ZABER_OFF | ZABER_LOST, N_("the stage was unplugged from the controller") },
		{ "FH", ZABER_FAULT | ZABER_OFF | ZABER_LOST, N_("its hardware emergency stop has cut the motor's current") },
		{ "FV", ZABER_FAULT | ZABER_OFF | ZABER_LOST, N_("its supply voltage was wrong; the motor is without current") },
		{ "FO", ZABER_FAULT | ZABER_OFF | ZABER_LOST, N_("the motor is switched off") },
		{ "FC", ZABER_FAULT | ZABER_OFF | ZABER_LOST, N_("too much current; the motor is without current") },
		{ "FM", ZABER_FAULT | ZABER_OFF | ZABER_LOST, N_("the motor is too hot and without current") },
		{ "FD", ZABER_FAULT | ZABER_OFF | ZABER_LOST, N_("it has switched its motor off, by heat or voltage") },
		{ "FR", ZABER_FAULT | ZABER_OFF | ZABER_LOST, N_("the motor was driven too hard and is without current") },
		{ "FQ", ZABER_FAULT | ZABER_BLIND, N_("its encoder cannot be read reliably") },
		{ "FI", ZABER_FAULT | ZABER_BLIND, N_("its encoder has missed the index mark") },
		{ "FA", ZABER_FAULT | ZABER_BLIND, N_("its encoder is out of step") },
		{ "FS", ZABER_FAULT | ZABER_BLIND, N_("the table stalled and was stopped") },
		{ "FT", ZABER_FAULT | ZABER_LOST, N_("two coupled axes were twisted against each other") },
		{ "FB", ZABER_FAULT, N_("a stored motion could not be carried out") },
		{ "FP", ZABER_FAULT | ZABER_LOST, N_("the table left its path") },
		{ "FE", ZABER_FAULT, N_("its reference switch cannot be reached or is faulty") },
		{ "WL", ZABER_FAULT | ZABER_LOST, N_("a limit switch ended the motion; the table may have slipped") },
		{ "WP", ZABER_TELL, N_("its calibration does not belong to this stage") },
		{ "WV", ZABER_TELL, N_("its supply voltage is out of range") },
		{ "WT", ZABER_TELL, N_("it is too hot") },
		{ "WS", ZABER_LOST | ZABER_TELL, N_("the table stalled and was brought on again") },
		{ "WM", ZABER_LOST | ZABER_TELL, N_("the table was turned by force while it stood") },
		{ "WR", ZABER_UNHOMED, N_("it has no reference position") },
		{ "WH", ZABER_UNHOMED, N_("it has not been homed") },
		{ "NC", ZABER_LOST | ZABER_TELL, N_("the table is turned by its knob") },
	};
	static const struct zaber_flag unknown = { "F?", ZABER_FAULT | ZABER_BLIND, N_("a fault that is not known here") };

	for (size_t i = 0; i < ARRAY_LEN(flags); i++)
		if (strcmp(flags[i].code, code) == 0)
			return &flags[i];
	return code[0] == 'F' ? &unknown : NULL;	/* other W and N are notices: NI, ND, NU, NR, NT, NJ */
}

const char *zaber_reason(const char *data)
{
	static const struct { const char *word, *sentence; } reasons[] = {
		{ "AGAIN", N_("it could not do that now") },
		{ "AMBIGUOUS", N_("the command is not clear to it") },
		{ "BADAXIS", N_("it has no such axis") },
		{ "BADCOMMAND", N_("it does not know the command or setting") },
		{ "BADDATA", N_("the value is out of its range") },
		{ "BADMESSAGEID", N_("it did not take the number of the message") },
		{ "DEVICEONLY", N_("the command is for the device, not for an axis") },
		{ "DRIVERDISABLED", N_("its motor is switched off") },
		{ "FULL", N_("its memory is full") },
		{ "INACTIVE", N_("there is no stage at the axis") },
		{ "LOCKSTEP", N_("the axis is coupled to another one") },
		{ "NOACCESS", N_("the command is locked at its access level") },
		{ "NOTSUPPORTED", N_("it cannot do this") },
		{ "PARKED", N_("it is parked: unpark it with its maker's program") },
		{ "STATUSBUSY", N_("it is busy") },
	};

	for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
		if (strcmp(reasons[i].word, data) == 0)
			return _(reasons[i].sentence);
	return _("it gave no reason that is known here");
}
