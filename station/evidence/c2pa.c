/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The whole manifest store is put together with a signature of zeroes, which is its last 64 bytes. Its
 * length stands inside it (the hash of the file leaves it out, and says where it is), so it is made again
 * until the length that it says is the one that it has.
 */
#include "station/base/openssl.h"

#include "station/evidence/c2pa.h"

#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "station/evidence/cbor.h"
#include "station/evidence/jumbf.h"

#define SIGNATURE_BYTES 64	/* r and s of P-256, RFC 9053 2.1 */
#define ES256 (-7)
#define HEADER_ALGORITHM 1
#define HEADER_X5CHAIN 33	/* RFC 9360 */
#define TAG_DATE_TIME 0
#define TAG_COSE_SIGN1 18
#define CHAIN_MAX 4
#define TRIES_MAX 5
#define CAPTURED "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"

enum { APP0 = 0xe0, APP1 = 0xe1, APP11 = 0xeb, SOI = 0xd8, SOS = 0xda };

struct c2pa_draft {
	struct bytes jpeg, store;
	size_t at;			/* in jpeg: where the segments go */
};

/* What does not change while the length is sought. */
struct parts {
	const struct c2pa_statement *statement;
	char manifest[64], instance[64];	/* labels */
	struct bytes actions, facts, chain;	/* boxes of the assertions; the protected header */
};

DEFINE_FREEP(BIO_free, BIO *)
DEFINE_FREEP(X509_free, X509 *)
DEFINE_FREEP(ECDSA_SIG_free, ECDSA_SIG *)

static void parts_clear(struct parts *parts)
{
	bytes_clear(&parts->actions);
	bytes_clear(&parts->facts);
	bytes_clear(&parts->chain);
}

/* --- the picture --------------------------------------------------------------------------------- */

/* Behind SOI, APP0 and APP1, which readers expect first. */
static int find_place(const uint8_t *jpeg, size_t len, size_t *place, struct err *err)
{
	size_t at = 2;
	bool first = true;

	if (len < 4 || jpeg[0] != 0xff || jpeg[1] != SOI)
		return err_set(err, ERR_RANGE, "the picture is no JPEG");
	for (*place = at; at + 4 <= len && jpeg[at] == 0xff && jpeg[at + 1] != SOS;
	     at += 2 + (size_t)(jpeg[at + 2] << 8 | jpeg[at + 3])) {
		if (jpeg[at + 1] == APP11)
			return err_set(err, ERR_RANGE, "the picture has a manifest already");
		first = first && (jpeg[at + 1] == APP0 || jpeg[at + 1] == APP1);
		if (first)
			*place = at + 2 + (size_t)(jpeg[at + 2] << 8 | jpeg[at + 3]);
	}
	if (at + 4 > len || jpeg[at] != 0xff)
		return err_set(err, ERR_RANGE, "the picture is a damaged JPEG");
	return 0;
}

static void hash_around(const struct c2pa_draft *draft, uint8_t hash[SHA256_DIGEST_LENGTH])
{
	/* the segments are left out, so it is the hash of the picture before they were put in */
	SHA256(draft->jpeg.data, draft->jpeg.len, hash);
}

/* --- assertions ---------------------------------------------------------------------------------- */

static void assertion(struct bytes *out, const char *label, const struct bytes *item)
{
	size_t at = jumbf_open(out, "cbor", label);

	jumbf_cbor(out, item);
	jumbf_close(out, at);
}

static void make_actions(struct bytes *out, uint64_t captured_utc_us)
{
	CLEANUP(bytes_clear) struct bytes item = { 0 };
	time_t seconds = (time_t)(captured_utc_us / 1000000);
	struct tm tm;
	char when[32];

	strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&seconds, &tm));
	cbor_map(&item, 1);
	cbor_text(&item, "actions");
	cbor_array(&item, 1);
	cbor_map(&item, 3);
	cbor_text(&item, "action");
	cbor_text(&item, "c2pa.created");
	cbor_text(&item, "digitalSourceType");
	cbor_text(&item, CAPTURED);
	cbor_text(&item, "when");
	cbor_tag(&item, TAG_DATE_TIME);
	cbor_text(&item, when);
	assertion(out, "c2pa.actions.v2", &item);
}

