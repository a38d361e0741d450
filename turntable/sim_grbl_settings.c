/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sim_grbl_settings.c - the EEPROM of the simulated Grbl (Grbl 1.1h settings.c).
 *
 * A blank chip holds the generic defaults of the firmware; the usual one is set up for a turntable: 80 steps
 * a degree. While it writes the chip hears nothing: what comes in those milliseconds is gone.
 */
#include <stdlib.h>
#include <string.h>

#include "turntable/sim_grbl_own.h"

#define WRITE_NS (15 * NS_PER_MS)	/* some four bytes of 3.4 ms each; those that do not change are left out */
#define RESTORE_NS (300 * NS_PER_MS)

static const struct { unsigned number; double table, generic; bool whole; } defaults[] = {
	{ 0, 10, 10, true }, { 1, 255, 25, true }, { 2, 0, 0, true }, { 3, 0, 0, true }, { 4, 0, 0, true },
	{ 5, 0, 0, true }, { 6, 0, 0, true }, { 10, 1, 1, true }, { 11, 0.010, 0.010, false },
	{ 12, 0.002, 0.002, false }, { 13, 0, 0, true }, { 20, 0, 0, true }, { 21, 0, 0, true },
	{ 22, 1, 0, true }, { 23, 0, 0, true }, { 24, 300, 25, false }, { 25, 1800, 500, false },
	{ 26, 250, 250, true }, { 27, 5, 1, false }, { 30, 1000, 1000, true }, { 31, 0, 0, true },
	{ 32, 0, 0, true }, { 100, 80, 250, false }, { 101, 80, 250, false }, { 102, 80, 250, false },
	{ 110, 3600, 500, false }, { 111, 3600, 500, false }, { 112, 3600, 500, false },
	{ 120, 100, 10, false }, { 121, 100, 10, false }, { 122, 100, 10, false },
	{ 130, 400, 200, false }, { 131, 400, 200, false }, { 132, 400, 200, false },
};

void sim_default_settings(struct sim_grbl *sim, bool blank)
{
	for (size_t i = 0; i < ARRAY_LEN(defaults); i++)
		sim->settings[defaults[i].number] = blank ? defaults[i].generic : defaults[i].table;
}

bool sim_has_setting(unsigned number, bool *whole)
{
	for (size_t i = 0; i < ARRAY_LEN(defaults); i++)
		if (defaults[i].number == number) {
			*whole = defaults[i].whole;
			return true;
		}
	return false;
}

static int store(struct sim_grbl *sim, unsigned number, double value)
{
	bool whole;

	if (value < 0)
		return 4;
	if (!sim_has_setting(number, &whole))
		return 3;
	if (number == 0 && value < 3)
		return 6;
	if (number == 20 && value != 0 && sim->settings[22] == 0)
		return 10;
	if (number == 22 && value == 0)
		sim->settings[20] = 0;
	sim->settings[number] = whole ? (double)(uint8_t)value : (double)(float)value;
	sim->deaf_ns = sim->dwell_ns = sim->board->at_ns + WRITE_NS;	/* and then it says "ok" */
	sim->offset_due = number == 10 || number == 13 ? 0 : sim->offset_due;
	return 0;
}

int sim_write_setting(struct sim_grbl *sim, const char *text)
{
	double number, value;

	if (!sim_read_number(&text, &number))
		return 2;
	if (*text++ != '=')
		return 3;
	if (!sim_read_number(&text, &value))
		return 2;
	if (*text || number < 0 || number > 255)
		return 3;
	return store(sim, (unsigned)number, value);
}

int sim_restore(struct sim_grbl *sim, const char *text)
{
	if (strlen(text) != 1 || !strchr("$#*", *text))
		return 3;
	if (*text != '#')
		sim_default_settings(sim, true);
	sim->deaf_ns = sim->board->at_ns + RESTORE_NS;
	sim_board_print(sim->board, "[MSG:Restoring defaults]\r\nok\r\n");
	sim_reset(sim, 0);
	return 0;
}
