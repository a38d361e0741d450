/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/camera/capture_rpc.h"

#include <string.h>

#include "station/base/rpc.h"

json_t *capture_rpc_status(const struct capture_status *status)
{
	const struct camera_info *info = status->info;

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:s, s:I, s:I, s:I}",
			 "driver", status->driver, "device", info->device, "identity",
			 info->identity, "state", status->state, "reason", status->reason, "width",
			 (json_int_t)info->width, "height", (json_int_t)info->height, "fps",
			 (json_int_t)info->fps, "format", info->format, "frames",
			 (json_int_t)status->frames, "dropped", (json_int_t)status->dropped,
			 "rejected", (json_int_t)status->rejected);
}

static json_t *menu_of(const struct camera_control *control)
{
	json_t *menu = json_array();

	for (uint32_t i = 0; i < control->menu_len; i++)
		json_array_append_new(menu, json_pack("{s:I, s:s}", "value",
						      (json_int_t)control->menu[i].value, "label",
						      control->menu[i].label));
	return menu;
}

static json_t *json_of(const struct camera_control *control)
{
	static const char *const kinds[] = { "integer", "boolean", "menu", "button" };

	return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:s, s:b, s:b, s:o}", "name",
			 control->name, "label", control->label, "value",
			 (json_int_t)control->value, "min", (json_int_t)control->min, "max",
			 (json_int_t)control->max, "step", (json_int_t)control->step, "default",
			 (json_int_t)control->fallback, "kind", kinds[control->kind], "locked",
			 control->locked, "writable", control->writable, "menu", menu_of(control));
}

static int list_controls(struct controls *controls, json_t **result, struct err *err)
{
	const struct camera_control *list;
	json_t *array = json_array();
	int count = controls_list(controls, &list, err);

	for (int i = 0; i < count; i++)
		json_array_append_new(array, json_of(&list[i]));
	*result = json_pack("{s:o}", "controls", array);
	return MIN(count, 0);
}

static int bad_params(int *rpc_code, int rc)
{
	*rpc_code = RPC_BAD_PARAMS;
	return rc;
}

static int set_control(struct controls *controls, const json_t *params, json_t **result,
		       int *rpc_code, struct err *err)
{
	static const char *const known[] = { "control", "value", NULL };
	const struct camera_control *control;
	const char *name;
	json_int_t value;
	int rc = rpc_only(params, known, err);

	if (rc == 0)
		rc = rpc_string(&name, params, "control", err);
	if (rc == 0)
		rc = rpc_integer(&value, params, "value", INT64_MIN, INT64_MAX, err);
	if (rc < 0)
		return bad_params(rpc_code, rc);
	rc = controls_set(controls, name, value, &control, err);
	if (rc == 0)
		*result = json_of(control);
	return rc;
}

static int lock_control(struct controls *controls, const json_t *params, json_t **result,
			int *rpc_code, struct err *err)
{
	static const char *const known[] = { "control", "locked", NULL };
	const struct camera_control *control;
	const json_t *locked = json_object_get(params, "locked");
	const char *name;
	int rc = rpc_only(params, known, err);

	if (rc == 0)
		rc = rpc_string(&name, params, "control", err);
	if (rc == 0 && !json_is_boolean(locked))
		rc = err_set(err, ERR_RANGE, "locked: true or false is wanted");
	if (rc < 0)
		return bad_params(rpc_code, rc);
	rc = controls_lock(controls, name, json_is_true(locked), &control, err);
	if (rc == 0)
		*result = json_of(control);
	return rc;
}

int capture_rpc_controls(struct controls *controls, const char *method, const json_t *params,
			 json_t **result, int *rpc_code, struct err *err)
{
	static const char *const none[] = { NULL };
	int rc;

	*result = NULL;
	*rpc_code = RPC_REFUSED;
	if (strcmp(method, "camera.set") == 0)
		return set_control(controls, params, result, rpc_code, err);
	if (strcmp(method, "camera.lock") == 0)
		return lock_control(controls, params, result, rpc_code, err);
	if (strcmp(method, "camera.controls") != 0) {
		*rpc_code = RPC_NO_METHOD;
		return err_set(err, ERR_UNSUPPORTED, "there is no method \"%s\" here", method);
	}
	rc = rpc_only(params, none, err);
	if (rc < 0)
		return bad_params(rpc_code, rc);
	rc = list_controls(controls, result, err);
	if (rc < 0) {
		json_decref(*result);
		*result = NULL;
	}
	return rc;
}
