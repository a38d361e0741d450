/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_zaber_lines.c - the messages that the simulated Zaber stage understands, and its replies to them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "turntable/sim_zaber_own.h"

struct message {
	int axis, id;		/* id -1: none */
	const char *words;
};

static void reply(struct sim_zaber *sim, const struct message *message, const char *result, const char *data)
{
	char id[8] = "";

	if (message->id >= 0)
		snprintf(id, sizeof id, "%02d ", message->id);
	sim_zaber_say(sim, "@01 %d %s%s %s %s %s", message->axis, id, result,
		      sim->state == SIM_ZABER_IDLE ? "IDLE" : "BUSY", sim_zaber_highest(sim), data);
}

/* NULL, or the reason of the rejection; *@data is what to reply. */
typedef const char *(*verb)(struct sim_zaber *sim, const char *rest, char *data, size_t size);

/* --- settings ------------------------------------------------------------------------------------- */

struct setting {
	const char *name;
	int64_t low, high;	/* low above high: read only */
	int64_t value;
	int64_t *stored;
	bool *flag;
};

static bool look_up(struct sim_zaber *sim, const char *name, struct setting *found)
{
	const struct setting settings[] = {
		{ "limit.cycle.dist", 0, 1000000000, sim->turn, &sim->turn, NULL },
		{ "maxspeed", 1, 64 * 16384, sim->maxspeed, &sim->maxspeed, NULL },
		{ "accel", 0, 2147483647, sim->accel, &sim->accel, NULL },
		{ "limit.approach.maxspeed", 1, 64 * 16384, sim->approach, &sim->approach, NULL },
		{ "limit.min", -1000000000, 1000000000, sim->limit_min, &sim->limit_min, NULL },
		{ "limit.max", -1000000000, 1000000000, sim->limit_max, &sim->limit_max, NULL },
		{ "comm.checksum", 0, 1, sim->checksum, NULL, &sim->checksum },
		{ "comm.alert", 0, 1, sim->alert, NULL, &sim->alert },
		{ "limit.home.triggered", 1, 0, sim->homed, NULL, NULL },
		{ "resolution", 1, 0, 64, NULL, NULL },
		{ "pos", 1, 0, llround(sim->pos), NULL, NULL },
		{ "encoder.pos", 1, 0, llround(sim_zaber_encoder(sim)), NULL, NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(settings); i++)
		if (strcmp(settings[i].name, name) == 0 && (sim->encoder || strcmp(name, "encoder.pos") != 0)) {
			*found = settings[i];
			return true;
		}
	return false;
}

static const char *get(struct sim_zaber *sim, const char *rest, char *data, size_t size)
{
	struct setting setting;

	if (strcmp(rest, "version") == 0) {
		snprintf(data, size, "%s", sim->old ? "6.32" : "7.34");
		return NULL;
	}
	if (!look_up(sim, rest, &setting))
		return "BADCOMMAND";
	snprintf(data, size, "%lld", (long long)setting.value);
	return NULL;
}

static const char *set(struct sim_zaber *sim, const char *rest, char *data, size_t size)
{
	char name[64];
	long long value;
	int used = 0;
	struct setting setting;

	(void)data;
	(void)size;
	if (sscanf(rest, "%63s %lld%n", name, &value, &used) != 2 || rest[used] || !look_up(sim, name, &setting) ||
	    setting.low > setting.high)
		return "BADCOMMAND";
	if (value < setting.low || value > setting.high)
		return "BADDATA";
	if (setting.stored)
		*setting.stored = value;
	if (setting.flag)
		*setting.flag = value != 0;
	return NULL;
}

/* --- motion --------------------------------------------------------------------------------------- */

static const char *may_move(const struct sim_zaber *sim)
{
	return sim->parked ? "PARKED" : sim->off ? (sim->old ? "BADCOMMAND" : "DRIVERDISABLED") : NULL;
}

static const char *move(struct sim_zaber *sim, const char *rest, char *data, size_t size)
{
	char kind[8];
	long long value, speed = sim->maxspeed, accel = sim->accel;
	int count = sscanf(rest, "%7s %lld %lld %lld", kind, &value, &speed, &accel);
	const char *refused = may_move(sim);
	double target;

	(void)data;
	(void)size;
	if (refused)
		return refused;
	if (count < 2 || (strcmp(kind, "rel") != 0 && strcmp(kind, "abs") != 0) || (sim->old && count > 2))
		return "BADCOMMAND";
	target = strcmp(kind, "abs") == 0 ? (double)value : round(sim->pos) + (double)value;
	if (target < (double)sim->limit_min || target > (double)sim->limit_max || speed < 1 || speed > 64 * 16384 ||
	    accel < 0)
		return "BADDATA";
	sim_zaber_go(sim, target, sim_zaber_usteps_s(speed), sim_zaber_usteps_s2(accel));
	return NULL;
}

static const char *home(struct sim_zaber *sim, const char *rest, char *data, size_t size)
{
	const char *refused = may_move(sim);

	(void)data;
	(void)size;
	if (*rest)
		return "BADDATA";
	if (!refused)
		sim_zaber_home(sim);
	return refused;
}

static const char *stop(struct sim_zaber *sim, const char *rest, char *data, size_t size)
{
	(void)data;
	(void)size;
	if (*rest)
		return "BADDATA";
	sim->knob_deg = 0;
	if (sim->state != SIM_ZABER_IDLE)
		sim->state = SIM_ZABER_STOPPING;
	return NULL;
}

static const char *estop(struct sim_zaber *sim, const char *rest, char *data, size_t size)
{
	(void)data;
	(void)size;
	if (*rest)
		return "BADDATA";
	sim->knob_deg = 0;
	sim_zaber_halt(sim);
	return NULL;
}

/* --- warnings ------------------------------------------------------------------------------------- */

static const char *warnings(struct sim_zaber *sim, const char *rest, char *data, size_t size)
{
	static const char *const clearable[] = { "FS", "FE", "WL" };
	int count = 0, len;

	if (*rest && strcmp(rest, "clear") != 0)
		return "BADCOMMAND";
	for (int i = 0; sim_zaber_flags[i]; i++)
		count += sim_zaber_flagged(sim, sim_zaber_flags[i]);
	len = snprintf(data, size, "%02d", count);
	for (int i = 0; sim_zaber_flags[i]; i++)
		if (sim_zaber_flagged(sim, sim_zaber_flags[i]))
			len += snprintf(data + len, size - (size_t)len, " %s", sim_zaber_flags[i]);
	for (size_t i = 0; i < ARRAY_LEN(clearable) && *rest; i++)
		sim_zaber_flag(sim, clearable[i], false);
	return NULL;
}

static const char *driver(struct sim_zaber *sim, const char *rest, char *data, size_t size)
{
	(void)data;
	(void)size;
	if (sim->old || (strcmp(rest, "enable") != 0 && strcmp(rest, "disable") != 0))
		return "BADCOMMAND";
	if (strcmp(rest, "disable") == 0) {
		sim_zaber_halt(sim);
		sim->off = true;
		sim_zaber_flag(sim, "FO", true);
		return NULL;
	}
	if (sim->button || sim->hot)
		return "DRIVERDISABLED";
	sim->off = false;
	sim_zaber_flag(sim, "FH", false);
	sim_zaber_flag(sim, "FD", false);
	sim_zaber_flag(sim, "FO", false);
	return NULL;
}

/* --- a message ------------------------------------------------------------------------------------ */

static void carry_out(struct sim_zaber *sim, const struct message *message)
{
	static const struct { const char *word; verb verb; } verbs[] = {
		{ "get", get }, { "set", set }, { "move", move }, { "home", home }, { "stop", stop },
		{ "estop", estop }, { "warnings", warnings }, { "driver", driver },
	};
	size_t len = strcspn(message->words, " ");
	char data[100] = "0";

	if (!len) {
		reply(sim, message, "OK", "0");
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		const char *rest = message->words + len;
		const char *refused;

		if (strlen(verbs[i].word) != len || strncmp(verbs[i].word, message->words, len) != 0)
			continue;
		refused = verbs[i].verb(sim, rest + strspn(rest, " "), data, sizeof data);
		reply(sim, message, refused ? "RJ" : "OK", refused ? refused : data);
		return;
	}
	reply(sim, message, "RJ", "BADCOMMAND");
}

/* A message may carry a checksum; a wrong one, or none that can be read, and it is as if it had not come. */
static bool check_sum(char *line)
{
	size_t len = strlen(line);
	uint8_t sum = 0;
	char hex[3];

	if (len < 4 || line[len - 3] != ':')
		return true;
	for (size_t i = 1; i < len - 3; i++)
		sum = (uint8_t)(sum - (uint8_t)line[i]);
	snprintf(hex, sizeof hex, "%02X", sum);
	if (strcmp(hex, line + len - 2) != 0)
		return false;
	line[len - 3] = '\0';
	return true;
}

static bool number(const char **at, int *value)
{
	size_t len = strspn(*at, "0123456789");

	if (!len || ((*at)[len] && (*at)[len] != ' '))
		return false;
	*value = atoi(*at);
	*at += len + strspn(*at + len, " ");
	return true;
}

void sim_zaber_message(struct sim_zaber *sim)
{
	struct message message = { .id = -1 };
	const char *at = sim->line + 1;
	int address = 0;

	if (sim->line[0] != '/' || !check_sum(sim->line))
		return;
	if (number(&at, &address) && number(&at, &message.axis))
		number(&at, &message.id);
	if (address > 1)
		return;		/* passed on to the next device */
	message.words = at;
	if (message.axis > 1)
		reply(sim, &message, "RJ", "BADAXIS");
	else
		carry_out(sim, &message);
}
