/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sim_comxim.c - a simulated ComXim MT-class table: commands that end with ';', and what it does with them.
 *
 * After the maker's guide of 2017 (easymanua.ls/comxim/mt-series/manual, pages 17 to 20) and what owners of
 * such tables have measured and run into; sources in drv_comxim.c. What no source tells it does in the way
 * that is worst for a driver: a stop is followed by a TB_END too, the beat stands inside an answer, a motion
 * command in motion is refused, and its angle counts on over any number of turns.
 *
 * Variants: "old" (2017: no angle, TRUNSINGLE only), "new" (HOME, GETTBSPEED), "lazy" (its angle changes only
 * when it has come to rest), "busy" (hears nothing but a stop in motion), "wraps" (its angle is 0 to 359.99).
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "turntable/decimal.h"
#include "turntable/sim_board.h"

#define COMMAND_MAX 64
#define COMMAND_WAIT_NS NS_PER_S	/* an unfinished command is dropped: CR+ERR=31 */
#define BEAT_NS NS_PER_S
#define BEAT_LOST_NS (3 * NS_PER_S)
#define ACCEL_DEG_S2 40.0
#define HOME_DEG_S 10.0

struct sim_comxim {
	struct sim_board *board;
	bool old, new, lazy, busy, wraps;

	char command[COMMAND_MAX];
	unsigned len;
	uint64_t begun_ns;			/* when the unfinished command began */
	bool ack, event, beat;
	uint64_t beat_ns, heard_ns;
	unsigned beats_inside;			/* so many answers with a beat in them */
	unsigned lost_ends, lost_oks, deaf;	/* so many are not said, not heard */
	uint64_t late_end_ns, end_due_ns;	/* an end is said that much later; when; 0: none is due */

	unsigned grade;
	int direction;				/* 1: clockwise */
	double count_deg, shown_deg;		/* counted from its zero; what it tells */
	double left_deg, speed;			/* still to go, degrees a second; both unsigned */
	double top;
	bool moving, endless, stopping, homing;
};

static struct sim_comxim *sim_of(const struct sim_board *board)
{
	return board->own;
}

/* --- saying --------------------------------------------------------------------------------------- */

static void say(struct sim_comxim *sim, const char *text)
{
	size_t half = strlen(text) / 2;

	if (!sim->beats_inside) {
		sim_board_print(sim->board, "%s", text);
		return;
	}
	sim->beats_inside--;
	sim_board_say(sim->board, text, half);
	sim_board_print(sim->board, "#%s", text + half);
}

static void answer(struct sim_comxim *sim, int error)
{
	char text[24] = "CR+OK;";

	if (!sim->ack)
		return;
	if (error)
		snprintf(text, sizeof text, "CR+ERR=%d;", error);
	else if (sim->lost_oks && sim->lost_oks--)
		return;
	say(sim, text);
}

static void say_end(struct sim_comxim *sim)
{
	sim->end_due_ns = 0;
	if (!sim->event || (sim->lost_ends && sim->lost_ends--))
		return;
	say(sim, "CR+EVENT=TB_END;");
}

static int tell_angle(struct sim_comxim *sim)
{
	long hundredths = lround(sim->shown_deg * 100);
	char text[48];

	if (sim->wraps)
		hundredths = (hundredths % 36000 + 36000) % 36000;
	snprintf(text, sizeof text, "CR+OffsetAngle=%s%ld.%02ld;", hundredths < 0 ? "-" : "", labs(hundredths) / 100,
		 labs(hundredths) % 100);
	say(sim, text);
	return -1;	/* has been answered */
}

/* --- motion --------------------------------------------------------------------------------------- */

/* Degrees a second by level, as an owner has timed them; above 32 nothing changes. */
static double speed_of(unsigned grade)
{
	static const struct { unsigned grade; double deg_s; } timed[] = {
		{ 1, 15.7 }, { 2, 13.7 }, { 4, 12.2 }, { 8, 10.0 }, { 16, 6.9 }, { 32, 5.3 },
	};

	for (size_t i = 1; i < ARRAY_LEN(timed); i++)
		if (grade <= timed[i].grade) {
			double part = (double)(grade - timed[i - 1].grade) /
				      (double)(timed[i].grade - timed[i - 1].grade);

			return timed[i - 1].deg_s + part * (timed[i].deg_s - timed[i - 1].deg_s);
		}
	return 5.3;
}

