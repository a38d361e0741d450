/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "turntable/latch.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Kinds of handling go into the file by their names, so that the lines of handling.def may be moved. */
static json_t *handling_to_json(uint32_t mask)
{
	json_t *names = json_array();

	for (size_t i = 0; handling_name(i); i++)
		if (mask & (1u << i))
			json_array_append_new(names, json_string(handling_name(i)));
	return names;
}

static bool handling_from_json(uint32_t *mask, const json_t *names)
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

static bool halt_from_json(struct governor_halt *halt, json_t *root)
{
	const char *reason, *by;
	json_int_t kind, since;

	if (json_is_null(root))
		return true;
	if (json_unpack(root, "{s:I, s:s, s:s, s:I !}", "kind", &kind, "reason", &reason, "by", &by, "since_utc_us",
			&since) < 0 || kind <= GOVERNOR_HALT_NONE || kind > GOVERNOR_HALT_UNASKED)
		return false;
	halt->kind = (enum governor_halt_kind)kind;
	halt->since_utc_us = since;
	snprintf(halt->reason, sizeof halt->reason, "%s", reason);
	snprintf(halt->by, sizeof halt->by, "%s", by);
	return true;
}

static bool from_json(struct governor_kept *kept, json_t *root)
{
	json_t *halt, *handling;
	json_int_t epoch, straight, min, max;
	int estop, known;

	if (json_unpack(root, "{s:b, s:o, s:I, s:o, s:I, s:I, s:b, s:I !}", "estop", &estop, "halt", &halt, "epoch",
			&epoch, "handling", &handling, "wound_min_mdeg", &min, "wound_max_mdeg", &max,
			"straight_known", &known, "straight_mdeg", &straight) < 0 ||
	    epoch < 0 || epoch > UINT32_MAX || straight < 0 || straight >= MDEG_PER_TURN || min > max ||
	    !halt_from_json(&kept->halt, halt) || !handling_from_json(&kept->handling, handling))
		return false;
	kept->estop = estop;
	kept->epoch = (uint32_t)epoch;
	kept->wound_min_mdeg = min;
	kept->wound_max_mdeg = max;
	kept->straight_known = known;
	kept->straight_mdeg = (int32_t)straight;
	return true;
}

int latch_load(const char *path, struct governor_kept *kept, struct err *err)
{
	struct governor_kept read = { 0 };
	json_error_t error;
	json_t *root;
	bool good;

	*kept = (struct governor_kept){ 0 };
	if (access(path, F_OK) < 0 && errno == ENOENT)
		return 0;
	root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	good = root && from_json(&read, root);
	json_decref(root);
	if (good) {
		*kept = read;
		return 0;
	}
	kept->estop = true;
	return err_set(err, ERR_TAMPER, "%s is damaged: taken as an emergency stop", path);
}

static json_t *to_json(const struct governor_kept *kept)
{
	json_t *halt = !kept->halt.kind ? json_null() :
		json_pack("{s:i, s:s, s:s, s:I}", "kind", (int)kept->halt.kind, "reason", kept->halt.reason, "by",
			  kept->halt.by, "since_utc_us", (json_int_t)kept->halt.since_utc_us);

	return json_pack("{s:b, s:o, s:I, s:o, s:I, s:I, s:b, s:I}", "estop", kept->estop, "halt", halt, "epoch",
			 (json_int_t)kept->epoch, "handling", handling_to_json(kept->handling), "wound_min_mdeg",
			 (json_int_t)kept->wound_min_mdeg, "wound_max_mdeg", (json_int_t)kept->wound_max_mdeg,
			 "straight_known", kept->straight_known, "straight_mdeg", (json_int_t)kept->straight_mdeg);
}

static int write_text(const char *path, const char *text, struct err *err)
{
	size_t len = strlen(text);
	CLEANUP(util_closep) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0 || write(fd, text, len) != (ssize_t)len)
		return err_os(err, "%s: write", path);
	return 0;
}

int latch_save(const char *path, const struct governor_kept *kept, struct err *err)
{
	char part[PATH_MAX];
	json_t *root = to_json(kept);
	char *text = root ? json_dumps(root, JSON_COMPACT) : NULL;
	int rc = text ? 0 : err_set(err, ERR_NOMEM, "%s: out of memory, or a name is no UTF-8", path);

	snprintf(part, sizeof part, "%s.part", path);
	if (rc == 0)
		rc = write_text(part, text, err);
	if (rc == 0 && rename(part, path) < 0)
		rc = err_os(err, "%s: rename", path);
	free(text);
	json_decref(root);
	return rc;
}
