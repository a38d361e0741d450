/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kernel has renamed controls more than once ("Exposure (Absolute)", "Exposure Time, Absolute"), so
 * the common ones go by names of our own; the rest by the kernel's, made fit for a command line.
 */
#include "station/camera/v4l2_controls.h"

#include <ctype.h>
#include <errno.h>
#include <libv4l2.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <string.h>

#include "station/camera/v4l2_format.h"

static const struct {
	uint32_t id;
	const char *name;
	const char *automatic;		/* name of the control that moves it */
	int64_t automatic_off;
} names[] = {
	{ V4L2_CID_FOCUS_ABSOLUTE, "focus", "focus_auto", 0 },
	{ V4L2_CID_FOCUS_AUTO, "focus_auto", NULL, 0 },
	{ V4L2_CID_EXPOSURE_ABSOLUTE, "exposure", "exposure_auto", V4L2_EXPOSURE_MANUAL },
	{ V4L2_CID_EXPOSURE_AUTO, "exposure_auto", NULL, 0 },
	{ V4L2_CID_EXPOSURE_AUTO_PRIORITY, "exposure_auto_priority", NULL, 0 },
	{ V4L2_CID_WHITE_BALANCE_TEMPERATURE, "white_balance", "white_balance_auto", 0 },
	{ V4L2_CID_RED_BALANCE, "red_balance", "white_balance_auto", 0 },
	{ V4L2_CID_BLUE_BALANCE, "blue_balance", "white_balance_auto", 0 },
	{ V4L2_CID_AUTO_WHITE_BALANCE, "white_balance_auto", NULL, 0 },
	{ V4L2_CID_ZOOM_ABSOLUTE, "zoom", NULL, 0 },
	{ V4L2_CID_PAN_ABSOLUTE, "pan", NULL, 0 },
	{ V4L2_CID_TILT_ABSOLUTE, "tilt", NULL, 0 },
	{ V4L2_CID_IRIS_ABSOLUTE, "iris", NULL, 0 },
	{ V4L2_CID_GAIN, "gain", "gain_auto", 0 },
	{ V4L2_CID_AUTOGAIN, "gain_auto", NULL, 0 },
	{ V4L2_CID_BRIGHTNESS, "brightness", "brightness_auto", 0 },
	{ V4L2_CID_AUTOBRIGHTNESS, "brightness_auto", NULL, 0 },
	{ V4L2_CID_HUE, "hue", "hue_auto", 0 },
	{ V4L2_CID_HUE_AUTO, "hue_auto", NULL, 0 },
	{ V4L2_CID_CONTRAST, "contrast", NULL, 0 },
	{ V4L2_CID_SATURATION, "saturation", NULL, 0 },
	{ V4L2_CID_SHARPNESS, "sharpness", NULL, 0 },
	{ V4L2_CID_GAMMA, "gamma", NULL, 0 },
	{ V4L2_CID_BACKLIGHT_COMPENSATION, "backlight", NULL, 0 },
	{ V4L2_CID_POWER_LINE_FREQUENCY, "power_line", NULL, 0 },
};

static void copy_label(char *label, size_t size, const char *text, size_t text_size)
{
	snprintf(label, size, "%.*s", (int)text_size, text);
	for (char *at = label; *at; at++)
		if ((unsigned char)*at < 0x20 || (unsigned char)*at > 0x7e)
			*at = '?';	/* drivers' names are ASCII; anything else is not to be shown */
}

static void derive_name(char *name, size_t size, const char *label)
{
	size_t len = 0;

	for (; *label && len + 1 < size; label++) {
		if (isalnum((unsigned char)*label))
			name[len++] = (char)tolower((unsigned char)*label);
		else if (len && name[len - 1] != '_')
			name[len++] = '_';
	}
	while (len && name[len - 1] == '_')
		len--;
	name[len] = '\0';
}

static void name_control(struct camera_control *control)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (names[i].id != control->id)
			continue;
		snprintf(control->name, sizeof control->name, "%s", names[i].name);
		snprintf(control->automatic, sizeof control->automatic, "%s",
			 names[i].automatic ? names[i].automatic : "");
		control->automatic_off = names[i].automatic_off;
		return;
	}
	derive_name(control->name, sizeof control->name, control->label);
}

