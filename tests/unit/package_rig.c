/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/package_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <inttypes.h>
#include <openssl/cms.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "station/evidence/note.h"
#include "tests/unit/rig_recording.h"
#include "tests/unit/temp_folder.h"
#include "station/evidence/fingerprint.h"

#define ORIGIN "station.example/log"
#define STATION "station-1"

/* --- certificates ---------------------------------------------------------------------------------- */

static const struct {
	const char *kind, *name, *file;
	enum rig_key issuer;
	bool authority;
} certificates[RIG_KEYS] = {
	[RIG_ROOT] = { "P-256", "Root", "certificates/root.pem", RIG_ROOT, true },
	[RIG_CA] = { "P-256", "Issuing CA", "certificates/ca.pem", RIG_ROOT, true },
	[RIG_LOG] = { "P-256", "Log signer", "certificates/log.pem", RIG_CA, false },
	[RIG_MEDIA] = { "P-256", "Media signer", "certificates/media.pem", RIG_CA, false },
	[RIG_CHECKPOINT] = { "ED25519", "Checkpoint signer", "certificates/checkpoint.pem", RIG_CA,
			     false },
};

static void extend(X509 *certificate, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	assert_true(extension && X509_add_ext(certificate, extension, -1));
	X509_EXTENSION_free(extension);
}

void package_rig_renew(struct package_rig *rig, enum rig_key which)
{
	X509 *certificate = X509_new();
	X509_NAME *name = X509_get_subject_name(certificate);
	bool authority = certificates[which].authority;
	X509 *issuer;

	EVP_PKEY_free(rig->keys[which]);
	X509_free(rig->certificates[which]);
	rig->keys[which] = strcmp(certificates[which].kind, "ED25519") == 0
				   ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")
				   : EVP_EC_gen("P-256");
	rig->certificates[which] = certificate;
	X509_set_version(certificate, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1000 + (long)which);
	ASN1_TIME_set(X509_getm_notBefore(certificate), time(NULL) - 86400);
	ASN1_TIME_set(X509_getm_notAfter(certificate), time(NULL) + 86400);
	X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, (const uint8_t *)"Centre", -1, -1, 0);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
				   (const uint8_t *)certificates[which].name, -1, -1, 0);
	issuer = rig->certificates[certificates[which].issuer];
	X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
	X509_set_pubkey(certificate, rig->keys[which]);
	extend(certificate, NID_basic_constraints,
	       authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
	extend(certificate, NID_key_usage,
	       authority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature");
	if (which == RIG_MEDIA)
		extend(certificate, NID_ext_key_usage,
		       rig->media_use ? rig->media_use : "1.3.6.1.5.5.7.3.36");
	assert_true(X509_sign(certificate, rig->keys[certificates[which].issuer], EVP_sha256()) >
		    0);
}

static char *pem_of(X509 *certificate, size_t *len_bytes)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text, *copy;

	assert_true(PEM_write_bio_X509(bio, certificate));
	*len_bytes = (size_t)BIO_get_mem_data(bio, &text);
	copy = strndup(text, *len_bytes);
	BIO_free(bio);
	return copy;
}

/* --- files ----------------------------------------------------------------------------------------- */

char *package_rig_path(const struct package_rig *rig, const char *name)
{
	char *path;

	assert_true(asprintf(&path, "%s/%s", rig->folder, name) > 0);
	return path;
}

void package_rig_write(const struct package_rig *rig, const char *name, const void *bytes,
		       size_t len_bytes)
{
	char *path = package_rig_path(rig, name);
	FILE *file;

	for (size_t i = strlen(rig->folder) + 1; path[i]; i++) {
		if (path[i] != '/')
			continue;
		path[i] = '\0';
		mkdir(path, 0700);
		path[i] = '/';
	}
	file = fopen(path, "we");
	if (!file)
		fail_msg("%s", path);
	assert_int_equal(fwrite(bytes, 1, len_bytes, file), len_bytes);
	assert_int_equal(fclose(file), 0);
	free(path);
}

