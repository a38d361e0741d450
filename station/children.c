/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The station's children, and what becomes of what they say: the table's state goes to strip, consoles
 * and seats at once; the camera's state to consoles; a death to every screen.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "station/base/clock.h"
#include "station/base/log.h"
#include "station/recordings.h"
#include "station/checkpoints.h"
#include "station/station.h"

#define STOP_TABLE_MS 7000	/* it stops the table and waits until it stands */
#define STOP_MS 2000
#define SIMULATOR_LATEST_NS (2 * NS_PER_S)

static void homed(void *arg, json_t *result, const struct err *err)
{
	struct station *station = arg;

	station->homing_done = true;
	if (!result)
		log_warning("the demo's table was not homed: %s", err->text);
}

/* The demo is on air from the start, so its table has to know its angle from the start. */
static void home_once(struct station *station)
{
	const char *link = json_string_value(json_object_get(station->table_state, "link"));

	if (!station->simulator || station->homing_asked || !link || strcmp(link, "up") != 0)
		return;
	station->homing_asked = true;
	child_call(station->table, "table.home", NULL, 60000, homed, station);
}

/* A new sentence of the table for the operator belongs into the log, once. */
static void log_message(const char *who, const json_t *before, const json_t *now, const char *key)
{
	const char *old = json_string_value(json_object_get(before, key));
	const char *new = json_string_value(json_object_get(now, key));

	if (new && *new && (!old || strcmp(old, new) != 0))
		log_notice("%s: %s", who, new);
}

static json_t *capture_options(const struct config *config);

/*
 * The first camera seen is the showing's camera: a process that was started again must refuse another
 * one, as the first would have. What the administrator has named goes before it.
 */
static void keep_identity(struct station *station)
{
	const char *identity = json_string_value(json_object_get(station->camera_state, "identity"));

	if (!identity || !*identity || station->config.camera_identity[0] ||
	    strlen(identity) >= CONFIG_TEXT_SIZE)
		return;
	strcpy(station->config.camera_identity, identity);
	child_set_options(station->capture, capture_options(&station->config));
}

static json_t *table_options(const struct station *station);

/* Likewise the table: its process, started again, must not take another device at that name for it. */
static void keep_table_identity(struct station *station, const json_t *before)
{
	const char *old = json_string_value(json_object_get(before, "identity"));
	const char *identity = json_string_value(json_object_get(station->table_state, "identity"));

	if (identity && *identity && (!old || strcmp(old, identity) != 0))
		child_set_options(station->table, table_options(station));
}

static void take_table(struct station *station, json_t *state)
{
	json_t *before = station->table_state;
	struct pose pose;

	log_message("table", before, state, "message");
	station->table_state = json_incref(state);
	keep_table_identity(station, before);
	json_decref(before);
	pose_read(&pose, state);
	pipeline_set_pose(station->pipeline, &pose);
	recordings_pose(station, &pose);
	rpc_server_notify(station->control, 0, "table", "table", json_incref(state));
	seats_send_table(station);
	home_once(station);
}

static void take_camera(struct station *station, json_t *state)
{
	json_t *before = station->camera_state;

	log_message("camera", before, state, "reason");
	station->camera_state = json_incref(state);
	json_decref(before);
	keep_identity(station);
	rpc_server_notify(station->control, 0, "camera", "camera", json_incref(state));
}

static void take_table_event(struct station *station, json_t *event)
{
	rpc_server_notify(station->control, 0, "table", "table.event", json_incref(event));
	records_table(station, event);
	spins_table_event(station, event);
}

static void notified(void *owner, struct child *child, const char *method, json_t *params)
{
	struct station *station = owner;

	if (child == station->table && strcmp(method, "table") == 0)
		take_table(station, params);
	else if (child == station->table && strcmp(method, "table.event") == 0)
		take_table_event(station, params);
	else if (child == station->capture && strcmp(method, "camera.exposed") == 0)
		stills_exposed(station);
	else if (child == station->capture && strcmp(method, "camera") == 0)
		take_camera(station, params);
}

