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
	char made_by[32];		/* "camera"; "station" when it was encoded here from raw pixels */
	uint64_t captured_ns, captured_utc_us, sequence;
	json_t *settings;		/* exposure, white balance, focus ... as read; borrowed */
	char view[32];			/* of the shot list; "": none */
	int64_t retrieval;		/* condition photo of this retrieval; 0: none */
	int64_t exhibit;		/* intake photo of this exhibit; 0: none */
	int64_t spin;			/* 0: none */
	int32_t spin_frame;
};

/**
 * Write the file (new name, fsync, rename, fsync of the folder), then row and event.
 *
 * @folder STATE/evidence
 * @id     of the still
 * @return 0; ERR_RANGE for what is no whole JPEG; ERR_FULL; ERR_OS
 */
int still_keep(struct store *store, const struct act *act, const char *folder, const struct still_shot *shot,
	       int64_t *id, struct err *err);

/** ERR_RANGE: no such still, or rejected before. */
int still_reject(struct store *store, const struct act *act, int64_t id, struct err *err);

/** {"still", "file", "sha256", "bytes", "width", "height", "format", "pose", "view", "rejected", ...} */
int still_json(struct store *store, int64_t id, json_t **json, struct err *err);

#endif
