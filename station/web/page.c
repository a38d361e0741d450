/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/web/page.h"

#include "station/base/openssl.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "station/web/server.h"
#include "station/web/session.h"

#define SIGN_IN "signin.html"

static const char page_policy[] =
	"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
	"img-src 'self' blob:; media-src 'self' blob:; worker-src 'self'; frame-ancestors 'none'; "
	"base-uri 'none'; form-action 'none'";

static const struct page_file *by_name(struct http_text name)
{
	for (const struct page_file *file = page_files; file->name; file++)
		if (http_equals(name, file->name))
			return file;
	return NULL;
}

const struct page_file *page_find(struct http_text path)
{
	struct http_text name = { path.at + 1, path.len - 1 };

	if (name.len == 0)
		name = (struct http_text){ "index.html", strlen("index.html") };
	else if (http_equals(name, SIGN_IN) || http_equals(name, "index.html"))
		return NULL;
	return by_name(name);
}

void page_get(struct conn *conn, const struct http_request *request, struct http_text body)
{
	const struct page_file *file = page_find(request->path);
	char fields[256];
	struct http_response response = {
		.status = 200,
		.type = file->type,
		.body_len = file->len,
		.policy = page_policy,
		.fields = session_cookie(fields, sizeof fields, &conn->who),
	};

	(void)body;
	conn_answer(conn, &response, file->bytes);
}

void page_sign_in(struct conn *conn)
{
	const struct page_file *file = by_name((struct http_text){ SIGN_IN, strlen(SIGN_IN) });
	struct http_response response = {
		.status = 401,
		.type = file->type,
		.body_len = file->len,
		.policy = conn->web->sign_in_policy,
		.fields = "WWW-Authenticate: Bearer realm=\"ostend\"\r\n",
	};

	conn_answer(conn, &response, file->bytes);
}

/* " 'sha256-...'" for the first element <@tag ...> of @html; "" when there is none. */
static void element_hash(char *out, size_t size, const char *html, size_t len, const char *tag)
{
	char begin[16], finish[16];
	const char *at, *end;
	unsigned char digest[EVP_MAX_MD_SIZE], base64[48];

	*out = '\0';
	snprintf(begin, sizeof begin, "<%s", tag);
	snprintf(finish, sizeof finish, "</%s>", tag);
	at = memmem(html, len, begin, strlen(begin));
	at = at ? memchr(at, '>', len - (size_t)(at - html)) : NULL;
	if (!at++)
		return;
	end = memmem(at, len - (size_t)(at - html), finish, strlen(finish));
	if (!end)
		return;
	EVP_Digest(at, (size_t)(end - at), digest, NULL, EVP_sha256(), NULL);
	EVP_EncodeBlock(base64, digest, 32);
	snprintf(out, size, "'sha256-%s'", (const char *)base64);
}

int page_inline_policy(char *policy, size_t size, const char *html, size_t len, struct err *err)
{
	char script[64], style[64];
	int written;

	element_hash(script, sizeof script, html, len, "script");
	element_hash(style, sizeof style, html, len, "style");
	written = snprintf(policy, size,
			   "default-src 'none'; script-src %s; style-src %s; connect-src 'self'; "
			   "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
			   *script ? script : "'none'", *style ? style : "'none'");
	if (written < 0 || (size_t)written >= size)
		return err_set(err, ERR_RANGE, "web: the sign-in page's policy is too long");
	return 0;
}

int page_sign_in_policy(char *policy, size_t size, struct err *err)
{
	const struct page_file *file = by_name((struct http_text){ SIGN_IN, strlen(SIGN_IN) });

	if (!file || !by_name((struct http_text){ "index.html", strlen("index.html") }))
		return err_set(err, ERR_STATE, "web: index.html or signin.html was not built in");
	return page_inline_policy(policy, size, (const char *)file->bytes, file->len, err);
}