static void read_menu(int fd, struct camera_control *control, bool numbers)
{
	for (int64_t i = control->min; i <= control->max && control->menu_len < CAMERA_MENU_MAX; i++) {
		struct v4l2_querymenu item = { .id = control->id, .index = (uint32_t)i };

		if (v4l2_ioctl(fd, VIDIOC_QUERYMENU, &item) < 0)
			continue;	/* menus may have holes */
		control->menu[control->menu_len].value = i;
		if (numbers)
			snprintf(control->menu[control->menu_len].label, sizeof control->menu[0].label,
				 "%lld", (long long)item.value);
		else
			copy_label(control->menu[control->menu_len].label,
				   sizeof control->menu[0].label, (const char *)item.name,
				   sizeof item.name);
		control->menu_len++;
	}
}

static bool kind_of(enum camera_control_kind *kind, uint32_t type)
{
	switch (type) {
	case V4L2_CTRL_TYPE_INTEGER:
		*kind = CAMERA_INTEGER;
		return true;
	case V4L2_CTRL_TYPE_BOOLEAN:
		*kind = CAMERA_BOOLEAN;
		return true;
	case V4L2_CTRL_TYPE_MENU:
	case V4L2_CTRL_TYPE_INTEGER_MENU:
		*kind = CAMERA_MENU;
		return true;
	case V4L2_CTRL_TYPE_BUTTON:
		*kind = CAMERA_BUTTON;
		return true;
	default:
		return false;	/* headings, and what has more than a number */
	}
}

/* False when it is not one to show. */
static bool describe(int fd, const struct v4l2_queryctrl *query, struct camera_control *control)
{
	struct v4l2_control value = { .id = query->id };
	uint32_t unusable = V4L2_CTRL_FLAG_READ_ONLY | V4L2_CTRL_FLAG_INACTIVE | V4L2_CTRL_FLAG_GRABBED;

	*control = (struct camera_control){ .id = query->id, .min = query->minimum,
					    .max = query->maximum, .step = query->step,
					    .fallback = query->default_value,
					    .writable = !(query->flags & unusable) };
	if (query->flags & V4L2_CTRL_FLAG_DISABLED || !kind_of(&control->kind, query->type))
		return false;
	copy_label(control->label, sizeof control->label, (const char *)query->name, sizeof query->name);
	name_control(control);
	if (control->kind == CAMERA_MENU)
		read_menu(fd, control, query->type == V4L2_CTRL_TYPE_INTEGER_MENU);
	if (control->kind != CAMERA_BUTTON && v4l2_ioctl(fd, VIDIOC_G_CTRL, &value) == 0)
		control->value = value.value;
	return control->name[0] != '\0';
}

/* A control's automatic counts only where the camera has it. */
static void drop_missing_automatics(struct camera_control *list, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		bool there = false;

		for (size_t k = 0; k < len && !there; k++)
			there = strcmp(list[k].name, list[i].automatic) == 0;
		if (!there)
			list[i].automatic[0] = '\0';
	}
}

int v4l2_controls_list(int fd, const char *path, struct camera_control *list, size_t max,
		       struct err *err)
{
	struct v4l2_queryctrl query = { .id = V4L2_CTRL_FLAG_NEXT_CTRL };
	uint32_t last_id = 0;
	size_t len = 0;

	errno = 0;
	while (len < max && v4l2_ioctl(fd, VIDIOC_QUERYCTRL, &query) == 0) {
		if (query.id <= last_id)
			break;		/* a driver that does not move on */
		last_id = query.id;
		len += describe(fd, &query, &list[len]);
		query.id |= V4L2_CTRL_FLAG_NEXT_CTRL;
	}
	if (errno == ENODEV || errno == ENOTCONN)
		return v4l2_failed(err, path, "reading the controls");
	drop_missing_automatics(list, len);
	return (int)len;
}

int v4l2_controls_set(int fd, const char *path, struct camera_control *control, int64_t value,
		      struct err *err)
{
	struct v4l2_control set = { .id = control->id, .value = (int32_t)value };

	if (v4l2_ioctl(fd, VIDIOC_S_CTRL, &set) < 0) {
		if (errno == EACCES || errno == EBUSY || errno == EPERM)
			return err_set(err, ERR_DENIED, "the camera refuses to set %s now",
				       control->name);
		if (errno == ERANGE || errno == EINVAL)
			return err_set(err, ERR_RANGE, "the camera does not take %lld for %s",
				       (long long)value, control->name);
		return v4l2_failed(err, path, "setting a control");
	}
	if (control->kind == CAMERA_BUTTON)
		return 0;
	/* out of range is clamped and off-step rounded without a word */
	if (v4l2_ioctl(fd, VIDIOC_G_CTRL, &set) < 0)
		return v4l2_failed(err, path, "reading a control back");
	control->value = set.value;
	return 0;
}