static int turn(struct sim_comxim *sim, int direction, double deg, double top)
{
	if (sim->moving)
		return 31;
	sim->moving = true;
	sim->stopping = sim->homing = false;
	sim->endless = isinf(deg);
	sim->direction = direction ? -1 : 1;
	sim->left_deg = deg;
	sim->top = top;
	return 0;
}

static void come_to_rest(struct sim_comxim *sim)
{
	sim->moving = sim->endless = sim->stopping = sim->homing = false;
	sim->speed = 0;
	sim->shown_deg = sim->count_deg;
	sim->end_due_ns = sim->board->at_ns + sim->late_end_ns;
	if (!sim->late_end_ns)
		say_end(sim);
}

static void motion_step(struct sim_comxim *sim)
{
	double change = ACCEL_DEG_S2 * SIM_STEP_S, go;

	if (!sim->moving)
		return;
	if (sim->stopping)
		sim->speed -= change;
	else
		sim->speed = fmin(fmin(sim->speed + change, sim->top), sqrt(2 * ACCEL_DEG_S2 * sim->left_deg) + change);
	go = fmin(fmax(sim->speed, 0) * SIM_STEP_S, sim->left_deg);
	sim->left_deg -= go;
	sim->count_deg += go * sim->direction;
	sim_board_turn(sim->board, go * sim->direction);
	if (!sim->lazy)
		sim->shown_deg = sim->count_deg;
	if (sim->speed <= 0 || sim->left_deg < 1e-9)
		come_to_rest(sim);
}

/* To the mark in the table, where the true bearing is 0. What it counts there is not changed by it. */
static int home(struct sim_comxim *sim)
{
	double bearing = fmod(sim->board->true_deg, 360), deg = bearing < 0 ? -bearing : 360 - bearing;
	int error = turn(sim, 0, deg, HOME_DEG_S);

	sim->homing = !error;
	return error;
}

static int to_zero(struct sim_comxim *sim)
{
	if (fabs(sim->count_deg) < 0.005)
		return 0;	/* only CR+OK: it is there */
	return turn(sim, sim->count_deg > 0, fabs(sim->count_deg), speed_of(sim->grade));
}

/* --- commands ------------------------------------------------------------------------------------- */

struct arguments {
	double value[6];
	int count;
};

/* 0, or the error: 71 the first argument is no number. A fraction "360/16" is a number too. */
static int read_arguments(struct arguments *arguments, const char *at)
{
	*arguments = (struct arguments){ .count = 0 };
	while (*at && *at != ')') {
		int64_t milli, under = 1000;

		if (arguments->count == 6)
			return 40;
		if (!decimal_read(&at, &milli) || (*at == '/' && (at++, !decimal_read(&at, &under) || under <= 0)))
			return 71 + arguments->count;
		arguments->value[arguments->count++] = (double)milli / (double)under;
		if (*at == ',')
			at++;
		else if (*at != ')')
			return 70 + arguments->count;
	}
	return *at == ')' && !at[1] ? 0 : 40;
}

static int set_flag(bool *flag, const struct arguments *arguments)
{
	if (arguments->count != 1)
		return 40;
	if (arguments->value[0] != 0 && arguments->value[0] != 1)
		return 81;
	*flag = arguments->value[0] != 0;
	return 0;
}

static int turn_single(struct sim_comxim *sim, const struct arguments *arguments)
{
	if (arguments->count != 2)
		return 40;
	if (arguments->value[0] != 0 && arguments->value[0] != 1)
		return 81;
	if (arguments->value[1] <= 0)
		return 82;
	return turn(sim, arguments->value[0] != 0, arguments->value[1], speed_of(sim->grade));
}

static int set_speed(struct sim_comxim *sim, const struct arguments *arguments)
{
	if (arguments->count != 1)
		return 40;
	if (arguments->value[0] < 1 || arguments->value[0] > 127)
		return 81;
	sim->grade = (unsigned)arguments->value[0];
	return 0;
}

