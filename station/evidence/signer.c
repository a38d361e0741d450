/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Everything is read before the sandbox closes; afterwards the process can only compute and answer. It
 * signs hashes, so that it need not see what is shown.
 */
#include "station/evidence/signer.h"

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certs/issue.h"
#include "certs/layout.h"
#include "certs/trust.h"
#include "station/base/log.h"
#include "station/base/rpc_server.h"
#include "station/evidence/signer_sandbox.h"

#define DIGEST_BYTES 32
#define SIGNATURE_MAX 80	/* DER of two 256-bit integers takes at most 72 */

DEFINE_FREEP(EVP_PKEY_CTX_free, EVP_PKEY_CTX *)

static const enum profile_kind held[] = { PROFILE_LOG, PROFILE_MEDIA };

struct signer_key {
	const char *name;
	EVP_PKEY *key;
	struct issued record;		/* of its certificate */
};

struct signer {
	struct loop *loop;
	struct rpc_server *server;
	struct signer_key keys[ARRAY_LEN(held)];
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

static int load_key(struct signer_key *key, const char *state_path, enum profile_kind which,
		    struct err *err)
{
	const struct issue_request request = { .profile = which };
	CLEANUP(util_freep) char *key_path = layout_path(state_path, profiles[which].key_file);
	CLEANUP(util_freep) char *pem_path = layout_path(state_path, profiles[which].pem_file);
	CLEANUP(X509_freep) X509 *certificate = NULL;
	int rc;

	if (!key_path || !pem_path)
		return err_set(err, ERR_NOMEM, "signer: out of memory");
	key->name = profiles[which].name;
	rc = check_mode(key_path, err);
	if (rc == 0)
		rc = trust_read_key(&key->key, key_path, err);
	if (rc == 0)
		rc = trust_read_certificate(&certificate, pem_path, err);
	if (rc < 0)
		return rc;
	if (!issue_is_p256(key->key) || X509_check_private_key(certificate, key->key) != 1)
		return issue_error(err, ERR_TAMPER, "%s is not the P-256 key of %s", key_path, pem_path);
	return issue_record(&key->record, certificate, &request, err);
}

static int sign(const struct signer_key *key, const uint8_t *digest, char *base64, struct err *err)
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

/* OpenSSL fetches algorithms and seeds itself at the first signature, for which it opens files. */
static int warm_up(const struct signer *signer, struct err *err)
{
	static const uint8_t zeros[DIGEST_BYTES];
	char base64[2 * SIGNATURE_MAX];
	int rc = 0;

	for (size_t i = 0; i < ARRAY_LEN(held) && rc == 0; i++)
		rc = sign(&signer->keys[i], zeros, base64, err);
	return rc;
}

/* ---- requests ---- */

static void answer_status(struct signer *signer, struct rpc_ticket ticket)
{
	json_t *keys = json_array();

	for (size_t i = 0; i < ARRAY_LEN(held); i++) {
		const struct signer_key *key = &signer->keys[i];

		json_array_append_new(keys, json_pack("{s:s, s:s, s:s, s:I}", "key", key->name, "serial",
						      key->record.serial, "id", key->record.id,
						      "until_utc_us",
						      (json_int_t)key->record.until_utc_us));
	}
	rpc_server_answer(signer->server, ticket, json_pack("{s:o}", "keys", keys));
}

static const struct signer_key *find_key(const struct signer *signer, const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(held); i++)
		if (!strcmp(signer->keys[i].name, name))
			return &signer->keys[i];
	return NULL;
}

static int read_request(const struct signer *signer, json_t *params, const struct signer_key **key,
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
	const struct signer_key *key = NULL;
	uint8_t digest[DIGEST_BYTES];
	char base64[2 * SIGNATURE_MAX];
	struct err err = { 0 };

	if (read_request(signer, params, &key, digest, &err) < 0)
		rpc_server_refuse(signer->server, ticket, RPC_BAD_PARAMS, &err);
	else if (sign(key, digest, base64, &err) < 0)
		rpc_server_refuse(signer->server, ticket, RPC_REFUSED, &err);
	else
		rpc_server_answer(signer->server, ticket, json_pack("{s:s}", "signature", base64));
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

static int start(struct signer *signer, const char *state_path, int rpc_fd, struct err *err)
{
	static const struct rpc_server_ops ops = { .request = request, .left = left };
	int rc = 0;

	for (size_t i = 0; i < ARRAY_LEN(held) && rc == 0; i++)
		rc = load_key(&signer->keys[i], state_path, held[i], err);
	if (rc == 0)
		rc = warm_up(signer, err);
	if (rc == 0)
		rc = loop_new(&signer->loop, err);
	if (rc == 0)
		rc = rpc_server_open(&signer->server, signer->loop, NULL, &ops, signer, err);
	if (rc == 0)
		rc = rpc_server_adopt(signer->server, rpc_fd, NULL, err);
	return rc < 0 ? rc : signer_sandbox(err);
}

int signer_main(const struct signer_options *options, int rpc_fd)
{
	struct signer signer = { 0 };
	struct err err = { 0 };
	int rc;

	log_init("signer", LOG_LEVEL_NOTICE);
	block_signals();
	rc = start(&signer, options->state_path, rpc_fd, &err);
	if (rc < 0)
		log_error("%s", err.text);
	else
		loop_run(signer.loop);
	rpc_server_free(signer.server);
	loop_free(signer.loop);
	for (size_t i = 0; i < ARRAY_LEN(held); i++)
		EVP_PKEY_free(signer.keys[i].key);
	return rc < 0 ? 1 : 0;
}
