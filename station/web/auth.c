/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Browsers send a client certificate and a cookie with every request to the station, also with those
 * that a hostile page in another tab causes. What a hostile page cannot do is to choose the Origin,
 * to add a header to a request of another origin without asking (and we grant nothing to those who
 * ask), or to know a pass. The rules here follow from that.
 */
#include "station/web/auth.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define PASS_TEXT_MAX 128

static int deny(struct auth_no *no, int status, struct err *err, const char *sentence)
{
	no->status = status;
	return err_set(err, ERR_DENIED, "%s", sentence);
}

/* Whether @name brings a port of its own: a colon behind the brackets of an IPv6 address, if any. */
static bool has_port(const char *name)
{
	const char *bracket = strrchr(name, ']');

	return strchr(bracket ? bracket : name, ':') != NULL;
}

void auth_allow_host(struct auth_hosts *hosts, const char *name)
{
	char *out;

	if (hosts->count == AUTH_HOSTS_MAX || !*name)
		return;
	out = hosts->names[hosts->count];
	if (has_port(name) || hosts->port == 443)
		snprintf(out, sizeof hosts->names[0], "%s", name);
	else
		snprintf(out, sizeof hosts->names[0], "%s:%u", name, hosts->port);
	for (unsigned i = 0; i < hosts->count; i++)
		if (strcasecmp(hosts->names[i], out) == 0)
			return;
	hosts->count++;
}

static bool host_allowed(const struct auth_hosts *hosts, struct http_text host)
{
	for (unsigned i = 0; i < hosts->count; i++)
		if (http_equals_nocase(host, hosts->names[i]))
			return true;
	return false;
}

/* "https://" and the Host of this very request; nothing else is this origin to a browser. */
static bool own_origin(struct http_text origin, struct http_text host)
{
	static const char scheme[] = "https://";
	size_t len = sizeof scheme - 1;

	return origin.len == len + host.len && memcmp(origin.at, scheme, len) == 0 &&
	       strncasecmp(origin.at + len, host.at, host.len) == 0;
}

int auth_check_origin(const struct auth_hosts *hosts, const struct http_request *request,
		      struct auth_no *no, struct err *err)
{
	struct http_text origin = http_header(request, "Origin");

	*no = (struct auth_no){ 0 };
	if (!host_allowed(hosts, request->host))
		return deny(no, 421, err, "This station does not go by that name.");
	if (origin.at && !own_origin(origin, request->host))
		return deny(no, 403, err, "Requests of other sites are refused.");
	return 0;
}

static bool copy_text(char *out, size_t size, struct http_text text)
{
	if (text.len == 0 || text.len >= size)
		return false;
	memcpy(out, text.at, text.len);
	out[text.len] = '\0';
	return true;
}

/* 1: a pass was shown, and is in @out; 0: none was; -1: something that is no pass was. */
static int shown_pass(const struct auth_question *question, char *out)
{
	struct http_text field = http_header(question->request, "Authorization"), item;
	struct http_text list = http_header(question->request, "Sec-WebSocket-Protocol");

	if (field.at) {
		if (field.len < 8 || strncasecmp(field.at, "Bearer ", 7) != 0)
			return -1;
		field.at += 7;
		field.len -= 7;
		return copy_text(out, PASS_TEXT_MAX, field) ? 1 : -1;
	}
	if (question->kind != AUTH_SOCKET)
		return 0;
	/* a browser's WebSocket cannot set a header: the pass stands among the subprotocols */
	while (http_next_token(&item, &list)) {
		if (item.len > 7 && memcmp(item.at, "bearer.", 7) == 0) {
			item.at += 7;
			item.len -= 7;
			return copy_text(out, PASS_TEXT_MAX, item) ? 1 : -1;
		}
	}
	return 0;
}

