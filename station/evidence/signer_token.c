/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The engine keeps what it knows of slots and sessions for the life of the process, and looking again fails in
 * libp11 0.4.12. So a token that was taken out is found again by a new process, not by this one.
 */
#define OPENSSL_SUPPRESS_DEPRECATED	/* Debian 12 has the engine only; OpenSSL 3.0 has engines until 4 */
#include "station/evidence/signer_token.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certs/issue.h"
#include <openssl/engine.h>

#define PIN_MAX 255
/* PKCS #11 2.40 table 34: return values that the engine passes on as reasons */
#define CKR_PIN_INCORRECT 0xa0
#define CKR_PIN_EXPIRED 0xa3
#define CKR_PIN_LOCKED 0xa4

struct signer_token {
	ENGINE *engine;
	bool started;
	const char *module, *pin_file;	/* borrowed: the options live as long as the process */
	struct err refused;		/* the PIN was not taken */
};

bool signer_token_is_uri(const char *text)
{
	return strncmp(text, "pkcs11:", 7) == 0;
}

static int check_pin_file(int fd, const char *path, struct err *err)
{
	struct stat info;

	if (fstat(fd, &info) < 0)
		return err_os(err, "PIN file %s", path);
	if (!S_ISREG(info.st_mode) || info.st_uid != geteuid() || info.st_mode & (S_IRWXG | S_IRWXO))
		return err_set(err, ERR_DENIED, "the PIN file %s must be a file of the station's user and open to nobody "
			       "else: chown it, chmod 600 it", path);
	return 0;
}

/* Its first line. */
static int read_pin(char pin[PIN_MAX + 1], const char *path, struct err *err)
{
	CLEANUP(util_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t len;
	int rc = fd < 0 ? err_os(err, "PIN file %s", path) : check_pin_file(fd, path, err);

	if (rc < 0)
		return rc;
	len = read(fd, pin, PIN_MAX);
	if (len < 0)
		return err_os(err, "PIN file %s", path);
	pin[len] = '\0';
	pin[strcspn(pin, "\r\n")] = '\0';
	return *pin ? 0 : err_set(err, ERR_RANGE, "the PIN file %s is empty", path);
}

static int start_engine(struct signer_token *token, const char *pin, struct err *err)
{
	ENGINE_load_dynamic();
	token->engine = ENGINE_by_id("pkcs11");
	if (!token->engine)
		return issue_error(err, ERR_UNSUPPORTED,
				   "OpenSSL's engine for PKCS#11 is missing: install libengine-pkcs11-openssl");
	if (!ENGINE_ctrl_cmd_string(token->engine, "MODULE_PATH", token->module, 0) ||
	    !ENGINE_ctrl_cmd_string(token->engine, "PIN", pin, 0) || !ENGINE_init(token->engine))
		return issue_error(err, ERR_UNSUPPORTED, "starting the PKCS#11 engine with %s", token->module);
	token->started = true;
	return 0;
}

int signer_token_open(struct signer_token **out, const char *module, const char *pin_file, struct err *err)
{
	struct signer_token *token;
	char pin[PIN_MAX + 1] = "";
	int rc;

	if (!*module || !*pin_file)
		return err_set(err, ERR_STATE, "a key in a token needs module and pin_file in [signing]");
	token = calloc(1, sizeof *token);
	if (!token)
		return err_set(err, ERR_NOMEM, "signer: out of memory");
	token->module = module;
	token->pin_file = pin_file;
	rc = read_pin(pin, pin_file, err);
	if (rc == 0)
		rc = start_engine(token, pin, err);
	OPENSSL_cleanse(pin, sizeof pin);
	if (rc < 0)
		signer_token_free(token);
	else
		*out = token;
	return rc;
}

struct signer_token *signer_token_free(struct signer_token *token)
{
	if (!token)
		return NULL;
	if (token->started)
		ENGINE_finish(token->engine);
	ENGINE_free(token->engine);
	free(token);
	return NULL;
}

/* The first error is the module's own, in a library number of its own. */
static int say_why(struct signer_token *token, const char *uri, struct err *err)
{
	unsigned long first = ERR_peek_error();
	int reason = ERR_GET_REASON(first);
	const char *text = ERR_reason_error_string(first);

	if (reason == CKR_PIN_INCORRECT || reason == CKR_PIN_LOCKED || reason == CKR_PIN_EXPIRED)
		err_set(err, ERR_DENIED, "the token does not accept the PIN in %s (%s); it is not tried again before "
			"the signer is started again", token->pin_file, text ? text : "refused");
	else if (access(token->module, R_OK) < 0)
		err_os(err, "the PKCS#11 module %s", token->module);
	else
		err_set(err, ERR_GONE, "the key %s is not there: is the token plugged in? (%s)", uri,
			text ? text : "no reason given");
	ERR_clear_error();
	return err->code;
}

int signer_token_key(struct signer_token *token, EVP_PKEY **out, const char *uri, struct err *err)
{
	if (!token->refused.code) {
		ERR_clear_error();
		*out = ENGINE_load_private_key(token->engine, uri, NULL, NULL);
		if (*out)
			return 0;
		if (say_why(token, uri, err) == ERR_DENIED)
			token->refused = *err;
		return err->code;
	}
	*err = token->refused;
	return err->code;
}
