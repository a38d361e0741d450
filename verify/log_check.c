/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * log_check.c - the log that the package quotes: its checkpoints are signed, each entry is in the tree, and
 * the tree at the end has the tree at the opening as its beginning.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/i18n.h"
#include "station/evidence/fingerprint.h"
#include "verify/package_own.h"

#define CHECKPOINT "log/checkpoint"
#define KEPT "--checkpoint"		/* in the place of a file's name */
#define OPENING "log/opening-checkpoint"
#define CLOSING "log/closing-checkpoint"
#define PROOFS "log/proofs.json"
#define CONSISTENCY "log/consistency.json"
#define MANIFEST "manifest.json"

static bool read_proof(struct tlog_proof *proof, const struct json_value *list)
{
	proof->count = 0;
	if (!list || list->kind != JSON_IS_ARRAY || list->count > TLOG_PROOF_MAX)
		return false;
	for (const struct json_value *item = list->first; item; item = item->next)
		if (item->kind != JSON_IS_TEXT ||
		    !tlog_hash_read(&proof->hashes[proof->count++], item->text))
			return false;
	return true;
}

/* --- checkpoints ----------------------------------------------------------------------------------- */

/* The key is that of certificates/checkpoint.pem, under the name of the log that the manifest gives. */
static bool find_key(const struct package *package, struct note_key *key)
{
	const struct json_value *log = json_member(package->manifest, "log");
	const char *origin = json_text(log, "origin"), *text = json_text(log, "key");
	const struct chain *chain = &package->chains[CHAIN_CHECKPOINT];
	char own[NOTE_NAME_MAX + 64];
	uint8_t public_key[32];
	size_t len_bytes = sizeof public_key;
	struct err err;

	if (!chain->count)
		return false;	/* told with the certificates */
	if (!origin || !EVP_PKEY_is_a(X509_get0_pubkey(chain->certificates[0]), "ED25519") ||
	    EVP_PKEY_get_raw_public_key(X509_get0_pubkey(chain->certificates[0]), public_key,
					&len_bytes) != 1 ||
	    note_key_make(key, origin, NOTE_ED25519, public_key, &err) < 0) {
		package_wrong(package, "log.key", "certificates/checkpoint.pem", "%s",
			      _("it has no key that could sign a log"));
		return false;
	}
	note_key_print(key, own, sizeof own);
	if (!text || strcmp(text, own) != 0) {
		package_wrong(package, "log.key", MANIFEST, "%s",
			      _("the log's key in the list of contents is not the one of "
				"certificates/checkpoint.pem"));
		return false;
	}
	return true;
}

static bool read_checkpoint(const struct package *package, const char *name,
			    const struct mapped *file, const struct note_key *key,
			    struct checkpoint *checkpoint, struct note *note)
{
	struct err err;
	int rc = note_read(note, (const char *)file->bytes, file->len_bytes, &err);

	if (rc == 0)
		rc = note_verify(note, key, NULL, &err);
	if (rc == 0)
		rc = checkpoint_read(checkpoint, note, &err);
	if (rc == 0 && strcmp(checkpoint->origin, key->name) != 0)
		rc = err_set(&err, ERR_TAMPER, "%s", _("it is of another log"));
	if (rc < 0)
		package_wrong(package, "log.checkpoint", name,
			      _("this statement of the log does not hold: %s"), err.text);
	else if (note->count > 1)
		report_say(package->report, REPORT_NOTE, "log.cosigned", name,
			   _("%u more have signed it, whose keys this program does not know"),
			   note->count - 1);
	return rc == 0;
}