static void make_facts(struct bytes *out, const struct c2pa_statement *statement)
{
	CLEANUP(bytes_clear) struct bytes item = { 0 };

	cbor_json(&item, statement->facts);
	assertion(out, statement->label, &item);
}

static void make_binding(struct bytes *out, const struct c2pa_draft *draft, size_t run_bytes)
{
	CLEANUP(bytes_clear) struct bytes item = { 0 };
	uint8_t hash[SHA256_DIGEST_LENGTH];

	hash_around(draft, hash);
	cbor_map(&item, 5);
	cbor_text(&item, "exclusions");
	cbor_array(&item, 1);
	cbor_map(&item, 2);
	cbor_text(&item, "start");
	cbor_integer(&item, (int64_t)draft->at);
	cbor_text(&item, "length");
	cbor_integer(&item, (int64_t)run_bytes);
	cbor_text(&item, "name");
	cbor_text(&item, "jumbf manifest");
	cbor_text(&item, "alg");
	cbor_text(&item, "sha256");
	cbor_text(&item, "hash");
	cbor_bytes(&item, hash, sizeof hash);
	cbor_text(&item, "pad");
	cbor_bytes(&item, "", 0);
	assertion(out, "c2pa.hash.data", &item);
}

/* --- claim and signature ------------------------------------------------------------------------- */

static void hashed_uri(struct bytes *out, const char *label, const struct bytes *box)
{
	uint8_t hash[SHA256_DIGEST_LENGTH] = { 0 };
	char uri[256];

	if (box->len > JUMBF_BOX_HEAD)
		SHA256(box->data + JUMBF_BOX_HEAD, box->len - JUMBF_BOX_HEAD, hash);
	snprintf(uri, sizeof uri, "self#jumbf=c2pa.assertions/%s", label);
	cbor_map(out, 2);
	cbor_text(out, "url");
	cbor_text(out, uri);
	cbor_text(out, "hash");
	cbor_bytes(out, hash, sizeof hash);
}

static void make_claim(struct bytes *out, const struct parts *parts, const struct bytes *binding)
{
	const struct c2pa_statement *statement = parts->statement;
	char uri[160];

	snprintf(uri, sizeof uri, "self#jumbf=/c2pa/%s/c2pa.signature", parts->manifest);
	cbor_map(out, 6);
	cbor_text(out, "instanceID");
	cbor_text(out, parts->instance);
	cbor_text(out, "claim_generator_info");
	cbor_map(out, 2);
	cbor_text(out, "name");
	cbor_text(out, statement->program);
	cbor_text(out, "version");
	cbor_text(out, statement->version);
	cbor_text(out, "signature");
	cbor_text(out, uri);
	cbor_text(out, "created_assertions");
	cbor_array(out, 3);
	hashed_uri(out, "c2pa.actions.v2", &parts->actions);
	hashed_uri(out, "c2pa.hash.data", binding);
	hashed_uri(out, statement->label, &parts->facts);
	cbor_text(out, "dc:title");
	cbor_text(out, statement->title);
	cbor_text(out, "alg");
	cbor_text(out, "sha256");
}

static void make_signature(struct bytes *out, const struct bytes *chain)
{
	static const uint8_t none[SIGNATURE_BYTES];

	cbor_tag(out, TAG_COSE_SIGN1);
	cbor_array(out, 4);
	cbor_bytes(out, chain->data, chain->len);
	cbor_map(out, 0);
	cbor_null(out);
	cbor_bytes(out, none, sizeof none);
}

