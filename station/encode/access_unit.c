/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/encode/access_unit.h"

#include <stdlib.h>

struct access_unit *access_unit_new(size_t len_bytes)
{
	struct access_unit *au = calloc(1, sizeof *au + len_bytes);

	if (!au)
		return NULL;
	au->len_bytes = len_bytes;
	atomic_init(&au->references, 1);
	return au;
}

struct access_unit *access_unit_ref(struct access_unit *au)
{
	atomic_fetch_add_explicit(&au->references, 1, memory_order_relaxed);
	return au;
}

struct access_unit *access_unit_unref(struct access_unit *au)
{
	if (au && atomic_fetch_sub_explicit(&au->references, 1, memory_order_acq_rel) == 1)
		free(au);
	return NULL;
}

void access_unit_describe(struct access_unit *au, const struct access_unit *from)
{
	au->layer = from->layer;
	au->keyframe = from->keyframe;
	au->synthetic = from->synthetic;
	au->width = from->width;
	au->height = from->height;
	au->number = from->number;
	au->captured_ns = from->captured_ns;
	au->encoded_ns = from->encoded_ns;
	au->ts_90k = from->ts_90k;
}

uint32_t access_unit_ts_90k(uint64_t captured_ns)
{
	/* 90000 / 1e9 = 9 / 100000; the product stays below 2^64 for 65 years of uptime */
	return (uint32_t)(captured_ns * 9 / 100000);
}
