/* SPDX-License-Identifier: GPL-3.0-or-later */
/* err.h - what went wrong: a code for the program, one sentence for the operator. */
#ifndef OSTEND_BASE_ERR_H
#define OSTEND_BASE_ERR_H

#include "station/base/util.h"

/*
 * Functions that can fail return 0 (or a count) or one of these. A code says what the caller may do;
 * the sentence in struct err says what failed, on which thing, and what was found.
 */
enum {
	ERR_OS = -1,		/* the system refused; errno's text is in the sentence */
	ERR_NOMEM = -2,
	ERR_TIMEOUT = -3,	/* the deadline passed; trying again may help */
	ERR_GONE = -4,		/* the device, process or peer is no longer there */
	ERR_PROTO = -5,		/* the peer broke the protocol: end its connection */
	ERR_RANGE = -6,		/* a value outside what is allowed: ask for another */
	ERR_FULL = -7,		/* no room now; retry later */
	ERR_TAMPER = -8,	/* stored data is not what was written */
	ERR_DENIED = -9,	/* the actor has no right to this */
	ERR_STATE = -10,	/* not now: the thing is in a state that forbids it */
	ERR_UNSUPPORTED = -11,	/* the device or peer cannot do this */
	ERR_AGAIN = -12,	/* nothing to do yet; poll and call again */
};

struct err {
	int code;
	char text[256];		/* UTF-8, one sentence without a final newline; cut at a character */
};

/** Set @err (NULL is fine) and return @code, so that a caller can `return err_set(...)`. */
int err_set(struct err *err, int code, const char *format, ...) PRINTF_LIKE(3, 4);

/** As err_set with ERR_OS, with ": " and the text of errno appended. */
int err_os(struct err *err, const char *format, ...) PRINTF_LIKE(2, 3);

/** The same for what needs room on a disk: ERR_FULL when errno says that there is none. */
int err_disk(struct err *err, const char *format, ...) PRINTF_LIKE(2, 3);

/** Put @format and ": " before the sentence that is in @err; returns err's code. */
int err_prefix(struct err *err, const char *format, ...) PRINTF_LIKE(2, 3);

/** The code's name for logs and JSON: "timeout", "gone", ... */
const char *err_name(int code);

/** The code of such a name; ERR_PROTO for NULL or an unknown one. */
int err_code(const char *name);

#endif