static void say_fingerprint(const struct package *package, const struct note *note)
{
	const char *told = json_text(json_member(package->manifest, "showing"), "fingerprint");
	char own[FINGERPRINT_SIZE], text[NOTE_MAX + 1];

	memcpy(text, note->text, note->text_bytes);
	text[note->text_bytes] = '\0';
	fingerprint_text(own, text);
	report_value(package->report, "fingerprint", CLOSING,
		     _("Closing fingerprint: compare it with the one on the signed paper, or as it "
		       "was read aloud:"),
		     own);
	if (!told || strcmp(told, own) != 0)
		package_wrong(package, "log.fingerprint", MANIFEST,
			      _("it gives the closing fingerprint %s, but the log's statement has %s"),
			      told ? told : "", own);
}

static void check_manifest(const struct package *package, const struct checkpoint *checkpoint)
{
	const struct json_value *log = json_member(package->manifest, "log");
	struct tlog_hash root;
	int64_t size;

	if (!json_integer_of(log, "size", &size) || (uint64_t)size != checkpoint->size ||
	    !tlog_hash_read(&root, json_text(log, "root")) || !tlog_equal(&root, &checkpoint->root))
		package_wrong(package, "log.manifest", MANIFEST, "%s",
			      _("size or root of the log in the list of contents are not those of "
				"log/checkpoint"));
}

/* A signed statement of the log: size and root. */
struct statement {
	struct mapped file;
	struct checkpoint checkpoint;
	struct note note;
};

static void clear_statement(struct statement *statement)
{
	mapped_close(&statement->file);
}

/* What a party has kept, and what the package proves about it. */
struct kept {
	bool given;			/* and it can be read, and is signed */
	struct checkpoint checkpoint;
	bool joined;			/* its last entry is in the package: the two below are of that one */
	struct tlog_hash leaf;
	struct tlog_proof inclusion;
};

/* --- inclusion ------------------------------------------------------------------------------------- */

static bool check_proof(const struct package *package, const struct package_entry *entry,
			const struct json_value *proof_of, const struct checkpoint *checkpoint,
			struct kept *kept)
{
	struct tlog_proof proof;
	int64_t seq;

	if (!json_integer_of(proof_of, "seq", &seq) || seq != entry->seq ||
	    !read_proof(&proof, json_member(proof_of, "hashes"))) {
		package_wrong(package, "log.proof", PROOFS,
			      _("there is no proof for entry %" PRId64 " where it should be"),
			      entry->seq);
		return false;
	}
	if (kept->given && (uint64_t)entry->seq + 1 == kept->checkpoint.size) {
		kept->joined = true;
		kept->leaf = entry->leaf;
		kept->inclusion = proof;
	}
	if ((uint64_t)entry->seq < checkpoint->size &&
	    tlog_check_inclusion(&proof, &entry->leaf, (uint64_t)entry->seq, checkpoint->size,
				 &checkpoint->root))
		return true;
	package_wrong(package, "log.inclusion", "log/entries.jsonl",
		      _("entry %" PRId64 " is not what stands in the log: it, or its proof, was "
			"changed, or it was put in later"),
		      entry->seq);
	return false;
}

static void check_inclusion(const struct package *package, const struct checkpoint *checkpoint,
			    struct kept *kept)
{
	CLEANUP(mapped_close) struct mapped file = { NULL, 0 };
	CLEANUP(json_freep) struct json *json = NULL;
	const struct json_value *proofs, *proof;
	size_t proved = 0, at = 0;
	struct err err;

	if (!package_open(package, "log.missing", PROOFS, &file))
		return;
	if (json_read(&json, file.bytes, file.len_bytes, &err) < 0) {
		package_wrong(package, "log.proof", PROOFS, _("the proofs cannot be read: %s"),
			      err.text);
		return;
	}
	proofs = json_root(json);
	proof = proofs->kind == JSON_IS_ARRAY ? proofs->first : NULL;
	for (; at < package->entry_count; at++, proof = proof ? proof->next : NULL)
		proved += check_proof(package, &package->entries[at], proof, checkpoint, kept);
	if (proof)
		package_wrong(package, "log.proof", PROOFS, "%s",
			      _("it has proofs for entries that are not in the package"));
	report_say(package->report, proved == at ? REPORT_OK : REPORT_NOTE, "log.inclusion",
		   "log/entries.jsonl",
		   _("%zu of %zu entries are proved to stand in the log of %" PRIu64
		     " entries that the checkpoint signs"),
		   proved, at, checkpoint->size);
}

