/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * spin.h - stills round the turn: N of them, one each 360/N degrees, with an event at the beginning and one at
 * the end that lists their digests. Thread: evidence, in the caller's transaction.
 */
#ifndef OSTEND_EVIDENCE_SPIN_H
#define OSTEND_EVIDENCE_SPIN_H

#include "station/evidence/ledger.h"

#define SPIN_FRAMES_MIN 12
#define SPIN_FRAMES_MAX 360
#define SPIN_SETTLE_MS 20
#define SPIN_SETTLE_MAX_MS 5000

struct spin {
	int64_t id;
	int frames;
	int settle_ms;				/* from the table's word that it stands to the picture */
	int64_t showing, retrieval;
	bool full;
	char exhibit[64];			/* code of the exhibit whose intake it is; "" */
	bool have[SPIN_FRAMES_MAX];		/* there is a still of it that is not rejected */
};

/** A new one, or with @spin->id (all else of @spin is then read) an old one that goes on. ERR_RANGE: there is none;
 * ERR_STATE: it is complete. */
int spin_begin(struct store *store, const struct act *act, struct spin *spin, struct err *err);

/** @outcome "" when all frames are there, else what has ended it. */
int spin_end(struct store *store, const struct act *act, int64_t id, const char *outcome, struct err *err);

/** Those that a failure of the station has left under way are ended. How many. */
int spin_recover(struct store *store, const struct act *act, struct err *err);

/** {"spin", "frames", "state": "running" | "stopped" | "complete", "outcome", "showing", "stills": [{"frame", "still",
 * "sha256", "bearing_mdeg"}], "missing": [frame...], ...}. ERR_RANGE */
int spin_json(struct store *store, int64_t id, json_t **json, struct err *err);

/** The bearing of frame @frame of @frames, to the nearest millidegree. */
static inline int32_t spin_bearing_mdeg(int frame, int frames)
{
	return (int32_t)(((int64_t)frame * MDEG_PER_TURN + frames / 2) / frames % MDEG_PER_TURN);
}

/** Whether the table stands at the angle of frame @frame, within what it knows of its own. ERR_STATE */
int spin_check_pose(int frame, int frames, const struct pose *pose, struct err *err);

#endif
