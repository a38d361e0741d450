/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Passes and their sessions. A one-time pass is used when sessions.json, which only the station writes,
 * names it: so station and ostend-certs never write the same file. The use is on the disk before the
 * holder is let in, and stays there until the pass has expired.
 *
 * A guess is counted twice: for its address, and for the pass whose first group it names. The latter
 * stops many addresses together without stopping the holders of other passes.
 */
#include "certs/guard.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

#include "certs/pass_text.h"
#include "certs/guard_private.h"
#include "station/base/clock.h"

#define TOKEN_BYTES 32
#define SESSIONS_PER_PASS 64	/* of a reusable pass; the oldest goes */

static const char wrong_pass[] = "this pass is wrong, used or expired";

const struct pass *guard_find_pass(const struct guard *guard, const char *id)
{
	const struct pass *passes = guard->passes.items;

	for (size_t i = 0; i < guard->passes.count; i++)
		if (!CRYPTO_memcmp(passes[i].id, id, sizeof passes[i].id))
			return &passes[i];
	return NULL;
}

int guard_pass_id(char *id, const char *text)
{
	char plain[PASS_CHARS + 1];

	if (pass_text_read(plain, text) < 0)
		return ERR_RANGE;
	pass_text_id(id, plain);
	OPENSSL_cleanse(plain, sizeof plain);
	return 0;
}

static bool is_used(const struct guard *guard, const char *pass_id)
{
	const struct session *sessions = guard->sessions.items;

	for (size_t i = 0; i < guard->sessions.count; i++)
		if (!strcmp(sessions[i].pass_id, pass_id))
			return true;
	return false;
}

/* base64url (RFC 4648 5) of 32 bytes, without its one "=". */
static void write_token(char *token, const uint8_t *bytes)
{
	unsigned char text[(TOKEN_BYTES + 2) / 3 * 4 + 1];

	EVP_EncodeBlock(text, bytes, TOKEN_BYTES);
	for (size_t i = 0; i < GUARD_TOKEN_SIZE - 1; i++)
		token[i] = (char)(text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i]);
	token[GUARD_TOKEN_SIZE - 1] = '\0';
	OPENSSL_cleanse(text, sizeof text);
}

static void hash_token(char *hex, const char *token)
{
	uint8_t digest[SHA256_DIGEST_LENGTH];

	SHA256((const uint8_t *)token, strlen(token), digest);
	util_hex(hex, digest, sizeof digest);
}

/* Forget sessions of passes that are gone or over, and the oldest of a pass with too many. */
static void trim_sessions(struct guard *guard, const char *pass_id)
{
	const struct session *sessions = guard->sessions.items;
	int64_t now_us = clock_utc_us();
	size_t of_pass = 0;

	for (size_t i = guard->sessions.count; i-- > 0;) {
		const struct pass *pass = guard_find_pass(guard, sessions[i].pass_id);
		bool same = !strcmp(sessions[i].pass_id, pass_id);

		of_pass += same;
		if (!pass || pass->until_utc_us <= now_us || (same && of_pass >= SESSIONS_PER_PASS))
			records_remove(&guard->sessions, i);
	}
}

/* Record the use of @pass, with a new session's secret in @token if that is not NULL. */
static int add_session(struct guard *guard, const struct pass *pass, char *token, struct err *err)
{
	uint8_t random[TOKEN_BYTES];
	struct session *session;
	int rc;

	trim_sessions(guard, pass->id);
	session = records_add(&guard->sessions);
	if (!session)
		return err_set(err, ERR_NOMEM, "sessions: out of memory");
	memcpy(session->pass_id, pass->id, sizeof session->pass_id);
	session->since_utc_us = clock_utc_us();
	if (token) {
		util_random(random, sizeof random);
		write_token(token, random);
		hash_token(session->token, token);
		OPENSSL_cleanse(random, sizeof random);
	}
	rc = records_save(&guard->sessions, guard->state_path, err);
	if (rc < 0)
		records_remove(&guard->sessions, guard->sessions.count - 1);
	return rc;
}

