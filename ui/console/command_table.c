/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/base/i18n.h"
#include "station/base/pose.h"
#include "ui/console/command.h"
#include "ui/console/print.h"

#define SPEED_MAX_MDEG_S 360000
#define LEASE_MAX_S 3600
#define CALIBRATE_MAX_MDEG (10 * MDEG_PER_TURN)	/* more turns give no better figure */

#define DEGREES(shown, member, least, most) \
	{ .name = shown, .key = member, .kind = ARGUMENT_DEGREES, .low = least, .high = most, .value_name = "DEG" }
#define SPEED_LIKE(shown, member) \
	{ .name = shown, .key = member, .kind = ARGUMENT_DEGREES, .low = 1, .high = SPEED_MAX_MDEG_S, .value_name = "DEG/S" }
#define FLAG(shown, member, value) { .name = shown, .key = member, .kind = ARGUMENT_FLAG, .flag_value = value }

#define SPEED SPEED_LIKE("--speed", "speed_mdeg_s")
#define NO_WAIT FLAG("--no-wait", "wait", false)
#define BEARING DEGREES("DEG", "bearing_mdeg", 0, MDEG_PER_TURN - 1)
#define TURN_BY DEGREES("DEG", "by_mdeg", -MDEG_PER_TURN, MDEG_PER_TURN)
#define SPIN_AT DEGREES("DEG/S", "speed_mdeg_s", -SPEED_MAX_MDEG_S, SPEED_MAX_MDEG_S)
#define WAY { .name = "--way", .key = "way", .kind = ARGUMENT_CHOICE, .value_name = "WAY", .choices = "shortest|cw|ccw" }
#define CONTROL { .name = "NAME", .key = "control", .kind = ARGUMENT_NAME }
#define VALUE { .name = "VALUE", .key = "value", .kind = ARGUMENT_VALUE }
#define FOLLOW FLAG("-f", "follow", true)
#define CONFIRM { .name = "--confirm", .key = "confirm", .kind = ARGUMENT_FLAG, .flag_text = "clear" }
#define HOLDER { .name = "--holder", .key = "holder", .kind = ARGUMENT_NAME, .value_name = "NAME", .need = NEED_ALWAYS }
#define FOR { .name = "--for", .key = "for_s", .kind = ARGUMENT_NUMBER, .low = 1, .high = LEASE_MAX_S, \
	      .value_name = "SECONDS", .need = NEED_ALWAYS }
#define LEASE { .name = "LEASE", .key = "lease", .kind = ARGUMENT_NUMBER, .low = 1, .high = INT32_MAX, .need = NEED_NOT }
#define HANDLING { .name = "NAME", .key = "names", .kind = ARGUMENT_NAMES, .need = NEED_NOT }
#define ZERO_AT { .name = "DEG", .key = "bearing_mdeg", .kind = ARGUMENT_DEGREES, .high = MDEG_PER_TURN - 1, \
		  .need = NEED_NOT, .otherwise = "0" }

#define CALIBRATE(step_words, step, sentence) \
	.words = "table calibrate " step_words, .method = "table.calibrate", .print = print_calibrated, \
	.fixed_key = "step", .fixed_value = step, .flags = COMMAND_TABLE, .help = sentence

const struct command command_table[] = {
	{ .words = "console", .help = N_("the operator's screen (what `ostend` alone does)"),
	  .flags = COMMAND_LOCAL },
	{ .words = "status", .method = "status", .print = print_status,
	  .help = N_("what the station is doing") },
	{ .words = "table status", .method = "table.status", .print = print_table, .flags = COMMAND_TABLE,
	  .help = N_("where the table stands") },
	{ .words = "table home", .method = "table.home", .print = print_outcome, .arguments = { NO_WAIT },
	  .flags = COMMAND_WAITS | COMMAND_TABLE | COMMAND_MOVES, .help = N_("find the zero position") },
	{ .words = "table goto", .method = "table.goto", .print = print_outcome,
	  .arguments = { BEARING, WAY, SPEED, NO_WAIT },
	  .flags = COMMAND_WAITS | COMMAND_TABLE | COMMAND_MOVES,
	  .help = N_("turn to a bearing, clockwise from above") },
	{ .words = "table turn", .method = "table.turn", .print = print_outcome,
	  .arguments = { TURN_BY, SPEED, NO_WAIT }, .flags = COMMAND_WAITS | COMMAND_TABLE | COMMAND_MOVES,
	  .help = N_("turn by an angle; negative is counter-clockwise") },
	{ .words = "table spin", .method = "table.spin", .print = print_outcome, .arguments = { SPIN_AT },
	  .flags = COMMAND_TABLE | COMMAND_MOVES,
	  .help = N_("turn at a speed until stopped; negative is counter-clockwise") },
	{ .words = "table stop", .method = "table.stop", .print = print_outcome,
	  .flags = COMMAND_STOPS | COMMAND_TABLE, .help = N_("stop; works also while the station hangs") },
	{ .words = "table estop", .method = "table.estop", .print = print_outcome,
	  .flags = COMMAND_STOPS | COMMAND_TABLE, .help = N_("emergency stop; stays latched until cleared") },
	{ .words = "table clear", .method = "table.clear", .print = print_clear, .arguments = { CONFIRM },
	  .flags = COMMAND_TABLE,
	  .help = N_("say why the table is halted; --confirm within 30 s, at the table, clears it") },
	{ .words = "table lease", .method = "table.lease", .print = print_lease,
	  .arguments = { HOLDER, FOR, SPEED_LIKE("--max-speed", "max_mdeg_s"),
			 DEGREES("--from", "from_mdeg", 0, MDEG_PER_TURN - 1),
			 DEGREES("--to", "to_mdeg", 0, MDEG_PER_TURN - 1),
			 FLAG("--may-home", "may_home", true) },
	  .flags = COMMAND_TABLE, .help = N_("let a remote party turn the table for a time") },
	{ .words = "table release", .method = "table.release", .print = print_done, .arguments = { LEASE },
	  .flags = COMMAND_TABLE, .help = N_("end a lease before its time") },
	{ .words = "table preempt", .method = "table.preempt", .print = print_done,
	  .flags = COMMAND_STOPS | COMMAND_TABLE, .help = N_("take the table back at once, and stop it") },
	{ .words = "table handling", .method = "table.handling", .print = print_handling,
	  .arguments = { HANDLING }, .bare_method = "table.status", .bare_print = print_handling,
	  .flags = COMMAND_TABLE, .help = N_("how the exhibit must be handled: fragile, tall ...; \"normal\" ends it") },
	{ CALIBRATE("zero", "zero", N_("the table stands at this bearing now (0)")), .arguments = { ZERO_AT } },
	{ CALIBRATE("turn", "turn", N_("a turn that counted as one angle was in truth another")),
	  .arguments = { DEGREES("COUNTED", "counted_mdeg", 1, CALIBRATE_MAX_MDEG),
			 DEGREES("TRUE", "true_mdeg", 1, CALIBRATE_MAX_MDEG) } },
	{ CALIBRATE("backlash", "backlash", N_("the play of the gears, as measured")),
	  .arguments = { DEGREES("DEG", "backlash_mdeg", 0, MDEG_PER_TURN / 8) } },
	{ CALIBRATE("cable", "cable", N_("the cable hangs straight now: turns are counted from here")) },
	{ CALIBRATE("reset", "reset", N_("forget the calibration; what the configuration says counts again")) },
	{ .words = "table calibrate", .flags = COMMAND_WALK,
	  .help = N_("walk through zero, a full turn, backlash and cable, on a terminal") },
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
