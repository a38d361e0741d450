/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A wrong angle in evidence is worse than none: each reason for doubt comes before the number, and
 * whatever is left over is told with how it is known.
 */
#include "station/picture/strip_text.h"

#include <stdio.h>
#include <time.h>

void strip_utc_text(char text[STRIP_CLOCK_BYTES], int64_t utc_us)
{
	time_t seconds = (time_t)(utc_us / 1000000);
	struct tm utc;
	char date[24];

	gmtime_r(&seconds, &utc);
	strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S", &utc);
	snprintf(text, STRIP_CLOCK_BYTES, "%s.%03d UTC", date, (int)(utc_us / 1000 % 1000));
}

void strip_local_text(char text[STRIP_CLOCK_BYTES], int64_t utc_us)
{
	time_t seconds = (time_t)(utc_us / 1000000);
	struct tm local;
	char date[24];
	long minutes;

	localtime_r(&seconds, &local);
	strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S", &local);
	minutes = local.tm_gmtoff / 60;
	snprintf(text, STRIP_CLOCK_BYTES, "%s.%03d %c%02ld:%02ld", date,
		 (int)(utc_us / 1000 % 1000), minutes < 0 ? '-' : '+',
		 (minutes < 0 ? -minutes : minutes) / 60, (minutes < 0 ? -minutes : minutes) % 60);
}

static const char *motion_text(const struct pose *pose)
{
	if (pose->estop)
		return "EMERGENCY STOP 急停";
	switch (pose->motion) {
	case POSE_MOTION_STILL:
		return "still 静止";
	case POSE_MOTION_MOVING:
		return "turning 转动中";
	case POSE_MOTION_STOPPING:
		return "stopping 停止中";
	case POSE_MOTION_HOMING:
		return "homing 归零中";
	case POSE_MOTION_HELD:
		return "held 暂停";
	case POSE_MOTION_UNKNOWN:
		break;
	}
	return "motion unknown 动态未知";
}

/* Counted from a reference that was found, and measured: only this may be quoted. */
static bool is_evidence(const struct pose *pose)
{
	return (pose->reference == POSE_REF_HOMED || pose->reference == POSE_REF_ABSOLUTE) &&
	       pose->source != POSE_SRC_ASSUMED;
}

static const char *reference_text(const struct pose *pose)
{
	static const char *const text[][2] = {
		[POSE_REF_NONE] = { "not homed 未归零", "not homed 未归零" },
		[POSE_REF_USER_ZERO] = { "NOT EVIDENCE 非证据 · own zero 自设零点",
					 "NOT EVIDENCE 非证据 · own zero 自设零点" },
		[POSE_REF_HOMED] = { "homed 已归零 · step count 步数", "homed 已归零 · encoder 编码器" },
		[POSE_REF_ABSOLUTE] = { "absolute 绝对角度 · step count 步数",
					"absolute 绝对角度 · encoder 编码器" },
	};

	if (pose->source == POSE_SRC_ASSUMED)
		return "NOT EVIDENCE 非证据 · assumed 推算";
	return text[pose->reference][pose->source == POSE_SRC_ENCODER];
}

/* Why there is no number to show, or NULL. */
static const char *doubt(const struct pose *pose, uint64_t at_ns)
{
	if (!pose)
		return "no table 未接转台";
	switch (pose->link) {
	case POSE_LINK_UP:
		break;
	case POSE_LINK_OPENING:
		return "connecting to the table 正在连接转台";
	case POSE_LINK_SILENT:
		return "the table does not answer 转台无应答";
	case POSE_LINK_CLOSED:
	case POSE_LINK_LOST:
		return "table disconnected 转台已断开";
	}
	if (at_ns > pose->sampled_ns && at_ns - pose->sampled_ns > STRIP_POSE_AGE_MAX_NS)
		return "angle out of date 角度已过期";
	if (pose->reference == POSE_REF_NONE)
		return "not homed 未归零";
	if (pose->motion == POSE_MOTION_HOMING || pose->source == POSE_SRC_NONE)
		return "angle unknown 角度未知";
	/* what the table was told is where it stands only when it has got there */
	if (pose->source == POSE_SRC_ASSUMED && pose->motion != POSE_MOTION_STILL)
		return "angle not reported 角度无回报";
	return NULL;
}

/* Rounded half away from zero before the turn is taken off, so that 359.96 is 0.0 and not 360.0. */
static int32_t bearing_tenths(int64_t angle_mdeg)
{
	int64_t tenths = (angle_mdeg + (angle_mdeg < 0 ? -50 : 50)) / 100;

	return pose_bearing_mdeg(tenths * 100) / 100;
}

void strip_angle_text(struct strip_angle *out, const struct pose *pose, uint64_t at_ns)
{
	bool assumed = pose && pose->source == POSE_SRC_ASSUMED;
	bool fresh;
	int tenths;

	*out = (struct strip_angle){ .value = " --.-°", .known = doubt(pose, at_ns), .motion = "" };
	fresh = pose && pose->link == POSE_LINK_UP &&
		(at_ns <= pose->sampled_ns || at_ns - pose->sampled_ns <= STRIP_POSE_AGE_MAX_NS);
	if (fresh || (pose && pose->estop))
		out->motion = motion_text(pose);
	if (out->known)
		return;
	tenths = bearing_tenths(assumed ? pose->commanded_mdeg : pose->reported_mdeg);
	out->known = reference_text(pose);
	/* the mark belongs to the number: a cut-out of the picture may lose the words beside it */
	snprintf(out->value, sizeof out->value, is_evidence(pose) ? "%3d.%d°" : "~%d.%d°", tenths / 10, tenths % 10);
}
