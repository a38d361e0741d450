/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * guard.h - whom the station lets in: certificates of its own CA, passes, and the sessions of passes.
 *
 * Reads the files of certs/layout.h under the state folder, keeps them in memory, and reads them again
 * when they change, so that what ostend-certs writes takes effect at the next guard_poll. The guard
 * itself writes only sessions.json. A check is a few microseconds for a pass or session and two
 * signature checks for a certificate; the first use of a one-time pass also waits for the disk.
 *
 * Thread: one owner (web). ostend-certs may write at any time.
 */
#ifndef OSTEND_CERTS_GUARD_H
#define OSTEND_CERTS_GUARD_H

#include "station/base/openssl.h"

#include <openssl/ssl.h>
#include <stdbool.h>

#include "certs/identity.h"
#include "station/base/err.h"

struct guard;

#define GUARD_TOKEN_SIZE 44	/* 43 characters of base64url (256 bits) and a NUL */

/**
 * Read STATE/certs. Missing passes, sessions and deny list are empty ones; CA and CRLs must be there.
 *
 * @out    the caller's to free; untouched on failure
 * @return 0; ERR_OS; ERR_STATE when there is no CA yet; ERR_TAMPER when a file cannot be parsed
 */
int guard_open(struct guard **out, const char *state_path, struct err *err);
struct guard *guard_free(struct guard *guard);	/* NULL is fine; returns NULL */
DEFINE_FREEP(guard_free, struct guard *)

/**
 * Trust the station's root and issuing CA, and nothing else, for client certificates on @tls, and name
 * the issuing CA in the certificate request. Does not set the verify mode, and no CRL: refusing is
 * guard_check_certificate's, which can say why.
 */
int guard_trust(const struct guard *guard, SSL_CTX *tls, struct err *err);

/**
 * Look (with stat) whether a file has changed and read it again if so; call it about every 250 ms.
 * An unreadable file leaves the old content in force for those who are in, and refuses everybody new.
 *
 * @return 1 when something was read: ask guard_is_valid for each open connection; 0 when nothing has
 *         changed; ERR_OS or ERR_TAMPER when a file cannot be read (said once for each change)
 */
int guard_poll(struct guard *guard, struct err *err);

/**
 * Who the holder of @leaf is. TLS has proved possession of its key; everything else is checked here:
 * the chain up to the root, P-256, purpose TLS client, validity, both CRLs, deny list, one role.
 *
 * @chain  what the peer sent beside it; NULL is fine
 * @return 0; ERR_DENIED with the reason; ERR_STATE when a CRL is more than 24 h past its nextUpdate or
 *         a file is unreadable: nobody new is let in until the administrator acts
 */
int guard_check_certificate(struct guard *guard, X509 *leaf, STACK_OF(X509) *chain,
			    struct identity *identity, struct err *err);

/**
 * Try a pass: @text as typed (any case, spaces and dashes anywhere, O for 0, I and L for 1), from the
 * peer "ADDRESS:PORT". A one-time pass is used up by this call, whether or not @token is asked for.
 *
 * @token  NULL, or GUARD_TOKEN_SIZE bytes: becomes the secret of a new session, for a cookie; it
 *         lives as long as the pass and survives a restart of the station
 * @return 0; ERR_DENIED, with one sentence for wrong, used, expired and revoked; ERR_FULL after five
 *         wrong tries from one address, or ten at one pass: try again after *@retry_s seconds (NULL is
 *         fine); ERR_OS when the use cannot be recorded; ERR_STATE as above
 */
int guard_check_pass(struct guard *guard, const char *text, const char *peer,
		     struct identity *identity, char *token, unsigned *retry_s, struct err *err);

/** Whose session @token is. ERR_DENIED when there is none, it has expired, ended or was revoked. */
int guard_check_session(struct guard *guard, const char *token, struct identity *identity,
			struct err *err);

/** End the session (signing out). A one-time pass stays used. Unknown tokens are fine. ERR_OS. */
int guard_end_session(struct guard *guard, const char *token, struct err *err);

/**
 * Whether one who was let in as @identity may stay: not expired, denied or revoked since. A CRL that
 * has run out does not end what is running.
 *
 * @return 0; ERR_DENIED with the reason
 */
int guard_is_valid(struct guard *guard, const struct identity *identity, struct err *err);

/**
 * The identity.id of a pass, for telling whether a request comes from the holder of the same pass
 * after it was used up (DELETE /whep/N with a bearer pass).
 *
 * @id     65 bytes
 * @return 0; ERR_RANGE when @text is not a pass
 */
int guard_pass_id(char *id, const char *text);

/**
 * The most pressing thing that will stop letting people in: a CRL past 75 % of its life, a CA or the
 * station certificate within 30 days of its end. The sentence goes to console and log.
 *
 * @return true when @warning was filled
 */
bool guard_warning(const struct guard *guard, struct err *warning);

#endif
