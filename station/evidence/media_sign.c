/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * In each pass first what is ready goes out, then the picture is hashed. So the SEI of a section always comes
 * after the picture that ended it: a file that is cut at an IDR begins with pictures, not with the SEI of
 * what was cut off, which readers of the reference code take badly.
 *
 *   hashes --close--> waiting (first asked, first out) --answer--> pending --pass, rest--> in the stream
 */
#include "station/evidence/media_sign.h"

#include <stdlib.h>
#include <string.h>

#include "station/base/nal.h"
#include "station/base/clock.h"
#include "station/base/openssl.h"
#include "station/base/queue.h"
#include "station/evidence/media_insert.h"
#include "station/evidence/media_sei.h"
#include <openssl/sha.h>

#define ANSWERS_MAX 64
#define PENDING_MAX (2 * MEDIA_SIGN_WAITING_MAX)
#define SECTION_FRAMES_MAX 500

struct answer {
	uint32_t section;
	size_t len_bytes;
	uint8_t der[MEDIA_SEI_SIGNATURE_MAX];
};

/* A section whose signature is asked for. */
struct waiting {
	uint32_t counter;
	bool answered;
	struct media_sei *sei;	/* NULL: it stays unsigned */
};

struct media_sign {
	struct media_sei_signer signer;
	struct media_sign_config config;
	struct queue *answers;

	/* the section that pictures are added to */
	uint8_t hashes[MEDIA_SEI_HASHES_MAX][MEDIA_SEI_HASH_BYTES];
	size_t count;
	uint32_t frames;
	uint64_t start_utc_us, start_ns;
	uint8_t anchor[MEDIA_SEI_HASH_BYTES], link[MEDIA_SEI_HASH_BYTES];
	uint32_t counter;
	bool overfull;		/* more slices than can be listed: not to be signed */

	struct waiting waiting[MEDIA_SIGN_WAITING_MAX];	/* oldest first */
	size_t waiting_count;
	struct media_sei *pending[PENDING_MAX];		/* signed, for the next picture; oldest first */
	size_t pending_count, rested_count;		/* how many of them rest() has given already */
	bool begins;		/* no picture since the start or the last end */

	_Atomic uint64_t sections, signed_sections, unsigned_sections;
	_Atomic uint32_t waiting_now, last_counter;
	struct access_unit shape;	/* of the newest picture, for rest(); last, as it ends in its bytes */
};

/* --- life ----------------------------------------------------------------------------------------- */

static int check_config(const struct media_sign_config *config, struct err *err)
{
	if (config->section_frames < 1 || config->section_frames > SECTION_FRAMES_MAX)
		return err_set(err, ERR_RANGE, "media signing: sections of %u pictures, 1 to %d are possible",
			       config->section_frames, SECTION_FRAMES_MAX);
	if (strncmp(config->chain_pem, "-----BEGIN CERTIFICATE-----", 27) != 0)
		return err_set(err, ERR_PROTO, "media signing: the certificate chain is no PEM");
	return 0;
}

/* A section without slices: are the texts such that every later one can be written? */
static int try_signer(const struct media_sei_signer *signer, struct err *err)
{
	static const uint8_t zeros[1][MEDIA_SEI_HASH_BYTES];
	const struct media_sei_section section = { .hashes = zeros, .link = zeros[0] };
	CLEANUP(media_sei_freep) struct media_sei *sei = NULL;

	return media_sei_new(&sei, signer, &section, err);
}

static int copy_texts(struct media_sign *sign, const struct media_sign_config *config, struct err *err)
{
	sign->signer.chain_pem = strdup(config->chain_pem);
	sign->signer.firmware = strdup(config->firmware);
	sign->signer.serial = strdup(config->serial);
	sign->signer.manufacturer = strdup(config->manufacturer);
	if (!sign->signer.chain_pem || !sign->signer.firmware || !sign->signer.serial ||
	    !sign->signer.manufacturer)
		return err_set(err, ERR_NOMEM, "media signing: out of memory");
	return try_signer(&sign->signer, err);
}

int media_sign_new(struct media_sign **out, const struct media_sign_config *config, struct err *err)
{
	struct media_sign *sign = NULL;
	int rc = check_config(config, err);

	if (rc < 0)
		return rc;
	sign = calloc(1, sizeof *sign);
	if (!sign)
		return err_set(err, ERR_NOMEM, "media signing: out of memory");
	sign->config = *config;
	sign->begins = true;
	rc = copy_texts(sign, config, err);
	if (rc == 0)
		rc = queue_new(&sign->answers, ANSWERS_MAX, QUEUE_DROP_OLDEST, free, err);
	if (rc < 0)
		media_sign_free(sign);
	else
		*out = sign;
	return rc;
}

