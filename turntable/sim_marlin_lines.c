/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_marlin_lines.c - the commands that the simulated Marlin knows, and what it prints for them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "turntable/sim_marlin_own.h"

/* The number behind @letter; false: the letter is not there. */
static bool value_of(const char *command, char letter, double *value)
{
	for (const char *at = command; *at; at++)
		if (at[0] == ' ' && at[1] == letter) {
			*value = atof(at + 2);
			return true;
		}
	return false;
}

static void set(const char *command, char letter, double *setting)
{
	double value;

	if (value_of(command, letter, &value))
		*setting = value;
}

static void print_position(struct sim_marlin *sim, bool real)
{
	bool at_rest = sim_marlin_at_rest(sim);
	double mm = real || at_rest ? sim->steps / sim->steps_mm : sim->where_mm;

	sim_board_print(sim->board, "X:%.2f Y:0.00 Z:0.00 E:0.00 Count X:%s%ld Y:0 Z:0\n", mm, sim->old ? " " : "",
			lround(mm * sim->steps_mm));
}

static void print_identity(struct sim_marlin *sim)
{
	sim_board_print(sim->board, "FIRMWARE_NAME:Marlin %s (Oct 12 2021 10:07:41) SOURCE_CODE_URL:"
			"https://github.com/MarlinFirmware/Marlin PROTOCOL_VERSION:1.0 MACHINE_TYPE:Table "
			"EXTRUDER_COUNT:1 UUID:cede2a2f-41a2-4748-9b12-c55c62f367ff\n", sim->old ? "1.1.9" : "2.1.2");
	sim_board_print(sim->board, "Cap:EEPROM:1\nCap:AUTOREPORT_TEMP:1\nCap:EMERGENCY_PARSER:%d\n", sim->emergency);
	if (!sim->old)
		sim_board_print(sim->board, "Cap:AUTOREPORT_POS:0\nCap:HOST_ACTION_COMMANDS:0\n");
}

static void print_settings(struct sim_marlin *sim)
{
	const char *echo = sim->old ? "echo:  " : "  ";

	sim_board_print(sim->board, "%sG21 ; Units in mm (mm)\n%sM200 D0\n", echo, echo);
	sim_board_print(sim->board, "%sM92 X%.2f Y80.00 Z400.00 E500.00\n", echo, sim->steps_mm);
	sim_board_print(sim->board, "%sM203 X%.2f Y300.00 Z5.00 E25.00\n", echo, sim->max_feed);
	sim_board_print(sim->board, "%sM201 X%.2f Y3000.00 Z100.00 E10000.00\n", echo, sim->accel);
	sim_board_print(sim->board, "%sM204 P%.2f R3000.00 T%.2f\n", echo, sim->travel, sim->travel);
	sim_board_print(sim->board, "%sM205 B20000.00 S0.00 T0.00 X%.2f Y10.00\n", echo, sim->jerk);
	sim_board_print(sim->board, "%sM206 X0.00 Y0.00 Z0.00\n", echo);
}

static void print_endstops(struct sim_marlin *sim)
{
	sim_board_print(sim->board, "echo:Soft endstops: %s  Min:  X%.2f Y0.00 Z0.00   Max:  X%.2f Y200.00 Z200.00\n",
			sim->soft_endstops ? "On" : "Off", sim->low, sim->high);
}

/* --- motion --------------------------------------------------------------------------------------- */

/* True: it is in the planner, or nothing was to be done; false: it waits for room. */
static bool go(struct sim_marlin *sim, const char *command)
{
	struct sim_marlin_block block;
	double value, mm = sim->where_mm;

	if (value_of(command, 'F', &value) && value > 0)
		sim->feed = value / 60;
	if (!value_of(command, 'X', &value))
		return true;
	mm = (double)(float)(sim->relative ? mm + value : value);
	if (sim->soft_endstops && sim->homed)
		mm = fmax(sim->low, fmin(sim->high, mm));
	block.target = (double)lround(mm * sim->steps_mm);
	block.nominal = fmin(sim->feed, sim->max_feed) * sim->steps_mm;
	if (block.target == (double)lround(sim->where_mm * sim->steps_mm)) {
		sim->where_mm = mm;
		return true;
	}
	sim->where_mm = mm;
	if (sim->block_count == SIM_MARLIN_BLOCKS) {
		sim->blocked = block;
		return false;
	}
	sim_marlin_queue(sim, block);
	return true;
}

