/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/evidence/media_insert.h"

#include <string.h>

#define START_CODE_BYTES 4

/* Where the first slice's start code begins. */
static size_t before_slices(const struct access_unit *au)
{
	struct nal nal;
	size_t at = 0, start;

	while (nal_next(&nal, au->bytes, au->len_bytes, &at)) {
		if (!nal_is_slice(&nal))
			continue;
		start = (size_t)(nal.bytes - au->bytes) - 3;
		return start > 0 && au->bytes[start - 1] == 0 ? start - 1 : start;
	}
	return au->len_bytes;
}

static size_t put_sei(uint8_t *to, const struct media_sei *sei)
{
	static const uint8_t start_code[START_CODE_BYTES] = { 0, 0, 0, 1 };
	struct nal nal = media_sei_nal(sei);

	memcpy(to, start_code, sizeof start_code);
	memcpy(to + sizeof start_code, nal.bytes, nal.len_bytes);
	return sizeof start_code + nal.len_bytes;
}

struct access_unit *media_insert(const struct access_unit *au, struct media_sei *const *seis, size_t count)
{
	size_t place = before_slices(au), len_bytes = au->len_bytes;
	struct access_unit *out;

	for (size_t i = 0; i < count; i++)
		len_bytes += START_CODE_BYTES + media_sei_nal(seis[i]).len_bytes;
	out = access_unit_new(len_bytes);
	if (!out)
		return NULL;
	access_unit_describe(out, au);
	memcpy(out->bytes, au->bytes, place);
	len_bytes = place;
	for (size_t i = 0; i < count; i++)
		len_bytes += put_sei(out->bytes + len_bytes, seis[i]);
	memcpy(out->bytes + len_bytes, au->bytes + place, au->len_bytes - place);
	return out;
}
