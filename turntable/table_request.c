/* SPDX-License-Identifier: GPL-3.0-or-later */
/* table_request.c - the table.* methods of doc/protocol.md 1, from JSON to a request of the governor. */
#include <string.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "station/base/rpc.h"
#include "turntable/table.h"

static const struct {
	const char *name;
	enum governor_name request;
	const char *const known[6];
} methods[] = {
	{ "home", GOVERNOR_HOME, { "wait", NULL } },
	{ "goto", GOVERNOR_GOTO, { "bearing_mdeg", "way", "speed_mdeg_s", "wait", NULL } },
	{ "turn", GOVERNOR_TURN, { "by_mdeg", "speed_mdeg_s", "wait", NULL } },
	{ "spin", GOVERNOR_SPIN, { "speed_mdeg_s", "ttl_ms", NULL } },
	{ "stop", GOVERNOR_STOP, { NULL } },
	{ "estop", GOVERNOR_ESTOP, { NULL } },
	{ "clear", GOVERNOR_CLEAR, { "confirm", NULL } },
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
	if (strcmp(confirm, "clear") != 0)
		return err_set(err, ERR_RANGE, _("\"confirm\" must be \"clear\": somebody must have looked "
						 "at the table"));
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

int table_read_request(struct governor_request *request, bool *wait, const char *name,
		       const json_t *params, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
		int rc;

		if (strcmp(name, methods[i].name) != 0)
			continue;
		*request = (struct governor_request){ .name = methods[i].request };
		rc = rpc_only(params, methods[i].known, err);
		if (rc == 0)
			rc = read_wait(wait, params, err);
		*wait = *wait && request->name != GOVERNOR_SPIN;
		return rc < 0 ? rc : read_values(request, params, err);
	}
	return err_set(err, ERR_UNSUPPORTED, _("there is no table.%.40s"), name);
}
