/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/deliveries.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/clock.h"
#include "station/base/log.h"
#include "station/evidence/delivery.h"
#include "station/media_signing.h"
#include "station/signature.h"
#include "station/station.h"

#define SIGN_TIMEOUT_MS 5000
#define SETTLE_NS NS_PER_S		/* after a still: the next one, of a spin, comes first */
#define LOOK_AGAIN_NS (60 * NS_PER_S)	/* what was missed, or failed */

struct deliveries {
	struct station *station;
	char folder[CONFIG_TEXT_SIZE + 16];
	uint64_t due_ns;
	bool done;			/* nothing is missing */
	bool asked;			/* while it was busy: what it finds may be older than the question */
	bool busy;			/* what follows belongs to the job that is under way */
	struct act act;
	struct delivery delivery;
	uint8_t der[160];
	size_t der_bytes;
	struct err found;		/* why no copy can be made of this still */
};

static void finish(struct deliveries *deliveries, const struct err *err, uint64_t again_ns)
{
	if (err)
		log_warning("delivery copy of still %lld: %s", (long long)deliveries->delivery.still, err->text);
	delivery_clear(&deliveries->delivery);
	deliveries->busy = false;
	deliveries->due_ns = clock_mono_ns() + again_ns;
	deliveries_tick(deliveries);	/* the next at once, if it is due */
}

/* --- third: the copy ----------------------------------------------------------------------------- */

static int keep(struct store *store, void *arg, struct err *err)
{
	struct deliveries *deliveries = arg;

	return delivery_keep(store, &deliveries->act, deliveries->folder, &deliveries->delivery, deliveries->der,
			     deliveries->der_bytes, err);
}

static void kept(void *arg, int rc, const struct err *err)
{
	finish(arg, rc < 0 ? err : NULL, rc < 0 ? LOOK_AGAIN_NS : 0);
}

/* --- second: the signature ----------------------------------------------------------------------- */

static void is_signed(void *arg, const uint8_t *der, size_t len_bytes, const struct err *err)
{
	struct deliveries *deliveries = arg;

	if (!der || len_bytes > sizeof deliveries->der) {
		finish(deliveries, err, LOOK_AGAIN_NS);
		return;
	}
	memcpy(deliveries->der, der, len_bytes);
	deliveries->der_bytes = len_bytes;
	station_act(deliveries->station, NULL, &deliveries->act);
	evidence_do(deliveries->station->evidence, keep, kept, deliveries);
}

/* --- first: the still ---------------------------------------------------------------------------- */

static int begin(struct store *store, void *arg, struct err *err)
{
	struct deliveries *deliveries = arg;
	struct delivery *delivery = &deliveries->delivery;
	int rc = delivery_next(store, &delivery->still, err);

	deliveries->found = (struct err){ 0 };
	if (rc < 0 || !delivery->still)
		return rc;
	rc = delivery_begin(store, deliveries->folder, media_signing_chain(deliveries->station->signing),
			    delivery->still, delivery, &deliveries->found);
	if (rc == ERR_TAMPER || rc == ERR_RANGE)	/* it will be no better the next time */
		return delivery_give_up(store, &deliveries->act, delivery->still, deliveries->found.text, err);
	if (rc < 0 && err)
		*err = deliveries->found;
	return rc;
}

static void begun(void *arg, int rc, const struct err *err)
{
	struct deliveries *deliveries = arg;
	struct delivery *delivery = &deliveries->delivery;

	if (rc < 0) {
		finish(deliveries, err, LOOK_AGAIN_NS);
	} else if (!delivery->still) {
		deliveries->done = !deliveries->asked;
		finish(deliveries, NULL, deliveries->asked ? 0 : LOOK_AGAIN_NS);
		deliveries->asked = false;
	} else if (deliveries->found.code) {
		finish(deliveries, &deliveries->found, 0);
	} else {
		signature_ask(deliveries->station, "media", delivery->digest, SIGN_TIMEOUT_MS, is_signed, deliveries);
	}
}

void deliveries_tick(struct deliveries *deliveries)
{
	if (deliveries->busy || clock_mono_ns() < deliveries->due_ns)
		return;
	deliveries->busy = true;
	deliveries->delivery = (struct delivery){ 0 };
	station_act(deliveries->station, NULL, &deliveries->act);
	evidence_do(deliveries->station->evidence, begin, begun, deliveries);
}

static void look(struct deliveries *deliveries, uint64_t in_ns)
{
	deliveries->done = false;
	deliveries->asked = deliveries->busy;
	deliveries->due_ns = clock_mono_ns() + in_ns;
}

void deliveries_wake(struct deliveries *deliveries)
{
	look(deliveries, SETTLE_NS);
}

void deliveries_hurry(struct deliveries *deliveries)
{
	look(deliveries, 0);
}

bool deliveries_are_done(const struct deliveries *deliveries)
{
	return deliveries->done;
}

int deliveries_open(struct deliveries **out, struct station *station, struct err *err)
{
	struct deliveries *deliveries = calloc(1, sizeof *deliveries);

	if (!deliveries)
		return err_set(err, ERR_NOMEM, "delivery copies: out of memory");
	deliveries->station = station;
	snprintf(deliveries->folder, sizeof deliveries->folder, "%s/evidence", station->config.state);
	*out = deliveries;
	return 0;
}

struct deliveries *deliveries_free(struct deliveries *deliveries)
{
	if (deliveries)
		delivery_clear(&deliveries->delivery);
	free(deliveries);
	return NULL;
}
