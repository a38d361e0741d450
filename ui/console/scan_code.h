/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scan_code.h - a code that was not typed is read from the label before the camera: scan-to-stage. */
#ifndef OSTEND_UI_CONSOLE_SCAN_CODE_H
#define OSTEND_UI_CONSOLE_SCAN_CODE_H

#include "ui/console/reach.h"

/**
 * For struct command's prepare: where @params have no "code", have the station look for a label.
 *
 * @return 0; ERR_TIMEOUT when no label is seen; what the station refused the label for
 */
int scan_code(const struct reach *reach, json_t *params, struct err *err);

#endif