/* --- what a party kept ----------------------------------------------------------------------------- */

/* The statement of the package that has as many entries as @kept; NULL: none. */
static const struct statement *of_same_size(const struct checkpoint *kept,
					    const struct statement *const *own)
{
	for (; *own; own++)
		if ((*own)->checkpoint.size == kept->size)
			return *own;
	return NULL;
}

static void read_kept(const struct package *package, const struct note_key *key, struct kept *kept)
{
	struct note note;

	*kept = (struct kept){ .given = package->options->checkpoint != NULL };
	if (kept->given)
		kept->given = read_checkpoint(package, KEPT, package->options->checkpoint, key,
					      &kept->checkpoint, &note);
}

static void check_same(const struct package *package, const struct kept *kept, const struct statement *same)
{
	if (!tlog_equal(&kept->checkpoint.root, &same->checkpoint.root))
		package_wrong(package, "log.fork", KEPT, "%s",
			      _("the statement that was kept and one of the package are both "
				"signed, have the same size, and "
				"differ: the log was told to two parties in two ways"));
	else
		report_say(package->report, REPORT_OK, "log.kept", KEPT, "%s",
			   _("the statement that was kept is one of the package's: both tell of "
			     "the same log"));
}

/* Where the last entry of the kept statement is in the package, its proof shows both trees. */
static void check_joined(const struct package *package, const struct kept *kept, const struct checkpoint *newest)
{
	if (tlog_check_growth_of(&kept->inclusion, &kept->leaf, kept->checkpoint.size, &kept->checkpoint.root,
				 newest->size, &newest->root))
		report_say(package->report, REPORT_OK, "log.kept", KEPT,
			   _("the log of the package continues the statement that was kept, of %" PRIu64 " entries"),
			   kept->checkpoint.size);
	else
		package_wrong(package, "log.fork", KEPT,
			      _("the log of the package does not continue the statement that was kept, of %" PRIu64
				" entries: entries were changed since, or the log was rolled back"),
			      kept->checkpoint.size);
}

/* @own the statements of the package, then NULL; the last one is the newest. */
static void check_kept(const struct package *package, const struct kept *kept,
		       const struct statement *const *own, const struct statement *newest)
{
	const struct statement *same = kept->given ? of_same_size(&kept->checkpoint, own) : NULL;

	if (!kept->given)
		return;
	if (same)
		check_same(package, kept, same);
	else if (kept->joined)
		check_joined(package, kept, &newest->checkpoint);
	else
		report_say(package->report, REPORT_NOTE, "log.kept", KEPT,
			   _("the statement that was kept is of %" PRIu64
			     " entries, the newest of the package of %" PRIu64
			     ". Both are signed; that one continues the other cannot be proved from the "
			     "package alone: ask the "
			     "station for a proof between the two sizes (log.prove)"),
			   kept->checkpoint.size, newest->checkpoint.size);
}

/* --- from the opening to the end ------------------------------------------------------------------- */

static bool open_checkpoint(const struct package *package, const char *name,
			    const struct note_key *key, struct statement *out)
{
	return package_open(package, "log.missing", name, &out->file) &&
	       read_checkpoint(package, name, &out->file, key, &out->checkpoint, &out->note);
}

