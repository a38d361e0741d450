/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * package_check.h - a package (doc/package.md) checked whole: what was signed, every file, the log, the recordings.
 *
 * Each thing that is wrong is one finding that names its file; a check that cannot be made because another
 * one failed is left out, never passed.
 */
#ifndef OSTEND_VERIFY_PACKAGE_CHECK_H
#define OSTEND_VERIFY_PACKAGE_CHECK_H

#include "verify/chain.h"
#include "verify/mapped.h"
#include "verify/report.h"

struct package_options {
	X509 *root;			/* as the expert has it from elsewhere; NULL: the package's own is taken, and told */
	const struct mapped *checkpoint;	/* a note that a party kept; NULL: none */
};

/** Check the folder @path into @report. 0, whatever was found; ERR_OS when it cannot be opened; ERR_NOMEM. */
int package_check(struct report *report, const char *path, const struct package_options *options,
		  struct err *err);

#endif