/* RFC 9052 4.4, with the claim as the detached payload. */
static void hash_to_sign(uint8_t digest[C2PA_DIGEST_BYTES], const struct bytes *chain,
			 const struct bytes *claim)
{
	CLEANUP(bytes_clear) struct bytes item = { 0 };

	cbor_array(&item, 4);
	cbor_text(&item, "Signature1");
	cbor_bytes(&item, chain->data, chain->len);
	cbor_bytes(&item, "", 0);
	cbor_bytes(&item, claim->data, claim->len);
	if (bytes_ok(&item))
		SHA256(item.data, item.len, digest);
}

/* The manifest store as it is when its segments take @run_bytes. */
static void make_store(struct bytes *store, const struct c2pa_draft *draft, const struct parts *parts,
		       size_t run_bytes, uint8_t digest[C2PA_DIGEST_BYTES])
{
	CLEANUP(bytes_clear) struct bytes binding = { 0 };
	CLEANUP(bytes_clear) struct bytes claim = { 0 };
	CLEANUP(bytes_clear) struct bytes signature = { 0 };
	size_t outer = jumbf_open(store, "c2pa", "c2pa"), manifest, box;

	make_binding(&binding, draft, run_bytes);
	make_claim(&claim, parts, &binding);
	make_signature(&signature, &parts->chain);
	manifest = jumbf_open(store, "c2ma", parts->manifest);
	box = jumbf_open(store, "c2as", "c2pa.assertions");
	bytes_add(store, parts->actions.data, parts->actions.len);
	bytes_add(store, binding.data, binding.len);
	bytes_add(store, parts->facts.data, parts->facts.len);
	jumbf_close(store, box);
	box = jumbf_open(store, "c2cl", "c2pa.claim.v2");
	jumbf_cbor(store, &claim);
	jumbf_close(store, box);
	box = jumbf_open(store, "c2cs", "c2pa.signature");
	jumbf_cbor(store, &signature);
	jumbf_close(store, box);
	jumbf_close(store, manifest);
	jumbf_close(store, outer);
	store->failed |= binding.failed;
	hash_to_sign(digest, &parts->chain, &claim);
}

static int settle(struct c2pa_draft *draft, const struct parts *parts, uint8_t digest[C2PA_DIGEST_BYTES],
		  struct err *err)
{
	size_t run_bytes = 0;

	for (int i = 0; i < TRIES_MAX; i++) {
		bytes_clear(&draft->store);
		make_store(&draft->store, draft, parts, run_bytes, digest);
		if (!bytes_ok(&draft->store))
			return err_set(err, ERR_NOMEM, "manifest: out of memory");
		if (jumbf_segments_bytes(draft->store.len) == run_bytes)
			return 0;
		run_bytes = jumbf_segments_bytes(draft->store.len);
	}
	return err_set(err, ERR_RANGE, "manifest: its length does not settle");
}

/* --- the chain, the labels ----------------------------------------------------------------------- */

static int read_chain(struct bytes *out, const char *pem, struct err *err)
{
	CLEANUP(BIO_freep) BIO *bio = BIO_new_mem_buf(pem, -1);
	CLEANUP(bytes_clear) struct bytes list = { 0 };
	int count = 0;

	for (; bio && count < CHAIN_MAX; count++) {
		CLEANUP(X509_freep) X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
		uint8_t *der = NULL;
		int len = certificate ? i2d_X509(certificate, &der) : -1;

		if (len < 0)
			break;
		cbor_bytes(&list, der, (size_t)len);
		OPENSSL_free(der);
	}
	ERR_clear_error();	/* the end of the text is an error there */
	if (count == 0)
		return err_set(err, ERR_PROTO, "manifest: the signer's certificates are no PEM text");
	cbor_map(out, 2);
	cbor_integer(out, HEADER_ALGORITHM);
	cbor_integer(out, ES256);
	cbor_integer(out, HEADER_X5CHAIN);
	cbor_array(out, (uint64_t)count);
	bytes_add(out, list.data, list.len);
	out->failed |= list.failed;
	return 0;
}

