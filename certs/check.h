/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check.h - whether a station may start with the keys and certificates it has. */
#ifndef OSTEND_CERTS_CHECK_H
#define OSTEND_CERTS_CHECK_H

#include "station/base/err.h"

/**
 * Refuse a state folder whose secrets are open to others or whose certificates are not valid now: the
 * folder and its files owned by this user, no key readable and no folder writable by others, station,
 * signers' and both CAs' certificates valid, each key belonging to its certificate, no CRL more than
 * 24 h past its nextUpdate. Run it before anything listens.
 *
 * @in_token bit 1 << PROFILE_...: the key of this one is in a token, where the signer looks for it
 * @return 0; ERR_DENIED for permissions; ERR_STATE for what is missing or not valid; ERR_TAMPER for what
 *         cannot be parsed or does not fit together; ERR_OS. The sentence says what to do.
 */
int certs_check_start(const char *state_path, unsigned in_token, struct err *err);

#endif
