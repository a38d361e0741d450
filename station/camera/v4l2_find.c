/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/camera/v4l2_find.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define CANDIDATES_MAX 64

/* One line of a sysfs file, with anything but printable ASCII replaced; false when there is none. */
static bool read_attribute(char *text, size_t size, const char *folder, const char *name)
{
	char path[512];
	FILE *file;
	bool good;

	snprintf(path, sizeof path, "%s/../%s", folder, name);
	file = fopen(path, "re");
	if (!file)
		return false;
	good = fgets(text, (int)size, file) != NULL;
	fclose(file);
	text[good ? strcspn(text, "\n") : 0] = '\0';
	for (char *at = text; *at; at++)
		if (*at < 0x21 || *at > 0x7e)
			*at = '_';
	return good;
}

bool v4l2_identity_usb(char *identity, size_t size, const char *interface_folder)
{
	char vendor[8], product[8], serial[64];

	if (!read_attribute(vendor, sizeof vendor, interface_folder, "idVendor") ||
	    !read_attribute(product, sizeof product, interface_folder, "idProduct"))
		return false;
	if (!read_attribute(serial, sizeof serial, interface_folder, "serial"))
		serial[0] = '\0';
	snprintf(identity, size, "usb:%s:%s:%s", vendor, product, serial);
	return true;
}

static void identify(char *identity, size_t size, int fd, const struct v4l2_capability *capability)
{
	char folder[64];
	struct stat stat;

	if (fstat(fd, &stat) == 0 && S_ISCHR(stat.st_mode)) {
		snprintf(folder, sizeof folder, "/sys/dev/char/%u:%u/device", major(stat.st_rdev),
			 minor(stat.st_rdev));
		if (v4l2_identity_usb(identity, size, folder))
			return;
	}
	snprintf(identity, size, "card:%.32s@%.32s", (const char *)capability->card,
		 (const char *)capability->bus_info);
	for (char *at = identity; *at; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			*at = '_';
}

static bool is_absent(int cause)
{
	return cause == ENOENT || cause == ENODEV || cause == ENXIO || cause == ENOTCONN;
}

/* What is at @path. ERR_GONE nothing; ERR_OS not to be opened; ERR_UNSUPPORTED no capture device. */
static int probe(struct v4l2_found *out, const char *path, struct err *err)
{
	CLEANUP(util_closep) int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	struct v4l2_capability capability = { 0 };
	uint32_t needed = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING, have;

	if (fd < 0 && is_absent(errno))
		return err_set(err, ERR_GONE, "camera %s is not connected", path);
	if (fd < 0)
		return err_os(err, "camera %s: open", path);
	if (ioctl(fd, VIDIOC_QUERYCAP, &capability) < 0)
		return is_absent(errno) ? err_set(err, ERR_GONE, "camera %s was just disconnected", path)
					: err_set(err, ERR_UNSUPPORTED, "%s is not a camera", path);
	/* "capabilities" are those of all nodes together; a webcam has a second node for metadata */
	have = capability.capabilities & V4L2_CAP_DEVICE_CAPS ? capability.device_caps
							      : capability.capabilities;
	if ((have & needed) != needed)
		return err_set(err, ERR_UNSUPPORTED, "camera %s does not give pictures", path);
	snprintf(out->path, sizeof out->path, "%s", path);
	identify(out->identity, sizeof out->identity, fd, &capability);
	return 0;
}

static int is_video_node(const struct dirent *entry)
{
	return strncmp(entry->d_name, "video", 5) == 0 && entry->d_name[5] >= '0' &&
	       entry->d_name[5] <= '9';
}

/* The first capture device in @folder that is @identity (NULL: any). 1 when there is one. */
static int search(struct v4l2_found *out, const char *folder, const char *identity)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, is_video_node, versionsort), found = 0;

	for (int i = 0; i < count; i++) {
		char path[V4L2_PATH_SIZE];

		snprintf(path, sizeof path, "%.190s/%.60s", folder, entries[i]->d_name);
		if (!found && i < CANDIDATES_MAX && probe(out, path, NULL) == 0)
			found = !identity || strcmp(out->identity, identity) == 0;
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return found;
}

static void folder_of(char *folder, size_t size, const char *path)
{
	const char *slash = strrchr(path, '/');
	int len = slash > path ? (int)(slash - path) : 1;

	snprintf(folder, size, "%.*s", slash ? len : 1, slash ? path : ".");
}

int v4l2_find(struct v4l2_found *out, const char *path, const char *identity, struct err *err)
{
	bool wanted = identity && identity[0], given = path && path[0];
	char folder[V4L2_PATH_SIZE];
	struct v4l2_found there = { .identity = "" };
	int rc = ERR_GONE;

	if (given) {
		rc = probe(&there, path, err);
		if (rc == 0 && (!wanted || strcmp(there.identity, identity) == 0)) {
			*out = there;
			return 0;
		}
		if (!wanted)
			return rc;
		folder_of(folder, sizeof folder, path);
		if (search(out, folder, identity))
			return 0;
	}
	if (search(out, "/dev", wanted ? identity : NULL))
		return 0;
	if (given && rc == 0)
		return err_set(err, ERR_DENIED,
			       "camera %s is %s, not this station's camera %s: connect that one, or name the "
			       "new one in the configuration", path, there.identity, identity);
	if (!wanted)
		return err_set(err, ERR_GONE, "no camera is connected");
	return err_set(err, ERR_GONE, "the camera %s is not connected", identity);
}
