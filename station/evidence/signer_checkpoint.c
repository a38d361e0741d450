/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/evidence/signer_checkpoint.h"

#include <string.h>

#include "station/evidence/ledger_proofs.h"

#define LINE_SIZE (NOTE_NAME_MAX + 128)

DEFINE_FREEP(EVP_MD_CTX_free, EVP_MD_CTX *)

/* Only what checkpoint_print would write: there is one text for each checkpoint. */
static int read_text(struct checkpoint *checkpoint, const char *text, struct err *err)
{
	struct note note = { .text = text, .text_bytes = strlen(text) };
	char plain[NOTE_NAME_MAX + 96];
	int rc = checkpoint_read(checkpoint, &note, err);

	if (rc == 0)
		rc = checkpoint_print(checkpoint, plain, sizeof plain, err) < 0 ? ERR_RANGE : 0;
	if (rc < 0)
		return ERR_RANGE;
	return strcmp(plain, text) == 0 ? 0 : err_set(err, ERR_RANGE, "a checkpoint is three lines: origin, size and root");
}

static int sign(const struct checkpoint *checkpoint, EVP_PKEY *key, const char *text, char *line, struct err *err)
{
	CLEANUP(EVP_MD_CTX_freep) EVP_MD_CTX *context = EVP_MD_CTX_new();
	uint8_t public_key[32], signature[64];
	size_t key_bytes = sizeof public_key, len_bytes = sizeof signature;
	struct note_key note_key;
	int rc;

	if (!context || EVP_PKEY_get_raw_public_key(key, public_key, &key_bytes) != 1 ||
	    EVP_DigestSignInit(context, NULL, NULL, NULL, key) != 1 ||
	    EVP_DigestSign(context, signature, &len_bytes, (const uint8_t *)text, strlen(text)) != 1)
		return err_set(err, ERR_OS, "signing with the checkpoint key has failed");
	rc = note_key_make(&note_key, checkpoint->origin, NOTE_ED25519, public_key, err);
	if (rc == 0)
		rc = note_print_signature(&note_key, signature, line, LINE_SIZE, err);
	return rc < 0 ? rc : 0;
}

int signer_checkpoint_warm_up(EVP_PKEY *key, struct err *err)
{
	const struct checkpoint none = { .origin = "warm-up" };
	char line[LINE_SIZE];

	return sign(&none, key, "warm-up\n", line, err);
}

int signer_checkpoint(struct last_checkpoint *last, EVP_PKEY *key, const json_t *params, json_t **result,
		      struct err *err)
{
	struct checkpoint checkpoint;
	struct tlog_proof proof;
	char line[LINE_SIZE];
	const char *text;
	json_int_t old;
	json_t *hashes;
	int rc;

	if (json_unpack((json_t *)params, "{s:s, s:I, s:o !}", "text", &text, "old", &old, "hashes", &hashes) < 0)
		return err_set(err, ERR_RANGE, "signer.checkpoint takes \"text\", \"old\" and \"hashes\", nothing else");
	rc = read_text(&checkpoint, text, err);
	if (rc == 0)
		rc = ledger_proof_read(&proof, hashes, err);
	if (rc == 0 && old != (json_int_t)last->checkpoint.size && checkpoint.size >= last->checkpoint.size)
		return err_set(err, ERR_STATE, "the last one signed here has %llu entries",
			       (unsigned long long)last->checkpoint.size);
	if (rc == 0)
		rc = last_checkpoint_allows(last, &checkpoint, &proof, err);
	if (rc == 0)
		rc = sign(&checkpoint, key, text, line, err);
	if (rc == 0)	/* only then is it given away */
		rc = last_checkpoint_set(last, &checkpoint, err);
	if (rc == 0)
		*result = json_pack("{s:s}", "line", line);
	return rc;
}

json_t *signer_checkpoint_last(const struct last_checkpoint *last)
{
	char root[2 * sizeof last->checkpoint.root.bytes + 1];

	if (!last->turn)
		return json_null();
	util_hex(root, last->checkpoint.root.bytes, sizeof last->checkpoint.root.bytes);
	return json_pack("{s:I, s:s, s:s}", "size", (json_int_t)last->checkpoint.size, "origin",
			 last->checkpoint.origin, "root", root);
}