void *package_rig_read(const struct package_rig *rig, const char *name, size_t *len_bytes)
{
	char *path = package_rig_path(rig, name), *bytes = malloc(4 << 20);
	FILE *file = fopen(path, "re");

	if (!file)
		fail_msg("%s", path);
	*len_bytes = fread(bytes, 1, 4 << 20, file);
	fclose(file);
	free(path);
	return bytes;
}

struct rig_file *package_rig_file(struct package_rig *rig, const char *name)
{
	for (size_t i = 0; i < rig->file_count; i++)
		if (strcmp(rig->files[i].name, name) == 0)
			return &rig->files[i];
	fail_msg("the package has no %s", name);
	return NULL;
}

/* Takes @bytes; a file of that name is replaced. */
static void put_file(struct package_rig *rig, const char *name, const char *category,
		     const char *format, void *bytes, size_t len_bytes, int entry)
{
	struct rig_file *file = rig->files;

	while (file < rig->files + rig->file_count && strcmp(file->name, name) != 0)
		file++;
	if (file == rig->files + rig->file_count) {
		assert_true(rig->file_count++ < RIG_FILES_MAX);
		*file = (struct rig_file){ .category = category, .format = format, .entry = entry };
		snprintf(file->name, sizeof file->name, "%s", name);
	}
	free(file->bytes);
	file->bytes = bytes;
	file->len_bytes = len_bytes;
}

static void hex_of(char hex[65], const void *bytes, size_t len_bytes)
{
	uint8_t digest[32];

	assert_true(EVP_Digest(bytes, len_bytes, digest, NULL, EVP_sha256(), NULL));
	util_hex(hex, digest, sizeof digest);
}

/* --- the log --------------------------------------------------------------------------------------- */

static int put_entry(struct package_rig *rig, const char *action, bool shown, const char *data)
{
	struct rig_entry *entry = &rig->entries[rig->entry_count];
	int seq = (int)rig->entry_count++;

	assert_true(rig->entry_count <= RIG_ENTRIES_MAX);
	entry->shown = shown;
	assert_true(asprintf(&entry->line,
			     "{\"seq\":%d,\"utc_us\":%" PRId64
			     ",\"mono_ns\":%d,\"station\":\"" STATION "\",\"action\":\"%s\","
			     "\"actor\":\"Wang\",\"role\":\"operator\",\"second\":\"Li\","
			     "\"reason\":\"\",\"showing\":%d,\"case\":\"%s\","
			     "\"exhibit\":\"\",\"pose\":null,\"data\":%s,\"salt\":\"%032d\"}",
			     seq, rig->made_utc_us + seq * 1000000 - 3600000000, seq * 1000, action,
			     shown ? 3 : 4, shown ? RIG_CASE : "other", data, seq) > 0);
	return seq;
}

static int put_made(struct package_rig *rig, const char *action, const char *name,
		    const char *category, const char *format, void *bytes, size_t len_bytes)
{
	char hex[65], data[128];
	int seq;

	hex_of(hex, bytes, len_bytes);
	snprintf(data, sizeof data, "{\"file\":\"%s\",\"sha256\":\"%s\"}", name, hex);
	seq = put_entry(rig, action, true, data);
	put_file(rig, name, category, format, bytes, len_bytes, seq);
	return seq;
}

static void leaves_of(const struct package_rig *rig, struct tlog_hash *leaves)
{
	for (size_t i = 0; i < rig->entry_count; i++)
		leaves[i] = tlog_leaf(rig->entries[i].line, strlen(rig->entries[i].line));
}

static struct tlog_hash root_of(const struct tlog_hash *leaves, size_t count)
{
	struct tlog_tree tree = { 0 };

	for (size_t i = 0; i < count; i++)
		tlog_append(&tree, &leaves[i]);
	return tlog_root(&tree);
}

static struct note_key key_of(const struct package_rig *rig)
{
	struct note_key key;
	uint8_t public_key[32];
	size_t len_bytes = sizeof public_key;

	assert_true(EVP_PKEY_get_raw_public_key(rig->keys[RIG_CHECKPOINT], public_key, &len_bytes));
	assert_int_equal(note_key_make(&key, ORIGIN, NOTE_ED25519, public_key, NULL), 0);
	return key;
}

