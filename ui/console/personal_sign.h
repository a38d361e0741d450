/* SPDX-License-Identifier: GPL-3.0-or-later */
/* personal_sign.h - a retrieval signed here with a person's own key, which never leaves this machine. */
#ifndef OSTEND_UI_CONSOLE_PERSONAL_SIGN_H
#define OSTEND_UI_CONSOLE_PERSONAL_SIGN_H

#include <jansson.h>

#include "ui/console/reach.h"

/**
 * What `ostend retrieval sign` does before it asks: where @params name a "key" (PKCS#12, or PEM with a
 * "certificate"), fetch the text, sign it, and put the CMS signature as "cms" in their place. Asks on the
 * terminal for a pass phrase where there is one.
 *
 * @return 0; ERR_DENIED for a wrong pass phrase; ERR_OS, ERR_RANGE for a file that is none; what the station says
 */
int personal_sign(const struct reach *reach, json_t *params, struct err *err);

#endif
