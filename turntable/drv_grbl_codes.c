/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drv_grbl_codes.c - Grbl 1.1's error and alarm numbers as sentences for the operator.
 *
 * The numbers are those of Grbl 1.1h, doc/csv/error_codes_en_US.csv and alarm_codes_en_US.csv.
 */
#include "turntable/drv_grbl.h"

#include "station/base/i18n.h"

const char *grbl_error_sentence(int number)
{
	static const char *const sentences[] = {
		[1] = N_("a letter was expected"), [2] = N_("a number was damaged"),
		[3] = N_("the command is not known"), [4] = N_("a value was negative"),
		[5] = N_("homing is switched off in the controller ($22=0)"),
		[6] = N_("the step pulse is too short"), [7] = N_("its stored settings could not be read"),
		[8] = N_("it does this only when idle"),
		[9] = N_("it is locked after an alarm, or busy with a jog"),
		[10] = N_("soft limits need homing switched on ($22=1)"), [11] = N_("the line was too long"),
		[12] = N_("the step rate is too high"), [13] = N_("the safety door is open: close it"),
		[14] = N_("the line does not fit its memory"),
		[15] = N_("the target is beyond the table's travel: set $20=0 for endless rotation"),
		[16] = N_("the jog was damaged"), [17] = N_("laser mode needs PWM"),
		[20] = N_("the command is not supported"), [21] = N_("two commands of one group"),
		[22] = N_("the jog has no speed"), [23] = N_("a whole number was expected"),
		[24] = N_("two commands for one axis"), [25] = N_("a word came twice"),
		[26] = N_("no axis was named"), [27] = N_("the line number was damaged"),
		[33] = N_("the target was damaged"), [36] = N_("a word was left over"),
	};
	bool known = number > 0 && (size_t)number < ARRAY_LEN(sentences) && sentences[number];

	return known ? _(sentences[number]) : _("see the list of error codes of Grbl 1.1");
}

const char *grbl_alarm_sentence(int number)
{
	static const char *const sentences[] = {
		[1] = N_("a limit switch was hit, the position is lost; free the table, clear and home it"),
		[2] = N_("the target was beyond the table's travel: set $20=0 for endless rotation"),
		[3] = N_("it was reset while moving, the position is lost; clear and home the table"),
		[4] = N_("the probe was not ready"), [5] = N_("the probe found nothing"),
		[6] = N_("homing was interrupted by a reset; home again"),
		[7] = N_("the safety door was opened while homing; close it and home again"),
		[8] = N_("homing could not leave the switch: the pull-off ($27) must exceed its flag"),
		[9] = N_("homing did not find the switch: look at its cable; 1.5 x $130 must exceed a turn; "
			 "a stock build homes Z first"),
	};
	bool known = number > 0 && (size_t)number < ARRAY_LEN(sentences) && sentences[number];

	return known ? _(sentences[number]) : _("see the list of alarm codes of Grbl 1.1");
}
