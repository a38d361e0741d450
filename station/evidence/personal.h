/* SPDX-License-Identifier: GPL-3.0-or-later */
/* personal.h - a person's signature with his or her own key: CMS SignedData, detached (RFC 5652 5). Any thread. */
#ifndef OSTEND_EVIDENCE_PERSONAL_H
#define OSTEND_EVIDENCE_PERSONAL_H

#include "certs/identity.h"
#include "station/base/err.h"

/**
 * Verify @der over exactly @text with the certificates inside, up to the centre's root and with its CRLs.
 *
 * @state_path where certs/trust.h reads
 * @who        name, role and id of the one signer's certificate
 * @return     0; ERR_DENIED when it is no such signature, of another text, of several signers or by nobody whom
 *             the centre knows; ERR_STATE, ERR_TAMPER, ERR_OS of trust_load; ERR_NOMEM
 */
int personal_verify(const char *state_path, const char *text, const void *der, size_t len_bytes,
		    struct identity *who, struct err *err);

#endif
