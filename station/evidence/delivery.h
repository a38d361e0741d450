/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * delivery.h - the delivery copy of a still: the same picture with EXIF, XMP and a C2PA manifest, beside the
 * untouched one (media/SHOWING/delivery/NNNN.jpg, NNNN being the still's number). Thread: evidence.
 */
#ifndef OSTEND_EVIDENCE_DELIVERY_H
#define OSTEND_EVIDENCE_DELIVERY_H

#include "station/evidence/c2pa.h"
#include "station/evidence/ledger.h"

struct delivery {
	int64_t still;
	struct c2pa_draft *draft;
	uint8_t digest[C2PA_DIGEST_BYTES];	/* to be signed by the media key */
	char case_no[256], exhibit_no[256];
	char file[96];				/* of the copy, under STATE/evidence */
	int64_t showing;
};

void delivery_clear(struct delivery *delivery);

/** The oldest still without a copy; 0: there is none. Rejected ones need none. */
int delivery_next(struct store *store, int64_t *still, struct err *err);

/**
 * Put EXIF and XMP in, and draft the manifest.
 *
 * @folder    STATE/evidence
 * @chain_pem of the media key, without the root
 * @delivery  for delivery_clear
 * @return    0; ERR_TAMPER when the file is not what the ledger says; ERR_RANGE: no such still; ERR_OS
 */
int delivery_begin(struct store *store, const char *folder, const char *chain_pem, int64_t still,
		   struct delivery *delivery, struct err *err);

/** Finish with the signature, write it durably, and enter it in the ledger. */
int delivery_keep(struct store *store, const struct act *act, const char *folder, struct delivery *delivery,
		  const uint8_t *der, size_t der_bytes, struct err *err);

/** No copy can be made of @still (its file is damaged): say so in the ledger, and do not try again. */
int delivery_give_up(struct store *store, const struct act *act, int64_t still, const char *why, struct err *err);

#endif
