/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Everything is read before the sandbox closes; afterwards the process can only compute and answer, and speak
 * with a token where keys are in one. It signs hashes, so that it need not see what is shown.
 */
#include "station/evidence/signer.h"

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certs/issue.h"
#include "certs/layout.h"
#include "certs/trust.h"
#include "station/base/clock.h"
#include "station/base/log.h"
#include "station/base/rpc_server.h"
#include "station/evidence/signer_checkpoint.h"
#include "station/evidence/signer_sandbox.h"
#include "station/evidence/signer_token.h"

#define DIGEST_BYTES 32
#define SIGNATURE_MAX 80	/* DER of two 256-bit integers takes at most 72 */

#define LEAVE_NS (5 * NS_PER_S)	/* between two looks for a token that is not there */

DEFINE_FREEP(EVP_PKEY_CTX_free, EVP_PKEY_CTX *)

/* The first SIGNING of them sign digests; the last one signs checkpoints and nothing else. */
static const enum profile_kind held[] = { PROFILE_LOG, PROFILE_MEDIA, PROFILE_CHECKPOINT };

#define SIGNING 2
#define CHECKPOINT 2

struct signer_key {
	const char *name;
	const char *uri;		/* in a token; "": in a file */
	EVP_PKEY *key;			/* NULL: @missing says why */
	struct err missing;
	struct issued record;		/* of its certificate */
};

struct signer {
	struct loop *loop;
	struct rpc_server *server;
	struct signer_token *token;	/* NULL: all keys are in files */
	struct loop_timer leave;	/* to look for the token again, in another process */
	bool lost;
	struct signer_key keys[ARRAY_LEN(held)];
	struct last_checkpoint last;
};

/* ---- keys ---- */

static int check_mode(const char *path, struct err *err)
{
	struct stat info;

	if (lstat(path, &info) < 0)
		return err_os(err, "%s", path);
	if (!S_ISREG(info.st_mode) || info.st_uid != geteuid())
		return err_set(err, ERR_DENIED, "%s is not a file of this user", path);
	if (info.st_mode & (S_IRWXG | S_IRWXO))
		return err_set(err, ERR_DENIED, "the private key %s is open to others: chmod 600 it", path);
	return 0;
}

static int read_key_file(struct signer_key *key, const char *path, struct err *err)
{
	int rc = check_mode(path, err);

	return rc < 0 ? rc : trust_read_key(&key->key, path, err);
}

static int load_key(struct signer *signer, struct signer_key *key, const char *state_path,
		    enum profile_kind which, struct err *err)
{
	const struct issue_request request = { .profile = which };
	CLEANUP(util_freep) char *key_path = layout_path(state_path, profiles[which].key_file);
	CLEANUP(util_freep) char *pem_path = layout_path(state_path, profiles[which].pem_file);
	CLEANUP(X509_freep) X509 *certificate = NULL;
	int rc;

	if (!key_path || !pem_path)
		return err_set(err, ERR_NOMEM, "signer: out of memory");
	key->name = profiles[which].name;
	rc = trust_read_certificate(&certificate, pem_path, err);
	if (rc == 0)
		rc = issue_record(&key->record, certificate, &request, err);
	if (rc < 0)
		return rc;
	if (*key->uri)
		rc = signer_token_key(signer->token, &key->key, key->uri, err);
	else
		rc = read_key_file(key, key_path, err);
	if (rc < 0)
		return rc;
	if (!issue_fits(&profiles[which], key->key) || X509_check_private_key(certificate, key->key) != 1)
		return issue_error(err, ERR_TAMPER, "%s is not the %s key of %s", *key->uri ? key->uri : key_path,
				   profiles[which].ed25519 ? "Ed25519" : "P-256", pem_path);
	return 0;
}

/* A token may come later; a file that is not right stays so. */
static int load_or_miss(struct signer *signer, struct signer_key *key, const char *state_path,
			enum profile_kind which, struct err *err)
{
	int rc = load_key(signer, key, state_path, which, err);

	if (rc == 0 || !*key->uri)
		return rc;
	EVP_PKEY_free(key->key);
	key->key = NULL;
	key->missing = *err;
	log_error("%s", err->text);
	signer->lost |= rc == ERR_GONE;
	return 0;
}

