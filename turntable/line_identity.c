/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * line_identity.c - which device it is, read from sysfs.
 *
 *	/sys/dev/char/188:0/device -> .../usb1/1-1/1-1.2/1-1.2:1.0/ttyUSB0	the port
 *	                              .../usb1/1-1/1-1.2/1-1.2:1.0		its interface
 *	                              .../usb1/1-1/1-1.2			the device: idVendor, idProduct, serial
 *
 * Names as ttyUSB0 go to whoever comes first; what is said here stays with the device. libserialport
 * says less: neither the socket nor the interface, which alone tell two cheap adapters apart.
 */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "station/base/i18n.h"
#include "turntable/line.h"

static const char *sys_folder = "/sys", *dev_folder = "/dev";

void line_look_below(const char *sys, const char *dev)
{
	sys_folder = sys ? sys : "/sys";
	dev_folder = dev ? dev : "/dev";
}

/* The first line of FOLDER/NAME without its newline; false when it is not there or empty. */
static bool read_attribute(char *text, size_t size, const char *folder, const char *name)
{
	char path[PATH_MAX];
	FILE *file;
	bool found;

	if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, name) >= sizeof path)
		return false;
	file = fopen(path, "re");
	if (!file)
		return false;
	found = fgets(text, (int)size, file) != NULL;
	fclose(file);
	if (found)
		text[strcspn(text, "\n")] = '\0';
	return found && text[0];
}

/* Cut the last part off @path; false when there is none to cut. */
static bool go_up(char *path)
{
	char *slash = strrchr(path, '/');

	if (!slash || slash == path)
		return false;
	*slash = '\0';
	return true;
}

/* @folder, the port's, becomes the device's; @interface is left with the number of the interface. */
static bool find_device(char *folder, char *interface, size_t size)
{
	char vendor[8];

	snprintf(interface, size, "%s", "00");
	do {
		read_attribute(interface, size, folder, "bInterfaceNumber");
		if (read_attribute(vendor, sizeof vendor, folder, "idVendor"))
			return true;
	} while (go_up(folder));
	return false;
}

static void describe_usb(char *text, size_t size, char *folder)
{
	char vendor[8], product[8], serial[80], interface[8], number[8], port[12] = "";

	if (read_attribute(number, sizeof number, folder, "port_number") && strcmp(number, "0") != 0)
		snprintf(port, sizeof port, ".%s", number);
	if (!find_device(folder, interface, sizeof interface) ||
	    !read_attribute(vendor, sizeof vendor, folder, "idVendor") ||
	    !read_attribute(product, sizeof product, folder, "idProduct"))
		return;
	if (read_attribute(serial, sizeof serial, folder, "serial"))
		snprintf(text, size, "usb %s:%s serial %s if %s%s", vendor, product, serial, interface, port);
	else
		snprintf(text, size, "usb %s:%s at %.40s if %s%s", vendor, product, strrchr(folder, '/') + 1,
			 interface, port);
}

void line_describe(const char *path, char *text, size_t size)
{
	char entry[PATH_MAX], folder[PATH_MAX];
	struct stat st;

	text[0] = '\0';
	if (stat(path, &st) < 0 || !S_ISCHR(st.st_mode))
		return;
	snprintf(entry, sizeof entry, "%s/dev/char/%u:%u/device", sys_folder, major(st.st_rdev),
		 minor(st.st_rdev));
	if (realpath(entry, folder))
		describe_usb(text, size, folder);
}

/* --- all of them ---------------------------------------------------------------------------------- */

/* What has a device behind it; a built-in port says by its type 0 that there is no chip. */
static int is_serial(const struct dirent *entry)
{
	char folder[PATH_MAX], device[PATH_MAX], type[8];

	snprintf(folder, sizeof folder, "%s/class/tty/%s", sys_folder, entry->d_name);
	snprintf(device, sizeof device, "%.*s/device", PATH_MAX - 10, folder);
	return entry->d_name[0] != '.' && access(device, F_OK) == 0 &&
	       !(read_attribute(type, sizeof type, folder, "type") && strcmp(type, "0") == 0);
}

void line_list(void (*found)(void *owner, const char *path), void *owner)
{
	char class_folder[PATH_MAX], path[PATH_MAX];
	struct dirent **entries;
	int count;

	snprintf(class_folder, sizeof class_folder, "%s/class/tty", sys_folder);
	count = scandir(class_folder, &entries, is_serial, versionsort);
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof path, "%s/%s", dev_folder, entries[i]->d_name);
		found(owner, path);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

struct search {
	const char *identity;
	char *path;
	size_t size;
	unsigned count;
};

static void look_at(void *owner, const char *path)
{
	struct search *search = owner;
	char text[LINE_IDENTITY_MAX];

	line_describe(path, text, sizeof text);
	if (strcmp(text, search->identity) == 0 && !search->count++)
		snprintf(search->path, search->size, "%s", path);
}

int line_find(const char *identity, char *path, size_t size, struct err *err)
{
	struct search search = { .identity = identity, .path = path, .size = size };

	if (identity[0])
		line_list(look_at, &search);
	if (search.count > 1)	/* made with one serial number for all */
		return err_set(err, ERR_STATE, _("there are %u devices %s: unplug those that are not the turntable"),
			       search.count, identity);
	return search.count ? 0 : err_set(err, ERR_GONE, _("the turntable %s is not plugged in"), identity);
}
