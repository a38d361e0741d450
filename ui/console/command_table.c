/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/base/i18n.h"
#include "station/base/pose.h"
#include "station/evidence/spin.h"
#include "ui/console/command.h"
#include "ui/console/package_path.h"
#include "ui/console/personal_sign.h"
#include "ui/console/print.h"
#include "ui/console/scan_code.h"

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

/* "|a|b": the names of the fixed list, in which the station looks again */
static const char purposes[] = ""
#define PURPOSE(id, name, label) "|" name
#include "station/showing/purposes.def"
#undef PURPOSE
	;

static const char views[] = ""
#define VIEW(name, label) "|" name
#include "station/evidence/shot_views.def"
#undef VIEW
	;

static const char disposals[] = ""
#define DISPOSAL(id, name, label) "|" name
#include "station/evidence/disposals.def"
#undef DISPOSAL
	;

#define OPTION(shown, member, value) \
	{ .name = shown, .key = member, .kind = ARGUMENT_NAME, .value_name = value }
#define OPTION_NEEDED(shown, member, value) \
	{ .name = shown, .key = member, .kind = ARGUMENT_NAME, .value_name = value, .need = NEED_ALWAYS }
#define BY OPTION("--by", "by", "NAME")
#define SECOND OPTION("--second", "second", "NAME")
#define REASON OPTION("--reason", "reason", "TEXT")
#define CODE { .name = "CODE", .key = "code", .kind = ARGUMENT_NAME }
#define NUMBER_OF(shown, member, needed) \
	{ .name = shown, .key = member, .kind = ARGUMENT_NUMBER, .low = 1, .high = INT32_MAX, .need = needed }
#define RETRIEVAL NUMBER_OF("RETRIEVAL", "retrieval", NEED_USUAL)
#define STILLS { .name = "STILL", .key = "stills", .kind = ARGUMENT_NAMES, .need = NEED_NOT }

#define CASE_NEEDED OPTION_NEEDED("--case", "case_no", "NUMBER")
#define CASE OPTION("--case", "case_no", "NUMBER")
#define CODES { .name = "CODE", .key = "codes", .kind = ARGUMENT_NAMES, .need = NEED_NOT }
#define LIMIT { .name = "--limit", .key = "limit", .kind = ARGUMENT_NUMBER, .low = 1, .high = 500, .value_name = "N" }
#define DPI { .name = "--dpi", .key = "dpi", .kind = ARGUMENT_NUMBER, .low = 150, .high = 1200, .value_name = "N" }
#define FOR_MS { .name = "--for-ms", .key = "for_ms", .kind = ARGUMENT_NUMBER, .low = 0, .high = 30000, .value_name = "MS" }

#define ENTRY { .name = "SEQ", .key = "seq", .kind = ARGUMENT_NUMBER, .low = 0, .high = INT32_MAX }
#define OLD_SIZE { .name = "SIZE", .key = "old", .kind = ARGUMENT_NUMBER, .low = 0, .high = INT32_MAX }
#define AFTER_ENTRY { .name = "--after", .key = "after", .kind = ARGUMENT_NUMBER, .low = -1, .high = INT32_MAX, \
		      .value_name = "SEQ" }
#define COUNT { .name = "--count", .key = "count", .kind = ARGUMENT_NUMBER, .low = 1, .high = 500, .value_name = "N" }

