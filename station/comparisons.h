/* SPDX-License-Identifier: GPL-3.0-or-later */
/* comparisons.h - what the files of "retrieval.compare" share with each other only. */
#ifndef OSTEND_COMPARISONS_H
#define OSTEND_COMPARISONS_H

#include "station/config.h"
#include "station/evidence/retrieval.h"
#include "station/evidence/still_file.h"

#define COMPARISON_PATH_SIZE (CONFIG_TEXT_SIZE + STILL_FILE_SIZE + 16)

struct comparison_task {
	char folder[CONFIG_TEXT_SIZE + 16];	/* STATE/evidence */
	bool simulated;				/* camera: it paints the time into its picture */
	struct retrieval retrieval;
	int64_t before, after;
	json_t *first, *second;			/* the two stills, as still_json has them */

	/* what comes out; the file is on the disk */
	char file[STILL_FILE_SIZE], sha256[65];
	json_t *result;				/* whoever has the task decrefs it */
};

/**
 * Compare the two, and keep a sheet that shows both. Seconds for the largest pictures.
 *
 * @return 0, also when they cannot be compared, which the result says; ERR_RANGE from different sides, or for
 *         what is no photograph; ERR_TAMPER when a file is not what was taken; ERR_OS; ERR_NOMEM
 * Thread: any; nobody else uses @task meanwhile.
 */
int comparison_make(struct comparison_task *task, struct err *err);

#endif
