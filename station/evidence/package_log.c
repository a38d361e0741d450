/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The entries and their proofs, the checkpoints, and the certificates of those who signed. */
#include "station/evidence/package_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/pem.h>

#include "certs/layout.h"
#include "certs/trust.h"

/* --- log ----------------------------------------------------------------------------------------- */

static int put_entries(struct package *package, struct err *err)
{
	char *text = NULL;
	size_t len_bytes;
	FILE *out = open_memstream(&text, &len_bytes);
	bool good = out != NULL;
	int rc;

	for (size_t i = 0; good && i < package->dossier->count; i++)
		good = fputs(package->dossier->entries[i].line, out) >= 0 && fputc('\n', out) != EOF;
	good = (!out || fclose(out) == 0) && good;
	rc = good ? package_put(package, "log", "log/entries.jsonl", "application/jsonl", text, len_bytes, err)
		  : err_set(err, ERR_NOMEM, "package: out of memory for the entries");
	free(text);
	return rc;
}

static json_t *proofs_of(const struct dossier *dossier)
{
	json_t *list = json_array();

	for (size_t i = 0; i < dossier->count; i++)
		json_array_append_new(list, json_pack("{s:I, s:O}", "seq", (json_int_t)dossier->entries[i].seq, "hashes",
						      dossier->entries[i].hashes));
	return list;
}

static int put_note(struct package *package, const char *name, const struct checkpoint_kept *kept, struct err *err)
{
	return kept->note[0] ? package_put(package, "log", name, "text/plain", kept->note, strlen(kept->note), err) : 0;
}

int package_put_log(struct package *package, struct err *err)
{
	const struct dossier *dossier = package->dossier;
	int rc = put_entries(package, err);

	if (rc == 0)
		rc = package_put_json(package, "log", "log/proofs.json", proofs_of(dossier), JSON_COMPACT, err);
	if (rc == 0)
		rc = package_put_json(package, "log", "log/consistency.json", json_incref(dossier->consistency),
				      JSON_COMPACT, err);
	if (rc == 0)
		rc = put_note(package, "log/checkpoint", &dossier->newest, err);
	if (rc == 0)
		rc = put_note(package, "log/opening-checkpoint", &dossier->opening, err);
	if (rc == 0)
		rc = put_note(package, "log/closing-checkpoint", &dossier->closing, err);
	return rc;
}

/* --- certificates -------------------------------------------------------------------------------- */

static int read_certificate(X509 **out, const struct package *package, const char *file, struct err *err)
{
	CLEANUP(util_freep) char *path = layout_path(package->order.state_path, file);

	if (!path)
		return err_set(err, ERR_NOMEM, "package: out of memory");
	return trust_read_certificate(out, path, err);
}

/* One certificate alone, without what stands around it in the station's file. */
static int put_certificate(struct package *package, X509 *certificate, const char *name, struct err *err)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long len;
	int rc = ERR_NOMEM;

	if (bio && PEM_write_bio_X509(bio, certificate) == 1 && (len = BIO_get_mem_data(bio, &text)) > 0)
		rc = package_put(package, "certificate", name, "application/x-pem-file", text, (size_t)len, err);
	else
		err_set(err, ERR_NOMEM, "package: out of memory for a certificate");
	BIO_free(bio);
	return rc;
}

/* The verifier key of the log: origin, and the Ed25519 key of @certificate. */
static int make_key(struct package *package, X509 *certificate, struct err *err)
{
	uint8_t bytes[32];
	size_t len = sizeof bytes;
	struct note_key key;
	int rc;

	if (!X509_get0_pubkey(certificate) ||
	    EVP_PKEY_get_raw_public_key(X509_get0_pubkey(certificate), bytes, &len) != 1 || len != sizeof bytes)
		return err_set(err, ERR_UNSUPPORTED, "package: certs/checkpoint.pem has no Ed25519 key");
	rc = note_key_make(&key, package->dossier->newest.checkpoint.origin, NOTE_ED25519, bytes, err);
	if (rc == 0)
		note_key_print(&key, package->log_key, sizeof package->log_key);
	return rc;
}

int package_put_certificates(struct package *package, struct err *err)
{
	X509 *media = NULL, *checkpoint = NULL;
	int rc = read_certificate(&package->root, package, LAYOUT_ROOT_PEM, err);

	if (rc == 0)
		rc = read_certificate(&package->ca, package, LAYOUT_CA_PEM, err);
	if (rc == 0)
		rc = read_certificate(&package->log, package, LAYOUT_LOG_PEM, err);
	if (rc == 0)
		rc = read_certificate(&media, package, LAYOUT_MEDIA_PEM, err);
	if (rc == 0)
		rc = read_certificate(&checkpoint, package, LAYOUT_CHECKPOINT_PEM, err);
	if (rc == 0)
		rc = make_key(package, checkpoint, err);
	if (rc == 0)
		rc = put_certificate(package, package->root, "certificates/root.pem", err);
	if (rc == 0)
		rc = put_certificate(package, package->ca, "certificates/ca.pem", err);
	if (rc == 0)
		rc = put_certificate(package, package->log, "certificates/log.pem", err);
	if (rc == 0)
		rc = put_certificate(package, media, "certificates/media.pem", err);
	if (rc == 0)
		rc = put_certificate(package, checkpoint, "certificates/checkpoint.pem", err);
	X509_free(media);
	X509_free(checkpoint);
	return rc;
}
