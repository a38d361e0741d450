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
#include "turntable/sim_comxim_own.h"

#define COMMAND_WAIT_NS NS_PER_S	/* an unfinished command is dropped: CR+ERR=31 */
#define BEAT_NS NS_PER_S
#define BEAT_LOST_NS (3 * NS_PER_S)

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

void sim_comxim_end(struct sim_comxim *sim)
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
	return sim_comxim_turn(sim, arguments->value[0] != 0, arguments->value[1], sim_comxim_speed(sim->grade));
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
	return sim_comxim_turn(sim, arguments->value[0] != 0, arguments->value[1] != 0 ? arguments->value[3] : INFINITY,
		    sim_comxim_speed(sim->grade));
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
		return sim_comxim_home(sim);
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
		return sim_comxim_turn(sim, 0, INFINITY, sim_comxim_speed(sim->grade));
	if (strcmp(name, "SETZERO") == 0)
		return set_zero(sim);
	if (strcmp(name, "TOZERO") == 0)
		return sim_comxim_to_zero(sim);
	return newer_command(sim, name);
}

static void take_command(struct sim_comxim *sim)
{
	char name[SIM_COMXIM_COMMAND] = "";
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
	struct sim_comxim *sim = sim_comxim_of(board);

	sim->heard_ns = board->at_ns;
	if (byte == '#' || (!sim->len && byte <= ' '))
		return;
	if (!sim->len)
		sim->begun_ns = board->at_ns;
	if (byte == ';')
		take_command(sim);
	else if (sim->len < SIM_COMXIM_COMMAND - 1)
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
	struct sim_comxim *sim = sim_comxim_of(board);

	if (sim->len && board->at_ns >= sim->begun_ns + COMMAND_WAIT_NS) {
		sim->len = 0;
		answer(sim, 31);
	}
	if (sim->end_due_ns && board->at_ns >= sim->end_due_ns)
		sim_comxim_end(sim);
	sim_comxim_motion_step(sim);
	beat_step(sim);
}

static bool busy(const struct sim_board *board)
{
	const struct sim_comxim *sim = sim_comxim_of(board);

	return sim->moving || sim->beat || sim->len || sim->end_due_ns;
}

static bool is_variant(const struct sim_board *board, const char *name)
{
	return board->config.variant && strcmp(board->config.variant, name) == 0;
}

static void power(struct sim_board *board, bool first)
{
	struct sim_comxim *sim = sim_comxim_of(board);

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
	return sim_comxim_of(board)->count_deg * 1000;
}

static double speed_mdeg_s(const struct sim_board *board)
{
	const struct sim_comxim *sim = sim_comxim_of(board);

	return sim->moving ? sim->speed * sim->direction * 1000 : 0;
}

/* --- faults of its own ---------------------------------------------------------------------------- */

static void lose_ends(struct sim_board *board, int64_t value) { sim_comxim_of(board)->lost_ends = (unsigned)value; }
static void lose_oks(struct sim_board *board, int64_t value) { sim_comxim_of(board)->lost_oks = (unsigned)value; }
static void be_deaf(struct sim_board *board, int64_t value) { sim_comxim_of(board)->deaf = (unsigned)value; }
static void beat_inside(struct sim_board *board, int64_t value) { sim_comxim_of(board)->beats_inside = (unsigned)value; }

static void late_end(struct sim_board *board, int64_t value)
{
	sim_comxim_of(board)->late_end_ns = (uint64_t)value * NS_PER_MS;
}

static void stray_end(struct sim_board *board, int64_t value)
{
	(void)value;
	sim_comxim_end(sim_comxim_of(board));
}

static void skip_beats(struct sim_board *board, int64_t value)
{
	sim_comxim_of(board)->beat_ns = board->at_ns + (uint64_t)value * NS_PER_MS;
}

static void remote_control(struct sim_board *board, int64_t value)
{
	struct sim_comxim *sim = sim_comxim_of(board);

	sim_comxim_turn(sim, 0, (double)value / 1000, sim_comxim_speed(sim->grade));
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
