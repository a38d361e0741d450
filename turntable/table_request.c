/* SPDX-License-Identifier: GPL-3.0-or-later */
/* table_request.c - the table.* methods of doc/protocol.md 1, from JSON to a request of the governor. */
#include <string.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "station/base/rpc.h"
#include "turntable/table.h"

#define MOTION "lease", "seen", "expires_ns", "by"

static const struct {
	const char *name;
	enum governor_name request;
	const char *const known[10];
} methods[] = {
	{ "home", GOVERNOR_HOME, { MOTION, "wait", NULL } },
	{ "goto", GOVERNOR_GOTO, { MOTION, "wait", "bearing_mdeg", "way", "speed_mdeg_s", NULL } },
	{ "turn", GOVERNOR_TURN, { MOTION, "wait", "by_mdeg", "speed_mdeg_s", NULL } },
	{ "spin", GOVERNOR_SPIN, { MOTION, "speed_mdeg_s", "ttl_ms", NULL } },
	{ "stop", GOVERNOR_STOP, { NULL } },
	{ "estop", GOVERNOR_ESTOP, { NULL } },
	{ "clear", GOVERNOR_CLEAR, { "confirm", "by", NULL } },
};

static int read_wait(bool *wait, const json_t *params, struct err *err)
{
	const json_t *value = json_object_get(params, "wait");

	*wait = true;
	if (!value)
		return 0;
	if (!json_is_boolean(value))
		return err_set(err, ERR_RANGE, _("\"wait\" must be true or false"));
	*wait = json_is_true(value);
	return 0;
}

/* Whose command it is, what its giver saw, and until when it is meant. */
static int read_giver(struct table_request *request, const json_t *params, struct err *err)
{
	json_int_t lease = 0, seen = 0, expires = 0;
	int rc = rpc_integer_or(&lease, params, "lease", 1, INT64_MAX, 0, err);

	if (rc == 0)
		rc = rpc_integer_or(&seen, params, "seen", 1, INT64_MAX, 0, err);
	if (rc == 0)
		rc = rpc_integer_or(&expires, params, "expires_ns", 1, INT64_MAX, 0, err);
	if (rc == 0)
		rc = rpc_string_or(&request->governor.by, params, "by", "", err);
	request->governor.lease = (uint64_t)lease;
	request->governor.expires_ns = (uint64_t)expires;
	request->seen = (uint64_t)seen;
	return rc;
}

static int read_speed(struct governor_request *request, const json_t *params, struct err *err)
{
	bool spin = request->name == GOVERNOR_SPIN;
	json_int_t speed;
	int rc;

	if (spin)
		rc = rpc_integer(&speed, params, "speed_mdeg_s", -1000000, 1000000, err);
	else
		rc = rpc_integer_or(&speed, params, "speed_mdeg_s", 1, 1000000, 0, err);
	if (rc == 0)
		request->speed_mdeg_s = (int32_t)speed;
	return rc;
}

static int read_goto(struct governor_request *request, const json_t *params, struct err *err)
{
	static const char *const ways[] = { "shortest", "cw", "ccw" };
	const char *way;
	json_int_t bearing;
	int rc = rpc_integer(&bearing, params, "bearing_mdeg", 0, MDEG_PER_TURN - 1, err);

	if (rc == 0)
		rc = rpc_string_or(&way, params, "way", "shortest", err);
	if (rc < 0)
		return rc;
	request->bearing_mdeg = (int32_t)bearing;
	for (size_t i = 0; i < ARRAY_LEN(ways); i++)
		if (strcmp(way, ways[i]) == 0) {
			request->way = (enum governor_way)i;
			return read_speed(request, params, err);
		}
	return err_set(err, ERR_RANGE, _("\"way\" must be shortest, cw or ccw"));
}

static int read_turn(struct governor_request *request, const json_t *params, struct err *err)
{
	json_int_t by;
	int rc = rpc_integer(&by, params, "by_mdeg", -MDEG_PER_TURN, MDEG_PER_TURN, err);

	if (rc < 0)
		return rc;
	request->by_mdeg = (int32_t)by;
	return read_speed(request, params, err);
}

static int read_spin(struct governor_request *request, const json_t *params, struct err *err)
{
	json_int_t ttl;
	int rc = rpc_integer_or(&ttl, params, "ttl_ms", 0, 3600000, 0, err);

	if (rc < 0)
		return rc;
	if (ttl && ttl < 100)
		return err_set(err, ERR_RANGE, _("\"ttl_ms\" must be 100 to 3600000, or 0"));
	request->ttl_ns = (uint64_t)ttl * NS_PER_MS;
	return read_speed(request, params, err);
}

static int read_clear(struct governor_request *request, const json_t *params, struct err *err)
{
	const char *confirm;
	int rc = rpc_string_or(&confirm, params, "confirm", "", err);

	request->confirm = rc == 0 && confirm[0];
	if (!request->confirm)
		return rc;
	if (*confirm && strcmp(confirm, "clear") != 0)
		return err_set(err, ERR_RANGE, _("\"confirm\" must be \"clear\": somebody must have looked "
						 "at the table"));
	request->confirm = *confirm;
	return 0;
}

static int read_values(struct governor_request *request, const json_t *params, struct err *err)
{
	switch (request->name) {
	case GOVERNOR_GOTO:
		return read_goto(request, params, err);
	case GOVERNOR_TURN:
		return read_turn(request, params, err);
	case GOVERNOR_SPIN:
		return read_spin(request, params, err);
	case GOVERNOR_CLEAR:
		return read_clear(request, params, err);
	default:
		return 0;
	}
}

/* Nothing that may stand beside it keeps a stop from being one. */
static bool is_stop(struct table_request *request, const json_t *params)
{
	enum governor_name name = request->governor.name;

	if (name != GOVERNOR_STOP && name != GOVERNOR_ESTOP)
		return false;
	request->wait = !json_is_false(json_object_get(params, "wait"));
	request->governor.by = json_string_value(json_object_get(params, "by"));
	return true;
}

int table_read_request(struct table_request *request, const char *name, const json_t *params, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
		int rc;

		if (strcmp(name, methods[i].name) != 0)
			continue;
		*request = (struct table_request){ .governor.name = methods[i].request };
		if (is_stop(request, params))
			return 0;
		rc = rpc_only(params, methods[i].known, err);
		if (rc == 0)
			rc = read_wait(&request->wait, params, err);
		if (rc == 0)
			rc = read_giver(request, params, err);
		request->wait = request->wait && methods[i].request != GOVERNOR_SPIN;
		return rc < 0 ? rc : read_values(&request->governor, params, err);
	}
	return err_set(err, ERR_UNSUPPORTED, _("there is no table.%.40s"), name);
}
