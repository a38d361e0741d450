/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fingerprint.h - a checkpoint as a short text for people. Pure; any thread. */
#ifndef OSTEND_EVIDENCE_FINGERPRINT_H
#define OSTEND_EVIDENCE_FINGERPRINT_H

#define FINGERPRINT_CHARACTERS 32	/* 160 bits: the first 20 bytes of the SHA-256 */
#define FINGERPRINT_SIZE 40		/* with 7 hyphens and the NUL: "4D7K-0QRZ-..." */

/** Of the text of a checkpoint as it is signed: origin, size and root, each with its newline. */
void fingerprint_text(char text[FINGERPRINT_SIZE], const char *checkpoint);

#endif