static void fill_identity(struct identity *out, const struct pass *pass)
{
	struct identity identity = { .kind = IDENTITY_PASS, .expires_utc_us = pass->until_utc_us };

	role_from_name(&identity.role, pass->role);
	memcpy(identity.name, pass->name, sizeof identity.name);
	memcpy(identity.id, pass->id, sizeof identity.id);
	*out = identity;
}

/* The pass with the secret @plain that may be used now; else NULL, and the guess counts. */
static const struct pass *usable_pass(struct guard *guard, const char *plain)
{
	const struct pass *pass;
	enum role role;
	char id[65];

	pass_text_id(id, plain);
	pass = guard_find_pass(guard, id);
	if (!pass || !role_from_name(&role, pass->role) || guard_is_denied(guard, id) ||
	    pass->from_utc_us > clock_utc_us() || pass->until_utc_us <= clock_utc_us() ||
	    (!pass->reusable && is_used(guard, id)))
		return NULL;
	return pass;
}

static bool is_selector(const struct guard *guard, const char *selector)
{
	const struct pass *passes = guard->passes.items;

	for (size_t i = 0; i < guard->passes.count; i++)
		if (!strcmp(passes[i].selector, selector))
			return true;
	return false;
}

static int check_text(struct guard *guard, const char *plain, const char *address,
		      const struct pass **out, unsigned *retry_s, struct err *err)
{
	uint64_t now_ns = clock_mono_ns();
	char selector[PASS_GROUP + 1] = "";

	memcpy(selector, plain, PASS_GROUP);
	*retry_s = MAX(limit_wait_s(guard->addresses, address, now_ns),
		       limit_wait_s(guard->passes_tried, selector, now_ns));
	if (*retry_s)
		return err_set(err, ERR_FULL, "too many wrong passes; try again in %u s", *retry_s);
	*out = usable_pass(guard, plain);
	if (*out)
		return 0;
	limit_count(guard->addresses, address, now_ns);
	if (is_selector(guard, selector))
		limit_count(guard->passes_tried, selector, now_ns);
	return err_set(err, ERR_DENIED, wrong_pass);
}

int guard_check_pass(struct guard *guard, const char *text, const char *peer,
		     struct identity *identity, char *token, unsigned *retry_s, struct err *err)
{
	char plain[PASS_CHARS + 1] = "";	/* what is no pass is looked for as an empty one */
	char address[LIMIT_KEY_SIZE];
	const struct pass *pass = NULL;
	unsigned wait_s = 0;
	int rc = guard_check_readable(guard, err);

	if (rc < 0)
		return rc;
	limit_key_of_peer(address, peer);
	if (pass_text_read(plain, text) < 0)
		memset(plain, 0, sizeof plain);
	rc = check_text(guard, plain, address, &pass, &wait_s, err);
	OPENSSL_cleanse(plain, sizeof plain);
	if (retry_s)
		*retry_s = wait_s;
	if (rc == 0 && (!pass->reusable || token))
		rc = add_session(guard, pass, token, err);
	if (rc == 0)
		fill_identity(identity, pass);
	return rc;
}

static struct session *find_session(struct guard *guard, const char *token)
{
	struct session *sessions = guard->sessions.items;
	char hex[65];

	hash_token(hex, token);
	for (size_t i = 0; i < guard->sessions.count; i++)
		if (!CRYPTO_memcmp(sessions[i].token, hex, sizeof hex))
			return &sessions[i];
	return NULL;
}

int guard_check_session(struct guard *guard, const char *token, struct identity *identity,
			struct err *err)
{
	const struct session *session = find_session(guard, token);
	const struct pass *pass = session ? guard_find_pass(guard, session->pass_id) : NULL;
	struct identity found;
	int rc;

	if (!pass)
		return err_set(err, ERR_DENIED, "the session has ended; a new pass is needed");
	fill_identity(&found, pass);
	rc = guard_is_valid(guard, &found, err);
	if (rc == 0)
		*identity = found;
	return rc;
}

int guard_end_session(struct guard *guard, const char *token, struct err *err)
{
	struct session *session = find_session(guard, token);

	if (!session)
		return 0;
	session->token[0] = '\0';
	return records_save(&guard->sessions, guard->state_path, err);
}
