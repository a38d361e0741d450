/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Main says what it wants by three words in memory; the encode thread looks at them with each picture of layer 0 and
 * does it. So a gate that is told to shut lets nothing more through than what is in the encoder's hands.
 */
#include "station/air.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "station/base/clock.h"
#include "station/evidence/recorder.h"
#include "station/media_signing.h"
#include "station/stream/stream.h"

#define REST_NS (2 * NS_PER_S)		/* a signature that comes later is not waited for */
#define REOPEN_NS (200 * NS_PER_MS)	/* nor is it for so long, when it is to open again */
#define ASK_NS (300 * NS_PER_MS)

struct air {
	struct air_config config;
	/* from main */
	_Atomic int64_t showing;
	_Atomic(const char *) why;
	atomic_bool wanted;
	_Atomic uint64_t shuts;		/* how often: a pause shorter than a picture is one too */
	/* to anybody */
	atomic_bool open, ending;
	/* thread: encode */
	int64_t open_showing;
	uint64_t open_shuts;		/* of them, how many before it was opened */
	bool layer_open[ACCESS_UNIT_LAYERS_MAX];
	uint64_t ending_since_ns, asked_ns;
	const char *ending_why;
};

/* --- thread: encode ------------------------------------------------------------------------------ */

static void end_recording(struct air *air)
{
	recorder_end(air->config.recorder, air->ending_why);
	atomic_store(&air->ending, false);
}

/* What still comes of the stretch that is over. */
static void serve_ending(struct air *air, uint64_t now_ns)
{
	struct media_sign *sign = air->config.signing ? media_signing_layer(air->config.signing, 0) : NULL;
	struct media_sign_stats stats = { 0 };
	struct access_unit *rest;

	while (sign && (rest = media_sign_rest(sign))) {
		recorder_give(air->config.recorder, rest);
		access_unit_unref(rest);
	}
	if (sign)
		media_sign_stats(sign, &stats);
	if (!stats.waiting || now_ns > air->ending_since_ns + REST_NS)
		end_recording(air);
}

static void shut(struct air *air, uint64_t now_ns)
{
	uint64_t end_utc_us = (uint64_t)clock_utc_of_mono_us(now_ns);

	for (uint32_t i = 0; i < ACCESS_UNIT_LAYERS_MAX; i++) {
		if (air->layer_open[i] && air->config.signing)
			media_sign_end(media_signing_layer(air->config.signing, i), end_utc_us);
		air->layer_open[i] = false;
	}
	air->ending_since_ns = now_ns;
	air->ending_why = atomic_load(&air->why);
	atomic_store(&air->ending, true);
	atomic_store(&air->open, false);
}

static void open_gate(struct air *air)
{
	if (atomic_load(&air->ending))
		end_recording(air);
	air->open_showing = atomic_load(&air->showing);
	air->open_shuts = atomic_load(&air->shuts);
	recorder_begin(air->config.recorder, air->open_showing);
	atomic_store(&air->open, true);
}

static void want_keyframe(struct air *air, uint64_t now_ns)
{
	if (now_ns < air->asked_ns + ASK_NS)
		return;
	air->asked_ns = now_ns;
	air->config.request_keyframe(air->config.owner);
}

static bool is_over(const struct air *air)
{
	return !atomic_load(&air->wanted) || air->open_showing != atomic_load(&air->showing) ||
	       air->open_shuts != atomic_load(&air->shuts);
}

/* Before a picture of layer 0. */
static void follow(struct air *air, const struct access_unit *au)
{
	if (atomic_load(&air->open) && is_over(air))
		shut(air, au->captured_ns);
	if (atomic_load(&air->ending))
		serve_ending(air, au->captured_ns);
	if (!atomic_load(&air->wanted) || atomic_load(&air->open))
		return;
	/* the signature over the last pictures belongs into their own file */
	if (atomic_load(&air->ending) && au->captured_ns < air->ending_since_ns + REOPEN_NS)
		return;
	if (au->keyframe)
		open_gate(air);
	else
		want_keyframe(air, au->captured_ns);
}

static void let_through(struct air *air, struct access_unit *au)
{
	struct access_unit *out = air->config.signing ? media_signing_pass(air->config.signing, au) :
							access_unit_ref(au);

	stream_give(air->config.stream, out);
	if (au->layer == 0)
		recorder_give(air->config.recorder, out);
	access_unit_unref(out);
}

void air_pass(struct air *air, struct access_unit *au)
{
	if (au->layer == 0)
		follow(air, au);
	if (!atomic_load(&air->open))
		return;
	if (au->keyframe)
		air->layer_open[au->layer] = true;
	if (air->layer_open[au->layer])
		let_through(air, au);
}

/* --- thread: main -------------------------------------------------------------------------------- */

void air_open(struct air *air, int64_t showing)
{
	if (atomic_load(&air->wanted) && atomic_load(&air->showing) == showing)
		return;
	atomic_store(&air->showing, showing);
	atomic_store(&air->wanted, true);
	air->config.request_keyframe(air->config.owner);
}

void air_shut(struct air *air, const char *why)
{
	atomic_store(&air->why, why);
	if (atomic_exchange(&air->wanted, false))
		atomic_fetch_add(&air->shuts, 1);
}

bool air_is_open(const struct air *air)
{
	return atomic_load(&air->open);
}

bool air_is_busy(const struct air *air)
{
	return atomic_load(&air->open) || atomic_load(&air->ending);
}

int air_new(struct air **out, const struct air_config *config, struct err *err)
{
	struct air *air = calloc(1, sizeof *air);

	if (!air)
		return err_set(err, ERR_NOMEM, "air: out of memory");
	air->config = *config;
	atomic_store(&air->why, "");
	*out = air;
	return 0;
}

struct air *air_free(struct air *air)
{
	free(air);
	return NULL;
}
