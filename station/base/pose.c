/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/base/pose.h"

#include <string.h>

#include "station/base/util.h"

static const char *const links[] = { "closed", "opening", "up", "silent", "lost" };
static const char *const motions[] = { "unknown", "still", "moving", "stopping", "homing", "held" };
static const char *const references[] = { "none", "user-zero", "homed", "absolute" };
static const char *const sources[] = { "none", "assumed", "counted", "encoder" };

const char *pose_link_name(enum pose_link link)
{
	return links[link];
}

const char *pose_motion_name(enum pose_motion motion)
{
	return motions[motion];
}

const char *pose_reference_name(enum pose_reference reference)
{
	return references[reference];
}

const char *pose_source_name(enum pose_source source)
{
	return sources[source];
}

static int name_index(const json_t *json, const char *key, const char *const *names, size_t count)
{
	const char *name = json_string_value(json_object_get(json, key));

	for (size_t i = 0; name && i < count; i++)
		if (strcmp(names[i], name) == 0)
			return (int)i;
	return 0;	/* the first of each list is "closed", "unknown", "none" */
}

void pose_read(struct pose *pose, const json_t *json)
{
	const json_t *uncertainty = json_object_get(json, "uncertainty_mdeg");

	*pose = (struct pose){
		.link = name_index(json, "link", links, ARRAY_LEN(links)),
		.motion = name_index(json, "motion", motions, ARRAY_LEN(motions)),
		.reference = name_index(json, "reference", references, ARRAY_LEN(references)),
		.source = name_index(json, "source", sources, ARRAY_LEN(sources)),
		.reported_mdeg = json_integer_value(json_object_get(json, "reported_mdeg")),
		.commanded_mdeg = json_integer_value(json_object_get(json, "commanded_mdeg")),
		.uncertainty_mdeg = json_is_integer(uncertainty) ?
			(int32_t)json_integer_value(uncertainty) : INT32_MAX,
		.speed_mdeg_s = (int32_t)json_integer_value(json_object_get(json, "speed_mdeg_s")),
		.sampled_ns = (uint64_t)json_integer_value(json_object_get(json, "sampled_ns")),
		.epoch = (uint32_t)json_integer_value(json_object_get(json, "epoch")),
		.estop = json_is_true(json_object_get(json, "estop")),
	};
}

json_t *pose_json(const struct pose *pose)
{
	bool known = pose->reference != POSE_REF_NONE;

	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:I, s:I, s:o, s:i, s:I, s:I, s:b}",
			 "link", pose_link_name(pose->link), "motion", pose_motion_name(pose->motion),
			 "reference", pose_reference_name(pose->reference),
			 "source", pose_source_name(pose->source), "bearing_mdeg",
			 known ? json_integer(pose_bearing_mdeg(pose->reported_mdeg)) : json_null(),
			 "reported_mdeg", (json_int_t)pose->reported_mdeg,
			 "commanded_mdeg", (json_int_t)pose->commanded_mdeg, "uncertainty_mdeg",
			 pose->uncertainty_mdeg == INT32_MAX ? json_null() : json_integer(pose->uncertainty_mdeg),
			 "speed_mdeg_s", (int)pose->speed_mdeg_s, "sampled_ns", (json_int_t)pose->sampled_ns,
			 "epoch", (json_int_t)pose->epoch, "estop", (int)pose->estop);
}
