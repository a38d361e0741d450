/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "certs/profile.h"

#include <stddef.h>

#include "certs/layout.h"

#define CA_USE "critical,keyCertSign,cRLSign"
#define SIGN_USE "critical,digitalSignature"
#define NOT_CA "critical,CA:FALSE"
#define DOCUMENT_SIGNING "1.3.6.1.5.5.7.3.36"	/* RFC 9336: a C2PA validator wants a purpose that it knows */

const struct profile profiles[PROFILE_COUNT] = {
	[PROFILE_ROOT] = { "root", "Root", 3650, 3650, "critical,CA:TRUE", CA_USE, NULL,
			   LAYOUT_ROOT_KEY, LAYOUT_ROOT_PEM, false },
	[PROFILE_CA] = { "ca", "Issuing CA", 1825, 1825, "critical,CA:TRUE,pathlen:0", CA_USE, NULL,
			 LAYOUT_CA_KEY, LAYOUT_CA_PEM, false },
	/* 397 days is the longest that browsers accept from a public CA; a private one keeps to it */
	[PROFILE_STATION] = { "station", NULL, 397, 397, NOT_CA, SIGN_USE, "serverAuth",
			      LAYOUT_STATION_KEY, LAYOUT_STATION_PEM, false },
	[PROFILE_LOG] = { "log", "Log signer", 730, 730, NOT_CA, SIGN_USE, NULL, LAYOUT_LOG_KEY,
			  LAYOUT_LOG_PEM, false },
	[PROFILE_MEDIA] = { "media", "Media signer", 730, 730, NOT_CA, SIGN_USE, DOCUMENT_SIGNING,
			    LAYOUT_MEDIA_KEY, LAYOUT_MEDIA_PEM, false },
	[PROFILE_CHECKPOINT] = { "checkpoint", "Checkpoint signer", 730, 730, NOT_CA, SIGN_USE, NULL,
				 LAYOUT_CHECKPOINT_KEY, LAYOUT_CHECKPOINT_PEM, true },
	[PROFILE_PERSON] = { "person", NULL, 90, 397, NOT_CA, SIGN_USE, "clientAuth", NULL, NULL, false },
};
