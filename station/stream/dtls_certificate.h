/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dtls_certificate.h - a throw-away identity: it is known by its fingerprint, not by its name. */
#ifndef OSTEND_STREAM_DTLS_CERTIFICATE_H
#define OSTEND_STREAM_DTLS_CERTIFICATE_H

#include "station/base/err.h"
#include "station/base/openssl.h"

#include <openssl/x509.h>

/** A new ECDSA P-256 key and its self-signed certificate, valid for a year. Any thread. */
int dtls_certificate_new(X509 **cert, EVP_PKEY **key, struct err *err);

#endif