/* RFC 9562 5.4 */
static void random_label(char *label, size_t size, const char *before)
{
	uint8_t id[16];
	char hex[33];

	util_random(id, sizeof id);
	id[6] = (uint8_t)(0x40 | (id[6] & 0x0f));
	id[8] = (uint8_t)(0x80 | (id[8] & 0x3f));
	util_hex(hex, id, sizeof id);
	snprintf(label, size, "%s%.8s-%.4s-%.4s-%.4s-%.12s", before, hex, hex + 8, hex + 12, hex + 16,
		 hex + 20);
}

/* --- the two steps ------------------------------------------------------------------------------- */

int c2pa_begin(struct c2pa_draft **out, const void *jpeg, size_t len_bytes, const char *chain_pem,
	       const struct c2pa_statement *statement, uint8_t digest[C2PA_DIGEST_BYTES], struct err *err)
{
	CLEANUP(c2pa_draft_freep) struct c2pa_draft *draft = calloc(1, sizeof *draft);
	struct parts parts = { .statement = statement };
	int rc;

	if (!draft)
		return err_set(err, ERR_NOMEM, "manifest: out of memory");
	rc = find_place(jpeg, len_bytes, &draft->at, err);
	if (rc == 0)
		rc = read_chain(&parts.chain, chain_pem, err);
	if (rc == 0) {
		bytes_add(&draft->jpeg, jpeg, len_bytes);
		random_label(parts.manifest, sizeof parts.manifest, "urn:c2pa:");
		random_label(parts.instance, sizeof parts.instance, "xmp:iid:");
		make_actions(&parts.actions, statement->captured_utc_us);
		make_facts(&parts.facts, statement);
		if (!bytes_ok(&draft->jpeg) || !bytes_ok(&parts.actions) || !bytes_ok(&parts.facts))
			rc = err_set(err, ERR_NOMEM, "manifest: out of memory");
	}
	if (rc == 0)
		rc = settle(draft, &parts, digest, err);
	parts_clear(&parts);
	if (rc == 0)
		*out = MOVE(draft);
	return rc;
}

static int put_signature(struct bytes *store, const uint8_t *der, size_t der_bytes, struct err *err)
{
	CLEANUP(ECDSA_SIG_freep) ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)der_bytes);
	uint8_t *to = store->data + store->len - SIGNATURE_BYTES;

	if (!pair || BN_bn2binpad(ECDSA_SIG_get0_r(pair), to, SIGNATURE_BYTES / 2) < 0 ||
	    BN_bn2binpad(ECDSA_SIG_get0_s(pair), to + SIGNATURE_BYTES / 2, SIGNATURE_BYTES / 2) < 0) {
		ERR_clear_error();
		return err_set(err, ERR_PROTO, "manifest: the signer's answer is no P-256 signature");
	}
	return 0;
}

int c2pa_finish(struct c2pa_draft *draft, const uint8_t *der, size_t der_bytes, uint8_t **jpeg,
		size_t *len_bytes, struct err *err)
{
	CLEANUP(bytes_clear) struct bytes out = { 0 };
	int rc = put_signature(&draft->store, der, der_bytes, err);

	if (rc < 0)
		return rc;
	bytes_add(&out, draft->jpeg.data, draft->at);
	jumbf_segments(&out, &draft->store);
	bytes_add(&out, draft->jpeg.data + draft->at, draft->jpeg.len - draft->at);
	if (!bytes_ok(&out))
		return err_set(err, ERR_NOMEM, "manifest: out of memory");
	*len_bytes = out.len;
	*jpeg = MOVE(out.data);
	return 0;
}

struct c2pa_draft *c2pa_draft_free(struct c2pa_draft *draft)
{
	if (!draft)
		return NULL;
	bytes_clear(&draft->jpeg);
	bytes_clear(&draft->store);
	free(draft);
	return NULL;
}
