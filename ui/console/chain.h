/* SPDX-License-Identifier: GPL-3.0-or-later */
/* chain.h - an exhibit's whole chain of custody on one page, for the file of a case: HTML or PDF. */
#ifndef OSTEND_UI_CONSOLE_CHAIN_H
#define OSTEND_UI_CONSOLE_CHAIN_H

#include <jansson.h>

#include "ui/console/reach.h"

/** @params: "code", "out" (.html or .pdf; without it the chain is printed). Returns an exit status. */
int chain_run(const struct reach *reach, const json_t *params, bool json);

#endif
