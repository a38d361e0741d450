/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/media_signing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "certs/layout.h"
#include "certs/trust.h"
#include "station/base/clock.h"
#include "station/base/log.h"
#include "station/signature.h"
#include "station/station.h"
#include <openssl/pem.h>

#define REQUESTS_MAX 64
#define SECTION_FRAMES 15
#define SECTION_MS 1000
#define SIGN_TIMEOUT_MS 2000	/* then its section counts as unsigned, and every screen says so */

struct media_signing {
	struct station *station;
	struct media_sign *layers[ACCESS_UNIT_LAYERS_MAX];
	struct queue *requests;		/* from the encode thread */
	struct loop_watch requested;
	char *chain, *name;		/* PEM; who signs, for people */
	char serial[64];
	enum { SIGNING_WAITING, SIGNING_SIGNED, SIGNING_UNSIGNED } state;
	char reason[256];		/* why unsigned */
};

struct request {
	struct media_signing *signing;
	struct media_sign *sign;
	uint32_t section;
	uint8_t digest[SIGNATURE_DIGEST_BYTES];
};

/* --- what every screen is told -------------------------------------------------------------------- */

static void set_unsigned(struct media_signing *signing, uint32_t section, const char *reason)
{
	char text[400];

	if (signing->state == SIGNING_UNSIGNED)
		return;
	signing->state = SIGNING_UNSIGNED;
	snprintf(signing->reason, sizeof signing->reason, "%s", reason);
	snprintf(text, sizeof text, "The live picture is not being signed since section %u: %s", section, reason);
	log_warning("%s", text);
	seats_notice(signing->station, "warning", "signing-lost", text);
	records_note(signing->station, NULL, LEDGER_SIGNING_LOST,
		     json_pack("{s:I, s:s}", "section", (json_int_t)section, "reason", signing->reason));
}

static void set_signed(struct media_signing *signing, uint32_t section)
{
	char text[160];

	if (signing->state == SIGNING_UNSIGNED) {
		snprintf(text, sizeof text, "The live picture is signed again, from section %u on", section);
		log_notice("%s", text);
		seats_notice(signing->station, "info", "signing-back", text);
		records_note(signing->station, NULL, LEDGER_SIGNING_BACK,
			     json_pack("{s:I}", "section", (json_int_t)section));
	}
	signing->state = SIGNING_SIGNED;
	signing->reason[0] = '\0';
}

/* --- main: asking the signer ---------------------------------------------------------------------- */

static void answered(void *arg, const uint8_t *der, size_t len_bytes, const struct err *err)
{
	struct request *request = arg;

	media_sign_answer(request->sign, request->section, der, len_bytes);
	if (der)
		set_signed(request->signing, request->section);
	else
		set_unsigned(request->signing, request->section, err->text);
	free(request);
}

static void requested(void *owner, uint32_t events)
{
	struct media_signing *signing = owner;
	struct request *request;

	(void)events;
	while ((request = queue_take(signing->requests)))
		signature_ask(signing->station, "media", request->digest, SIGN_TIMEOUT_MS, answered, request);
}

/* --- encode: sections ------------------------------------------------------------------------------ */

static void ask(void *owner, struct media_sign *sign, uint32_t section, const uint8_t digest[SIGNATURE_DIGEST_BYTES])
{
	struct media_signing *signing = owner;
	struct request *request = malloc(sizeof *request);

	if (request) {
		*request = (struct request){ .signing = signing, .sign = sign, .section = section };
		memcpy(request->digest, digest, sizeof request->digest);
		if (queue_give(signing->requests, request) == 0)
			return;
	}
	media_sign_answer(sign, section, NULL, 0);
}

struct media_sign *media_signing_layer(struct media_signing *signing, unsigned layer)
{
	return signing->layers[layer];
}

struct access_unit *media_signing_pass(struct media_signing *signing, struct access_unit *au)
{
	return media_sign_pass(signing->layers[au->layer], au, (uint64_t)clock_utc_of_mono_us(au->captured_ns));
}

/* --- life ------------------------------------------------------------------------------------------ */

static int read_name(struct media_signing *signing, X509 *certificate, struct err *err)
{
	const struct issue_request media = { .profile = PROFILE_MEDIA };
	X509_NAME *subject = X509_get_subject_name(certificate);
	char organization[256] = "";
	struct issued record;
	int rc = issue_record(&record, certificate, &media, err);

	if (rc < 0)
		return rc;
	snprintf(signing->serial, sizeof signing->serial, "%s", record.serial);
	X509_NAME_get_text_by_NID(subject, NID_organizationName, organization, sizeof organization);
	signing->name = strdup(organization);
	return signing->name ? 0 : err_set(err, ERR_NOMEM, "media signing: out of memory");
}