static int sign_with(const struct signer_key *key, const uint8_t *digest, char *base64, struct err *err)
{
	CLEANUP(EVP_PKEY_CTX_freep) EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key->key, NULL);
	uint8_t signature[SIGNATURE_MAX];
	size_t len_bytes = sizeof signature;

	if (!context || EVP_PKEY_sign_init(context) != 1 ||
	    EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) != 1 ||
	    EVP_PKEY_sign(context, signature, &len_bytes, digest, DIGEST_BYTES) != 1)
		return issue_error(err, ERR_OS, "signing with the %s key", key->name);
	EVP_EncodeBlock((unsigned char *)base64, signature, (int)len_bytes);
	return 0;
}

static int sign(struct signer *signer, struct signer_key *key, const uint8_t *digest, char *base64,
		struct err *err)
{
	int rc = key->key ? sign_with(key, digest, base64, err) : key->missing.code;

	if (!key->key) {
		*err = key->missing;
	} else if (rc < 0 && *key->uri && !signer->lost) {
		err_prefix(err, "the token has failed");
		log_error("%s", err->text);
		signer->lost = true;
		loop_set(signer->loop, &signer->leave, clock_mono_ns() + LEAVE_NS);
	}
	return rc;
}

/* OpenSSL fetches algorithms and seeds itself at the first signature, for which it opens files. */
static int warm_up(struct signer *signer, struct err *err)
{
	static const uint8_t zeros[DIGEST_BYTES];
	char base64[2 * SIGNATURE_MAX];
	int rc = 0;

	for (size_t i = 0; i < SIGNING && rc == 0; i++)
		if (signer->keys[i].key)
			rc = sign_with(&signer->keys[i], zeros, base64, err);
	return rc == 0 ? signer_checkpoint_warm_up(signer->keys[CHECKPOINT].key, err) : rc;
}

/* ---- requests ---- */

static void answer_status(struct signer *signer, struct rpc_ticket ticket)
{
	json_t *keys = json_array();

	for (size_t i = 0; i < ARRAY_LEN(held); i++) {
		const struct signer_key *key = &signer->keys[i];

		json_array_append_new(keys, json_pack("{s:s, s:s, s:s, s:s, s:s, s:I}", "key", key->name,
						      "place", *key->uri ? "token" : "file", "reason",
						      key->missing.text, "serial",
						      key->record.serial, "id", key->record.id,
						      "until_utc_us",
						      (json_int_t)key->record.until_utc_us));
	}
	rpc_server_answer(signer->server, ticket, json_pack("{s:o, s:o}", "keys", keys, "checkpoint",
							    signer_checkpoint_last(&signer->last)));
}

static struct signer_key *find_key(struct signer *signer, const char *name)
{
	for (size_t i = 0; i < SIGNING; i++)
		if (!strcmp(signer->keys[i].name, name))
			return &signer->keys[i];
	return NULL;
}

static int read_request(struct signer *signer, json_t *params, struct signer_key **key,
			uint8_t *digest, struct err *err)
{
	const char *name, *hex;

	if (json_unpack(params, "{s:s, s:s !}", "key", &name, "digest", &hex) < 0)
		return err_set(err, ERR_RANGE, "signer.sign takes \"key\" and \"digest\", nothing else");
	*key = find_key(signer, name);
	if (!*key)
		return err_set(err, ERR_RANGE, "there is no key of this name");
	if (util_unhex(digest, DIGEST_BYTES, hex) < 0)
		return err_set(err, ERR_RANGE, "the digest is not %d hexadecimal digits", 2 * DIGEST_BYTES);
	return 0;
}

static void answer_sign(struct signer *signer, json_t *params, struct rpc_ticket ticket)
{
	struct signer_key *key = NULL;
	uint8_t digest[DIGEST_BYTES];
	char base64[2 * SIGNATURE_MAX];
	struct err err = { 0 };

	if (read_request(signer, params, &key, digest, &err) < 0)
		rpc_server_refuse(signer->server, ticket, RPC_BAD_PARAMS, &err);
	else if (sign(signer, key, digest, base64, &err) < 0)
		rpc_server_refuse(signer->server, ticket, RPC_REFUSED, &err);
	else
		rpc_server_answer(signer->server, ticket, json_pack("{s:s}", "signature", base64));
}

