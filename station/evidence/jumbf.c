/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/evidence/jumbf.h"

#include <string.h>

#define REQUESTABLE_WITH_LABEL 3
#define SEGMENT_HEAD 20		/* marker, length, "JP", instance, packet, LBox, TBox */
#define SEGMENT_PIECE_MAX 65517	/* so that the length, which does not count the marker, is 65,535 */

/* after the four letters; ISO/IEC 19566-5 and, for c2pa's own, C2PA 11.1 */
static const uint8_t uuid_tail[] = { 0x00, 0x11, 0x00, 0x10, 0x80, 0x00,
				     0x00, 0xaa, 0x00, 0x38, 0x9b, 0x71 };

static size_t box_open(struct bytes *out, const char *type)
{
	size_t at = out->len;

	bytes_u32(out, 0);
	bytes_text(out, type);
	return at;
}

void jumbf_close(struct bytes *out, size_t at)
{
	bytes_set_u32(out, at, (uint32_t)(out->len - at));
}

size_t jumbf_open(struct bytes *out, const char *type, const char *label)
{
	size_t at = box_open(out, "jumb"), description = box_open(out, "jumd");

	bytes_text(out, type);
	bytes_add(out, uuid_tail, sizeof uuid_tail);
	bytes_u8(out, REQUESTABLE_WITH_LABEL);
	bytes_add(out, label, strlen(label) + 1);
	jumbf_close(out, description);
	return at;
}

void jumbf_cbor(struct bytes *out, const struct bytes *item)
{
	size_t at = box_open(out, "cbor");

	bytes_add(out, item->data, item->len);
	out->failed |= item->failed;
	jumbf_close(out, at);
}

size_t jumbf_segments_bytes(size_t len_bytes)
{
	size_t payload = len_bytes - JUMBF_BOX_HEAD;
	size_t segments = (payload + SEGMENT_PIECE_MAX - 1) / SEGMENT_PIECE_MAX;

	return payload + segments * SEGMENT_HEAD;
}

/* Each segment repeats the outer box's head, so that a reader can begin with any. */
void jumbf_segments(struct bytes *out, const struct bytes *box)
{
	uint32_t packet = 1;

	for (size_t at = JUMBF_BOX_HEAD, piece; at < box->len; at += piece) {
		piece = MIN(box->len - at, SEGMENT_PIECE_MAX);
		bytes_u16(out, 0xffeb);
		bytes_u16(out, (uint16_t)(SEGMENT_HEAD - 2 + piece));
		bytes_text(out, "JP");
		bytes_u16(out, 1);
		bytes_u32(out, packet++);
		bytes_add(out, box->data, JUMBF_BOX_HEAD);
		bytes_add(out, box->data + at, piece);
	}
	out->failed |= box->failed;
}
