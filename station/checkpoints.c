/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/checkpoints.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "certs/layout.h"
#include "certs/trust.h"
#include "station/base/clock.h"
#include "station/base/log.h"
#include "station/evidence/checkpoint_store.h"

#define PAUSE_NS (700 * NS_PER_MS)	/* between two; with a tick and the signer's time it is below a second */
#define PAUSE_AFTER_FAILURE_NS (5 * NS_PER_S)
#define FINISH_NS (2 * NS_PER_S)
#define SIGN_TIMEOUT_MS 2000
#define CERTIFICATE_MAX 16384

struct checkpoints {
	struct station *station;
	struct note_key key;		/* name: the ledger's origin */
	char key_text[NOTE_NAME_MAX + 64], fallback_origin[NOTE_NAME_MAX];
	char *certificate;		/* PEM, as the file has it */
	bool busy;			/* a draft is on its way */
	bool signer_known;		/* what it has signed last was asked for */
	uint64_t signer_size;
	uint64_t next_ns;
	bool forgot;			/* that it knows less than it has signed was told */
	char refused[256];		/* why; "" */
	struct checkpoint_kept newest;
	char folder[CONFIG_TEXT_SIZE + 16];
};

/* One on its way. */
struct making {
	struct checkpoints *checkpoints;
	char fallback_origin[NOTE_NAME_MAX], folder[CONFIG_TEXT_SIZE + 16];
	uint64_t old;
	struct checkpoint_draft draft;
	struct checkpoint_kept kept;
};

static void end(struct making *making, uint64_t pause_ns)
{
	making->checkpoints->busy = false;
	making->checkpoints->next_ns = clock_mono_ns() + pause_ns;
	free(making);
}

/* --- what everybody is told ----------------------------------------------------------------------- */

json_t *checkpoints_message(const struct checkpoints *checkpoints)
{
	if (!checkpoints->newest.note[0])
		return NULL;
	return json_pack("{s:s, s:s, s:s, s:s}", "type", "checkpoint", "note", checkpoints->newest.note, "key",
			 checkpoints->key_text, "certificate", checkpoints->certificate);
}

static void tell(struct checkpoints *checkpoints)
{
	const struct checkpoint *checkpoint = &checkpoints->newest.checkpoint;
	struct station *station = checkpoints->station;
	char fingerprint[FINGERPRINT_SIZE];

	ledger_fingerprint(fingerprint, checkpoint);
	rpc_server_notify(station->control, 0, "evidence", "evidence",
			  json_pack("{s:s, s:I, s:s}", "kind", "checkpoint", "size", (json_int_t)checkpoint->size,
				    "fingerprint", fingerprint));
	if (station->web)
		seats_send(station, 0, checkpoints_message(checkpoints));
}

/* Once: what follows are its consequences. */
static void refuse(struct checkpoints *checkpoints, const char *reason)
{
	struct station *station = checkpoints->station;
	char text[400];

	if (checkpoints->refused[0])
		return;
	snprintf(checkpoints->refused, sizeof checkpoints->refused, "%s", reason);
	snprintf(text, sizeof text, "The signer refuses to sign the station's record: %s", reason);
	log_error("%s", text);
	records_note(station, NULL, LEDGER_REFUSED, json_pack("{s:s}", "reason", reason));
	if (station->web)
		seats_notice(station, "error", "record-refused", text);
}

uint64_t checkpoints_size(const struct checkpoints *checkpoints)
{
	return checkpoints->newest.checkpoint.size;
}

json_t *checkpoints_status(const struct checkpoints *checkpoints)
{
	const struct checkpoint_kept *newest = &checkpoints->newest;
	char fingerprint[FINGERPRINT_SIZE] = "";

	if (newest->note[0])
		ledger_fingerprint(fingerprint, &newest->checkpoint);
	return json_pack("{s:s, s:s, s:I, s:s, s:s}", "state", checkpoints->refused[0] ? "refused" :
			 newest->note[0] ? "signed" : "waiting", "reason", checkpoints->refused, "size",
			 (json_int_t)newest->checkpoint.size, "origin", checkpoints->key.name, "fingerprint",
			 fingerprint);
}

/* --- draft, signature, keeping -------------------------------------------------------------------- */

static void kept(void *arg, int rc, const struct err *err)
{
	struct making *making = arg;
	struct checkpoints *checkpoints = making->checkpoints;

	if (rc < 0) {
		log_error("a signed checkpoint could not be kept: %s", err->text);
		end(making, PAUSE_AFTER_FAILURE_NS);
		return;
	}
	checkpoints->newest = making->kept;
	showings_log_signed(checkpoints->station);
	end(making, PAUSE_NS);
	tell(checkpoints);
}

static int keep(struct store *store, void *arg, struct err *err)
{
	struct making *making = arg;

	return checkpoint_keep(store, making->folder, &making->kept, err);
}

