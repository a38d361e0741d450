/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The child's side of child.h: options are read, and the body of the process is called. */
#include "station/roles.h"

#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "station/base/log.h"
#include "station/camera/capture.h"
#include "station/child.h"
#include "station/evidence/signer.h"
#include "turntable/sim.h"
#include "turntable/table.h"

/* When the station is killed its table process still has a table to stop. */
#define SIMULATOR_LINGER_MS 8000

static const char *text(const json_t *options, const char *key)
{
	const char *value = json_string_value(json_object_get(options, key));

	return value ? value : "";
}

static int number(const json_t *options, const char *key)
{
	return (int)json_integer_value(json_object_get(options, key));
}

static int be_capture(const json_t *options)
{
	struct capture_options capture = {
		.sandbox = true,
		.camera = {
			.driver = text(options, "driver"),
			.device = text(options, "device"),
			.identity = text(options, "identity"),
			.world = text(options, "world"),
			.label = text(options, "label"),
			.width = (uint32_t)number(options, "width"),
			.height = (uint32_t)number(options, "height"),
			.fps = (uint32_t)number(options, "fps"),
			.loop = number(options, "loop"),
		},
	};

	return capture_main(&capture, CHILD_LINK_FD, CHILD_RPC_FD);
}

/* The configuration has been checked: a ratio that is none here is left to the driver's usual. */
static struct ratio ratio(const json_t *options, const char *key)
{
	struct ratio value = { 0, 0 };
	struct err err;

	if (*text(options, key) && ratio_read(&value, text(options, key), &err) < 0)
		log_error("%s: %s", key, err.text);
	return value;
}

static int be_table(const json_t *options)
{
	static const struct governor_config usual = GOVERNOR_CONFIG_DEFAULT;
	static char trace[PATH_MAX];
	struct table_options table = {
		.state_dir = text(options, "state"),
		.driver = text(options, "driver"),
		.port = text(options, "port"),
		.identity = text(options, "identity"),
		.baud = number(options, "baud"),
		.trace_path = json_is_true(json_object_get(options, "trace")) ? trace : NULL,
		.simulated = json_is_true(json_object_get(options, "simulated")),
		.limits = usual,
		.drive = {
			.units_per_turn = ratio(options, "units_per_turn"),
			.gear = ratio(options, "gear"),
			.reversed = json_is_true(json_object_get(options, "reversed")),
			.zero_mdeg = number(options, "zero_mdeg"),
			.backlash_mdeg = number(options, "backlash_mdeg"),
			.address = number(options, "address"),
			.own_mdeg_s = number(options, "speed_mdeg_s"),
			.own_mdeg_s2 = number(options, "accel_mdeg_s2"),
		},
	};

	snprintf(trace, sizeof trace, "%s/table.trace", table.state_dir);
	table.limits.max_mdeg_s = number(options, "max_mdeg_s");
	table.limits.max_mdeg_s2 = number(options, "max_mdeg_s2");
	table.limits.default_mdeg_s = MIN(usual.default_mdeg_s, table.limits.max_mdeg_s);
	table.limits.cable_mdeg = (int64_t)number(options, "cable_mturns") * MDEG_PER_TURN / 1000;
	table.limits.estop_now = json_is_true(json_object_get(options, "estop_at_once"));
	return table_main(&table, CHILD_RPC_FD);
}

static int be_signer(const json_t *options)
{
	struct signer_options signer = {
		.state_path = text(options, "state"),
		.log_key = text(options, "log_key"),
		.media_key = text(options, "media_key"),
		.module = text(options, "module"),
		.pin_file = text(options, "pin_file"),
	};

	return signer_main(&signer, CHILD_RPC_FD);
}

static int be_simulator(const json_t *options)
{
	struct sim_options sim = {
		.driver = text(options, "driver"),
		.link = text(options, "port"),
		.world = text(options, "world"),
		.commands_fd = CHILD_RPC_FD,
		.linger_ms = SIMULATOR_LINGER_MS,
	};

	return sim_main(&sim);
}

static const struct {
	const char *name;
	int (*be)(const json_t *options);
} roles[] = {
	{ "capture", be_capture },
	{ "table", be_table },
	{ "signer", be_signer },
	{ "simulator", be_simulator },
};

int roles_run(const char *role, const char *options_text)
{
	json_t *options = json_loads(options_text, JSON_REJECT_DUPLICATES, NULL);
	int code = 2;

	umask(0077);
	for (size_t i = 0; options && i < ARRAY_LEN(roles); i++) {
		if (strcmp(roles[i].name, role) != 0)
			continue;
		prctl(PR_SET_NAME, role);
		util_hurry();	/* one that is started again has not inherited it */
		log_init(role, LOG_LEVEL_NOTICE);
		code = roles[i].be(options);
	}
	json_decref(options);
	return code;
}
