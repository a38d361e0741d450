/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tongue.h - words in a language that is not the user's: for papers that are made in several languages at once.
 *
 * gettext follows the process and its environment; this reads the catalogue of one language (GNU gettext manual,
 * "The Format of GNU MO Files") and asks nobody. A catalogue that is missing or damaged leaves everything in English.
 * Never changes once it is open: any thread.
 */
#ifndef OSTEND_BASE_TONGUE_H
#define OSTEND_BASE_TONGUE_H

#include "station/base/err.h"

struct tongue;

/** @language "en", "zh_CN". NULL only without memory. */
struct tongue *tongue_new(const char *language);
struct tongue *tongue_free(struct tongue *tongue);
DEFINE_FREEP(tongue_free, struct tongue *)

/** @text in that language, or itself; as long as both live. "" is "". */
const char *tongue_say(const struct tongue *tongue, const char *text);

#endif