static char *note_of(const struct package_rig *rig, const struct tlog_hash *leaves, size_t size,
		     size_t *text_bytes)
{
	struct checkpoint checkpoint = { .origin = ORIGIN,
					 .size = size,
					 .root = root_of(leaves, size) };
	struct note_key key = key_of(rig);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	char *note = calloc(1, 1024);
	int len = checkpoint_print(&checkpoint, note, 512, NULL);
	uint8_t signature[64];
	size_t signature_bytes = sizeof signature;

	assert_true(len > 0);
	*text_bytes = (size_t)len;
	assert_true(EVP_DigestSignInit(context, NULL, NULL, NULL, rig->keys[RIG_CHECKPOINT]) &&
		    EVP_DigestSign(context, signature, &signature_bytes, (const uint8_t *)note,
				   (size_t)len));
	EVP_MD_CTX_free(context);
	note[len++] = '\n';
	assert_true(note_print_signature(&key, signature, note + len, 512, NULL) > 0);
	return note;
}

static void print_hashes(FILE *out, const struct tlog_proof *proof)
{
	unsigned char text[64];

	fputs("\"hashes\":[", out);
	for (unsigned i = 0; i < proof->count; i++) {
		EVP_EncodeBlock(text, proof->hashes[i].bytes, 32);
		fprintf(out, "%s\"%s\"", i ? "," : "", text);
	}
	fputs("]", out);
}

static void put_text(struct package_rig *rig, const char *name, const char *category,
		     const char *format, char *text, size_t len)
{
	put_file(rig, name, category, format, text, len, -1);
}

static void put_note(struct package_rig *rig, const char *name, const struct tlog_hash *leaves,
		     size_t size, char *fingerprint)
{
	size_t text_bytes;
	char *note = note_of(rig, leaves, size, &text_bytes);

	if (fingerprint) {
		char *text = strndup(note, text_bytes);

		fingerprint_text(fingerprint, text);
		free(text);
	}
	put_text(rig, name, "log", "text/plain", note, strlen(note));
}

static void put_growth(struct package_rig *rig, const struct tlog_hash *leaves, size_t size)
{
	size_t sizes[3] = { rig->opened + 1, rig->closed + 1, size }, len;
	struct tlog_proof proof;
	char *text;
	FILE *out = open_memstream(&text, &len);

	for (int i = 0; i < 2; i++) {
		/* of a log that was rolled back no proof exists; the other way round is the best that one can try */
		tlog_prove_consistency(&proof, leaves, MIN(sizes[i], sizes[i + 1]),
				       MAX(sizes[i], sizes[i + 1]));
		fprintf(out, "%s{\"old\":%zu,\"new\":%zu,", i ? "," : "[", sizes[i], sizes[i + 1]);
		print_hashes(out, &proof);
		fputs("}", out);
	}
	fputs("]\n", out);
	fclose(out);
	put_text(rig, "log/consistency.json", "log", "application/json", text, len);
}

static size_t put_entries(struct package_rig *rig, const struct tlog_hash *leaves, size_t size)
{
	size_t lines_len, proofs_len, count = 0;
	char *lines_text, *proofs_text;
	FILE *lines = open_memstream(&lines_text, &lines_len),
	     *proofs = open_memstream(&proofs_text, &proofs_len);
	struct tlog_proof proof;

	for (size_t i = 0; i < size; i++) {
		if (!rig->entries[i].shown)
			continue;
		fprintf(lines, "%s\n", rig->entries[i].line);
		tlog_prove_inclusion(&proof, leaves, i, size);
		fprintf(proofs, "%s{\"seq\":%zu,", count++ ? "," : "[", i);
		print_hashes(proofs, &proof);
		fputs("}", proofs);
	}
	fputs("]\n", proofs);
	fclose(lines);
	fclose(proofs);
	put_text(rig, "log/entries.jsonl", "log", "application/jsonl", lines_text, lines_len);
	put_text(rig, "log/proofs.json", "log", "application/json", proofs_text, proofs_len);
	return count;
}

