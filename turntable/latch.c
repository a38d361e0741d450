/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "turntable/latch.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "station/base/i18n.h"
#include "station/base/rpc.h"

/* "fault" to GOVERNOR_HALT_FAULT; "" is none. */
static bool read_kind(enum governor_halt_kind *kind, const char *text)
{
	*kind = GOVERNOR_HALT_NONE;
	if (!*text)
		return true;
	for (int i = GOVERNOR_HALT_NONE + 1; i <= GOVERNOR_HALT_UNASKED; i++)
		if (strcmp(text, governor_halt_text((enum governor_halt_kind)i)) == 0) {
			*kind = (enum governor_halt_kind)i;
			return true;
		}
	return false;
}

static bool read_handling(uint32_t *mask, const json_t *names)
{
	for (size_t i = 0; i < json_array_size(names); i++) {
		const char *name = json_string_value(json_array_get(names, i));
		uint32_t bit = name ? handling_find(name) : 0;

		if (!bit)
			return false;
		*mask |= bit;
	}
	return json_is_array(names);
}

static bool read_kept(struct governor_kept *kept, json_t *root)
{
	const char *kind, *reason, *by;
	json_t *handling, *straight;
	json_int_t epoch, since, low, high;
	int estop;

	if (!root || json_unpack(root, "{s:b, s:I, s:{s:s, s:s, s:s, s:I !}, s:o, s:[I, I !], s:o !}", "estop", &estop,
				 "epoch", &epoch, "halt", "kind", &kind, "reason", &reason, "by", &by,
				 "since_utc_us", &since, "handling", &handling, "wound_mdeg", &low, &high,
				 "straight_mdeg", &straight) < 0)
		return false;
	kept->estop = estop;
	kept->epoch = (uint32_t)epoch;
	kept->halt.since_utc_us = since;
	snprintf(kept->halt.reason, sizeof kept->halt.reason, "%s", reason);
	snprintf(kept->halt.by, sizeof kept->halt.by, "%s", by);
	kept->wound_min_mdeg = low;
	kept->wound_max_mdeg = high;
	kept->straight_known = json_is_integer(straight);
	kept->straight_mdeg = (int32_t)json_integer_value(straight);
	return read_kind(&kept->halt.kind, kind) && read_handling(&kept->handling, handling) && epoch >= 0 &&
	       epoch < UINT32_MAX && low <= high && json_integer_value(straight) >= 0 &&
	       json_integer_value(straight) < MDEG_PER_TURN && (json_is_integer(straight) || json_is_null(straight));
}

int latch_load(const char *path, struct governor_kept *kept, struct err *err)
{
	json_t *root;
	bool good;

	memset(kept, 0, sizeof *kept);
	if (access(path, F_OK) < 0 && errno == ENOENT)
		return 0;
	root = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
	good = read_kept(kept, root);
	json_decref(root);
	if (good)
		return 0;
	memset(kept, 0, sizeof *kept);
	kept->estop = true;
	kept->halt.kind = GOVERNOR_HALT_ESTOP;
	err_set(err, ERR_TAMPER, _("%s is damaged: taken as an emergency stop"), path);
	snprintf(kept->halt.reason, sizeof kept->halt.reason, "%s", err->text);
	return ERR_TAMPER;
}

static json_t *handling_names_of(uint32_t mask)
{
	json_t *list = json_array();

	for (size_t i = 0; handling_name(i); i++)
		if (mask & (1u << i))
			json_array_append_new(list, json_string(handling_name(i)));
	return list;
}

char *latch_text(const struct governor_kept *kept)
{
	const char *kind = kept->halt.kind == GOVERNOR_HALT_NONE ? "" : governor_halt_text(kept->halt.kind);
	json_t *root = json_pack("{s:b, s:I, s:{s:s, s:o, s:o, s:I}, s:o, s:[I, I], s:o}", "estop", (int)kept->estop,
				 "epoch", (json_int_t)kept->epoch, "halt", "kind", kind, "reason",
				 rpc_text(kept->halt.reason), "by", rpc_text(kept->halt.by), "since_utc_us",
				 (json_int_t)kept->halt.since_utc_us, "handling", handling_names_of(kept->handling),
				 "wound_mdeg", (json_int_t)kept->wound_min_mdeg, (json_int_t)kept->wound_max_mdeg,
				 "straight_mdeg", kept->straight_known ? json_integer(kept->straight_mdeg) : json_null());
	char *text = root ? json_dumps(root, JSON_COMPACT | JSON_PRESERVE_ORDER) : NULL;

	json_decref(root);
	return text;
}