struct media_sign *media_sign_free(struct media_sign *sign)
{
	if (!sign)
		return NULL;
	for (size_t i = 0; i < sign->waiting_count; i++)
		media_sei_free(sign->waiting[i].sei);
	for (size_t i = 0; i < sign->pending_count; i++)
		media_sei_free(sign->pending[i]);
	queue_free(sign->answers);
	free((char *)sign->signer.chain_pem);
	free((char *)sign->signer.firmware);
	free((char *)sign->signer.serial);
	free((char *)sign->signer.manufacturer);
	free(sign);
	return NULL;
}

/* --- signatures ----------------------------------------------------------------------------------- */

void media_sign_answer(struct media_sign *sign, uint32_t section, const uint8_t *der, size_t len_bytes)
{
	struct answer *answer = calloc(1, sizeof *answer);

	if (!answer)
		return;		/* as an answer that never came */
	answer->section = section;
	if (len_bytes <= sizeof answer->der) {
		answer->len_bytes = len_bytes;
		if (len_bytes)
			memcpy(answer->der, der, len_bytes);
	}
	queue_give(sign->answers, answer);
}

static void go_unsigned(struct media_sign *sign, struct waiting *waiting)
{
	waiting->sei = media_sei_free(waiting->sei);
	waiting->answered = true;
	atomic_fetch_add(&sign->unsigned_sections, 1);
}

static void take_answer(struct media_sign *sign, const struct answer *answer)
{
	for (size_t i = 0; i < sign->waiting_count; i++) {
		struct waiting *waiting = &sign->waiting[i];

		if (waiting->counter != answer->section || waiting->answered)
			continue;
		if (media_sei_sign(waiting->sei, answer->der, answer->len_bytes, NULL) < 0)
			go_unsigned(sign, waiting);
		waiting->answered = true;
		return;
	}
}

static struct media_sei *shift_pending(struct media_sign *sign)
{
	struct media_sei *first = sign->pending[0];

	memmove(&sign->pending[0], &sign->pending[1], --sign->pending_count * sizeof sign->pending[0]);
	sign->rested_count -= sign->rested_count > 0;
	return first;
}

/* The oldest one leaves the row. */
static void shift_waiting(struct media_sign *sign)
{
	struct media_sei *sei = sign->waiting[0].sei;

	memmove(&sign->waiting[0], &sign->waiting[1], --sign->waiting_count * sizeof sign->waiting[0]);
	atomic_store(&sign->waiting_now, (uint32_t)sign->waiting_count);
	if (!sei)
		return;
	if (sign->pending_count == PENDING_MAX)	/* a pause after another without pictures: in files already */
		media_sei_free(shift_pending(sign));
	sign->pending[sign->pending_count++] = sei;
	atomic_fetch_add(&sign->signed_sections, 1);
}

static void take_answers(struct media_sign *sign)
{
	struct answer *answer;

	while ((answer = queue_take(sign->answers))) {
		take_answer(sign, answer);
		free(answer);
	}
	while (sign->waiting_count > 0 && sign->waiting[0].answered)
		shift_waiting(sign);
}

/* --- slices --------------------------------------------------------------------------------------- */

/* The text of the specification has data partitions (2 to 4) too, the reference code has not; no encoder of
   ours makes any. */
static bool is_hashed(const struct nal *nal)
{
	return nal_type(nal) == NAL_TYPE_SLICE || nal_type(nal) == NAL_TYPE_IDR;
}

/* It begins a picture: first_mb_in_slice is 0, coded as a single 1 bit (H.264 7.3.3, 9.1). */
static bool is_first_slice(const struct nal *nal)
{
	return nal->len_bytes > 1 && nal->bytes[1] & 0x80;
}

/* --- sections ------------------------------------------------------------------------------------- */

/* Its place in the row is kept also without an SEI, so that the order needs no exception. */
static void ask(struct media_sign *sign, const struct media_sei_section *section)
{
	struct waiting *waiting;
	struct err err;

	if (sign->waiting_count == MEDIA_SIGN_WAITING_MAX) {
		if (!sign->waiting[0].answered)
			go_unsigned(sign, &sign->waiting[0]);
		shift_waiting(sign);
	}
	waiting = &sign->waiting[sign->waiting_count++];
	*waiting = (struct waiting){ .counter = section->counter };
	if (sign->overfull || media_sei_new(&waiting->sei, &sign->signer, section, &err) < 0)
		go_unsigned(sign, waiting);
	atomic_store(&sign->waiting_now, (uint32_t)sign->waiting_count);
	if (waiting->sei)
		sign->config.ask(sign->config.owner, sign, section->counter, media_sei_digest(waiting->sei));
}