/* --- sealing --------------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct rig_file *)a)->name, ((const struct rig_file *)b)->name);
}

static void put_sums(struct package_rig *rig)
{
	size_t len;
	char *text, hex[65];
	FILE *out = open_memstream(&text, &len);

	for (size_t i = 0; i < rig->file_count; i++) {
		hex_of(hex, rig->files[i].bytes, rig->files[i].len_bytes);
		if (strcmp(rig->files[i].name, "SHA256SUMS") != 0)
			fprintf(out, "%s  %s\n", hex, rig->files[i].name);
	}
	fclose(out);
	put_text(rig, "SHA256SUMS", "sums", "text/plain", text, len);
}

static void print_files(FILE *out, const struct package_rig *rig)
{
	char hex[65], entry[16];

	for (size_t i = 0; i < rig->file_count; i++) {
		const struct rig_file *file = &rig->files[i];

		hex_of(hex, file->bytes, file->len_bytes);
		snprintf(entry, sizeof entry, "%d", file->entry);
		fprintf(out,
			"%s\n {\"name\":\"%s\",\"category\":\"%s\",\"format\":\"%s\",\"bytes\":%zu,"
			"\"sha256\":\"%s\",\"entry\":%s}",
			i ? "," : "", file->name, file->category, file->format, file->len_bytes,
			hex, file->entry < 0 ? "null" : entry);
	}
}

static void sign_manifest(const struct package_rig *rig, const char *text, size_t len)
{
	STACK_OF(X509) *others = sk_X509_new_null();
	BIO *data = BIO_new_mem_buf(text, (int)len);
	unsigned char *der = NULL;
	CMS_ContentInfo *cms;
	int der_len;

	sk_X509_push(others, rig->certificates[RIG_CA]);
	cms = CMS_sign(rig->certificates[RIG_LOG], rig->keys[RIG_LOG], others, data,
		       CMS_DETACHED | CMS_BINARY | CMS_NOSMIMECAP | CMS_CADES);
	assert_non_null(cms);
	der_len = i2d_CMS_ContentInfo(cms, &der);
	package_rig_write(rig, "manifest.p7s", der, (size_t)der_len);
	OPENSSL_free(der);
	CMS_ContentInfo_free(cms);
	BIO_free(data);
	sk_X509_free(others);
}

static void write_manifest(const struct package_rig *rig, const struct tlog_hash *leaves,
			   size_t size, size_t lines, const char *fingerprint)
{
	struct tlog_hash root = root_of(leaves, size);
	char *text, key_text[NOTE_NAME_MAX + 64];
	struct note_key key = key_of(rig);
	unsigned char root_text[64];
	size_t len;
	FILE *out = open_memstream(&text, &len);

	EVP_EncodeBlock(root_text, root.bytes, 32);
	note_key_print(&key, key_text, sizeof key_text);
	fprintf(out,
		"{\"format\":\"ostend-package-1\",\"software\":\"ostend "
		"0.1.0\",\"station\":\"" STATION "\",\"made_utc_us\":%" PRId64
		",\"made_by\":\"Wang\",\"second\":\"\",\"complete\":true,\"remarks\":[],\n",
		rig->made_utc_us);
	fprintf(out,
		"\"showing\":{\"id\":3,\"purpose\":\"hearing\",\"case_no\":\"" RIG_CASE
		"\",\"state\":\"CLOSED\",\"opened_utc_us\":1,"
		"\"closed_utc_us\":2,\"opened_entry\":%zu,\"closed_entry\":%zu,\"fingerprint\":\"%"
		"s\"},\n",
		rig->opened, rig->closed, fingerprint);
	fprintf(out,
		"\"log\":{\"origin\":\"" ORIGIN
		"\",\"key\":\"%s\",\"size\":%zu,\"root\":\"%s\",\"entries\":%zu},\n\"files\":[",
		key_text, size, root_text, lines);
	print_files(out, rig);
	fputs("]}\n", out);
	fclose(out);
	package_rig_write(rig, "manifest.json", text, len);
	sign_manifest(rig, text, len);
	free(text);
}

void package_rig_seal(struct package_rig *rig)
{
	struct tlog_hash leaves[RIG_ENTRIES_MAX];
	size_t size = rig->signed_size ? rig->signed_size : rig->entry_count, lines, len;
	char fingerprint[FINGERPRINT_SIZE], *pem;

	leaves_of(rig, leaves);
	for (int i = 0; i < RIG_KEYS; i++) {
		pem = pem_of(rig->certificates[i], &len);
		put_text(rig, certificates[i].file, "certificate", "application/x-pem-file", pem,
			 len);
	}
	lines = put_entries(rig, leaves, size);
	put_note(rig, "log/checkpoint", leaves, size, NULL);
	put_note(rig, "log/opening-checkpoint", leaves, rig->opened + 1, NULL);
	put_note(rig, "log/closing-checkpoint", leaves, rig->closed + 1, fingerprint);
	put_growth(rig, leaves, size);
	qsort(rig->files, rig->file_count, sizeof *rig->files, by_name);
	put_sums(rig);
	qsort(rig->files, rig->file_count, sizeof *rig->files, by_name);
	for (size_t i = 0; i < rig->file_count; i++)
		package_rig_write(rig, rig->files[i].name, rig->files[i].bytes,
				  rig->files[i].len_bytes);
	write_manifest(rig, leaves, size, lines, fingerprint);
}

/* --- the whole ------------------------------------------------------------------------------------- */