static void answer_checkpoint(struct signer *signer, json_t *params, struct rpc_ticket ticket)
{
	json_t *result = NULL;
	struct err err = { 0 };

	if (signer_checkpoint(&signer->last, signer->keys[CHECKPOINT].key, params, &result, &err) < 0)
		rpc_server_refuse(signer->server, ticket, RPC_REFUSED, &err);
	else
		rpc_server_answer(signer->server, ticket, result);
}

static void request(void *owner, const struct rpc_peer *peer, const char *method, json_t *params,
		    struct rpc_ticket ticket)
{
	struct signer *signer = owner;
	struct err err = { 0 };

	(void)peer;
	if (!ticket.id)
		return;		/* a signature that nobody waits for is not made */
	if (!strcmp(method, "signer.sign")) {
		answer_sign(signer, params, ticket);
	} else if (!strcmp(method, "signer.checkpoint")) {
		answer_checkpoint(signer, params, ticket);
	} else if (!strcmp(method, "signer.status") && json_object_size(params) == 0) {
		answer_status(signer, ticket);
	} else {
		err_set(&err, ERR_UNSUPPORTED, "the signer has no method \"%s\" with these parameters", method);
		rpc_server_refuse(signer->server, ticket, RPC_NO_METHOD, &err);
	}
}

static void left(void *owner, const struct rpc_peer *peer)
{
	struct signer *signer = owner;

	(void)peer;
	loop_stop(signer->loop);
}

/* ---- life ---- */

static void block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static void leave(void *owner)
{
	struct signer *signer = owner;

	log_notice("ending, so that the token is looked for anew");
	loop_stop(signer->loop);
}

static int load_keys(struct signer *signer, const struct signer_options *options, struct err *err)
{
	const char *const uris[ARRAY_LEN(held)] = { options->log_key, options->media_key, "" };
	int rc = 0;

	for (size_t i = 0; i < ARRAY_LEN(held) && rc == 0; i++) {
		signer->keys[i].uri = uris[i];
		if (*uris[i] && !signer_token_is_uri(uris[i]))
			rc = err_set(err, ERR_RANGE, "the %s key is \"%s\": nothing, or a URI that begins with pkcs11:",
				     profiles[held[i]].name, uris[i]);
		else if (*uris[i] && !signer->token)
			rc = signer_token_open(&signer->token, options->module, options->pin_file, err);
	}
	for (size_t i = 0; i < ARRAY_LEN(held) && rc == 0; i++)
		rc = load_or_miss(signer, &signer->keys[i], options->state_path, held[i], err);
	return rc;
}

static int start(struct signer *signer, const struct signer_options *options, int rpc_fd, struct err *err)
{
	static const struct rpc_server_ops ops = { .request = request, .left = left };
	int rc = load_keys(signer, options, err);

	if (rc == 0)
		rc = last_checkpoint_open(&signer->last, options->state_path, err);
	if (rc == 0)
		rc = warm_up(signer, err);
	if (rc == 0)
		rc = loop_new(&signer->loop, err);
	if (rc == 0)
		rc = rpc_server_open(&signer->server, signer->loop, NULL, &ops, signer, err);
	if (rc == 0)
		rc = rpc_server_adopt(signer->server, rpc_fd, NULL, err);
	if (rc == 0 && signer->lost)
		loop_set(signer->loop, &signer->leave, clock_mono_ns() + LEAVE_NS);
	if (rc < 0)
		return rc;
	return signer->token ? signer_sandbox_token(err) : signer_sandbox(err);
}

int signer_main(const struct signer_options *options, int rpc_fd)
{
	struct signer signer = { .leave = { .due_ns = UINT64_MAX, .fire = leave, .owner = &signer },
				 .last = LAST_CHECKPOINT_NONE };
	struct err err = { 0 };
	int rc;

	log_init("signer", LOG_LEVEL_NOTICE);
	block_signals();
	rc = start(&signer, options, rpc_fd, &err);
	if (rc < 0)
		log_error("%s", err.text);
	else
		loop_run(signer.loop);
	rpc_server_free(signer.server);
	loop_free(signer.loop);
	last_checkpoint_close(&signer.last);
	for (size_t i = 0; i < ARRAY_LEN(held); i++)
		EVP_PKEY_free(signer.keys[i].key);
	signer_token_free(signer.token);
	return rc < 0 ? 1 : 0;
}