bool auth_cookie(const struct http_request *request, char *out)
{
	static const char name[] = AUTH_COOKIE "=";
	struct http_text field = http_header(request, "Cookie");
	unsigned found = 0;

	while (field.at && field.len) {
		const char *end = memchr(field.at, ';', field.len);
		size_t len = end ? (size_t)(end - field.at) : field.len;
		struct http_text pair = { field.at, len };

		field.at += MIN(len + 1, field.len);
		field.len -= MIN(len + 1, field.len);
		while (pair.len && *pair.at == ' ') {
			pair.at++;
			pair.len--;
		}
		if (pair.len != sizeof name - 1 + GUARD_TOKEN_SIZE - 1 ||
		    memcmp(pair.at, name, sizeof name - 1) != 0)
			continue;
		pair.at += sizeof name - 1;
		pair.len -= sizeof name - 1;
		copy_text(out, GUARD_TOKEN_SIZE, pair);
		found++;
	}
	return found == 1;
}

/* The pass that made a thing still stands for it, though a one-time pass is used up by then. */
static bool is_holder(const struct auth_question *question, const char *pass)
{
	char id[65];

	return question->holder && question->holder->kind == IDENTITY_PASS &&
	       guard_pass_id(id, pass) == 0 &&
	       CRYPTO_memcmp(id, question->holder->id, sizeof id) == 0 &&
	       guard_is_valid(question->guard, question->holder, NULL) == 0;
}

static int check_pass(const struct auth_question *question, const char *pass,
		      struct auth_peer *who, struct auth_no *no, struct err *err)
{
	int rc;

	who->means = AUTH_PASS;
	if (is_holder(question, pass)) {
		who->identity = *question->holder;
		return 0;
	}
	rc = guard_check_pass(question->guard, pass, question->peer, &who->identity,
			      question->new_session ? who->session : NULL, &no->retry_s, err);
	if (rc < 0)
		no->status = rc == ERR_DENIED ? 401 : rc == ERR_FULL ? 429 : 503;
	return rc;
}

static int find_authority(const struct auth_question *question, struct auth_peer *who,
			  struct auth_no *no, struct err *err)
{
	char pass[PASS_TEXT_MAX];
	int shown = shown_pass(question, pass);
	int rc;

	if (shown < 0)
		return deny(no, 401, err, "This is not a pass.");
	if (shown > 0) {
		rc = check_pass(question, pass, who, no, err);
		OPENSSL_cleanse(pass, sizeof pass);
		return rc;
	}
	if (auth_cookie(question->request, who->session) &&
	    guard_check_session(question->guard, who->session, &who->identity, err) == 0) {
		who->means = AUTH_SESSION;
		return 0;
	}
	who->session[0] = '\0';
	if (!question->certificate)
		return deny(no, 401, err, "A certificate of this centre or a pass is needed.");
	who->means = AUTH_CERTIFICATE;
	who->identity = *question->certificate;
	if (guard_is_valid(question->guard, &who->identity, err) < 0) {
		no->status = 401;
		return ERR_DENIED;
	}
	return 0;
}

/* Authority that the browser added by itself counts only when our own page asked. */
static int check_ambient(const struct auth_question *question, struct auth_no *no, struct err *err)
{
	const struct http_request *request = question->request;
	struct http_text site = http_header(request, "Sec-Fetch-Site");

	if (question->kind == AUTH_SAFE)
		return 0;
	if (!http_header(request, "Origin").at)		/* that it is ours was checked before */
		return deny(no, 403, err, "A request without Origin needs a pass.");
	if (site.at && !http_equals(site, "same-origin"))
		return deny(no, 403, err, "Requests of other sites are refused.");
	if (question->kind == AUTH_UNSAFE && !http_equals(http_header(request, "X-Ostend"), "1"))
		return deny(no, 403, err, "The header X-Ostend: 1 is missing.");
	return 0;
}

int auth_identify(const struct auth_question *question, struct auth_peer *who, struct auth_no *no,
		  struct err *err)
{
	int rc;

	*no = (struct auth_no){ 0 };
	*who = (struct auth_peer){ 0 };
	rc = find_authority(question, who, no, err);
	if (rc == 0 && who->means != AUTH_PASS)
		rc = check_ambient(question, no, err);
	return rc;
}

bool auth_same(const struct auth_peer *a, const struct auth_peer *b)
{
	return a->identity.kind == b->identity.kind &&
	       CRYPTO_memcmp(a->identity.id, b->identity.id, sizeof a->identity.id) == 0;
}
