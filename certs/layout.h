/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * layout.h - where the certificate authority and the station keep what they know, under STATE/certs/.
 *
 * The folder is 0700 and every file in it 0600. All texts are UTF-8, certificates and CRLs PEM. Every
 * file is replaced whole (new file, fsync, rename, fsync of the folder), so a reader without a lock
 * sees the old or the new one, never a part; writers hold `lock`. Each JSON file has one writing
 * program, named here.
 */
#ifndef OSTEND_CERTS_LAYOUT_H
#define OSTEND_CERTS_LAYOUT_H

#define LAYOUT_FOLDER "certs"
#define LAYOUT_LOCK "lock"			/* flock(2): whoever writes */
#define LAYOUT_ROOT_KEY "root.key"		/* may be kept elsewhere, off line, after init */
#define LAYOUT_ROOT_PEM "root.pem"		/* what browsers and clients must trust */
#define LAYOUT_ROOT_CRL "root.crl"
#define LAYOUT_CA_KEY "ca.key"			/* the issuing CA */
#define LAYOUT_CA_PEM "ca.pem"
#define LAYOUT_CA_CRL "ca.crl"
#define LAYOUT_STATION_KEY "station.key"
#define LAYOUT_STATION_PEM "station.pem"	/* TLS: the station's certificate, then the issuing CA's */
#define LAYOUT_LOG_KEY "log.key"
#define LAYOUT_LOG_PEM "log.pem"		/* as station.pem */
#define LAYOUT_MEDIA_KEY "media.key"
#define LAYOUT_MEDIA_PEM "media.pem"		/* as station.pem */
#define LAYOUT_CHECKPOINT_KEY "checkpoint.key"
#define LAYOUT_CHECKPOINT_PEM "checkpoint.pem"	/* as station.pem */
#define LAYOUT_ISSUED "issued.json"		/* ostend-certs: each certificate, and when revoked */
#define LAYOUT_PASSES "passes.json"		/* ostend-certs: each pass, its secret only as a hash */
#define LAYOUT_DENIED "denied.json"		/* ostend-certs: credentials that may no longer be used */
#define LAYOUT_SESSIONS "sessions.json"		/* ostendd: which passes were used; session tokens, hashed */

/** "STATE/certs/NAME", for free(); NULL when memory is out. */
char *layout_path(const char *state_path, const char *name);

#endif