/* --- commands ------------------------------------------------------------------------------------- */

static void set_idle(struct sim_marlin *sim, const char *command)
{
	double value;

	if (value_of(command, 'S', &value))
		sim->idle_limit_s = (int64_t)value;
	else
		sim->motor_on = sim->homed = false;
}

static void settings_command(struct sim_marlin *sim, int code, const char *command)
{
	double value;

	switch (code) {
	case 92: set(command, 'X', &sim->steps_mm); break;
	case 113:
		if (value_of(command, 'S', &value))
			sim->keepalive_s = (int64_t)value;
		break;
	case 201: set(command, 'X', &sim->accel); break;
	case 203: set(command, 'X', &sim->max_feed); break;
	case 204: set(command, 'T', &sim->travel); break;
	case 205: set(command, 'X', &sim->jerk); break;
	case 211:
		if (value_of(command, 'S', &value))
			sim->soft_endstops = value != 0;
		print_endstops(sim);
		break;
	default: break;
	}
}

/* What the program has to wait in for this; free: it is done. */
static enum sim_marlin_wait m_command(struct sim_marlin *sim, int code, const char *command)
{
	switch (code) {
	case 17: sim->motor_on = true; break;
	case 18: case 84: set_idle(sim, command); break;
	case 110: case 220: case 999: break;
	case 112: sim_marlin_kill(sim); break;
	case 114:
		if (sim->old)
			return SIM_MARLIN_SYNC;
		print_position(sim, sim->realtime && strstr(command, " R"));
		break;
	case 115: print_identity(sim); break;
	case 400: return SIM_MARLIN_SYNC;
	case 410: sim_marlin_quick_stop(sim); break;
	case 503: print_settings(sim); break;
	case 92: case 113: case 201: case 203: case 204: case 205: case 211:
		settings_command(sim, code, command);
		break;
	default:
		sim_board_print(sim->board, "echo:Unknown command: \"%s\"\n", command);
	}
	return SIM_MARLIN_FREE;
}

static enum sim_marlin_wait g_command(struct sim_marlin *sim, int code, const char *command)
{
	switch (code) {
	case 0: case 1: return go(sim, command) ? SIM_MARLIN_FREE : SIM_MARLIN_FULL;
	case 21: break;
	case 28:
		sim_marlin_home(sim);
		return SIM_MARLIN_HOMING;
	case 90: case 91: sim->relative = code == 91; break;
	default: sim_board_print(sim->board, "echo:Unknown command: \"%s\"\n", command);
	}
	return SIM_MARLIN_FREE;
}

static const char *behind_number(char *line)
{
	char *at = line, *sum = strrchr(line, '*');

	if (sum)
		*sum = '\0';
	if (*at == 'N')
		at += 1 + strspn(at + 1, "0123456789");
	return at + strspn(at, " ");
}

void sim_marlin_execute(struct sim_marlin *sim)
{
	char line[SIM_MARLIN_LINE];
	const char *command;

	memcpy(line, sim->current, sizeof line);
	command = behind_number(line);
	if (*command == 'G')
		sim->waits = g_command(sim, atoi(command + 1), command);
	else if (*command == 'M')
		sim->waits = m_command(sim, atoi(command + 1), command);
	else
		sim_board_print(sim->board, "echo:Unknown command: \"%s\"\n", command);
	if (sim->waits == SIM_MARLIN_FREE && !sim->killed)
		sim_marlin_ok(sim);
	sim->busy_due_ns = sim->board->at_ns + (uint64_t)sim->keepalive_s * NS_PER_S;
}

void sim_marlin_go_on(struct sim_marlin *sim)
{
	enum sim_marlin_wait waited = sim->waits;

	sim->waits = SIM_MARLIN_FREE;
	if (waited == SIM_MARLIN_FULL)
		sim_marlin_queue(sim, sim->blocked);
	if (waited == SIM_MARLIN_HOMING || (waited == SIM_MARLIN_SYNC && strstr(sim->current, "M114")))
		print_position(sim, true);
	sim_marlin_ok(sim);
}