static void ignore_answer(void *arg, json_t *result, const struct err *err)
{
	(void)arg;
	(void)result;
	(void)err;
}

static void camera_answered(void *arg, json_t *result, const struct err *err)
{
	(void)err;
	if (result)
		take_camera(arg, result);
}

/* Its process speaks up when the state changes; the counts have to be asked for. */
void children_tick(struct station *station)
{
	uint64_t now_ns = clock_mono_ns();

	if (now_ns < station->camera_asked_ns + NS_PER_S)
		return;
	station->camera_asked_ns = now_ns;
	child_call(station->capture, "camera.status", NULL, 5000, camera_answered, station);
}

static void started(void *owner, struct child *child, int link_fd)
{
	struct station *station = owner;
	const char *role = child_role(child);

	if (strcmp(role, "capture") == 0) {
		pipeline_set_capture(station->pipeline, link_fd);
		child_call(child, "camera.status", NULL, 5000, camera_answered, station);
	} else if (strcmp(role, "signer") == 0 && station->checkpoints) {
		checkpoints_signer_started(station->checkpoints);
	} else if (strcmp(role, "table") == 0) {
		child_call(child, "subscribe", json_pack("{s:[s]}", "topics", "table"), 5000,
			   ignore_answer, NULL);
	}
}

/* While its process is away nothing is known of the table, and no old angle may stand on a screen. */
static void forget_table(struct station *station, const char *reason)
{
	char message[160];
	json_t *state;

	snprintf(message, sizeof message, "the table process has ended (%s) and is being started again",
		 reason);
	state = json_pack("{s:s, s:s, s:s, s:s, s:b, s:n, s:n, s:i, s:i, s:i, s:b, s:s, s:s}", "link",
			  "closed", "motion", "unknown", "reference", "none", "source", "none", "homed",
			  0, "bearing_mdeg", "uncertainty_mdeg", "reported_mdeg", 0, "commanded_mdeg", 0,
			  "speed_mdeg_s", 0, "estop",
			  json_is_true(json_object_get(station->table_state, "estop")), "fault", "",
			  "message", message);
	json_object_set(state, "halt", json_object_get(station->table_state, "halt"));
	json_object_set(state, "epoch", json_object_get(station->table_state, "epoch"));
	take_table(station, state);
	json_decref(state);
}

static void forget_camera(struct station *station)
{
	json_t *state = station->camera_state ? json_copy(station->camera_state) : json_object();

	json_object_set_new(state, "state", json_string("lost"));
	json_object_set_new(state, "reason",
			    json_string("the camera process has ended and is being started again"));
	take_camera(station, state);
	json_decref(state);
	pipeline_set_notice(station->pipeline, "The camera process has ended and is being started again\n"
			    "摄像进程已退出，正在重新启动");
}

static void died(void *owner, struct child *child, const char *reason)
{
	struct station *station = owner;
	const char *role = child_role(child);
	char code[32], text[160];

	if (strcmp(role, "capture") == 0)
		forget_camera(station);
	else if (strcmp(role, "table") == 0)
		forget_table(station, reason);
	records_note(station, NULL, LEDGER_CHILD_DIED,
		     json_pack("{s:s, s:s}", "process", role, "reason", reason));
	snprintf(code, sizeof code, "%s-restarted", role);
	snprintf(text, sizeof text, "The station's %s process has ended (%s) and is being started again",
		 role, reason);
	seats_notice(station, "warning", code, text);
}

static const struct child_ops ops = { .started = started, .notified = notified, .died = died };

static int start(struct station *station, struct child **out, const char *role, bool wants_link,
		 json_t *options, struct err *err)
{
	struct child_spec spec = { .role = role, .wants_link = wants_link, .options = options };

	return child_start(out, station->loop, &spec, &ops, station, err);
}

