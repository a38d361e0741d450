/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "turntable/drv_grbl.h"

/* Grbl 1.1 interface.md and jogging.md; 80 steps a degree, homing on. */
const struct drive_exchange grbl_transcript[] = {
	{ DRIVE_PLAY_ASKS, .bytes = "?" },
	{ DRIVE_PLAY_ANSWER, .bytes = "\r\nGrbl 1.1h ['$' for help]\r\n[MSG:'$H'|'$X' to unlock]\r\n" },
	{ DRIVE_PLAY_SENT, .bytes = "$I\n" },
	{ DRIVE_PLAY_ANSWER, .bytes = "[VER:1.1h.20190830:]\r\n[OPT:V,15,128]\r\nok\r\n" },
	{ DRIVE_PLAY_SENT, .bytes = "$$\n" },
	{ DRIVE_PLAY_ANSWER, .bytes = "$1=255\r\n$10=1\r\n$13=0\r\n$20=0\r\n$21=0\r\n$22=1\r\n$23=0\r\n$24=300.000\r\n$25=1800.000\r\n"
				      "$27=5.000\r\n$100=80.000\r\n$110=3600.000\r\n$120=100.000\r\n"
				      "$130=400.000\r\nok\r\n" },
	{ DRIVE_PLAY_SENT, .bytes = "?" },
	{ DRIVE_PLAY_ANSWER, .bytes = "<Alarm|MPos:0.000,0.000,0.000|FS:0,0|WCO:0.000,0.000,0.000>\r\n" },
	{ DRIVE_PLAY_SENT, .bytes = "?" },
	{ DRIVE_PLAY_ANSWER, .bytes = "<Alarm|MPos:0.000,0.000,0.000|FS:0,0|Ov:100,100,100>\r\n" },
	{ DRIVE_PLAY_COMMAND, .command = { .act = DRIVE_HOME } },
	{ DRIVE_PLAY_SENT, .bytes = "$H\n" },
	{ DRIVE_PLAY_WAIT_MS, .value = 4000 },
	{ DRIVE_PLAY_ANSWER, .bytes = "ok\r\n" },
	{ DRIVE_PLAY_SENT, .bytes = "?" },
	{ DRIVE_PLAY_ANSWER, .bytes = "<Idle|MPos:-5.000,0.000,0.000|FS:0,0|Ov:100,100,100>\r\n" },
	{ DRIVE_PLAY_SENT, .bytes = "?" },
	{ DRIVE_PLAY_ANSWER, .bytes = "<Idle|MPos:-5.000,0.000,0.000|FS:0,0>\r\n" },
	{ .step = DRIVE_PLAY_DONE },
	{ DRIVE_PLAY_COMMAND, .command = { .act = DRIVE_MOVE, .target_mdeg = -3500, .speed_mdeg_s = 20000 } },
	{ DRIVE_PLAY_SENT, .bytes = "$J=G21G91X1.5F1200\n" },
	{ DRIVE_PLAY_ANSWER, .bytes = "ok\r\n" },
	{ DRIVE_PLAY_SENT, .bytes = "?" },
	{ DRIVE_PLAY_ANSWER, .bytes = "<Jog|MPos:-4.800,0.000,0.000|FS:480,0>\r\n" },
	{ DRIVE_PLAY_SENT, .bytes = "?" },
	{ DRIVE_PLAY_ANSWER, .bytes = "<Idle|MPos:-3.500,0.000,0.000|FS:0,0>\r\n" },
	{ DRIVE_PLAY_SENT, .bytes = "?" },
	{ DRIVE_PLAY_ANSWER, .bytes = "<Idle|MPos:-3.500,0.000,0.000|FS:0,0>\r\n" },
	{ .step = DRIVE_PLAY_DONE },
	{ DRIVE_PLAY_COMMAND, .command = { .act = DRIVE_SPIN, .speed_mdeg_s = -10000 } },
	{ DRIVE_PLAY_SENT, .bytes = "$J=G21G91X-0.5F600\n" },
	{ DRIVE_PLAY_ANSWER, .bytes = "ok\r\n" },
	{ .step = DRIVE_PLAY_STOP },
	{ DRIVE_PLAY_SENT, .bytes = "\x85" },
	{ .step = DRIVE_PLAY_END },
};
