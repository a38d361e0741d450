/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fake_evidence.h - showing, stills and exhibits of the station that the console's tests talk to. */
#ifndef OSTEND_FAKE_EVIDENCE_H
#define OSTEND_FAKE_EVIDENCE_H

#include <jansson.h>
#include <stdbool.h>

struct fake_evidence {
	const char *state, *pause;	/* of the showing, which is number 3 */
	const char *hostile;		/* stands for every name; NULL: none */
	int stills;			/* so many of the shot list's views have one */
	bool staged;			/* the second exhibit is on the table */
	bool refused;			/* the signer refuses the record */
};

void fake_evidence_add_status(const struct fake_evidence *fake, json_t *status);

/** NULL: refused, or no method of these. */
json_t *fake_evidence_answer(struct fake_evidence *fake, const char *method, const json_t *params);

#endif