static void put_still(struct package_rig *rig, const char *name, unsigned seed)
{
	size_t len = 600;
	uint8_t *bytes = malloc(len);

	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)((i * 2654435761u + seed) >> 11);
	put_made(rig, "still.taken", name, "still", "image/jpeg", bytes, len);
}

static void put_minutes(struct package_rig *rig)
{
	static const char *const names[] = { "minutes.en.html", "minutes.en.pdf",
					     "minutes.zh_CN.html", "minutes.zh_CN.pdf" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		put_text(rig, names[i], "minutes", "text/html", strdup(names[i]), strlen(names[i]));
}

static void put_recordings(struct package_rig *rig, int64_t begun_utc_us)
{
	size_t len;
	char *chain = pem_of(rig->certificates[RIG_MEDIA], &len),
	     *ca = pem_of(rig->certificates[RIG_CA], &len), *both;
	struct rig_recordings made;

	assert_true(asprintf(&both, "%s%s", chain, ca) > 0);
	rig_record(&made, rig->keys[RIG_MEDIA], both, begun_utc_us);
	put_made(rig, "recording.ended", "recordings/recording-001.mp4", "recording", "video/mp4",
		 made.bytes[0], made.len_bytes[0]);
	put_entry(rig, "exhibit.added", false, "{}");
	put_made(rig, "recording.ended", "recordings/recording-002.mp4", "recording", "video/mp4",
		 made.bytes[1], made.len_bytes[1]);
	free(chain);
	free(ca);
	free(both);
}

struct package_rig *package_rig_new(void)
{
	struct package_rig *rig = calloc(1, sizeof *rig);

	rig->folder = temp_folder_new();
	rig->made_utc_us = (int64_t)time(NULL) * 1000000;
	for (int i = 0; i < RIG_KEYS; i++)
		package_rig_renew(rig, i);
	put_entry(rig, "case.added", false, "{}");
	rig->opened = (size_t)put_entry(rig, "showing.opened", true, "{\"exhibits\":[\"A1\"]}");
	put_still(rig, "stills/0001.jpg", 1);
	put_entry(rig, "exhibit.added", false, "{}");
	put_still(rig, "stills/0002.jpg", 2);
	put_recordings(rig, rig->made_utc_us - 3600000000);
	rig->closed = (size_t)put_entry(rig, "showing.closed", true, "{}");
	put_entry(rig, "exhibit.added", false, "{}");
	put_entry(rig, "retrieval.back", true, "{}");
	put_minutes(rig);
	package_rig_seal(rig);
	return rig;
}

void package_rig_free(struct package_rig *rig)
{
	for (int i = 0; i < RIG_KEYS; i++) {
		EVP_PKEY_free(rig->keys[i]);
		X509_free(rig->certificates[i]);
	}
	for (size_t i = 0; i < rig->file_count; i++)
		free(rig->files[i].bytes);
	for (size_t i = 0; i < rig->entry_count; i++)
		free(rig->entries[i].line);
	temp_folder_free(rig->folder);
	free(rig);
}
