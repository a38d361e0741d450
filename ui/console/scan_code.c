/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/console/scan_code.h"

#include "station/base/i18n.h"
#include "ui/console/fields.h"

#define CONNECT_MS 2000
#define LOOK_MS 8000		/* time to hold the bag before the camera */
#define ANSWER_MS (LOOK_MS + 10000)

int scan_code(const struct reach *reach, json_t *params, struct err *err)
{
	CLEANUP(rpc_client_freep) struct rpc_client *client = NULL;
	json_t *seen, *request;
	int rc;

	if (json_object_get(params, "code"))
		return 0;
	rc = reach_connect(&client, reach->control, CONNECT_MS, err);
	if (rc < 0)
		return rc;
	request = json_pack("{s:i}", "for_ms", LOOK_MS);
	if (json_object_get(params, "by"))
		json_object_set(request, "by", json_object_get(params, "by"));
	rc = rpc_client_call(client, "exhibit.scan", request, ANSWER_MS, &seen, NULL, err);
	if (rc < 0)
		return rc;
	if (!*field_text(json_object_get(seen, "exhibit"), "code"))
		rc = err_set(err, ERR_PROTO, _("the station did not say whose label it is"));
	else
		json_object_set(params, "code", json_object_get(json_object_get(seen, "exhibit"), "code"));
	json_decref(seen);
	return rc;
}
