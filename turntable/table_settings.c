/* SPDX-License-Identifier: GPL-3.0-or-later */
/* table_settings.c - the parameters of table.lease, table.handling and table.calibrate, doc/protocol.md 1. */
#include <string.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "station/base/rpc.h"
#include "turntable/table.h"

int table_read_grant(struct governor_grant *grant, const json_t *params, uint64_t now_ns, struct err *err)
{
	static const char *const known[] = { "holder", "for_s", "max_mdeg_s", "from_mdeg", "to_mdeg", "may_home",
					     "by", NULL };
	const json_t *may_home = json_object_get(params, "may_home");
	json_int_t seconds = 0, speed = 0, from = 0, to = 0;
	int rc = rpc_only(params, known, err);

	*grant = (struct governor_grant){ .may_home = json_is_true(may_home) };
	if (rc == 0)
		rc = rpc_string(&grant->holder, params, "holder", err);
	if (rc == 0)
		rc = rpc_integer(&seconds, params, "for_s", 1, 3600, err);
	if (rc == 0)
		rc = rpc_integer_or(&speed, params, "max_mdeg_s", 1, 1000000, 0, err);
	if (rc == 0)
		rc = rpc_integer_or(&from, params, "from_mdeg", 0, MDEG_PER_TURN - 1, 0, err);
	if (rc == 0)
		rc = rpc_integer_or(&to, params, "to_mdeg", 0, MDEG_PER_TURN - 1, from, err);
	if (rc == 0 && may_home && !json_is_boolean(may_home))
		rc = err_set(err, ERR_RANGE, _("\"may_home\" must be true or false"));
	if (rc == 0 && !json_object_get(params, "from_mdeg") != !json_object_get(params, "to_mdeg"))
		rc = err_set(err, ERR_RANGE, _("\"from_mdeg\" and \"to_mdeg\" go together"));
	if (rc == 0 && !grant->holder[0])
		rc = err_set(err, ERR_RANGE, _("\"holder\" must say who it is for"));
	grant->until_ns = now_ns + (uint64_t)seconds * NS_PER_S;
	grant->max_mdeg_s = (int32_t)speed;
	grant->from_mdeg = (int32_t)from;
	grant->to_mdeg = (int32_t)to;
	return rc;
}

int table_read_handling(uint32_t *mask, const char **by, const json_t *params, struct err *err)
{
	static const char *const known[] = { "names", "by", NULL };
	const json_t *names = json_object_get(params, "names");
	int rc = rpc_only(params, known, err);

	*mask = 0;
	if (rc == 0)
		rc = rpc_string_or(by, params, "by", "", err);
	if (rc == 0 && !json_is_array(names))
		rc = err_set(err, ERR_RANGE, _("\"names\" must be a list"));
	for (size_t i = 0; rc == 0 && i < json_array_size(names); i++) {
		const char *name = json_string_value(json_array_get(names, i));
		uint32_t bit = name ? handling_find(name) : 0;

		if (!bit)
			rc = err_set(err, ERR_RANGE, _("there is no handling \"%.40s\""), name ? name : "");
		*mask |= bit;
	}
	return rc;
}

static int read_zero(struct table_calibration_step *step, const json_t *params, struct err *err)
{
	json_int_t bearing;
	int rc = rpc_integer(&bearing, params, "bearing_mdeg", 0, MDEG_PER_TURN - 1, err);

	if (rc == 0)
		step->bearing_mdeg = (int32_t)bearing;
	return rc;
}

static int read_turn(struct table_calibration_step *step, const json_t *params, struct err *err)
{
	const json_int_t most = 100 * MDEG_PER_TURN;
	json_int_t counted, true_mdeg;
	int rc = rpc_integer(&counted, params, "counted_mdeg", -most, most, err);

	if (rc == 0)
		rc = rpc_integer(&true_mdeg, params, "true_mdeg", -most, most, err);
	if (rc < 0)
		return rc;
	step->counted_mdeg = counted;
	step->true_mdeg = true_mdeg;
	return 0;
}

static int read_backlash(struct table_calibration_step *step, const json_t *params, struct err *err)
{
	json_int_t backlash;
	int rc = rpc_integer(&backlash, params, "backlash_mdeg", 0, MDEG_PER_TURN - 1, err);

	if (rc == 0)
		step->backlash_mdeg = (int32_t)backlash;
	return rc;
}

static int read_nothing(struct table_calibration_step *step, const json_t *params, struct err *err)
{
	(void)step;
	(void)params;
	(void)err;
	return 0;
}

int table_read_step(struct table_calibration_step *step, const char **by, const json_t *params, struct err *err)
{
	static const struct {
		const char *name;
		int (*read)(struct table_calibration_step *step, const json_t *params, struct err *err);
		const char *const known[5];
	} steps[] = {
		[TABLE_ZERO] = { "zero", read_zero, { "step", "by", "bearing_mdeg", NULL } },
		[TABLE_TURN] = { "turn", read_turn, { "step", "by", "counted_mdeg", "true_mdeg", NULL } },
		[TABLE_BACKLASH] = { "backlash", read_backlash, { "step", "by", "backlash_mdeg", NULL } },
		[TABLE_CABLE] = { "cable", read_nothing, { "step", "by", NULL } },
		[TABLE_RESET] = { "reset", read_nothing, { "step", "by", NULL } },
	};
	const char *name;
	int rc = rpc_string(&name, params, "step", err);

	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(steps); i++) {
		if (strcmp(name, steps[i].name) != 0)
			continue;
		step->step = (enum table_step)i;
		rc = rpc_only(params, steps[i].known, err);
		if (rc == 0)
			rc = rpc_string_or(by, params, "by", "", err);
		return rc < 0 ? rc : steps[i].read(step, params, err);
	}
	return rc < 0 ? rc : err_set(err, ERR_RANGE, _("\"step\" must be zero, turn, backlash, cable or reset"));
}
