/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_dial.c - the Dial table, as unkind as the real one: what it does not know it does not answer. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "turntable/sim_board.h"
#include "turntable/text_line.h"

#define ACCEL_DEG_S2 60.0

struct dial {
	struct text_line line;
	double at_deg, speed, target, top;	/* as counted */
	bool stopping;
};

static void power(struct sim_board *board, bool first)
{
	struct dial *dial = board->own;

	if (first)		/* it reads its angle from the axis */
		dial->at_deg = board->true_deg;
	dial->speed = 0;
	dial->target = dial->at_deg;
	dial->line = (struct text_line){ .len = 0 };
}

static void take_line(struct sim_board *board, const char *text)
{
	struct dial *dial = board->own;
	const char *speed = strstr(text, " V");

	if (strcmp(text, "?") == 0)
		sim_board_print(board, "P%+07.2f %c\r", dial->at_deg, fabs(dial->speed) > 0 ? 'M' : 'S');
	else if (strcmp(text, "S") == 0)
		dial->stopping = true;
	else if (text[0] == 'A' && speed) {
		dial->target = atof(text + 1);
		dial->top = atof(speed + 2);
		dial->stopping = false;
	}
}

static void rx(struct sim_board *board, uint8_t byte)
{
	struct dial *dial = board->own;

	if (text_line_take(&dial->line, byte) == TEXT_LINE_READY)
		take_line(board, dial->line.text);
}

static bool busy(const struct sim_board *board)
{
	const struct dial *dial = board->own;

	return fabs(dial->speed) > 0 || (!dial->stopping && fabs(dial->target - dial->at_deg) > 0);
}

static void step(struct sim_board *board)
{
	struct dial *dial = board->own;
	double way = dial->target - dial->at_deg, change = ACCEL_DEG_S2 * SIM_STEP_S;
	double wanted = dial->stopping ? 0 : copysign(fmin(dial->top, sqrt(2 * ACCEL_DEG_S2 * fabs(way))), way);

	dial->speed += fmax(-change, fmin(change, wanted - dial->speed));
	if (!dial->stopping && fabs(way) <= fmax(fabs(dial->speed) * SIM_STEP_S, 0.001)) {
		sim_board_turn(board, way);
		dial->at_deg = dial->target;
		dial->speed = 0;
		return;
	}
	dial->at_deg += dial->speed * SIM_STEP_S;
	sim_board_turn(board, dial->speed * SIM_STEP_S);
	if (dial->stopping && fabs(dial->speed) <= 0)
		dial->target = dial->at_deg;
}

static double counted(const struct sim_board *board) { return ((const struct dial *)board->own)->at_deg * 1000; }
static double speed(const struct sim_board *board) { return ((const struct dial *)board->own)->speed * 1000; }

const struct sim_model sim_dial = {
	.name = "dial", .baud = 19200, .own_bytes = sizeof(struct dial), .power = power, .rx = rx, .step = step,
	.busy = busy, .counted_mdeg = counted, .speed_mdeg_s = speed,
};
