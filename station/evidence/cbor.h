/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cbor.h - writing CBOR (RFC 8949) in its deterministic form: definite lengths, shortest heads. Any thread.
 */
#ifndef OSTEND_EVIDENCE_CBOR_H
#define OSTEND_EVIDENCE_CBOR_H

#include <jansson.h>

#include "station/base/bytes.h"

void cbor_integer(struct bytes *out, int64_t value);
void cbor_text(struct bytes *out, const char *text);			/* UTF-8 */
void cbor_bytes(struct bytes *out, const void *data, size_t len);
void cbor_array(struct bytes *out, uint64_t items);			/* that many items follow */
void cbor_map(struct bytes *out, uint64_t pairs);			/* that many keys and values */
void cbor_tag(struct bytes *out, uint64_t tag);				/* of the item that follows */
void cbor_null(struct bytes *out);

/** @json as it is, members in their order; a real number becomes text, since none is meant to be there. */
void cbor_json(struct bytes *out, const json_t *json);

#endif
