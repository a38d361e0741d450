/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_drive.h - any driver, fed with anything.
 *
 * The first four bytes choose the pace; the rest comes as the controller's words, in pieces that end at
 * @separator, as time passes. A piece that begins with '~' asks for a motion instead, or for a stop.
 */
#ifndef OSTEND_TESTS_FUZZ_DRIVE_H
#define OSTEND_TESTS_FUZZ_DRIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * Run @driver on the input. Aborts when it sends what @moves says would move a table while no motion has
 * been asked for, or breaks a bound of driver.h.
 */
int fuzz_drive(const char *driver, char separator, bool (*moves)(const uint8_t *bytes, size_t len_bytes),
	       const uint8_t *bytes, size_t len_bytes);

#endif
