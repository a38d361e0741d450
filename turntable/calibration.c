/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "turntable/calibration.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "station/base/i18n.h"
#include "station/base/replace.h"

static bool empty(const struct calibration *calibration)
{
	return !calibration->has_turn && !calibration->has_zero && !calibration->has_backlash;
}

/* The numbers that a calibration was made over; those which it replaces itself may change. */
static json_t *basis(const char *driver, const struct drive_config *config)
{
	return json_pack("{s:s, s:i, s:[I, I], s:[I, I], s:b}", "driver", driver, "address", config->address,
			 "units_per_turn", (json_int_t)config->units_per_turn.num,
			 (json_int_t)config->units_per_turn.den, "gear", (json_int_t)config->gear.num,
			 (json_int_t)config->gear.den, "reversed", (int)config->reversed);
}

static json_t *to_json(const struct calibration *calibration, const char *driver,
		       const struct drive_config *config)
{
	json_t *root = json_pack("{s:o, s:I, s:s}", "made_for", basis(driver, config), "utc_us",
				 (json_int_t)calibration->utc_us, "by", calibration->by);

	if (root && calibration->has_turn)
		json_object_set_new(root, "counts_per_turn",
				    json_pack("[I, I]", (json_int_t)calibration->turn.num,
					      (json_int_t)calibration->turn.den));
	if (root && calibration->has_zero)
		json_object_set_new(root, "zero_mdeg", json_integer(calibration->zero_mdeg));
	if (root && calibration->has_backlash)
		json_object_set_new(root, "backlash_mdeg", json_integer(calibration->backlash_mdeg));
	return root;
}

static bool read_values(struct calibration *calibration, json_t *root)
{
	json_t *made_for, *turn = NULL, *zero = NULL, *backlash = NULL;
	json_int_t utc_us, num = 0, den = 0;
	const char *by;

	if (json_unpack(root, "{s:o, s:I, s:s, s?o, s?o, s?o !}", "made_for", &made_for, "utc_us", &utc_us, "by",
			&by, "counts_per_turn", &turn, "zero_mdeg", &zero, "backlash_mdeg", &backlash) < 0)
		return false;
	if ((turn && json_unpack(turn, "[I, I !]", &num, &den) < 0) || (zero && !json_is_integer(zero)) ||
	    (backlash && !json_is_integer(backlash)))
		return false;
	calibration->has_turn = turn;
	calibration->has_zero = zero;
	calibration->has_backlash = backlash;
	calibration->turn = (struct ratio){ num, den };
	calibration->zero_mdeg = json_integer_value(zero);
	calibration->backlash_mdeg = (int32_t)CLAMP(json_integer_value(backlash), -1, INT32_MAX);
	calibration->utc_us = utc_us;
	snprintf(calibration->by, sizeof calibration->by, "%s", by);
	return (!turn || (num > 0 && den > 0)) && calibration->backlash_mdeg >= 0 &&
	       calibration->backlash_mdeg < MDEG_PER_TURN && llabs(calibration->zero_mdeg) <= MDEG_PER_TURN;
}

int calibration_load(struct calibration *calibration, const char *path, const char *driver,
		     const struct drive_config *config, struct err *err)
{
	json_t *root, *wanted;
	struct calibration read = { .has_turn = false };
	int rc = 0;

	*calibration = read;
	if (access(path, F_OK) < 0 && errno == ENOENT)
		return 0;
	root = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
	wanted = basis(driver, config);
	if (!root || !read_values(&read, root))
		rc = err_set(err, ERR_TAMPER, _("%s is damaged and left aside: calibrate the table again"), path);
	else if (!json_equal(json_object_get(root, "made_for"), wanted))
		rc = err_set(err, ERR_STATE, _("%s was made with other settings of the table and is left aside: "
					       "calibrate it again"), path);
	else
		*calibration = read;
	json_decref(root);
	json_decref(wanted);
	return rc;
}

int calibration_save(const struct calibration *calibration, const char *path, const char *driver,
		     const struct drive_config *config, struct err *err)
{
	CLEANUP(util_freep) char *text = NULL;
	json_t *root;

	if (empty(calibration))
		return unlink(path) < 0 && errno != ENOENT ? err_os(err, "%s", path) : 0;
	root = to_json(calibration, driver, config);
	text = root ? json_dumps(root, JSON_INDENT(2) | JSON_PRESERVE_ORDER) : NULL;
	json_decref(root);
	if (!text)
		return err_set(err, ERR_NOMEM, "%s: out of memory", path);
	return replace_file(path, text, strlen(text), err);
}

int calibration_apply(const struct calibration *calibration, struct drive_config *config, int64_t native_per_unit,
		      struct err *err)
{
	struct ratio units;
	int rc;

	if (calibration->has_turn) {
		rc = ratio_multiply(&units, calibration->turn, (struct ratio){ 1, native_per_unit }, err);
		if (rc < 0)
			return rc;
		config->units_per_turn = units;
		config->gear = (struct ratio){ 1, 1 };	/* it is in the turn that was measured */
	}
	if (calibration->has_zero)
		config->zero_mdeg = calibration->zero_mdeg;
	if (calibration->has_backlash)
		config->backlash_mdeg = calibration->backlash_mdeg;
	return 0;
}
