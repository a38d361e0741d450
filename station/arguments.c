/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/arguments.h"

#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

#include "station/base/i18n.h"

static const char usage_text[] =
	N_("Usage: ostendd [--demo] [--state DIR] [--listen ADDR:PORT] [--media ADDR:PORT] [--config FILE]\n"
	   "The evidence remote-display station.\n\n"
	   "  --demo               simulated camera and table, a demo case that is on air\n"
	   "  --state DIR          keys, sockets and records (/var/lib/ostend)\n"
	   "  --listen ADDR:PORT   TCP for the rooms' pages; port 0 takes a free one\n"
	   "  --media ADDR:PORT    UDP for the picture; port 0 takes a free one\n"
	   "  --config FILE        settings (/etc/ostend/ostend.conf where it exists)\n"
	   "  --check-config       read the settings, say what is wrong, and end\n"
	   "  --verbose            say more\n"
	   "  --help, --version\n");

static const struct option long_options[] = {
	{ "demo", no_argument, NULL, 'd' },	  { "state", required_argument, NULL, 's' },
	{ "listen", required_argument, NULL, 'l' }, { "media", required_argument, NULL, 'm' },
	{ "config", required_argument, NULL, 'c' }, { "check-config", no_argument, NULL, 'C' },
	{ "verbose", no_argument, NULL, 'v' },	  { "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },	  { NULL, 0, NULL, 0 },
};

enum { EXIT_USAGE = 2 };

int arguments_read(struct arguments *arguments, int argc, char **argv)
{
	int letter;

	while ((letter = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		switch (letter) {
		case 'd': arguments->demo = true; break;
		case 's': arguments->state = optarg; break;
		case 'l': arguments->listen = optarg; break;
		case 'm': arguments->media = optarg; break;
		case 'c': arguments->config = optarg; break;
		case 'C': arguments->check_only = true; break;
		case 'v': arguments->verbose = true; break;
		case 'h': fputs(_(usage_text), stdout); return 0;
		case 'V': puts(PACKAGE_STRING "\nGPL-3.0-or-later"); return 0;
		default: return EXIT_USAGE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, _("ostendd: unknown argument %s; see --help\n"), argv[optind]);
		return EXIT_USAGE;
	}
	return -1;
}

static void set_demo(struct config *config)
{
	config->demo = true;
	config->reserve_mb = 8;
	config_set_text(config->state, "ostend-demo");
	config_set_text(config->listen, "127.0.0.1:8443");
	config_set_text(config->media, "127.0.0.1:8444");
	config_set_text(config->camera_driver, "sim");
	config->floor_mb = 256;
	config_set_text(config->case_no, "(2026)浙0108刑初113号");
	config_set_text(config->exhibit_no, "E-0041-03");
	config_set_text(config->exhibit_name, "青花八棱罐");
}

int arguments_settings(struct config *config, const struct arguments *arguments, struct err *err)
{
	static const char standard[] = "/etc/ostend/ostend.conf";
	const char *path = arguments->config;
	int rc = 0;

	config_defaults(config);
	if (arguments->demo)
		set_demo(config);
	if (!path && !arguments->demo && access(standard, F_OK) == 0)
		path = standard;
	if (path)
		rc = config_read(config, path, err);
	if (arguments->state)
		config_set_text(config->state, arguments->state);
	if (arguments->listen)
		config_set_text(config->listen, arguments->listen);
	if (arguments->media)
		config_set_text(config->media, arguments->media);
	return rc;
}
