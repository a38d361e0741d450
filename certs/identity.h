/* SPDX-License-Identifier: GPL-3.0-or-later */
/* identity.h - who somebody is, as a certificate or a pass says: name, role, until when. */
#ifndef OSTEND_CERTS_IDENTITY_H
#define OSTEND_CERTS_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "station/base/role.h"

enum role {
#define ROLE(id, name, label) ROLE_##id,
	ROLES
#undef ROLE
	ROLE_COUNT
};

const char *role_name(enum role role);			/* "judge" */
const char *role_label(enum role role);			/* untranslated; pass through gettext */
bool role_from_name(enum role *out, const char *name);

enum identity_kind { IDENTITY_CERTIFICATE, IDENTITY_PASS };

struct identity {
	enum identity_kind kind;
	enum role role;
	char name[96];		/* UTF-8, as the administrator wrote it; foreign text: clean before showing */
	char id[65];		/* hex SHA-256 of the DER certificate, or of the pass's secret: names the
				   credential in revocations, never the secret itself */
	int64_t expires_utc_us;
};

#endif
