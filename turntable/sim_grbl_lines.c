/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_grbl_lines.c - the lines that the simulated Grbl understands, and its answers to them. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "turntable/sim_grbl_own.h"

static const struct { int number; double value; bool whole; } defaults[] = {
	{ 0, 10, true }, { 1, 255, true }, { 2, 0, true }, { 3, 0, true }, { 4, 0, true }, { 5, 0, true },
	{ 6, 0, true }, { 10, 1, true }, { 11, 0.010, false }, { 12, 0.002, false }, { 13, 0, true },
	{ 20, 0, true }, { 21, 0, true }, { 22, 1, true }, { 23, 0, true }, { 24, 300, false },
	{ 25, 1800, false }, { 26, 250, true }, { 27, 5, false }, { 30, 1000, true }, { 31, 0, true },
	{ 32, 0, true }, { 100, 80, false }, { 101, 80, false }, { 102, 80, false }, { 110, 3600, false },
	{ 111, 3600, false }, { 112, 3600, false }, { 120, 100, false }, { 121, 100, false },
	{ 122, 100, false }, { 130, 400, false }, { 131, 400, false }, { 132, 400, false },
};

void sim_default_settings(struct sim_grbl *sim)
{
	for (size_t i = 0; i < ARRAY_LEN(defaults); i++)
		sim->settings[defaults[i].number] = defaults[i].value;
}

/* --- motion lines --------------------------------------------------------------------------------- */

struct words {
	bool has_x, has_f, relative, machine, inches, motion;
	double x, f;
};

/* Grbl's own reading of a number: no exponent, no "0x". */
static bool read_number(const char **at, double *value)
{
	const char *c = *at;
	double sign = *c == '-' ? -1 : 1, scale = 1;
	bool digits = false, point = false;

	*value = 0;
	if (*c == '-' || *c == '+')
		c++;
	for (; isdigit((unsigned char)*c) || (*c == '.' && !point); c++) {
		if (*c == '.') {
			point = true;
			continue;
		}
		digits = true;
		*value = *value * 10 + (*c - '0');
		scale *= point ? 10 : 1;
	}
	*value *= sign / scale;
	*at = c;
	return digits;
}

/* Read "G91 X1.5 F600" (spaces are gone). 0 or the number of the error. */
static int read_words(struct words *words, const char *at)
{
	while (*at) {
		char letter = *at++;
		double value;

		if (letter < 'A' || letter > 'Z')
			return 1;
		if (!read_number(&at, &value))
			return 2;
		switch (letter) {
		case 'X': words->has_x = true; words->x = value; break;
		case 'F': words->has_f = true; words->f = value; break;
		case 'P': case 'N': case 'Y': case 'Z': break;
		case 'G':
			if (value == 90 || value == 91)
				words->relative = value == 91;
			else if (value == 53)
				words->machine = true;
			else if (value == 20 || value == 21)
				words->inches = value == 20;
			else if (value == 0 || value == 1)
				words->motion = true;
			else if (value != 4)
				return 20;
			break;
		default:
			return 20;
		}
	}
	return 0;
}

/* Put a motion into the planner, or leave it waiting for room: then the main program stands. */
void sim_queue_motion(struct sim_grbl *sim, struct sim_block block, enum sim_state state)
{
	if (sim->block_count == SIM_BLOCKS) {
		sim->jog_blocked = true;
		sim->blocked = block;
		sim->blocked_state = state;
		return;
	}
	sim->jog_blocked = false;
	if (block.target != (sim->block_count ? sim->blocks[sim->block_count - 1].target : sim->steps)) {
		sim->blocks[sim->block_count++] = block;
		sim->state = state;
	}
	sim_board_print(sim->board, "ok\r\n");
}

static int motion(struct sim_grbl *sim, const struct words *words, double feed, enum sim_state state)
{
	float per_mm = (float)sim->settings[100];
	float x = (float)(words->inches ? words->x * 25.4 : words->x);
	bool relative = words->relative && !words->machine;
	float target = relative ? sim->gc_deg + x : x;
	double rate = fmin(feed, sim->settings[110]) / 60 * sim->settings[100];

	if (sim->settings[20] != 0 && (target > 0 || (double)target < -sim->settings[130])) {
		if (state == SIM_JOG)
			return 15;
		sim_alarm(sim, 2);
		return 0;
	}
	sim->gc_deg = target;
	sim_queue_motion(sim, (struct sim_block){ (double)lroundf(target * per_mm), rate }, state);
	return 0;
}

