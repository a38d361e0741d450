/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/base/i18n.h"
#include "station/base/pose.h"
#include "ui/console/command.h"
#include "ui/console/print.h"

#define SPEED_MAX_MDEG_S 360000

#define SPEED { "--speed", "speed_mdeg_s", ARGUMENT_DEGREES, 1, SPEED_MAX_MDEG_S, "DEG/S", NULL, false }
#define NO_WAIT { "--no-wait", "wait", ARGUMENT_FLAG, 0, 0, NULL, NULL, false }
#define BEARING { "DEG", "bearing_mdeg", ARGUMENT_DEGREES, 0, MDEG_PER_TURN - 1, NULL, NULL, false }
#define TURN_BY { "DEG", "by_mdeg", ARGUMENT_DEGREES, -MDEG_PER_TURN, MDEG_PER_TURN, NULL, NULL, false }
#define SPIN_AT { "DEG/S", "speed_mdeg_s", ARGUMENT_DEGREES, -SPEED_MAX_MDEG_S, SPEED_MAX_MDEG_S, NULL, NULL, false }
#define WAY { "--way", "way", ARGUMENT_CHOICE, 0, 0, "WAY", "shortest|cw|ccw", false }
#define CONTROL { "NAME", "control", ARGUMENT_NAME, 0, 0, NULL, NULL, false }
#define VALUE { "VALUE", "value", ARGUMENT_VALUE, 0, 0, NULL, NULL, false }
#define FOLLOW { "-f", "follow", ARGUMENT_FLAG, 0, 0, NULL, NULL, true }

const struct command command_table[] = {
	{ .words = "console", .help = N_("the operator's screen (what `ostend` alone does)"),
	  .flags = COMMAND_LOCAL },
	{ .words = "status", .method = "status", .print = print_status,
	  .help = N_("what the station is doing") },
	{ .words = "table status", .method = "table.status", .print = print_table, .flags = COMMAND_TABLE,
	  .help = N_("where the table stands") },
	{ .words = "table home", .method = "table.home", .print = print_outcome, .arguments = { NO_WAIT },
	  .flags = COMMAND_WAITS | COMMAND_TABLE, .help = N_("find the zero position") },
	{ .words = "table goto", .method = "table.goto", .print = print_outcome,
	  .arguments = { BEARING, WAY, SPEED, NO_WAIT }, .flags = COMMAND_WAITS | COMMAND_TABLE,
	  .help = N_("turn to a bearing, clockwise from above") },
	{ .words = "table turn", .method = "table.turn", .print = print_outcome,
	  .arguments = { TURN_BY, SPEED, NO_WAIT }, .flags = COMMAND_WAITS | COMMAND_TABLE,
	  .help = N_("turn by an angle; negative is counter-clockwise") },
	{ .words = "table spin", .method = "table.spin", .print = print_outcome, .arguments = { SPIN_AT },
	  .flags = COMMAND_TABLE, .help = N_("turn at a speed until stopped; negative is counter-clockwise") },
	{ .words = "table stop", .method = "table.stop", .print = print_outcome,
	  .flags = COMMAND_STOPS | COMMAND_TABLE, .help = N_("stop; works also while the station hangs") },
	{ .words = "table estop", .method = "table.estop", .print = print_outcome,
	  .flags = COMMAND_STOPS | COMMAND_TABLE, .help = N_("emergency stop; stays latched until cleared") },
	{ .words = "table clear", .method = "table.clear", .print = print_outcome, .fixed_key = "confirm",
	  .fixed_value = "clear", .flags = COMMAND_TABLE,
	  .help = N_("unlatch the emergency stop, or a fault") },
	{ .words = "camera status", .method = "camera.status", .print = print_camera,
	  .help = N_("which camera, and what it delivers") },
	{ .words = "camera controls", .method = "camera.controls", .print = print_controls,
	  .help = N_("focus, exposure, white balance and what else the camera has") },
	{ .words = "camera set", .method = "camera.set", .print = print_control,
	  .arguments = { CONTROL, VALUE }, .help = N_("change a control") },
	{ .words = "camera lock", .method = "camera.lock", .print = print_control, .arguments = { CONTROL },
	  .fixed_key = "locked", .fixed_value = "true", .help = N_("keep a control as it is") },
	{ .words = "camera unlock", .method = "camera.lock", .print = print_control, .arguments = { CONTROL },
	  .fixed_key = "locked", .fixed_value = "false", .help = N_("let a control change again") },
	{ .words = "rooms", .method = "rooms", .print = print_rooms, .help = N_("who is connected, and how well") },
	{ .words = "log", .method = "log", .print = print_log, .arguments = { FOLLOW },
	  .flags = COMMAND_FOLLOWS, .help = N_("the station's newest messages; -f waits for more") },
	{ .words = "metrics", .method = "metrics", .print = print_metrics,
	  .help = N_("counters as Prometheus text") },
	{ .words = "demo", .help = N_("start a demo station, and its screen"),
	  .flags = COMMAND_LOCAL },
};

const size_t command_count = ARRAY_LEN(command_table);