static int start(struct sim_comxim *sim, const struct arguments *arguments)
{
	if (arguments->count != 6)
		return 40;
	return turn(sim, arguments->value[0] != 0, arguments->value[1] != 0 ? arguments->value[3] : INFINITY,
		    speed_of(sim->grade));
}

static int stop(struct sim_comxim *sim)
{
	sim->stopping = sim->moving;
	return 0;
}

static int set_zero(struct sim_comxim *sim)
{
	if (sim->moving)
		return 31;
	sim->count_deg = sim->shown_deg = 0;
	return 0;
}

static int session_command(struct sim_comxim *sim, const char *name, const struct arguments *arguments)
{
	bool mute;

	if (strcmp(name, "STARTUP") == 0 || strcmp(name, "SETMODE") == 0 || strcmp(name, "SETPAUSETIME") == 0)
		return 0;
	if (strcmp(name, "ACK") == 0)
		return set_flag(&sim->ack, arguments);
	if (strcmp(name, "EVENT") == 0)
		return set_flag(&sim->event, arguments);
	if (strcmp(name, "HEARTBEAT") == 0)
		return set_flag(&sim->beat, arguments);
	if (strcmp(name, "SPKMUTE") == 0 && !sim->old)
		return set_flag(&mute, arguments);
	return 40;
}

static int newer_command(struct sim_comxim *sim, const char *name)
{
	if (strcmp(name, "GETOFFSETANGLE") == 0 && !sim->old)
		return tell_angle(sim);
	if (strcmp(name, "HOME") == 0 && sim->new)
		return home(sim);
	if (strcmp(name, "GETTBSPEED") == 0 && sim->new) {
		say(sim, "CR+TBSpeed=1,32;");
		return -1;
	}
	return 40;
}

static int execute(struct sim_comxim *sim, const char *name, const struct arguments *arguments)
{
	int error = session_command(sim, name, arguments);

	if (error != 40)
		return error;
	if (strcmp(name, "SETSTOP") == 0)
		return stop(sim);
	if (strcmp(name, sim->old ? "TRUNSINGLE" : "TURNSINGLE") == 0)
		return turn_single(sim, arguments);
	if (strcmp(name, "SETSPEED") == 0)
		return set_speed(sim, arguments);
	if (strcmp(name, "START") == 0)
		return start(sim, arguments);
	if (strcmp(name, "RUN") == 0)
		return turn(sim, 0, INFINITY, speed_of(sim->grade));
	if (strcmp(name, "SETZERO") == 0)
		return set_zero(sim);
	if (strcmp(name, "TOZERO") == 0)
		return to_zero(sim);
	return newer_command(sim, name);
}

static void take_command(struct sim_comxim *sim)
{
	char name[COMMAND_MAX] = "";
	struct arguments arguments;
	const char *open;
	int error;

	sim->command[sim->len] = '\0';
	sim->len = 0;
	open = strchr(sim->command, '(');
	if (sim->deaf && sim->deaf--)
		return;
	if (strcmp(sim->command, "CT()") == 0) {
		answer(sim, 0);
		return;
	}
	if (strncmp(sim->command, "CT+", 3) != 0 || !open) {
		answer(sim, 40);
		return;
	}
	memcpy(name, sim->command + 3, (size_t)(open - sim->command - 3));
	if (sim->busy && sim->moving && strcmp(name, "SETSTOP") != 0)
		return;
	error = read_arguments(&arguments, open + 1);
	if (!error)
		error = execute(sim, name, &arguments);
	if (error >= 0)
		answer(sim, error);
}

static void rx(struct sim_board *board, uint8_t byte)
{
	struct sim_comxim *sim = sim_of(board);

	sim->heard_ns = board->at_ns;
	if (byte == '#' || (!sim->len && byte <= ' '))
		return;
	if (!sim->len)
		sim->begun_ns = board->at_ns;
	if (byte == ';')
		take_command(sim);
	else if (sim->len < COMMAND_MAX - 1)
		sim->command[sim->len++] = (char)byte;
}

/* --- time ----------------------------------------------------------------------------------------- */

