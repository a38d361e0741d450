/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_grbl_lines.c - the lines that the simulated Grbl understands, and its answers to them. */
#include <math.h>
#include <string.h>

#include "turntable/sim_grbl_own.h"

/* Put a motion into the planner, or leave it waiting for room: then the main program stands. */
void sim_queue_motion(struct sim_grbl *sim, struct sim_block block, enum sim_state state)
{
	if (sim->block_count == SIM_BLOCKS) {
		sim->jog_blocked = true;
		sim->blocked = block;
		sim->blocked_state = state;
		return;
	}
	if (sim->jog_blocked)	/* where the parser stands, whatever was cancelled meanwhile */
		sim->gc_deg = (float)(block.target / sim->settings[100]);
	sim->jog_blocked = false;
	if (sim->state != SIM_CHECK &&
	    block.target != (sim->block_count ? sim->blocks[sim->block_count - 1].target : sim->steps)) {
		sim->blocks[sim->block_count++] = block;
		sim->state = state;
	}
	sim_board_print(sim->board, "ok\r\n");
}

static int motion(struct sim_grbl *sim, const struct sim_words *words, double feed, enum sim_state state)
{
	float per_mm = (float)sim->settings[100];
	float x = (float)(words->inches ? words->x * 25.4 : words->x);
	bool relative = words->relative && !words->machine;
	float target = words->seen & SIM_X ? (relative ? sim->gc_deg + x : x) : sim->gc_deg;
	double rate = fmin(fmax(feed, 1), sim->settings[110]) / 60 * sim->settings[100];	/* MINIMUM_FEED_RATE */

	if (sim->settings[20] != 0 && (target > 0 || (double)target < -sim->settings[130])) {
		if (state == SIM_JOG)
			return 15;
		sim_alarm(sim, 2);
		return 0;
	}
	sim->gc_deg = target;
	sim_queue_motion(sim, (struct sim_block){ .target = (double)lroundf(target * per_mm), .nominal = rate,
						  .rapid = words->rapid }, state);
	return 0;
}

static int jog_line(struct sim_grbl *sim, const char *text)
{
	struct sim_words words = { 0 };
	bool axes;
	int error;

	if (sim->state != SIM_IDLE && sim->state != SIM_JOG)
		return 8;
	error = sim_read_words(&words, text);
	if (error)
		return error;
	axes = words.seen & (SIM_X | SIM_Y | SIM_Z);
	if (words.dwell && !(words.seen & SIM_P))
		return 28;
	if (words.motion || words.other_code || words.dwell)
		return 16;
	if (!(words.seen & SIM_F) || words.f <= 0)
		return 22;
	if (words.seen & (SIM_S | SIM_T))
		return 36;
	if (!axes) {
		sim_board_print(sim->board, "ok\r\n");
		return 0;
	}
	words.relative |= !words.absolute && !sim->absolute;
	words.inches |= !words.metric && sim->inches;
	return motion(sim, &words, words.inches ? words.f * 25.4 : words.f, SIM_JOG);
}

static int move(struct sim_grbl *sim, const struct sim_words *words)
{
	sim->moving = words->motion ? (words->rapid ? SIM_G0 : SIM_G1) : sim->moving;
	if (sim->moving == SIM_G1 && sim->feed <= 0)
		return 22;
	return motion(sim, words, sim->moving == SIM_G0 ? sim->settings[110] : sim->feed, SIM_RUN);
}

static int code_line(struct sim_grbl *sim, const char *text)
{
	struct sim_words words = { 0 };
	int error;

	if (sim->state == SIM_ALARM || sim->state == SIM_JOG)
		return 9;
	error = sim_read_words(&words, text);
	if (error)
		return error;
	if (words.dwell && !(words.seen & SIM_P))
		return 28;
	if (words.relative || words.absolute)
		sim->absolute = words.absolute;
	if (words.inches || words.metric)
		sim->inches = words.inches;
	words.relative = !sim->absolute;
	words.inches = sim->inches;
	if (words.seen & SIM_F)
		sim->feed = words.f;
	if (words.seen & (SIM_X | SIM_Y | SIM_Z))
		return move(sim, &words);
	if (words.dwell && words.p > 0) {	/* in steps of 50 ms */
		sim->dwell_ns = sim->board->at_ns + (uint64_t)ceil(words.p * 20) * 50 * NS_PER_MS;
		return 0;
	}
	sim_board_print(sim->board, "ok\r\n");
	return 0;
}

