/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/camera/controls.h"

#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "station/base/log.h"

struct wish {
	char name[40];
	int64_t value;
	bool locked;
};

struct controls {
	const struct camera_driver *driver;
	void *self;			/* NULL: no camera */
	struct camera_control list[CAMERA_CONTROLS_MAX];
	size_t len;
	struct wish wishes[CAMERA_CONTROLS_MAX];
	size_t wish_len;
};

int controls_new(struct controls **out, struct err *err)
{
	*out = calloc(1, sizeof **out);
	return *out ? 0 : err_set(err, ERR_NOMEM, "camera controls: out of memory");
}

struct controls *controls_free(struct controls *controls)
{
	free(controls);
	return NULL;
}

static struct wish *find_wish(struct controls *controls, const char *name)
{
	for (size_t i = 0; i < controls->wish_len; i++)
		if (strcmp(controls->wishes[i].name, name) == 0)
			return &controls->wishes[i];
	return NULL;
}

static struct camera_control *find(struct controls *controls, const char *name)
{
	for (size_t i = 0; i < controls->len; i++)
		if (strcmp(controls->list[i].name, name) == 0)
			return &controls->list[i];
	return NULL;
}

static void want(struct controls *controls, const char *name, int64_t value, bool locked)
{
	struct wish *wish = find_wish(controls, name);

	if (!wish && controls->wish_len < CAMERA_CONTROLS_MAX) {
		wish = &controls->wishes[controls->wish_len++];
		snprintf(wish->name, sizeof wish->name, "%s", name);
	}
	if (wish) {
		wish->value = value;
		wish->locked = locked;
	}
}

/* The locked control that @name would move if it were on; NULL when there is none. */
static const struct camera_control *locked_by_automatic(struct controls *controls, const char *name)
{
	for (size_t i = 0; i < controls->len; i++)
		if (controls->list[i].locked && strcmp(controls->list[i].automatic, name) == 0)
			return &controls->list[i];
	return NULL;
}

static int refresh(struct controls *controls, struct err *err)
{
	int count = 0;

	if (!controls->self)
		return err_set(err, ERR_GONE, "the camera is not connected");
	if (controls->driver->controls)
		count = controls->driver->controls(controls->self, controls->list,
						   CAMERA_CONTROLS_MAX, err);
	if (count < 0)
		return count;
	controls->len = (size_t)count;
	for (size_t i = 0; i < controls->len; i++) {
		const struct wish *wish = find_wish(controls, controls->list[i].name);

		controls->list[i].locked = wish && wish->locked;
	}
	return 0;
}

static bool is_automatic(struct controls *controls, const char *name)
{
	for (size_t i = 0; i < controls->len; i++)
		if (strcmp(controls->list[i].automatic, name) == 0)
			return true;
	return false;
}

static void grant(struct controls *controls, const struct wish *wish)
{
	struct camera_control *control = find(controls, wish->name);
	struct err err = { 0 };

	if (!control || !control->writable || control->value == wish->value)
		return;
	if (controls->driver->set(controls->self, control, wish->value, &err) < 0)
		log_warning("camera: %s could not be set again: %s", wish->name, err.text);
	else if (control->value != wish->value)
		log_warning("camera: %s was %lld and is %lld now", wish->name,
			    (long long)wish->value, (long long)control->value);
}

int controls_attach(struct controls *controls, const struct camera_driver *driver, void *self,
		    struct err *err)
{
	int rc;

	controls->driver = driver;
	controls->self = self;
	rc = refresh(controls, err);
	/* automatics first: what they hold cannot be set before they are off */
	for (int automatics = 1; rc == 0 && automatics >= 0; automatics--) {
		for (size_t i = 0; i < controls->wish_len; i++)
			if (is_automatic(controls, controls->wishes[i].name) == (automatics == 1))
				grant(controls, &controls->wishes[i]);
		rc = refresh(controls, err);
	}
	return rc;
}

