/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * still.h - photographs as evidence: the camera's own bytes, on the disk before anybody hears of them,
 * and never deleted. Thread: evidence.
 */
#ifndef OSTEND_EVIDENCE_STILL_H
#define OSTEND_EVIDENCE_STILL_H

#include "station/evidence/ledger.h"

/* What a still is of; exactly one of showing (in the act), retrieval and exhibit says why it may be taken. */
struct still_shot {
	const void *bytes;		/* as the device gave them */
	size_t len_bytes;
	uint32_t width, height;
	char format[32];		/* MIME type: "image/jpeg" */
	char camera[160];		/* its identity, as camera.status has it */
	bool full;			/* at the device's largest size */
	char made_by[32];		/* "camera"; "station" when it was encoded here from raw pixels */
	uint64_t captured_ns, captured_utc_us, sequence;
	json_t *settings;		/* exposure, white balance, focus ... as read; borrowed */
	bool shown;			/* the seats are told of it, and may fetch it */
	char view[32];			/* of the shot list; "": none */
	int64_t retrieval;		/* condition photo of this retrieval; 0: none */
	int64_t exhibit;		/* intake photo of this exhibit; 0: none */
	int64_t spin;			/* 0: none */
	int32_t spin_frame;
};

/**
 * Write the file (new name, fsync, rename, fsync of the folder), then row and event.
 *
 * The file is media/SHOWING/stills/NNNN.jpg (SHOWING 0: none is open), or media/SHOWING/spins/NN/FFF.jpg, under
 * @folder; a name that is taken is never used again. When the transaction fails after that, the file stays, and
 * still_recover enters it.
 *
 * @folder STATE/evidence
 * @id     of the still
 * @return 0; ERR_RANGE for what is no whole JPEG of the said size, for a view that is not on the list, and
 *         for a retrieval or exhibit that is none; ERR_STATE when none of the three is there; ERR_FULL; ERR_OS
 */
int still_keep(struct store *store, const struct act *act, const char *folder, const struct still_shot *shot,
	       int64_t *id, struct err *err);

/** Nothing is deleted: it is marked, with actor and reason, which is needed. ERR_RANGE: no such still; ERR_STATE:
 * rejected before. */
int still_reject(struct store *store, const struct act *act, int64_t id, struct err *err);

/** {"still", "file", "sha256", "bytes", "width", "height", "format", "pose", "view", "rejected", ...} */
int still_json(struct store *store, int64_t id, json_t **json, struct err *err);

/** How many stills of which view an exhibit has, of those not rejected: [{"view", "label", "stills": [id...]}]. */
int still_views(struct store *store, const char *case_no, const char *exhibit_no, json_t **list, struct err *err);
bool still_view_known(const char *view);
const char *still_view_label(const char *view);		/* English, for gettext; "" for one that is not known */

/* What a failure had left behind. */
struct still_recovery {
	int swept;			/* half-written files: nobody had heard of them */
	int found;			/* whole files without an entry: entered now, as found */
	int missing;			/* entries whose file is not there or has another length */
	char first_missing[96];
};

/** At start, before any still is taken. ERR_FULL; ERR_OS. */
int still_recover(struct store *store, const struct act *act, const char *folder, struct still_recovery *out,
		  struct err *err);

#endif