/* The certificates of the file without a self-signed one: with the root in it readers refuse the stream. */
static int copy_chain(BIO *to, BIO *from)
{
	int count = 0;

	for (;;) {
		CLEANUP(X509_freep) X509 *certificate = PEM_read_bio_X509(from, NULL, NULL, NULL);

		if (!certificate)
			break;
		if (X509_self_signed(certificate, 0) == 1)
			continue;
		if (PEM_write_bio_X509(to, certificate) != 1)
			return -1;
		count++;
	}
	ERR_clear_error();	/* the end of the file is one */
	return count;
}

static int read_chain(struct media_signing *signing, const char *path, struct err *err)
{
	CLEANUP(BIO_free_allp) BIO *from = BIO_new_file(path, "r"), *to = BIO_new(BIO_s_mem());
	char *text;
	long len_bytes;

	if (!from || !to)
		return issue_error(err, ERR_OS, "%s", path);
	if (copy_chain(to, from) < 1)
		return issue_error(err, ERR_TAMPER, "%s has no certificate that is signed by another", path);
	len_bytes = BIO_get_mem_data(to, &text);
	signing->chain = strndup(text, (size_t)len_bytes);
	return signing->chain ? 0 : err_set(err, ERR_NOMEM, "media signing: out of memory");
}

static int read_certificate(struct media_signing *signing, const char *state_path, struct err *err)
{
	CLEANUP(util_freep) char *path = layout_path(state_path, profiles[PROFILE_MEDIA].pem_file);
	CLEANUP(X509_freep) X509 *certificate = NULL;
	int rc;

	if (!path)
		return err_set(err, ERR_NOMEM, "media signing: out of memory");
	rc = trust_read_certificate(&certificate, path, err);
	if (rc == 0)
		rc = read_name(signing, certificate, err);
	return rc < 0 ? rc : read_chain(signing, path, err);
}

static int open_layers(struct media_signing *signing, struct err *err)
{
	const struct media_sign_config config = {
		.chain_pem = signing->chain,
		.firmware = PACKAGE_VERSION,
		.serial = signing->serial,
		.manufacturer = PACKAGE_NAME,
		.section_frames = SECTION_FRAMES,
		.section_ms = SECTION_MS,
		.ask = ask,
		.owner = signing,
	};
	int rc = 0;

	for (size_t i = 0; i < ARRAY_LEN(signing->layers) && rc == 0; i++)
		rc = media_sign_new(&signing->layers[i], &config, err);
	return rc;
}

int media_signing_open(struct media_signing **out, struct station *station, struct err *err)
{
	struct media_signing *signing = calloc(1, sizeof *signing);
	int rc;

	if (!signing)
		return err_set(err, ERR_NOMEM, "media signing: out of memory");
	signing->station = station;
	signing->requested = (struct loop_watch){ .fd = -1, .ready = requested, .owner = signing };
	rc = read_certificate(signing, station->config.state, err);
	if (rc == 0)
		rc = open_layers(signing, err);
	if (rc == 0)
		rc = queue_new(&signing->requests, REQUESTS_MAX, QUEUE_REFUSE, free, err);
	if (rc == 0)
		rc = loop_watch(station->loop, &signing->requested, queue_fd(signing->requests), EPOLLIN, err);
	if (rc < 0)
		media_signing_free(signing);
	else
		*out = signing;
	return rc;
}

struct media_signing *media_signing_free(struct media_signing *signing)
{
	if (!signing)
		return NULL;
	loop_unwatch(signing->station->loop, &signing->requested);
	for (size_t i = 0; i < ARRAY_LEN(signing->layers); i++)
		media_sign_free(signing->layers[i]);
	queue_free(signing->requests);
	free(signing->chain);
	free(signing->name);
	free(signing);
	return NULL;
}

/* --- what it says ---------------------------------------------------------------------------------- */

void media_signing_stats(struct media_signing *signing, struct media_sign_stats *out)
{
	struct media_sign_stats one;

	*out = (struct media_sign_stats){ 0 };
	for (size_t i = 0; i < ARRAY_LEN(signing->layers); i++) {
		media_sign_stats(signing->layers[i], &one);
		out->sections += one.sections;
		out->signed_sections += one.signed_sections;
		out->unsigned_sections += one.unsigned_sections;
		out->waiting += one.waiting;
		out->last_counter = MAX(out->last_counter, one.last_counter);
	}
}

json_t *media_signing_status(struct media_signing *signing)
{
	static const char *const states[] = { "waiting", "signed", "unsigned" };
	struct media_sign_stats stats;

	media_signing_stats(signing, &stats);
	return json_pack("{s:s, s:s, s:I, s:I, s:I}", "state", states[signing->state], "reason", signing->reason,
			 "sections", (json_int_t)stats.sections, "signed", (json_int_t)stats.signed_sections,
			 "unsigned", (json_int_t)stats.unsigned_sections);
}

const char *media_signing_chain(const struct media_signing *signing)
{
	return signing->chain;
}

json_t *media_signing_key_message(const struct media_signing *signing)
{
	return json_pack("{s:s, s:s, s:s}", "type", "media-key", "chain", signing->chain, "station",
			 signing->name);
}