static void beat_step(struct sim_comxim *sim)
{
	uint64_t now_ns = sim->board->at_ns;

	if (!sim->beat || now_ns < sim->beat_ns + BEAT_NS)
		return;
	sim->beat_ns = now_ns;
	sim_board_print(sim->board, "%s", now_ns >= sim->heard_ns + BEAT_LOST_NS ? "###" : "#");
}

static void step(struct sim_board *board)
{
	struct sim_comxim *sim = sim_of(board);

	if (sim->len && board->at_ns >= sim->begun_ns + COMMAND_WAIT_NS) {
		sim->len = 0;
		answer(sim, 31);
	}
	if (sim->end_due_ns && board->at_ns >= sim->end_due_ns)
		say_end(sim);
	motion_step(sim);
	beat_step(sim);
}

static bool busy(const struct sim_board *board)
{
	const struct sim_comxim *sim = sim_of(board);

	return sim->moving || sim->beat || sim->len || sim->end_due_ns;
}

static bool is_variant(const struct sim_board *board, const char *name)
{
	return board->config.variant && strcmp(board->config.variant, name) == 0;
}

static void power(struct sim_board *board, bool first)
{
	struct sim_comxim *sim = sim_of(board);

	(void)first;
	*sim = (struct sim_comxim){
		.board = board, .ack = true, .event = true, .beat = true, .grade = 1, .direction = 1,
		.old = is_variant(board, "old"), .new = is_variant(board, "new"), .lazy = is_variant(board, "lazy"),
		.busy = is_variant(board, "busy"), .wraps = is_variant(board, "wraps"),
		.beat_ns = board->at_ns, .heard_ns = board->at_ns,
	};
}

static double counted_mdeg(const struct sim_board *board)
{
	return sim_of(board)->count_deg * 1000;
}

static double speed_mdeg_s(const struct sim_board *board)
{
	const struct sim_comxim *sim = sim_of(board);

	return sim->moving ? sim->speed * sim->direction * 1000 : 0;
}

/* --- faults of its own ---------------------------------------------------------------------------- */

static void lose_ends(struct sim_board *board, int64_t value) { sim_of(board)->lost_ends = (unsigned)value; }
static void lose_oks(struct sim_board *board, int64_t value) { sim_of(board)->lost_oks = (unsigned)value; }
static void be_deaf(struct sim_board *board, int64_t value) { sim_of(board)->deaf = (unsigned)value; }
static void beat_inside(struct sim_board *board, int64_t value) { sim_of(board)->beats_inside = (unsigned)value; }

static void late_end(struct sim_board *board, int64_t value)
{
	sim_of(board)->late_end_ns = (uint64_t)value * NS_PER_MS;
}

static void stray_end(struct sim_board *board, int64_t value)
{
	(void)value;
	say_end(sim_of(board));
}

static void skip_beats(struct sim_board *board, int64_t value)
{
	sim_of(board)->beat_ns = board->at_ns + (uint64_t)value * NS_PER_MS;
}

static void remote_control(struct sim_board *board, int64_t value)
{
	struct sim_comxim *sim = sim_of(board);

	turn(sim, 0, (double)value / 1000, speed_of(sim->grade));
}

/*
 *	lost-end N    the next so many TB_END are not said     late-end MS   they come so much later
 *	lost-ok N     so many CR+OK are not said               deaf N        so many commands are not heard
 *	stray-end     a TB_END for nothing                     beat-inside N a beat inside so many answers
 *	skip-beats MS no beats for so long                     remote MDEG   turned by its infrared control
 */
static const struct sim_fault faults[] = {
	{ "lost-end", lose_ends }, { "late-end", late_end }, { "lost-ok", lose_oks }, { "deaf", be_deaf },
	{ "stray-end", stray_end }, { "beat-inside", beat_inside }, { "skip-beats", skip_beats },
	{ "remote", remote_control }, { NULL, NULL },
};

const struct sim_model sim_comxim = {
	.name = "comxim", .baud = 115200, .own_bytes = sizeof(struct sim_comxim),
	.power = power, .rx = rx, .step = step, .busy = busy,
	.counted_mdeg = counted_mdeg, .speed_mdeg_s = speed_mdeg_s, .faults = faults,
};