/* What the signer gives is believed as little as anything else. */
static int compose(struct making *making, const char *line, struct err *err)
{
	struct checkpoint_kept *note = &making->kept;
	struct note read;
	int rc;

	note->checkpoint = making->draft.checkpoint;
	note->utc_us = (uint64_t)clock_utc_us();
	if (!line || snprintf(note->note, sizeof note->note, "%s\n%s", making->draft.text, line) >= (int)sizeof note->note)
		return err_set(err, ERR_PROTO, "the signer gave no signature line");
	rc = note_read(&read, note->note, strlen(note->note), err);
	return rc < 0 ? rc : note_verify(&read, &making->checkpoints->key, NULL, err);
}

static void was_signed(void *arg, json_t *result, const struct err *why)
{
	struct making *making = arg;
	struct checkpoints *checkpoints = making->checkpoints;
	struct err err;

	if (!result) {
		checkpoints->signer_known = false;	/* it may have signed, or may be another process */
		if (why->code == ERR_TAMPER)
			refuse(checkpoints, why->text);
		else if (why->code != ERR_STATE && why->code != ERR_GONE)
			log_warning("no checkpoint: %s", why->text);
		end(making, why->code == ERR_TAMPER ? PAUSE_AFTER_FAILURE_NS : PAUSE_NS);
	} else if (compose(making, json_string_value(json_object_get(result, "line")), &err) < 0) {
		log_error("no checkpoint: %s", err.text);
		end(making, PAUSE_AFTER_FAILURE_NS);
	} else {
		checkpoints->signer_size = making->draft.checkpoint.size;
		evidence_do(checkpoints->station->evidence, keep, kept, making);
	}
}

static void drafted(void *arg, int rc, const struct err *err)
{
	struct making *making = arg;
	struct checkpoints *checkpoints = making->checkpoints;
	const struct checkpoint_draft *draft = &making->draft;

	if (rc < 0) {
		log_warning("no checkpoint: %s", err->text);
		end(making, PAUSE_AFTER_FAILURE_NS);
		return;
	}
	child_call(checkpoints->station->signer, "signer.checkpoint",
		   json_pack("{s:s, s:I, s:o}", "text", draft->text, "old", (json_int_t)draft->old, "hashes",
			     ledger_proof_json(&draft->proof)), SIGN_TIMEOUT_MS, was_signed, making);
}

static int draft(struct store *store, void *arg, struct err *err)
{
	struct making *making = arg;
	char origin[NOTE_NAME_MAX];
	int rc = checkpoint_origin(store, making->fallback_origin, origin, err);

	return rc < 0 ? rc : checkpoint_draft(store, origin, making->old, &making->draft, err);
}

/* --- when ----------------------------------------------------------------------------------------- */

/*
 * It writes down what it signs before it gives the signature, so it can never know less than the store does: its
 * memory was taken away, and with it what would have kept it from signing another record.
 */
static void check_memory(struct checkpoints *checkpoints)
{
	struct station *station = checkpoints->station;
	uint64_t known = checkpoints->newest.checkpoint.size;
	char text[256];

	if (checkpoints->signer_size >= known || checkpoints->forgot)
		return;
	checkpoints->forgot = true;
	snprintf(text, sizeof text, "The signer has lost its memory: it has signed a record of %llu entries, and knows of "
		 "%llu. Compare the record with what the parties have kept", (unsigned long long)known,
		 (unsigned long long)checkpoints->signer_size);
	log_error("%s", text);
	records_note(station, NULL, LEDGER_SIGNER_FORGOT, json_pack("{s:I, s:I}", "signed", (json_int_t)known, "known",
								    (json_int_t)checkpoints->signer_size));
	if (station->web)
		seats_notice(station, "error", "signer-forgot", text);
}

static void signer_answered(void *arg, json_t *result, const struct err *err)
{
	struct checkpoints *checkpoints = arg;

	checkpoints->busy = false;
	if (!result) {
		if (err->code != ERR_GONE)
			log_warning("the signer does not say what it has signed last: %s", err->text);
		checkpoints->next_ns = clock_mono_ns() + PAUSE_NS;
		return;
	}
	checkpoints->signer_known = true;
	checkpoints->signer_size = (uint64_t)json_integer_value(json_object_get(json_object_get(result, "checkpoint"),
										"size"));
	check_memory(checkpoints);
}

static void begin(struct checkpoints *checkpoints)
{
	struct making *making;

	if (!checkpoints->signer_known) {
		checkpoints->busy = true;
		child_call(checkpoints->station->signer, "signer.status", NULL, SIGN_TIMEOUT_MS, signer_answered,
			   checkpoints);
		return;
	}
	making = calloc(1, sizeof *making);
	if (!making)
		return;
	checkpoints->busy = true;
	making->checkpoints = checkpoints;
	making->old = checkpoints->signer_size;
	memcpy(making->fallback_origin, checkpoints->fallback_origin, sizeof making->fallback_origin);
	memcpy(making->folder, checkpoints->folder, sizeof making->folder);
	evidence_do(checkpoints->station->evidence, draft, drafted, making);
}

