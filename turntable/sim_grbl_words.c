/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_grbl_words.c - a line of G-code as words, with the errors of Grbl 1.1h's gcode.c and nuts_bolts.c. */
#include <ctype.h>

#include "turntable/sim_grbl_own.h"

/* Grbl's own reading of a number: no exponent, no "0x", and only the first eight digits count. */
bool sim_read_number(const char **at, double *value)
{
	const char *c = *at;
	double sign = *c == '-' ? -1 : 1, scale = 1;
	int digits = 0;
	bool point = false;

	*value = 0;
	if (*c == '-' || *c == '+')
		c++;
	for (; isdigit((unsigned char)*c) || (*c == '.' && !point); c++) {
		if (*c == '.') {
			point = true;
		} else if (++digits <= 8) {
			*value = *value * 10 + (*c - '0');
			scale *= point ? 10 : 1;
		} else if (!point) {
			scale /= 10;
		}
	}
	*value *= sign / scale;
	*at = c;
	return digits;
}

static bool twice(bool *flag, bool other)
{
	bool was = *flag || other;

	*flag = true;
	return was;
}

static int take_code(struct sim_words *words, double value)
{
	bool again = false;

	if (value == 90)
		again = twice(&words->absolute, words->relative);
	else if (value == 91)
		again = twice(&words->relative, words->absolute);
	else if (value == 20)
		again = twice(&words->inches, words->metric);
	else if (value == 21)
		again = twice(&words->metric, words->inches);
	else if (value == 53)
		words->machine = true;
	else if (value == 0 || value == 1) {
		if (twice(&words->motion, false))
			return 24;
		words->rapid = value == 0;
	} else if (value == 4)
		words->dwell = true;
	else if (value == 17 || value == 54 || value == 94 || value == 61 || value == 40 || value == 49 || value == 80)
		words->other_code = true;
	else
		return value == (int)value ? 20 : 23;
	return again ? 21 : 0;
}

static int take_value(struct sim_words *words, char letter, double value)
{
	if (words->seen & SIM_WORD(letter))
		return 25;
	words->seen |= SIM_WORD(letter);
	if (value < 0 && (letter == 'F' || letter == 'N' || letter == 'P' || letter == 'S' || letter == 'T'))
		return 4;
	if (letter == 'T' && value > 255)
		return 38;
	if (letter == 'X')
		words->x = value;
	else if (letter == 'F')
		words->f = value;
	else if (letter == 'P')
		words->p = value;
	return 0;
}

/* "G91X1.5F600" (spaces are gone). 0, or the number of the error. */
int sim_read_words(struct sim_words *words, const char *at)
{
	int error = 0;

	while (*at && !error) {
		char letter = *at++;
		double value;

		if (letter < 'A' || letter > 'Z')
			return 1;
		if (!sim_read_number(&at, &value))
			return 2;
		if (letter == 'G')
			error = take_code(words, value);
		else if (letter == 'M')
			error = value == 3 || value == 4 || value == 5 || value == 8 || value == 9 || value == 0 ? 0 : 20;
		else if (letter == 'A' || letter == 'B' || letter == 'C' || letter == 'D' || letter == 'E' ||
			 letter == 'H' || letter == 'O' || letter == 'Q' || letter == 'U' || letter == 'V' || letter == 'W')
			error = 20;
		else
			error = take_value(words, letter, value);
		if (letter == 'M')
			words->other_code = true;
	}
	return error;
}