/* The options of a form are its fields. */
#define OPTION_FOR_NEEDED OPTION_NEEDED
#define OPTION_FOR_OPTIONAL OPTION

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
	{ .words = "showing open", .method = "showing.open", .print = print_showing,
	  .arguments = { { .name = "CODE", .key = "exhibits", .kind = ARGUMENT_NAMES },
			 { .name = "--purpose", .key = "purpose", .kind = ARGUMENT_CHOICE, .choices = purposes + 1,
			   .need = NEED_ALWAYS },
			 OPTION("--case", "case_no", "NUMBER"), BY, SECOND, REASON },
	  .help = N_("begin a showing of these exhibits, which have been taken out of store") },
	{ .words = "showing show", .method = "showing.show", .print = print_showing,
	  .arguments = { BY, SECOND, REASON }, .help = N_("go on air") },
	{ .words = "showing hold", .method = "showing.hold", .print = print_showing,
	  /* no list of choices: a mistyped word must not keep the picture on the screens */
	  .arguments = { { .name = "WHY", .key = "pause", .kind = ARGUMENT_NAME, .need = NEED_NOT,
			   .otherwise = "operator" }, BY, REASON },
	  .help = N_("cut the picture for everybody, at once") },
	{ .words = "showing resume", .method = "showing.resume", .print = print_showing,
	  .arguments = { BY, SECOND, REASON }, .help = N_("on air again; after a failure only with --reason") },
	{ .words = "showing stage", .method = "showing.stage", .print = print_showing, .prepare = scan_code,
	  .arguments = { { .name = "CODE", .key = "code", .kind = ARGUMENT_NAME, .need = NEED_NOT },
			 FLAG("--acknowledge", "acknowledge", true), BY, SECOND },
	  .help = N_("put an exhibit on the table, by its label before the camera or by its code; --acknowledge its "
		     "handling cards") },
	{ .words = "showing close", .method = "showing.close", .print = print_closing,
	  .arguments = { BY, SECOND, REASON }, .flags = COMMAND_WAITS,	/* for the recording's end, and the signature */
	  .help = N_("end the showing, and read its fingerprint aloud") },
	{ .words = "showing status", .method = "showing.status", .print = print_showing,
	  .arguments = { NUMBER_OF("SHOWING", "showing", NEED_NOT) }, .help = N_("the open showing, or that one") },
	{ .words = "showing list", .method = "showing.list", .print = print_showings,
	  .help = N_("the newest showings") },
	{ .words = "ledger status", .method = "ledger.status", .print = print_ledger,
	  .help = N_("how far the record goes, and how far it is signed") },
	{ .words = "ledger list", .method = "ledger.entries", .print = print_entries,
	  .arguments = { AFTER_ENTRY, COUNT, CASE },
	  .help = N_("the record, from the first entry or after one, of all cases or of one") },
	{ .words = "ledger entry", .method = "ledger.prove", .print = print_entry, .arguments = { ENTRY },
	  .help = N_("one entry, as it was hashed") },
	{ .words = "ledger prove", .method = "ledger.prove", .print = print_proof, .arguments = { ENTRY },
	  .help = N_("the proof that an entry is in the signed record (C2SP tlog-proof)") },
	{ .words = "ledger continues", .method = "ledger.consistency", .print = print_growth, .arguments = { OLD_SIZE },
	  .help = N_("the proof that the record continues its first SIZE entries (C2SP tlog-witness)") },
	{ .words = "package", .method = "package.make", .print = print_package, .prepare = package_path,
	  .arguments = { NUMBER_OF("SHOWING", "showing", NEED_USUAL),
			 { .name = "OUT", .key = "out", .kind = ARGUMENT_NAME }, FLAG("--so-far", "so_far", true),
			 FLAG("--force", "force", true), BY, SECOND, REASON },
	  .flags = COMMAND_WAITS,
	  .help = N_("make the folder OUT of a closed showing: files, proofs, minutes, signed") },
	{ .words = "recording status", .method = "status", .print = print_recording,
	  .help = N_("what is being recorded, and for how long the disk has room") },
	{ .words = "recording list", .method = "recording.list", .print = print_recordings,
	  .arguments = { NUMBER_OF("SHOWING", "showing", NEED_NOT) },
	  .help = N_("the recordings, of all showings or of one") },
	{ .words = "retrieval request", .method = "retrieval.request", .print = print_retrieval,
	  .arguments = { CODE, OPTION_NEEDED("--reason", "reason", "TEXT"),
			 { .name = "--purpose", .key = "purpose", .kind = ARGUMENT_CHOICE, .choices = purposes + 1 },
			 { .name = "--hours", .key = "hours", .kind = ARGUMENT_NUMBER, .low = 1, .high = 8784,
			   .value_name = "HOURS" }, BY },
	  .help = N_("ask for an exhibit; it is to be back after 24 hours, or as --hours says") },
	{ .words = "retrieval approve", .method = "retrieval.approve", .print = print_retrieval,
	  .arguments = { RETRIEVAL, OPTION_NEEDED("--by", "by", "NAME"), REASON },
	  .help = N_("approve it; not by the one who asked") },
	{ .words = "retrieval refuse", .method = "retrieval.refuse", .print = print_retrieval,
	  .arguments = { RETRIEVAL, OPTION_NEEDED("--by", "by", "NAME"), OPTION_NEEDED("--reason", "reason", "TEXT") },
	  .help = N_("refuse it; not by the one who asked, and before the exhibit is taken out") },
	{ .words = "retrieval withdraw", .method = "retrieval.withdraw", .print = print_retrieval,
	  .arguments = { RETRIEVAL, BY, OPTION_NEEDED("--reason", "reason", "TEXT") },
	  .help = N_("take back what one has asked for, before the exhibit is taken out") },
	{ .words = "retrieval out", .method = "retrieval.out", .print = print_retrieval,
	  .arguments = { RETRIEVAL, STILLS, OPTION_NEEDED("--condition", "condition", "TEXT"),
			 OPTION("--seal", "seal", "NUMBER"), OPTION("--received-by", "received_by", "NAME"), BY,
			 OPTION_NEEDED("--second", "second", "NAME"), REASON },
	  .help = N_("take it out of store, as it is on these stills") },
	{ .words = "retrieval compare", .method = "retrieval.compare", .print = print_comparison,
	  .arguments = { RETRIEVAL, NUMBER_OF("BEFORE", "before", NEED_USUAL),
			 NUMBER_OF("AFTER", "after", NEED_USUAL), BY }, .flags = COMMAND_WAITS,
	  .help = N_("compare two stills of it from the same side") },
	{ .words = "retrieval back", .method = "retrieval.back", .print = print_retrieval,
	  .arguments = { RETRIEVAL, STILLS, OPTION_NEEDED("--condition", "condition", "TEXT"),
			 OPTION("--seal", "seal", "NUMBER"), OPTION("--returned-by", "returned_by", "NAME"),
			 FLAG("--no-change", "changed", false), OPTION("--damage", "damage", "TEXT"), BY,
			 OPTION_NEEDED("--second", "second", "NAME"), REASON },
	  .help = N_("return it, and say that nothing has changed, or what has") },
	{ .words = "retrieval text", .method = "retrieval.text", .print = print_retrieval_text,
	  .arguments = { RETRIEVAL }, .help = N_("what is signed, word for word") },
	{ .words = "retrieval sign", .method = "retrieval.sign", .print = print_retrieval, .prepare = personal_sign,
	  .arguments = { RETRIEVAL, { .name = "--as", .key = "as", .kind = ARGUMENT_CHOICE,
				      .choices = "holder|custodian", .need = NEED_ALWAYS }, BY,
			 OPTION("--key", "key", "FILE"), OPTION("--certificate", "certificate", "FILE") },
	  .help = N_("sign the return: by name, or with a personal key (PKCS#12, or PEM with its certificate)") },
	{ .words = "retrieval show", .method = "retrieval.show", .print = print_retrieval, .arguments = { RETRIEVAL },
	  .help = N_("everything about one retrieval") },
	{ .words = "retrieval list", .method = "retrieval.list", .print = print_retrievals,
	  .arguments = { { .name = "CODE", .key = "code", .kind = ARGUMENT_NAME, .need = NEED_NOT },
			 FLAG("--open", "open", true) }, .flags = COMMAND_PAGES,
	  .help = N_("who has what, and what is overdue") },
	{ .words = "case add", .method = "case.add", .print = print_case,
	  .arguments = {
#define FIELD(id, kind, need, label, headers) OPTION_FOR_##need("--" #id, #id, "TEXT"),
#include "station/base/case_fields.def"
#undef FIELD
		  BY, REASON },
	  .help = N_("enter a case; the station gives it a code") },
	{ .words = "case list", .method = "case.list", .print = print_cases, .flags = COMMAND_PAGES,
	  .help = N_("the cases") },
	{ .words = "case show", .method = "case.show", .print = print_case,
	  .arguments = { { .name = "CASE-NO", .key = "case_no", .kind = ARGUMENT_NAME } }, .help = N_("one case") },
	{ .words = "exhibit add", .method = "exhibit.add", .print = print_exhibit,
	  .arguments = { CASE_NEEDED,
#define FIELD(id, kind, need, label, headers) OPTION_FOR_##need("--" #id, #id, "TEXT"),
#include "station/base/exhibit_fields.def"
#undef FIELD
		  BY, SECOND, REASON },
	  .help = N_("enter an exhibit; the station gives it a code") },
	{ .words = "exhibit change", .method = "exhibit.change", .print = print_exhibit,
	  .arguments = { CODE, OPTION_NEEDED("--reason", "reason", "TEXT"),
#define FIELD(id, kind, need, label, headers) OPTION("--" #id, #id, "TEXT"),
#include "station/base/exhibit_fields.def"
#undef FIELD
		  BY, SECOND },
	  .help = N_("change an exhibit's entry; what it was stays in the record") },
	{ .words = "exhibit list", .method = "exhibit.list", .print = print_exhibit_list,
	  .arguments = { { .name = "TEXT", .key = "text", .kind = ARGUMENT_NAME, .need = NEED_NOT }, CASE, LIMIT },
	  .flags = COMMAND_PAGES, .help = N_("exhibits by any part of number, name, holder, seal, place or code") },
	{ .words = "exhibit show", .method = "exhibit.show", .print = print_exhibit, .arguments = { CODE },
	  .help = N_("one exhibit, and how it must be handled") },
	{ .words = "exhibit scan", .method = "exhibit.scan", .print = print_exhibit,
	  .arguments = { FOR_MS, FLAG("--full", "full", true), BY }, .flags = COMMAND_WAITS,
	  .help = N_("which exhibit's label is before the camera") },
	{ .words = "exhibit import", .method = "exhibit.import",
	  .arguments = { { .name = "FILE", .key = "file", .kind = ARGUMENT_NAME }, CASE,
			 FLAG("--check", "check", true), BY },
	  .flags = COMMAND_OWN, .help = N_("enter a spreadsheet's exhibits (CSV), all or none; --check only looks for faults") },
	{ .words = "exhibit label", .method = "exhibit.show",
	  .arguments = { CODES, CASE, OPTION_NEEDED("--out", "out", "FILE"),
			 FLAG("--sheet", "sheet", true), DPI },
	  .flags = COMMAND_OWN, .help = N_("labels with QR codes, into a .pdf or .png; --sheet: 24 on A4") },
	{ .words = "still take", .method = "still.take", .print = print_still, .flags = COMMAND_WAITS,
	  .arguments = { { .name = "--view", .key = "view", .kind = ARGUMENT_CHOICE, .choices = views + 1 },
			 FLAG("--full", "full", true), FLAG("--moving", "moving", true),
			 { .name = "--retrieval", .key = "retrieval", .kind = ARGUMENT_NUMBER, .low = 1,
			   .high = INT32_MAX, .value_name = "NUMBER" },
			 OPTION("--exhibit", "exhibit", "CODE"), BY, SECOND, REASON },
	  .help = N_("take a still; --full at the camera's largest size, while the rooms see a held picture") },
	{ .words = "spin take", .method = "spin.take", .print = print_spin, .flags = COMMAND_WAITS,
	  .arguments = { { .name = "FRAMES", .key = "frames", .kind = ARGUMENT_NUMBER, .low = SPIN_FRAMES_MIN,
			   .high = SPIN_FRAMES_MAX },
			 { .name = "--settle-ms", .key = "settle_ms", .kind = ARGUMENT_NUMBER, .low = 0,
			   .high = SPIN_SETTLE_MAX_MS, .value_name = "MS" }, FLAG("--full", "full", true),
			 { .name = "--retrieval", .key = "retrieval", .kind = ARGUMENT_NUMBER, .low = 1,
			   .high = INT32_MAX, .value_name = "NUMBER" },
			 OPTION("--exhibit", "exhibit", "CODE"), NO_WAIT, BY, SECOND, REASON },
	  .help = N_("a still at each of so many angles round the turn") },
	{ .words = "spin resume", .method = "spin.resume", .print = print_spin, .flags = COMMAND_WAITS,
	  .arguments = { NUMBER_OF("SPIN", "spin", NEED_USUAL), NO_WAIT, BY, SECOND, REASON },
	  .help = N_("take what is missing of a spin that was stopped") },
	{ .words = "spin cancel", .method = "spin.cancel", .print = print_done,
	  .help = N_("end the spin that is under way; what there is stays") },
	{ .words = "spin show", .method = "spin.show", .print = print_spin,
	  .arguments = { NUMBER_OF("SPIN", "spin", NEED_USUAL) }, .help = N_("the stills of a spin, and what is missing") },
	{ .words = "still list", .method = "still.list", .print = print_stills,
	  .arguments = { NUMBER_OF("SHOWING", "showing", NEED_NOT) },
	  .help = N_("the stills of the open showing, or of that one") },
	{ .words = "still show", .method = "still.show", .print = print_still,
	  .arguments = { NUMBER_OF("STILL", "still", NEED_USUAL) }, .help = N_("everything about one still") },
	{ .words = "still reject", .method = "still.reject", .print = print_still,
	  .arguments = { NUMBER_OF("STILL", "still", NEED_USUAL), BY, SECOND,
			 OPTION_NEEDED("--reason", "reason", "TEXT") },
	  .help = N_("mark a still as rejected, and say why; nothing is deleted") },
	{ .words = "still views", .method = "still.views", .print = print_views,
	  .arguments = { { .name = "CODE", .key = "exhibit", .kind = ARGUMENT_NAME, .need = NEED_NOT } },
	  .help = N_("the shot list of what is on the table, or of that exhibit: what is there and what is missing") },
	{ .words = "exhibit store", .method = "exhibit.store", .print = print_chain,
	  .arguments = { CODE, OPTION("--place", "place", "TEXT"), BY, SECOND, REASON },
	  .help = N_("put it on its place in the store") },
	{ .words = "exhibit handover", .method = "exhibit.handover", .print = print_chain,
	  .arguments = { CODE, OPTION_NEEDED("--to", "to", "BODY"), OPTION("--document", "document", "NUMBER"), BY,
			 OPTION_NEEDED("--second", "second", "NAME"), OPTION_NEEDED("--reason", "reason", "TEXT") },
	  .help = N_("another body answers for it from now on; it stays where it is") },
	{ .words = "exhibit dispose", .method = "exhibit.dispose", .print = print_chain,
	  .arguments = { CODE, { .name = "--way", .key = "way", .kind = ARGUMENT_CHOICE, .choices = disposals + 1,
				 .need = NEED_ALWAYS },
			 OPTION("--to", "to", "NAME"), OPTION("--document", "document", "NUMBER"), BY,
			 OPTION_NEEDED("--second", "second", "NAME"), OPTION_NEEDED("--reason", "reason", "TEXT") },
	  .help = N_("the end of keeping it") },
	{ .words = "exhibit chain", .method = "exhibit.chain",
	  .arguments = { CODE, OPTION("--out", "out", "FILE") }, .flags = COMMAND_OWN,
	  .help = N_("its whole chain of custody; --out writes the page as .html or .pdf") },
	{ .words = "rooms", .method = "rooms", .print = print_rooms, .help = N_("who is connected, and how well") },
	{ .words = "log", .method = "log", .print = print_log, .arguments = { FOLLOW },
	  .flags = COMMAND_FOLLOWS, .help = N_("the station's newest messages; -f waits for more") },
	{ .words = "metrics", .method = "metrics", .print = print_metrics,
	  .help = N_("counters as Prometheus text") },
	{ .words = "demo", .help = N_("start a demo station, and its screen"),
	  .flags = COMMAND_LOCAL },
};

const size_t command_count = ARRAY_LEN(command_table);
