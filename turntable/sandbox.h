/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sandbox.h - what the table process gives away: new programs, the network, other processes. */
#ifndef OSTEND_TURNTABLE_SANDBOX_H
#define OSTEND_TURNTABLE_SANDBOX_H

#include "station/base/err.h"

/**
 * From now on: no new privileges, not dumpable, and EPERM for starting a program, for any socket but
 * a Unix one, for looking into other processes and for changing the kernel. Devices can still be
 * opened: the table may come back under another name. A build with sanitizers has no filter.
 *
 * @return 0; ERR_OS
 */
int sandbox_enter(struct err *err);

#endif
