/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * note.c - keys, notes and checkpoints as text.
 *
 * Base64 must be the one right form of its bytes: a note that can be written in two ways could be "changed"
 * without anybody's key; base64_decode takes no other.
 */
#include "station/evidence/note.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/base64.h"
#include "station/base/openssl.h"
#include <openssl/evp.h>

#define DASH "\xe2\x80\x94 "		/* U+2014 and a space open a signature line */
#define BASE64_MAX 128

/* --- base64 --------------------------------------------------------------------------------------- */

static size_t encode(const uint8_t *bytes, size_t len_bytes, char *text)
{
	return (size_t)EVP_EncodeBlock((unsigned char *)text, bytes, (int)len_bytes);
}

/* --- keys ----------------------------------------------------------------------------------------- */

/* Printable, without '+' and without space; the spaces of Unicode are left to who chooses a name. */
static bool good_name(const char *name)
{
	for (const char *c = name; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == '+' || *c == 0x7f)
			return false;
	return name[0] && strlen(name) < NOTE_NAME_MAX;
}

static bool make_id(struct note_key *key)
{
	uint8_t digest[32], between[2] = { '\n', (uint8_t)key->kind };
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool good = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1 &&
		    EVP_DigestUpdate(context, key->name, strlen(key->name)) == 1 &&
		    EVP_DigestUpdate(context, between, sizeof between) == 1 &&
		    EVP_DigestUpdate(context, key->public_key, sizeof key->public_key) == 1 &&
		    EVP_DigestFinal_ex(context, digest, NULL) == 1;

	EVP_MD_CTX_free(context);
	memcpy(key->id, digest, sizeof key->id);
	return good;
}

int note_key_make(struct note_key *key, const char *name, enum note_kind kind, const uint8_t public_key[32],
		  struct err *err)
{
	if (!good_name(name))
		return err_set(err, ERR_RANGE, "a key may not be called \"%.60s\": no space, no '+', 1 to %d bytes",
			       name, NOTE_NAME_MAX - 1);
	*key = (struct note_key){ .kind = kind };
	strcpy(key->name, name);
	memcpy(key->public_key, public_key, sizeof key->public_key);
	return make_id(key) ? 0 : err_set(err, ERR_NOMEM, "a key's number could not be computed");
}

static void print_id(const struct note_key *key, char text[9])
{
	snprintf(text, 9, "%02x%02x%02x%02x", key->id[0], key->id[1], key->id[2], key->id[3]);
}

int note_key_read(struct note_key *key, const char *text, struct err *err)
{
	const char *id = strchr(text, '+'), *base = id ? strchr(id + 1, '+') : NULL;
	char name[NOTE_NAME_MAX], found[9];
	uint8_t bytes[33];
	int rc;

	if (!base || id - text >= NOTE_NAME_MAX || base - id != 9)
		return err_set(err, ERR_PROTO, "\"%.40s\" is no verifier key: NAME+8 DIGITS+BASE64 is wanted", text);
	memcpy(name, text, (size_t)(id - text));
	name[id - text] = '\0';
	if (base64_decode(bytes, sizeof bytes, base + 1, strlen(base + 1)) != sizeof bytes ||
	    (bytes[0] != NOTE_ED25519 && bytes[0] != NOTE_COSIGNATURE))
		return err_set(err, ERR_PROTO, "the verifier key of %.60s is not one of Ed25519", name);
	rc = note_key_make(key, name, bytes[0], bytes + 1, err);
	if (rc < 0)
		return rc;
	print_id(key, found);
	if (strncmp(found, id + 1, 8) != 0)
		return err_set(err, ERR_PROTO, "the verifier key of %.60s has the number %.8s, but %s is its own: "
			       "it was copied wrongly", name, id + 1, found);
	return 0;
}

void note_key_print(const struct note_key *key, char *text, size_t size)
{
	uint8_t bytes[33] = { (uint8_t)key->kind };
	char id[9], base[BASE64_MAX];

	memcpy(bytes + 1, key->public_key, sizeof key->public_key);
	encode(bytes, sizeof bytes, base);
	print_id(key, id);
	snprintf(text, size, "%s+%s+%s", key->name, id, base);
}

/* --- notes ---------------------------------------------------------------------------------------- */

static int bad(struct err *err, const char *what)
{
	return err_set(err, ERR_PROTO, "this is no signed note: %s", what);
}

/* "NAME BASE64" of @len bytes. */
static bool read_signature(struct note_signature *signature, const char *line, size_t len)
{
	const char *space = memchr(line, ' ', len);
	int count;

	if (!space || space == line || space - line >= NOTE_NAME_MAX)
		return false;
	memcpy(signature->name, line, (size_t)(space - line));
	signature->name[space - line] = '\0';
	if (!good_name(signature->name))
		return false;
	space++;
	count = base64_decode(signature->bytes, sizeof signature->bytes, space, len - (size_t)(space - line));
	signature->len_bytes = (size_t)MAX(count, 0);
	return count > 4;
}

static int read_signatures(struct note *note, const char *at, const char *end, struct err *err)
{
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));

		if (!newline || newline - at < 5 || memcmp(at, DASH, 4) != 0)
			return bad(err, "a line below the empty one is no signature");
		if (note->count == NOTE_SIGNATURES_MAX)
			return bad(err, "it has more signatures than anybody needs");
		if (!read_signature(&note->signatures[note->count], at + 4, (size_t)(newline - at) - 4))
			return bad(err, "a signature cannot be read");
		note->count++;
		at = newline + 1;
	}
	return note->count ? 0 : bad(err, "it has no signature");
}