static void close_section(struct media_sign *sign, bool partial, uint64_t end_utc_us)
{
	const struct media_sei_section section = {
		.partial = partial,
		.counter = ++sign->counter,
		.start_utc_us = sign->start_utc_us,
		.end_utc_us = end_utc_us,
		.hashes = sign->hashes,
		.count = sign->count,
		.link = sign->link,
	};

	atomic_fetch_add(&sign->sections, 1);
	atomic_store(&sign->last_counter, sign->counter);
	ask(sign, &section);
	memcpy(sign->link, sign->hashes[0], sizeof sign->link);
	sign->count = 0;
	sign->frames = 0;
	sign->overfull = false;
}

/* H(anchor || H(nal)); the first slice of an IDR picture is the anchor of all up to the next one. */
static void add_slice(struct media_sign *sign, const struct nal *nal)
{
	uint8_t both[2 * MEDIA_SEI_HASH_BYTES];

	if (sign->count == MEDIA_SEI_HASHES_MAX) {
		sign->overfull = true;
		return;
	}
	if (nal_type(nal) == NAL_TYPE_IDR && is_first_slice(nal)) {
		SHA256(nal->bytes, nal->len_bytes, sign->anchor);
		memcpy(sign->hashes[sign->count++], sign->anchor, sizeof sign->anchor);
		return;
	}
	memcpy(both, sign->anchor, sizeof sign->anchor);
	SHA256(nal->bytes, nal->len_bytes, both + MEDIA_SEI_HASH_BYTES);
	SHA256(both, sizeof both, sign->hashes[sign->count++]);
}

struct contents {
	size_t slices;
	bool idr;
};

static struct contents look(const struct access_unit *au)
{
	struct contents contents = { 0 };
	struct nal nal;
	size_t at = 0;

	while (nal_next(&nal, au->bytes, au->len_bytes, &at)) {
		contents.slices += is_hashed(&nal);
		contents.idr |= nal_type(&nal) == NAL_TYPE_IDR && is_first_slice(&nal);
	}
	return contents;
}

static bool is_full(const struct media_sign *sign, const struct access_unit *au, size_t slices)
{
	const struct media_sign_config *config = &sign->config;

	return sign->frames >= config->section_frames ||
	       (config->section_ms && au->captured_ns - sign->start_ns >= config->section_ms * NS_PER_MS) ||
	       sign->count + slices > MEDIA_SEI_HASHES_MAX;
}

static void hash_picture(struct media_sign *sign, const struct access_unit *au, uint64_t utc_us)
{
	const struct contents contents = look(au);
	struct nal nal;
	size_t at = 0;

	if (sign->count > 0 && (contents.idr || is_full(sign, au, contents.slices)))
		close_section(sign, !contents.idr, utc_us);
	if (sign->count == 0) {
		sign->start_utc_us = utc_us;
		sign->start_ns = au->captured_ns;
	}
	while (nal_next(&nal, au->bytes, au->len_bytes, &at))
		if (is_hashed(&nal))
			add_slice(sign, &nal);
	sign->frames++;
}

/* --- into the stream ------------------------------------------------------------------------------ */

struct access_unit *media_sign_pass(struct media_sign *sign, struct access_unit *au, uint64_t utc_us)
{
	struct access_unit *out = NULL;

	take_answers(sign);
	if (!sign->begins && sign->pending_count > 0)
		out = media_insert(au, sign->pending, sign->pending_count);
	while (out && sign->pending_count > 0)
		media_sei_free(shift_pending(sign));
	sign->begins = false;
	access_unit_describe(&sign->shape, au);
	hash_picture(sign, au, utc_us);
	return out ? out : access_unit_ref(au);
}

void media_sign_end(struct media_sign *sign, uint64_t utc_us)
{
	if (sign->count > 0)
		close_section(sign, false, utc_us);
	sign->begins = true;
}

struct access_unit *media_sign_rest(struct media_sign *sign)
{
	static const struct access_unit nothing;
	struct access_unit *out;

	take_answers(sign);
	if (sign->rested_count == sign->pending_count)
		return NULL;
	out = media_insert(&nothing, sign->pending + sign->rested_count,
			   sign->pending_count - sign->rested_count);
	if (!out)
		return NULL;
	access_unit_describe(out, &sign->shape);
	out->keyframe = false;
	sign->rested_count = sign->pending_count;
	return out;
}

void media_sign_stats(struct media_sign *sign, struct media_sign_stats *out)
{
	*out = (struct media_sign_stats){
		.sections = atomic_load(&sign->sections),
		.signed_sections = atomic_load(&sign->signed_sections),
		.unsigned_sections = atomic_load(&sign->unsigned_sections),
		.waiting = atomic_load(&sign->waiting_now),
		.last_counter = atomic_load(&sign->last_counter),
	};
}