/* One of the list's proofs, whose sizes must be those of the statements that it joins. */
static void check_step(const struct package *package, const struct json_value *step,
		       const struct statement *from, const struct statement *to)
{
	const struct checkpoint *old = &from->checkpoint, *new = &to->checkpoint;
	struct tlog_proof proof;
	int64_t old_size, new_size;

	if (!json_integer_of(step, "old", &old_size) || (uint64_t)old_size != old->size ||
	    !json_integer_of(step, "new", &new_size) || (uint64_t)new_size != new->size ||
	    !read_proof(&proof, json_member(step, "hashes")))
		package_wrong(package, "log.consistency", CONSISTENCY,
			      _("there is no proof that the log of %" PRIu64
				" entries became that of %" PRIu64),
			      old->size, new->size);
	else if (old->size > new->size ||
		 !tlog_check_consistency(&proof, old->size, &old->root, new->size, &new->root))
		package_wrong(package, "log.consistency", CONSISTENCY,
			      _("the log of %" PRIu64 " entries does not continue that of %" PRIu64
				": entries were changed or taken out in between, or the log was rolled back"),
			      new->size, old->size);
	else
		report_say(package->report, REPORT_OK, "log.consistency", CONSISTENCY,
			   _("from %" PRIu64 " to %" PRIu64 " entries the log only "
			     "grew; what is not shown here is of other matters"),
			   old->size, new->size);
}

/* Entry @seq is the @action of this showing, and stands in the log of @by; -1: there should be none. */
static void check_end(const struct package *package, int64_t seq, const char *action,
		      const struct statement *by)
{
	const struct package_entry *entry = log_find(package, seq);

	if (!entry || strcmp(entry->action, action) != 0 || entry->showing != package->showing ||
	    (uint64_t)seq >= by->checkpoint.size)
		package_wrong(package, "log.ends", "log/entries.jsonl",
			      _("entry %" PRId64
				" should be the %s of this showing, and stand in the log "
				"that was signed then"),
			      seq, action);
}

static void check_growth(const struct package *package, const struct note_key *key,
			 const struct statement *newest, const struct kept *kept)
{
	CLEANUP(clear_statement)
	struct statement opening = { .file = { NULL, 0 } },
			 closing = { .file = { NULL, 0 } };
	CLEANUP(mapped_close) struct mapped file = { NULL, 0 };
	CLEANUP(json_freep) struct json *json = NULL;
	bool closed = package->closed_entry >= 0;
	const struct json_value *list;
	struct err err;

	if (closed != (package_find(package, CLOSING) != NULL))
		package_wrong(package, "log.ends", CLOSING, "%s",
			      _("a closed showing has a closing statement of the log, another has none"));
	if (!open_checkpoint(package, OPENING, key, &opening) ||
	    (closed && !open_checkpoint(package, CLOSING, key, &closing)) ||
	    !package_open(package, "log.missing", CONSISTENCY, &file))
		return;
	if (json_read(&json, file.bytes, file.len_bytes, &err) < 0 ||
	    json_root(json)->kind != JSON_IS_ARRAY || json_root(json)->count != (closed ? 2 : 1)) {
		package_wrong(package, "log.consistency", CONSISTENCY, "%s",
			      _("the proofs that the log only grew cannot be read"));
		return;
	}
	list = json_root(json)->first;
	check_kept(package, kept,
		   (const struct statement *const[]){ &opening, newest, closed ? &closing : NULL,
						      NULL },
		   newest);
	check_step(package, list, &opening, closed ? &closing : newest);
	check_end(package, package->opened_entry, "showing.opened", &opening);
	if (!closed)
		return;
	check_step(package, list->next, &closing, newest);
	check_end(package, package->closed_entry, "showing.closed", &closing);
	say_fingerprint(package, &closing.note);
}

void log_check(struct package *package)
{
	CLEANUP(clear_statement) struct statement newest = { .file = { NULL, 0 } };
	struct note_key key;
	struct kept kept;

	if (!find_key(package, &key) || !open_checkpoint(package, CHECKPOINT, &key, &newest))
		return;
	check_manifest(package, &newest.checkpoint);
	read_kept(package, &key, &kept);
	check_inclusion(package, &newest.checkpoint, &kept);
	check_growth(package, &key, &newest, &kept);
}