static bool is_behind(const struct checkpoints *checkpoints)
{
	struct evidence_state state;

	evidence_state(checkpoints->station->evidence, &state);
	return state.writable && (state.entries > checkpoints->newest.checkpoint.size || state.waiting);
}

void checkpoints_tick(struct checkpoints *checkpoints)
{
	if (!checkpoints->busy && clock_mono_ns() >= checkpoints->next_ns && is_behind(checkpoints))
		begin(checkpoints);
}

void checkpoints_signer_started(struct checkpoints *checkpoints)
{
	checkpoints->signer_known = false;
}

void checkpoints_finish(struct checkpoints *checkpoints)
{
	uint64_t deadline_ns = clock_mono_ns() + FINISH_NS;

	evidence_finish(checkpoints->station->evidence);
	while ((checkpoints->busy || is_behind(checkpoints)) && clock_mono_ns() < deadline_ns &&
	       !checkpoints->refused[0]) {
		checkpoints->next_ns = checkpoints->busy ? checkpoints->next_ns : 0;
		checkpoints_tick(checkpoints);
		loop_once(checkpoints->station->loop, 20);
	}
}

/* --- life ----------------------------------------------------------------------------------------- */

static int read_certificate(struct checkpoints *checkpoints, const char *path, struct err *err)
{
	FILE *file = fopen(path, "re");
	size_t len;

	checkpoints->certificate = calloc(1, CERTIFICATE_MAX);
	if (!file || !checkpoints->certificate) {
		if (file)
			fclose(file);
		return err_os(err, "%s", path);
	}
	len = fread(checkpoints->certificate, 1, CERTIFICATE_MAX - 1, file);
	fclose(file);
	return len ? 0 : err_set(err, ERR_STATE, "%s is empty", path);
}

/* The first name of a ledger is made of its key: two stations have two, and a deleted ledger keeps its own. */
static int read_key(struct checkpoints *checkpoints, const char *path, uint8_t public_key[32], struct err *err)
{
	CLEANUP(X509_freep) X509 *certificate = NULL;
	struct tlog_hash hash;
	size_t len_bytes = 32;
	char hex[17];
	int rc = trust_read_certificate(&certificate, path, err);

	if (rc < 0)
		return rc;
	if (EVP_PKEY_get_raw_public_key(X509_get0_pubkey(certificate), public_key, &len_bytes) != 1 || len_bytes != 32)
		return err_set(err, ERR_STATE, "%s is not the certificate of an Ed25519 key", path);
	hash = tlog_leaf(public_key, 32);
	util_hex(hex, hash.bytes, 8);
	snprintf(checkpoints->fallback_origin, sizeof checkpoints->fallback_origin, "ostend/%s", hex);
	return 0;
}

/* What the store knows from before; waits for it, at the start. */
struct memory {
	struct checkpoints *checkpoints;
	char origin[NOTE_NAME_MAX];
	struct err err;
};

static int recall(struct store *store, void *arg, struct err *err)
{
	struct memory *memory = arg;
	int rc = checkpoint_origin(store, memory->checkpoints->fallback_origin, memory->origin, err);

	return rc < 0 ? rc : checkpoint_newest(store, &memory->checkpoints->newest, err);
}

static void recalled(void *arg, int rc, const struct err *err)
{
	struct memory *memory = arg;

	memory->err = rc < 0 ? *err : (struct err){ 0 };
}

int checkpoints_open(struct checkpoints **out, struct station *station, struct err *err)
{
	struct checkpoints *checkpoints = calloc(1, sizeof *checkpoints);
	CLEANUP(util_freep) char *path = layout_path(station->config.state, LAYOUT_CHECKPOINT_PEM);
	struct memory memory = { .checkpoints = checkpoints };
	uint8_t public_key[32];
	int rc;

	if (!checkpoints || !path) {
		free(checkpoints);
		return err_set(err, ERR_NOMEM, "checkpoints: out of memory");
	}
	*out = checkpoints;
	checkpoints->station = station;
	snprintf(checkpoints->folder, sizeof checkpoints->folder, "%s/evidence", station->config.state);
	rc = read_certificate(checkpoints, path, err);
	if (rc == 0)
		rc = read_key(checkpoints, path, public_key, err);
	if (rc < 0)
		return rc;
	evidence_do(station->evidence, recall, recalled, &memory);
	evidence_finish(station->evidence);
	if (memory.err.code) {
		*err = memory.err;
		return err->code;
	}
	rc = note_key_make(&checkpoints->key, memory.origin, NOTE_ED25519, public_key, err);
	note_key_print(&checkpoints->key, checkpoints->key_text, sizeof checkpoints->key_text);
	return rc;
}

struct checkpoints *checkpoints_free(struct checkpoints *checkpoints)
{
	if (checkpoints)
		free(checkpoints->certificate);
	free(checkpoints);
	return NULL;
}
