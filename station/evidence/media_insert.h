/* SPDX-License-Identifier: GPL-3.0-or-later */
/* media_insert.h - SEI into an access unit: behind its parameter sets, before its slices (H.264 7.4.1.2.3). */
#ifndef OSTEND_EVIDENCE_MEDIA_INSERT_H
#define OSTEND_EVIDENCE_MEDIA_INSERT_H

#include "station/encode/access_unit.h"
#include "station/evidence/media_sei.h"

/**
 * A copy of @au, which may be empty, with @count SEI in it, in their order. NULL without memory. Any thread.
 */
struct access_unit *media_insert(const struct access_unit *au, struct media_sei *const *seis, size_t count);

#endif
