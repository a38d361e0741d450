/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * openssl.h - include this before any OpenSSL header.
 *
 * OpenSSL has a type ERR_STATE, which nobody outside it uses; ours of err.h has the same name. The
 * two headers that speak of it are read here with the name changed.
 */
#ifndef OSTEND_BASE_OPENSSL_H
#define OSTEND_BASE_OPENSSL_H

#define ERR_STATE OPENSSL_ERR_STATE
#include <openssl/err.h>
#include <openssl/types.h>
#undef ERR_STATE

#endif
