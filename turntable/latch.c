/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "turntable/latch.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int latch_load(const char *path, bool *estop, uint32_t *epoch, struct err *err)
{
	json_error_t error;
	json_t *root;
	int latched = 0;
	json_int_t number = 0;

	*estop = false;
	*epoch = 0;
	if (access(path, F_OK) < 0 && errno == ENOENT)
		return 0;
	root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	if (root && json_unpack(root, "{s:b, s:I !}", "estop", &latched, "epoch", &number) == 0 &&
	    number >= 0 && number <= UINT32_MAX) {
		*estop = latched;
		*epoch = (uint32_t)number;
		json_decref(root);
		return 0;
	}
	json_decref(root);
	*estop = true;
	return err_set(err, ERR_TAMPER, "%s is damaged: taken as an emergency stop", path);
}

int latch_save(const char *path, bool estop, uint32_t epoch, struct err *err)
{
	char text[80], part[PATH_MAX];
	int len = snprintf(text, sizeof text, "{\"estop\": %s, \"epoch\": %u}\n", estop ? "true" : "false", epoch);
	CLEANUP(util_closep) int fd = -1;

	snprintf(part, sizeof part, "%s.part", path);
	fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || write(fd, text, (size_t)len) != len)
		return err_os(err, "%s: write", part);
	if (rename(part, path) < 0)
		return err_os(err, "%s: rename", path);
	return 0;
}