static int jog_line(struct sim_grbl *sim, const char *text)
{
	struct words words = { .relative = !sim->absolute, .inches = sim->inches };
	int error;

	if (sim->state != SIM_IDLE && sim->state != SIM_JOG)
		return sim->state == SIM_ALARM ? 9 : 8;
	error = read_words(&words, text);
	if (error)
		return error;
	if (!words.has_f || words.f <= 0)
		return 22;
	if (!words.has_x || words.motion)
		return 16;
	return motion(sim, &words, words.inches ? words.f * 25.4 : words.f, SIM_JOG);
}

static int code_line(struct sim_grbl *sim, const char *text)
{
	struct words words = { .relative = !sim->absolute, .inches = sim->inches };
	int error;

	if (sim->state == SIM_ALARM || sim->state == SIM_JOG)
		return 9;
	error = read_words(&words, text);
	if (error)
		return error;
	sim->absolute = !words.relative;
	sim->inches = words.inches;
	if (words.has_f)
		sim->feed = words.f;
	if (words.has_x)
		return motion(sim, &words, sim->feed > 0 ? sim->feed : sim->settings[110], SIM_RUN);
	sim_board_print(sim->board, "ok\r\n");
	return 0;
}

/* --- $ lines -------------------------------------------------------------------------------------- */

static int print_settings(struct sim_grbl *sim)
{
	for (size_t i = 0; i < ARRAY_LEN(defaults); i++)
		sim_board_print(sim->board, "$%d=%.*f\r\n", defaults[i].number, defaults[i].whole ? 0 : 3,
			  sim->settings[defaults[i].number]);
	sim_board_print(sim->board, "ok\r\n");
	return 0;
}

static int write_setting(struct sim_grbl *sim, const char *text)
{
	char *end;
	long number = strtol(text, &end, 10);
	double value;

	if (end == text)
		return 2;
	if (*end != '=')
		return 3;
	text = end + 1;
	if (!read_number(&text, &value) || *text)
		return 2;
	if (value < 0)
		return 4;
	for (size_t i = 0; i < ARRAY_LEN(defaults); i++) {
		if (defaults[i].number != number)
			continue;
		sim->settings[number] = value;
		sim_board_print(sim->board, "ok\r\n");
		return 0;
	}
	return 3;
}

static int unlock(struct sim_grbl *sim)
{
	if (sim->state == SIM_ALARM) {
		sim_board_print(sim->board, "[MSG:Caution: Unlocked]\r\n");
		sim->state = SIM_IDLE;
	}
	sim_board_print(sim->board, "ok\r\n");
	return 0;
}

static int dollar_line(struct sim_grbl *sim, const char *line)
{
	if (!line[1]) {
		sim_board_print(sim->board, "[HLP:$$ $# $G $I $N $x=val $Nx=line $J=line $SLP $C $X $H ~ ! ? ctrl-x]\r\nok\r\n");
		return 0;
	}
	if (strncmp(line, "$J=", 3) == 0)
		return jog_line(sim, line + 3);
	if (sim->state != SIM_IDLE && sim->state != SIM_ALARM)
		return 8;
	if (strcmp(line, "$$") == 0)
		return print_settings(sim);
	if (strcmp(line, "$X") == 0)
		return unlock(sim);
	if (strcmp(line, "$I") == 0) {
		sim_board_print(sim->board, "[VER:1.1h.20190830:]\r\n[OPT:V,15,128]\r\nok\r\n");
		return 0;
	}
	if (strcmp(line, "$H") == 0) {
		if (sim->settings[22] == 0)
			return 5;
		sim_homing_start(sim);
		return 0;
	}
	if (strcmp(line, "$SLP") == 0) {
		sim_motion_end(sim);
		sim->state = SIM_SLEEP;
		sim_board_print(sim->board, "ok\r\n[MSG:Sleeping]\r\n");
		return 0;
	}
	return write_setting(sim, line + 1);
}

void sim_execute_line(struct sim_grbl *sim)
{
	int error;

	sim->line[sim->line_len] = '\0';
	if (sim->line_over)
		error = 11;
	else if (!sim->line_len) {
		error = 0;
		sim_board_print(sim->board, "ok\r\n");
	} else if (sim->line[0] == '$')
		error = dollar_line(sim, sim->line);
	else
		error = code_line(sim, sim->line);
	if (error)
		sim_board_print(sim->board, "error:%d\r\n", error);
	sim->line_len = 0;
	sim->line_over = sim->comment = sim->comment_line = false;
}
