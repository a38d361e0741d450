/* SPDX-License-Identifier: GPL-3.0-or-later */
/* command.h - what other threads ask of the web thread, and the events it gives to main. */
#ifndef OSTEND_WEB_COMMAND_H
#define OSTEND_WEB_COMMAND_H

#include "station/base/err.h"

struct web;

int command_watch(struct web *web, struct err *err);	/* makes the queue and watches it */

#endif
