/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "turntable/drv_pelcod.h"

#define SENT(text) { DRIVE_PLAY_SENT, .bytes = text, .len_bytes = sizeof(text) - 1 }
#define ANSWER(text) { DRIVE_PLAY_ANSWER, .bytes = text, .len_bytes = sizeof(text) - 1 }
#define WAIT(ms) { DRIVE_PLAY_WAIT_MS, .value = ms }

#define STOP "\xff\x01\x00\x00\x00\x00\x01"
#define QUERY "\xff\x01\x00\x51\x00\x00\x52"

#define AT_45 "\xff\x01\x00\x59\x11\x94\xff"	/* 4500 hundredths, as in TF-0002 at 0x59 */
#define AT_50 "\xff\x01\x00\x59\x13\x88\xf5"

/* Pelco TF-0002 v2 r1. The head gives a general response (sum of the command and alarms) to what moves it. */
const struct drive_exchange pelcod_transcript[] = {
	{ DRIVE_PLAY_ASKS, .bytes = QUERY, .len_bytes = 7 },
	SENT(STOP), ANSWER("\xff\x01\x00\x01"), SENT(QUERY), ANSWER(AT_45), SENT(STOP),
	WAIT(1800), SENT(QUERY), ANSWER(AT_45), WAIT(700), SENT(QUERY), ANSWER(AT_45),
	WAIT(700), SENT(QUERY), ANSWER(AT_45),
	{ DRIVE_PLAY_COMMAND, .command = { .act = DRIVE_MOVE, .target_mdeg = 50000, .speed_mdeg_s = 8000 } },
	SENT("\xff\x01\x00\x4b\x13\x88\xe7"), ANSWER("\xff\x01\x00\xe7"),
	WAIT(800), SENT(QUERY), ANSWER(AT_50), WAIT(200), SENT(QUERY), ANSWER(AT_50), WAIT(700), SENT(QUERY), ANSWER(AT_50),
	WAIT(200), SENT(QUERY), ANSWER(AT_50),
	{ .step = DRIVE_PLAY_DONE },
	{ .step = DRIVE_PLAY_STOP },
	SENT(STOP),
	{ .step = DRIVE_PLAY_END },
};