void controls_detach(struct controls *controls)
{
	controls->self = NULL;
	controls->len = 0;
}

int controls_list(struct controls *controls, const struct camera_control **list, struct err *err)
{
	int rc = refresh(controls, err);

	*list = controls->list;
	return rc < 0 ? rc : (int)controls->len;
}

static int look_up(struct controls *controls, const char *name, struct camera_control **out,
		   struct err *err)
{
	int rc = refresh(controls, err);

	if (rc < 0)
		return rc;
	*out = find(controls, name);
	return *out ? 0 : err_set(err, ERR_RANGE, "the camera has no control \"%s\"", name);
}

static int check_settable(struct controls *controls, const struct camera_control *control,
			  struct err *err)
{
	const struct camera_control *moved = locked_by_automatic(controls, control->name);

	if (control->locked)
		return err_set(err, ERR_STATE, "%s is locked at %lld: unlock it first", control->name,
			       (long long)control->value);
	if (moved)
		return err_set(err, ERR_STATE, "%s would move %s, which is locked: unlock that first",
			       control->name, moved->name);
	if (!control->writable && control->automatic[0])
		return err_set(err, ERR_STATE, "%s is held by %s: set that to %lld first",
			       control->name, control->automatic, (long long)control->automatic_off);
	if (!control->writable)
		return err_set(err, ERR_STATE, "%s cannot be set on this camera now", control->name);
	return 0;
}

static bool menu_has(const struct camera_control *control, int64_t value)
{
	for (uint32_t i = 0; i < control->menu_len; i++)
		if (control->menu[i].value == value)
			return true;
	return false;
}

/* The device has the last word on what is possible; what it took is read back. */
static int set(struct controls *controls, struct camera_control *control, int64_t value,
	       struct err *err)
{
	int rc;

	if (control->kind == CAMERA_MENU && !menu_has(control, value))
		return err_set(err, ERR_RANGE, "%s has no choice %lld", control->name, (long long)value);
	if (control->kind != CAMERA_BUTTON)
		value = CLAMP(value, control->min, control->max);
	rc = controls->driver->set(controls->self, control, value, err);
	if (rc == 0 && control->kind != CAMERA_BUTTON)
		want(controls, control->name, control->value, control->locked);
	return rc;
}

int controls_set(struct controls *controls, const char *name, int64_t value,
		 const struct camera_control **out, struct err *err)
{
	struct camera_control *control;
	int rc = look_up(controls, name, &control, err);

	if (rc == 0)
		rc = check_settable(controls, control, err);
	if (rc == 0)
		rc = set(controls, control, value, err);
	if (rc == 0)
		rc = look_up(controls, name, &control, err);
	if (rc == 0)
		*out = control;
	return rc;
}

static int stop_automatic(struct controls *controls, const char *name, int64_t off, struct err *err)
{
	struct camera_control *automatic = find(controls, name);
	int rc;

	if (!automatic || automatic->value == off)
		return 0;
	rc = set(controls, automatic, off, err);
	if (rc < 0)
		return err_prefix(err, "%s cannot be switched off", name);
	if (automatic->value != off)
		return err_set(err, ERR_DENIED, "%s cannot be switched off: the camera kept it at %lld",
			       name, (long long)automatic->value);
	return 0;
}

int controls_lock(struct controls *controls, const char *name, bool locked,
		  const struct camera_control **out, struct err *err)
{
	struct camera_control *control;
	int rc = look_up(controls, name, &control, err);

	if (rc == 0 && control->kind == CAMERA_BUTTON)
		rc = err_set(err, ERR_UNSUPPORTED, "%s is a button: there is no value to lock", name);
	if (rc == 0 && locked && control->automatic[0])
		rc = stop_automatic(controls, control->automatic, control->automatic_off, err);
	if (rc == 0)
		rc = look_up(controls, name, &control, err);
	if (rc < 0)
		return rc;
	want(controls, name, control->value, locked);
	control->locked = locked;
	*out = control;
	return 0;
}
