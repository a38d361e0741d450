/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "verify/mp4_box.h"

size_t mp4_left(const struct mp4_bytes *bytes)
{
	return (size_t)(bytes->end - bytes->at);
}

uint64_t mp4_number(struct mp4_bytes *bytes, unsigned count)
{
	uint64_t number = 0;

	if (mp4_left(bytes) < count) {
		bytes->bad = true;
		bytes->at = bytes->end;
		return 0;
	}
	while (count--)
		number = number << 8 | *bytes->at++;
	return number;
}

void mp4_skip(struct mp4_bytes *bytes, size_t count)
{
	if (mp4_left(bytes) < count)
		bytes->bad = true;
	bytes->at += mp4_left(bytes) < count ? mp4_left(bytes) : count;
}

bool mp4_next(struct mp4_bytes *bytes, struct mp4_box *box)
{
	const uint8_t *start = bytes->at;
	uint64_t len;

	if (bytes->at == bytes->end || bytes->bad)
		return false;
	len = mp4_number(bytes, 4);
	*box = (struct mp4_box){ .type = (uint32_t)mp4_number(bytes, 4), .start = start };
	if (len == 1)
		len = mp4_number(bytes, 8);
	else if (len == 0)	/* to the end */
		len = (uint64_t)(bytes->end - start);
	if (bytes->bad || len < (uint64_t)(bytes->at - start)) {
		bytes->bad = true;
		return false;
	}
	box->body.at = bytes->at;
	box->cut_off = len > (uint64_t)(bytes->end - start);
	bytes->at = box->cut_off ? bytes->end : start + len;
	box->body.end = bytes->at;
	return true;
}

bool mp4_find(struct mp4_bytes bytes, uint32_t type, struct mp4_box *box)
{
	while (mp4_next(&bytes, box))
		if (box->type == type)
			return true;
	return false;
}

unsigned mp4_count(struct mp4_bytes bytes, uint32_t type)
{
	struct mp4_box box;
	unsigned count = 0;

	while (mp4_next(&bytes, &box))
		count += box.type == type;
	return count;
}
