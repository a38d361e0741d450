/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * air.h - the gate between the encoder and everything behind it: what is ON AIR is signed, shown and recorded,
 * the same bytes; what is not goes nowhere.
 *
 *   encode: air_pass --open--> signatures --> viewers
 *                                        `--> recorder
 *
 * It opens with a keyframe, which it asks for, and shuts at the next picture. The signature over the last
 * pictures comes when it is shut already, and goes to the recorder only.
 */
#ifndef OSTEND_AIR_H
#define OSTEND_AIR_H

#include "station/base/err.h"
#include "station/encode/access_unit.h"

struct air;
struct media_signing;
struct pipeline;
struct recorder;
struct stream;

struct air_config {
	struct stream *stream;
	struct recorder *recorder;
	struct media_signing *signing;	/* NULL: nothing is signed */
	void (*request_keyframe)(void *owner);	/* thread: encode, main */
	void *owner;
};

int air_new(struct air **out, const struct air_config *config, struct err *err);	/* shut; ERR_NOMEM */
struct air *air_free(struct air *air);	/* when the encode thread has ended */

/** One access unit of any layer. Thread: encode. */
void air_pass(struct air *air, struct access_unit *au);

/* Thread: main. */
void air_open(struct air *air, int64_t showing);
/** @why it is shut, for the recording: a name of pause_reasons.def, a literal. */
void air_shut(struct air *air, const char *why);

/** Whether pictures go out, or something of the last ones is still to come. Any thread. */
bool air_is_open(const struct air *air);
bool air_is_busy(const struct air *air);

#endif
