/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * media_signing.h - the signing of the live layers: between the encode thread, which has what is to be
 * signed, and the signer's process, which main alone speaks to.
 *
 *   encode: media_sign_pass --digest--> main: child_call "signer.sign" --signature--> media_sign_answer
 *
 * A signer that is dead or slow costs signatures, never pictures: its sections stay unsigned, which every
 * screen is told, once when it begins and once when it is over. Thread: main, where not said.
 */
#ifndef OSTEND_MEDIA_SIGNING_H
#define OSTEND_MEDIA_SIGNING_H

#include <jansson.h>

#include "station/evidence/media_sign.h"

struct station;
struct media_signing;

/** Reads the media certificate. ERR_STATE, ERR_TAMPER, ERR_OS: the certificate; ERR_RANGE; ERR_NOMEM. */
int media_signing_open(struct media_signing **out, struct station *station, struct err *err);
/** After the encode thread has ended and the signer's calls are answered. Returns NULL. */
struct media_signing *media_signing_free(struct media_signing *signing);

/** The signing of one layer, for its thread: encode. */
struct media_sign *media_signing_layer(struct media_signing *signing, unsigned layer);

/** media_sign_pass of @au's layer, with the time of its capture. The caller's. Thread: encode. */
struct access_unit *media_signing_pass(struct media_signing *signing, struct access_unit *au);

/** Of all layers together. Any thread. */
void media_signing_stats(struct media_signing *signing, struct media_sign_stats *out);

/** {"state": "waiting" | "signed" | "unsigned", "reason", "sections", "signed", "unsigned"}. */
json_t *media_signing_status(struct media_signing *signing);

/** The certificates of the media key: leaf, then intermediates; without the root. Any thread. */
const char *media_signing_chain(const struct media_signing *signing);

/** {"type": "media-key", "chain", "station"}: what a page checks the signatures against. */
json_t *media_signing_key_message(const struct media_signing *signing);

#endif
