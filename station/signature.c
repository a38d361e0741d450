/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/signature.h"

#include <stdlib.h>
#include <string.h>

#include "station/base/base64.h"
#include "station/station.h"

#define DER_MAX 160		/* of P-256 72, with room for what OpenSSL counts as bytes */

struct asked {
	signature_done *done;
	void *arg;
};

static void answered(void *arg, json_t *result, const struct err *err)
{
	struct asked *asked = arg;
	uint8_t der[DER_MAX];
	const char *base64 = json_string_value(json_object_get(result, "signature"));
	int len_bytes = base64 ? base64_decode(der, sizeof der, base64, strlen(base64)) : 0;
	struct err none;

	if (result && len_bytes <= 0) {
		err_set(&none, ERR_PROTO, "the signer's answer holds no signature");
		err = &none;
	}
	asked->done(asked->arg, len_bytes > 0 ? der : NULL, (size_t)MAX(len_bytes, 0), err);
	free(asked);
}

void signature_ask(struct station *station, const char *key, const uint8_t digest[SIGNATURE_DIGEST_BYTES],
		   int timeout_ms, signature_done *done, void *arg)
{
	struct asked *asked = malloc(sizeof *asked);
	char hex[2 * SIGNATURE_DIGEST_BYTES + 1];

	if (!asked)
		abort();	/* a request as small as this */
	*asked = (struct asked){ .done = done, .arg = arg };
	util_hex(hex, digest, SIGNATURE_DIGEST_BYTES);
	child_call(station->signer, "signer.sign", json_pack("{s:s, s:s}", "key", key, "digest", hex),
		   timeout_ms, answered, asked);
}