/* --- $ lines -------------------------------------------------------------------------------------- */

static int unlock(struct sim_grbl *sim)
{
	if (sim->state == SIM_ALARM) {
		sim_board_print(sim->board, "[MSG:Caution: Unlocked]\r\n");
		sim->state = SIM_IDLE;
	}
	sim_board_print(sim->board, "ok\r\n");
	return 0;
}

static int answered(struct sim_grbl *sim, int error)
{
	if (!error)
		sim_board_print(sim->board, "ok\r\n");
	return error;
}

static int check_mode(struct sim_grbl *sim)
{
	if (sim->state != SIM_CHECK && sim->state != SIM_IDLE)
		return 8;
	sim_board_print(sim->board, "[MSG:%s]\r\nok\r\n", sim->state == SIM_CHECK ? "Disabled" : "Enabled");
	if (sim->state == SIM_CHECK) {
		sim->state = SIM_IDLE;
		sim_reset(sim, 0);
	} else {
		sim->state = SIM_CHECK;
	}
	return 0;
}

static int home(struct sim_grbl *sim, const char *tail)
{
	bool one_axis = sim->single_axis && strcmp(tail, "X") == 0;

	if (sim->settings[22] == 0)
		return 5;
	if (*tail && !one_axis) {	/* the state is set before the line is read on */
		sim->state = SIM_HOME;
		sim->homing = SIM_STRAY;
		return 3;
	}
	sim_homing_start(sim, one_axis);
	return 0;
}

static int sleep_line(struct sim_grbl *sim)
{
	sim_motion_end(sim);
	sim->state = SIM_SLEEP;
	sim_board_print(sim->board, "ok\r\n[MSG:Sleeping]\r\n");
	return 0;
}

/* Lines that are taken in any state. False: it is none of these. */
static bool anytime_line(struct sim_grbl *sim, const char *line, int *error)
{
	static const char plain[] = "$GCX";
	bool known = line[1] && strchr(plain, line[1]);

	*error = known && line[2] ? 3 : 0;
	if (*error)
		return true;
	if (!line[1]) {
		sim_board_print(sim->board, "[HLP:$$ $# $G $I $N $x=val $Nx=line $J=line $SLP $C $X $H ~ ! ? ctrl-x]\r\nok\r\n");
	} else if (line[1] == 'J') {
		*error = line[2] == '=' ? jog_line(sim, line + 3) : sim->state == SIM_IDLE || sim->state == SIM_JOG ? 3 : 8;
	} else if (line[1] == '$') {
		*error = sim->state == SIM_RUN || sim->state == SIM_HOLD ? 8 : 0;
		if (!*error) {
			sim_print_settings(sim);
			answered(sim, 0);
		}
	} else if (line[1] == 'G') {
		sim_print_modes(sim);
		answered(sim, 0);
	} else if (line[1] == 'C') {
		*error = check_mode(sim);
	} else if (line[1] == 'X') {
		*error = unlock(sim);
	} else {
		return false;
	}
	return true;
}

static int dollar_line(struct sim_grbl *sim, const char *line)
{
	int error;

	if (anytime_line(sim, line, &error))
		return error;
	if (sim->state != SIM_IDLE && sim->state != SIM_ALARM)
		return 8;
	if (strcmp(line, "$I") == 0)
		sim_print_build(sim);
	else if (strcmp(line, "$#") == 0)
		sim_print_parameters(sim);
	else if (strcmp(line, "$N") == 0)
		sim_board_print(sim->board, "$N0=\r\n$N1=\r\n");
	else if (line[1] == 'H')
		return home(sim, line + 2);
	else if (strcmp(line, "$SLP") == 0)
		return sleep_line(sim);
	else if (strncmp(line, "$RST=", 5) == 0)
		return sim_restore(sim, line + 5);
	else
		return sim_write_setting(sim, line + 1);
	return answered(sim, 0);
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