static json_t *capture_options(const struct config *config)
{
	char world[CONFIG_TEXT_SIZE + 16] = "", label[CONFIG_TEXT_SIZE + 16] = "";

	if (config->demo) {
		snprintf(world, sizeof world, "%s/demo-world", config->state);
		snprintf(label, sizeof label, "%s/demo-label", config->state);
	}
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:i}", "driver", config->camera_driver,
			 "device", config->camera_device, "identity", config->camera_identity, "world",
			 world, "label", label, "width", config->width, "height", config->height, "fps", config->fps,
			 "loop", config->camera_loop);
}

static int start_capture(struct station *station, struct err *err)
{
	return start(station, &station->capture, "capture", true, capture_options(&station->config), err);
}

static json_t *table_options(const struct station *station)
{
	const struct config *config = &station->config;
	const char *identity = json_string_value(json_object_get(station->table_state, "identity"));

	return json_pack("{s:s, s:s, s:s, s:s, s:b, s:i, s:i, s:s, s:s, s:b, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:b, "
			 "s:b}", "driver", config->table_driver, "port", config->table_port, "state", config->state,
			 "identity", identity ? identity : "", "simulated", station->simulator != NULL,
			 "baud", config->table_baud, "address", config->table_address,
			 "units_per_turn", config->units_per_turn, "gear", config->gear,
			 "reversed", config->reversed, "zero_mdeg", config->zero_mdeg,
			 "backlash_mdeg", config->backlash_mdeg, "cable_mturns", config->cable_mturns,
			 "speed_mdeg_s", config->speed_mdeg_s, "accel_mdeg_s2", config->accel_mdeg_s2,
			 "max_mdeg_s", config->max_mdeg_s, "max_mdeg_s2", config->max_mdeg_s2,
			 "estop_at_once", config->estop_at_once, "trace", config->table_trace);
}

static int start_table(struct station *station, struct err *err)
{
	if (!station->config.table_port[0])
		return 0;
	return start(station, &station->table, "table", false, table_options(station), err);
}

/* The table process looks for its line once a second: the demo need not wait for the second time. */
static void wait_for_line(const char *path)
{
	uint64_t deadline_ns = clock_mono_ns() + SIMULATOR_LATEST_NS;

	while (access(path, F_OK) < 0 && clock_mono_ns() < deadline_ns)
		poll(NULL, 0, 5);
}

static int start_simulator(struct station *station, struct err *err)
{
	const struct config *config = &station->config;
	char world[CONFIG_TEXT_SIZE + 16], line[CONFIG_TEXT_SIZE + 16];
	int rc;

	snprintf(line, sizeof line, "%s/demo-table", config->state);
	if (!config->demo || strcmp(config->table_port, line) != 0)
		return 0;	/* a demo at a real table has nothing to simulate, and nothing to home unasked */
	snprintf(world, sizeof world, "%s/demo-world", config->state);
	unlink(config->table_port);	/* of an earlier simulator */
	rc = start(station, &station->simulator, "simulator", false,
		   json_pack("{s:s, s:s, s:s}", "driver", config->table_driver, "port",
			     config->table_port, "world", world), err);
	if (rc == 0)
		wait_for_line(config->table_port);
	return rc;
}

static json_t *signer_options(const struct config *config)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s}", "state", config->state, "log_key", config->log_key,
			 "media_key", config->media_key, "module", config->token_module, "pin_file",
			 config->token_pin_file);
}

int children_start(struct station *station, struct err *err)
{
	int rc = start(station, &station->signer, "signer", false, signer_options(&station->config), err);

	if (rc == 0)
		rc = start_simulator(station, err);
	if (rc == 0)
		rc = start_table(station, err);
	if (rc == 0)
		rc = start_capture(station, err);
	return rc;
}

void children_halt(struct station *station)
{
	if (station->table)
		child_call(station->table, "table.stop", json_pack("{s:s}", "by", "the station"), STOP_MS,
			   ignore_answer, NULL);
}

void children_stop(struct station *station)
{
	station->table = child_stop(station->table, STOP_TABLE_MS);
	station->simulator = child_stop(station->simulator, 0);
	station->capture = child_stop(station->capture, STOP_MS);
}

void children_stop_signer(struct station *station)
{
	station->signer = child_stop(station->signer, STOP_MS);
}
