/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "turntable/drv_comxim.h"

#define ANSWERED(text, with) \
	{ DRIVE_PLAY_SENT, .bytes = text }, { DRIVE_PLAY_ANSWER, .bytes = with }

/* ComXim's guide of 2017, page 17 (example 1) and 19; the angle as owners of V2R03C01 have read it. */
const struct drive_exchange comxim_transcript[] = {
	{ DRIVE_PLAY_ASKS, .bytes = "CT+GETOFFSETANGLE();" },
	{ DRIVE_PLAY_ASKS, .bytes = "#" },
	{ DRIVE_PLAY_ANSWER, .bytes = "#" },
	ANSWERED("CT();", "CR+OK;"), ANSWERED("CT+ACK(1);", "CR#+OK;"), ANSWERED("CT+EVENT(1);", "CR+OK;"),
	ANSWERED("CT+HEARTBEAT(0);", "CR+OK;"), ANSWERED("CT+SPKMUTE(1);", "CR+OK;"),
	ANSWERED("CT+SETSTOP();", "CR+OK;"), ANSWERED("CT+GETTBSPEED();", "CR+ERR=40;"),
	ANSWERED("CT+GETOFFSETANGLE();", "CR+OffsetAngle=-12.50;"),
	{ DRIVE_PLAY_WAIT_MS, .value = 300 },
	ANSWERED("CT+GETOFFSETANGLE();", "CR+OffsetAngle=-12.50;"),
	ANSWERED("CT+GETOFFSETANGLE();", "CR+OffsetAngle=-12.50;"),
	{ DRIVE_PLAY_COMMAND, .command = { .act = DRIVE_MOVE, .target_mdeg = 17500, .speed_mdeg_s = 10000 } },
	ANSWERED("CT+SETSPEED(8);", "CR+OK;"),
	ANSWERED("CT+TURNSINGLE(0,30);", "CR+ERR=40;"),
	ANSWERED("CT+TRUNSINGLE(0,30);", "CR+OK;"),
	ANSWERED("CT+GETOFFSETANGLE();", "CR+OffsetAngle=-12.33;"),
	{ DRIVE_PLAY_WAIT_MS, .value = 900 },
	ANSWERED("CT+GETOFFSETANGLE();", "CR+OffsetAngle=-2.50;"),
	{ DRIVE_PLAY_WAIT_MS, .value = 900 },
	ANSWERED("CT+GETOFFSETANGLE();", "CR+OffsetAngle=7.75;"),
	{ DRIVE_PLAY_WAIT_MS, .value = 900 },
	ANSWERED("CT+GETOFFSETANGLE();", "CR+OffsetAngle=17.50;"),
	{ DRIVE_PLAY_ANSWER, .bytes = "CR+EVENT=TB_END;" },
	ANSWERED("CT+GETOFFSETANGLE();", "CR+OffsetAngle=17.50;"),
	ANSWERED("CT+GETOFFSETANGLE();", "CR+OffsetAngle=17.50;"),
	{ .step = DRIVE_PLAY_DONE },
	{ .step = DRIVE_PLAY_STOP },
	{ DRIVE_PLAY_SENT, .bytes = "CT+SETSTOP();" },
	{ .step = DRIVE_PLAY_END },
};