int note_read(struct note *note, const char *bytes, size_t len_bytes, struct err *err)
{
	const char *end = bytes + len_bytes, *split = NULL;

	*note = (struct note){ .text = bytes };
	if (len_bytes > NOTE_MAX)
		return bad(err, "it is too long");
	for (const char *c = bytes; c < end; c++) {
		if (((unsigned char)*c < ' ' && *c != '\n') || *c == 0x7f)
			return bad(err, "it has a control character");
		if (*c == '\n' && c + 1 < end && c[1] == '\n')
			split = c;
	}
	if (!split)
		return bad(err, "there is no empty line between text and signatures");
	note->text_bytes = (size_t)(split + 1 - bytes);
	return read_signatures(note, split + 2, end, err);
}

static bool verify(const uint8_t public_key[32], const uint8_t *signature, const void *text, size_t len_bytes)
{
	EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, 32);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool good = key && context && EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1 &&
		    EVP_DigestVerify(context, signature, 64, text, len_bytes) == 1;

	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	return good;
}

static uint64_t read_time(const uint8_t bytes[8])
{
	uint64_t time_s = 0;

	for (unsigned i = 0; i < 8; i++)
		time_s = time_s << 8 | bytes[i];
	return time_s;
}

/* tlog-cosignature: the witness signs its time and the text. */
static bool verify_witness(const struct note *note, const struct note_key *key, const uint8_t *bytes)
{
	char text[NOTE_MAX + 64];
	int head = snprintf(text, sizeof text, "cosignature/v1\ntime %" PRIu64 "\n", read_time(bytes));

	memcpy(text + head, note->text, note->text_bytes);
	return verify(key->public_key, bytes + 8, text, (size_t)head + note->text_bytes);
}

static bool good_signature(const struct note *note, const struct note_key *key,
			   const struct note_signature *signature, uint64_t *time_s)
{
	const uint8_t *bytes = signature->bytes + sizeof key->id;

	*time_s = 0;
	if (key->kind == NOTE_ED25519)
		return signature->len_bytes == 4 + 64 &&
		       verify(key->public_key, bytes, note->text, note->text_bytes);
	if (signature->len_bytes != 4 + 8 + 64)
		return false;
	*time_s = read_time(bytes);
	return verify_witness(note, key, bytes);
}

int note_verify(const struct note *note, const struct note_key *key, uint64_t *time_s, struct err *err)
{
	uint64_t time_here;
	bool found = false;

	for (unsigned i = 0; i < note->count; i++) {
		const struct note_signature *signature = &note->signatures[i];

		if (strcmp(signature->name, key->name) != 0 || memcmp(signature->bytes, key->id, sizeof key->id) != 0)
			continue;
		found = true;
		if (!good_signature(note, key, signature, time_s ? time_s : &time_here))
			return err_set(err, ERR_TAMPER, "the signature of %s is not one on this text", key->name);
	}
	return found ? 0 : err_set(err, ERR_GONE, "there is no signature of %s on this text", key->name);
}

int note_print_signature(const struct note_key *key, const uint8_t signature[64], char *line, size_t size,
			 struct err *err)
{
	uint8_t bytes[4 + 64];
	char base[BASE64_MAX];
	int len;

	memcpy(bytes, key->id, 4);
	memcpy(bytes + 4, signature, 64);
	encode(bytes, sizeof bytes, base);
	len = snprintf(line, size, DASH "%s %s\n", key->name, base);
	return (size_t)len < size ? len : err_set(err, ERR_RANGE, "a signature line needs %d bytes", len + 1);
}

/* --- checkpoints ---------------------------------------------------------------------------------- */

int checkpoint_print(const struct checkpoint *checkpoint, char *text, size_t size, struct err *err)
{
	char root[64];
	int len;

	encode(checkpoint->root.bytes, sizeof checkpoint->root.bytes, root);
	len = snprintf(text, size, "%s\n%" PRIu64 "\n%s\n", checkpoint->origin, checkpoint->size, root);
	return (size_t)len < size ? len : err_set(err, ERR_RANGE, "a checkpoint needs %d bytes", len + 1);
}

/* The next line of @text, without its newline; NULL when there is none. */
static const char *next_line(const char **text, const char *end, size_t *len)
{
	const char *line = *text;
	const char *newline = line < end ? memchr(line, '\n', (size_t)(end - line)) : NULL;

	if (!newline)
		return NULL;
	*len = (size_t)(newline - line);
	*text = newline + 1;
	return line;
}

static bool read_size(uint64_t *size, const char *line, size_t len)
{
	*size = 0;
	if (!len || len > 19 || (line[0] == '0' && len > 1))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (line[i] < '0' || line[i] > '9')
			return false;
		*size = *size * 10 + (uint64_t)(line[i] - '0');
	}
	return true;
}

int checkpoint_read(struct checkpoint *checkpoint, const struct note *note, struct err *err)
{
	const char *at = note->text, *end = at + note->text_bytes, *line;
	size_t len;

	line = next_line(&at, end, &len);
	if (!line || !len || len >= sizeof checkpoint->origin)
		return err_set(err, ERR_PROTO, "the checkpoint does not say of which log it is");
	memcpy(checkpoint->origin, line, len);
	checkpoint->origin[len] = '\0';
	line = next_line(&at, end, &len);
	if (!line || !read_size(&checkpoint->size, line, len))
		return err_set(err, ERR_PROTO, "the checkpoint's size is no number");
	line = next_line(&at, end, &len);
	if (!line || base64_decode(checkpoint->root.bytes, sizeof checkpoint->root.bytes, line, len) !=
			     sizeof checkpoint->root.bytes)
		return err_set(err, ERR_PROTO, "the checkpoint's root is not the base64 of 32 bytes");
	return 0;
}
