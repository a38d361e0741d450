/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * i18n.h - the words on screens: English in the source, other languages from the catalogue "ostend".
 *
 * gettext gives UTF-8 whatever the locale's character set is. Numbers never follow the locale: only
 * LC_CTYPE and LC_MESSAGES are set, so that "." stays the decimal point in every file and protocol.
 */
#ifndef OSTEND_BASE_I18N_H
#define OSTEND_BASE_I18N_H

#include <libintl.h>
#include <stdbool.h>

#define _(text) gettext(text)
#define N_(text) text		/* marks a text in a table; pass it through _() where it is shown */

/**
 * Take the user's language; call once, first thing in main().
 *
 * A locale that is not installed, or none at all, still gives UTF-8 and, where LANG names a language
 * that has a catalogue, that language.
 *
 * @locale_dir where catalogues are installed; NULL: the build's. OSTEND_LOCALE_DIR in the environment
 *             goes before both (it lets programs run from a build folder).
 */
void i18n_init(const char *locale_dir);

/** Whether the terminal's character set, as the locale has it, is UTF-8. */
bool i18n_utf8(void);

#endif
