/* SPDX-License-Identifier: GPL-3.0-or-later */
/* package_path.h - where a package is to go, for the station, which works in another folder. */
#ifndef OSTEND_UI_CONSOLE_PACKAGE_PATH_H
#define OSTEND_UI_CONSOLE_PACKAGE_PATH_H

#include <jansson.h>

#include "ui/console/reach.h"

/** Make "out" of @params absolute. ERR_RANGE for a folder that is not there. */
int package_path(const struct reach *reach, json_t *params, struct err *err);

#endif
