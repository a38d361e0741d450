/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ostendd - the station. Start: what is checked first (configuration, keys), then the threads, then the
 * children; stop: the other way round, the table before all else.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certs/check.h"
#include "certs/layout.h"
#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "station/base/log.h"
#include "station/base/sandbox.h"
#include "station/roles.h"
#include "station/rooms.h"
#include "station/station.h"

#define TICK_NS (250 * NS_PER_MS)
#define READY_PICTURE_NS (30 * NS_PER_S)
#define READY_HOMED_NS (8 * NS_PER_S)

/* --- the command line ---------------------------------------------------------------------------- */

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

struct arguments {
	const char *state, *listen, *media, *config;
	bool demo, check_only, verbose;
};

enum { EXIT_REFUSED = 1, EXIT_USAGE = 2 };

/* -1: go on; else the exit code. */
static int read_arguments(struct arguments *arguments, int argc, char **argv)
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

static void set_text(char *setting, const char *value)
{
	snprintf(setting, CONFIG_TEXT_SIZE, "%s", value);
}

static void set_demo(struct config *config)
{
	config->demo = true;
	set_text(config->state, "ostend-demo");
	set_text(config->listen, "127.0.0.1:8443");
	set_text(config->media, "127.0.0.1:8444");
	set_text(config->camera_driver, "sim");
	set_text(config->case_no, "(2026)浙0108刑初113号");
	set_text(config->exhibit_no, "E-0041-03");
	set_text(config->exhibit_name, "青花八棱罐");
}

static int read_settings(struct config *config, const struct arguments *arguments, struct err *err)
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
		set_text(config->state, arguments->state);
	if (arguments->listen)
		set_text(config->listen, arguments->listen);
	if (arguments->media)
		set_text(config->media, arguments->media);
	return rc;
}

/* --- start --------------------------------------------------------------------------------------- */

/* An absolute path: children and clients have other working folders. Made when it is the demo's. */
static int open_state(struct config *config, struct err *err)
{
	CLEANUP(util_freep) char *path = NULL;

	if (config->demo && mkdir(config->state, 0700) < 0 && errno != EEXIST)
		return err_os(err, "state folder %s", config->state);
	path = realpath(config->state, NULL);
	if (!path)
		return err_os(err, "state folder %s", config->state);
	if (strlen(path) >= CONFIG_TEXT_SIZE)
		return err_set(err, ERR_RANGE, "state folder %s: its path is too long", path);
	set_text(config->state, path);
	if (config->demo)
		snprintf(config->table_port, CONFIG_TEXT_SIZE, "%.200s/demo-table", path);
	return 0;
}

/* Split "a, b" in place; at most @max parts, the rest NULL. */
static void split(char *text, const char **parts, size_t max)
{
	char *rest = text, *part;
	size_t count = 0;

	while (count < max && (part = strsep(&rest, ", ")))
		if (*part)
			parts[count++] = part;
	while (count < max)
		parts[count++] = NULL;
}

static int open_certificates(struct station *station, struct err *err)
{
	const struct config *config = &station->config;
	char host[CONFIG_TEXT_SIZE], name[128] = "localhost";
	const char *hosts[] = { "127.0.0.1", "localhost", name, host, NULL };
	int rc = 0;

	gethostname(name, sizeof name - 1);
	snprintf(host, sizeof host, "%s", config->listen);
	*strrchr(host, ':') = '\0';
	if (!*host || strcmp(host, "0.0.0.0") == 0 || strcmp(host, "127.0.0.1") == 0)
		hosts[3] = NULL;
	if (config->demo) {
		rc = demo_certs_make(&station->certs, config->state, hosts, err);
	} else {
		station->certs.ca_path = layout_path(config->state, LAYOUT_ROOT_PEM);
		station->certs.certificate_path = layout_path(config->state, LAYOUT_STATION_PEM);
		station->certs.key_path = layout_path(config->state, LAYOUT_STATION_KEY);
	}
	return rc < 0 ? rc : certs_check_start(config->state, err);
}

static void give_access_unit(void *owner, struct access_unit *au)
{
	struct station *station = owner;

	stream_give(station->stream, au);
}

static int start_stream(struct station *station, struct err *err)
{
	static char addresses[CONFIG_TEXT_SIZE];
	struct stream_config stream_config = {
		.listen = station->config.media,
		.bitrate_bps = (uint32_t)station->config.bitrate_kbps * 1000,
		.viewers_max = (uint32_t)station->config.viewers_max,
		.request_keyframe = seats_take_keyframe_request,
		.event = seats_take_stream,
		.owner = station,
	};

	set_text(addresses, station->config.addresses);
	split(addresses, stream_config.addresses, STREAM_ADDRESSES_MAX);
	return stream_start(&station->stream, &stream_config, err);
}

static int start_pipeline(struct station *station, struct err *err)
{
	const struct config *config = &station->config;
	struct pipeline_config pipeline_config = {
		.width = (uint32_t)config->width,
		.height = (uint32_t)config->height,
		.fps = (uint32_t)config->fps,
		.bitrate_bps = (uint32_t)config->bitrate_kbps * 1000,
		.give = give_access_unit,
		.owner = station,
	};
	int rc = pipeline_start(&station->pipeline, &pipeline_config, err);

	if (rc == 0)
		pipeline_set_text(station->pipeline, config->case_no, config->exhibit_no);
	return rc;
}

static int start_web(struct station *station, struct err *err)
{
	static char hosts[CONFIG_TEXT_SIZE];
	struct web_config web_config = {
		.listen = station->config.listen,
		.certificate_path = station->certs.certificate_path,
		.key_path = station->certs.key_path,
		.state_path = station->config.state,
		.event = seats_take_web,
		.owner = station,
	};

	set_text(hosts, station->config.hosts);
	split(hosts, web_config.hosts, ARRAY_LEN(web_config.hosts));
	return web_start(&station->web, &web_config, err);
}

static void set_showing(struct station *station)
{
	struct showing *showing = &station->showing;

	showing->state = SHOWING_ON_AIR;
	set_text(showing->case_no, station->config.case_no);
	set_text(showing->exhibit_no, station->config.exhibit_no);
	set_text(showing->exhibit_name, station->config.exhibit_name);
}

/* --- ready --------------------------------------------------------------------------------------- */

static json_t *demo_json(struct station *station)
{
	char control[CONFIG_TEXT_SIZE + 16];
	json_t *passes = json_object();

	snprintf(control, sizeof control, "%s/control.sock", station->config.state);
	for (int role = 0; role < ROLE_COUNT; role++)
		json_object_set_new(passes, role_name((enum role)role),
				    json_string(station->certs.pass[role]));
	return json_pack("{s:s, s:s, s:s, s:o}", "url", web_url(station->web), "ca",
			 station->certs.ca_path, "control", control, "passes", passes);
}

static int write_demo_json(struct station *station, struct err *err)
{
	char path[CONFIG_TEXT_SIZE + 16], temporary[CONFIG_TEXT_SIZE + 24];
	json_t *object = demo_json(station);
	CLEANUP(util_closep) int fd = -1;
	int rc = 0;

	snprintf(path, sizeof path, "%s/demo.json", station->config.state);
	snprintf(temporary, sizeof temporary, "%s.new", path);
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || json_dumpfd(object, fd, JSON_INDENT(2)) < 0 || write(fd, "\n", 1) != 1 ||
	    rename(temporary, path) < 0)
		rc = err_os(err, "%s", path);
	json_decref(object);
	return rc;
}

/* A viewer can connect when a picture is there; the demo's table is homed by then, if it is near. */
static bool is_ready(struct station *station)
{
	uint64_t age_ns = clock_mono_ns() - station->started_ns;
	bool homed = !station->config.demo || station->homing_done || age_ns > READY_HOMED_NS;
	struct pipeline_stats stats;

	pipeline_stats(station->pipeline, &stats);
	return (stats.frames_encoded > 0 && homed) || age_ns > READY_PICTURE_NS;
}

static void say_ready(struct station *station)
{
	struct err err;

	station->ready = true;
	if (station->config.demo && write_demo_json(station, &err) < 0)
		log_error("%s", err.text);
	printf("ready %s\n", web_url(station->web));
	fflush(stdout);
}

static void tick(void *owner)
{
	struct station *station = owner;

	children_tick(station);
	control_tick(station);
	seats_tick(station);
	if (!station->ready && is_ready(station))
		say_ready(station);
	loop_set(station->loop, &station->tick,
		 clock_mono_ns() + (station->ready ? TICK_NS : TICK_NS / 5));
}

/* --- signals, run, stop -------------------------------------------------------------------------- */

static void signal_ready(void *owner, uint32_t events)
{
	struct station *station = owner;
	struct signalfd_siginfo info;

	(void)events;
	if (read(station->signals.fd, &info, sizeof info) != sizeof info)
		return;
	log_notice("ending: %s", strsignal((int)info.ssi_signo));
	loop_stop(station->loop);
}

/* Before any thread is made: they inherit the mask, and only the loop sees signals. */
static int catch_signals(struct station *station, struct err *err)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return err_os(err, "signals");
	station->signals = (struct loop_watch){ .fd = -1, .ready = signal_ready, .owner = station };
	return loop_watch(station->loop, &station->signals, fd, EPOLLIN, err);
}

static int start(struct station *station, struct err *err)
{
	int rc = open_state(&station->config, err);

	/* before any thread is made, and for the children too: they forbid themselves more */
	if (rc == 0)
		rc = sandbox_forbid("ostendd", SANDBOX_KEEP_PROGRAMS | SANDBOX_KEEP_NETWORK, err);
	if (rc == 0)
		rc = open_certificates(station, err);
	if (rc == 0)
		rc = loop_new(&station->loop, err);
	if (rc == 0)
		rc = catch_signals(station, err);
	if (rc == 0)
		rc = control_open(station, err);
	if (rc == 0)
		rc = seats_open(station, err);
	if (rc == 0)
		rc = start_stream(station, err);
	if (rc == 0)
		rc = start_pipeline(station, err);
	if (rc == 0)
		rc = start_web(station, err);
	if (rc == 0)
		rc = children_start(station, err);
	if (rc == 0 && station->config.metrics_listen[0])
		rc = metrics_open(&station->metrics, station, station->config.metrics_listen, err);
	return rc;
}

static void stop(struct station *station)
{
	children_stop(station);
	station->metrics = metrics_free(station->metrics);
	station->web = web_stop(station->web);
	station->pipeline = pipeline_stop(station->pipeline);
	station->stream = stream_stop(station->stream);
	station->control = rpc_server_free(station->control);
	station->rooms = rooms_free(station->rooms);
	station->web_queue = queue_free(station->web_queue);
	station->stream_queue = queue_free(station->stream_queue);
	json_decref(station->table_state);
	json_decref(station->camera_state);
	demo_certs_clear(&station->certs);
	if (station->loop && station->signals.fd >= 0)
		close(station->signals.fd);
	station->loop = loop_free(station->loop);
}

static int run(struct station *station)
{
	struct err err;
	int rc;

	util_hurry();	/* threads, the encoder's too, and children begin with the same priority */
	rc = start(station, &err);

	if (rc < 0) {
		fprintf(stderr, "ostendd: %s\n", err.text);
	} else {
		station->tick = (struct loop_timer){ .due_ns = UINT64_MAX, .fire = tick,
						     .owner = station };
		loop_set(station->loop, &station->tick, clock_mono_ns());
		loop_run(station->loop);
	}
	stop(station);
	return rc < 0 ? EXIT_REFUSED : 0;
}

int main(int argc, char **argv)
{
	static struct station station = {
		.signals = LOOP_WATCH_NONE, .web_events = LOOP_WATCH_NONE,
		.stream_events = LOOP_WATCH_NONE, .tick = LOOP_TIMER_NONE,
	};
	struct arguments arguments = { 0 };
	struct err err;
	int code;

	if (argc == 4 && strcmp(argv[1], "--child") == 0)
		return roles_run(argv[2], argv[3]);
	i18n_init(OSTEND_LOCALE_DIR);
	umask(0077);
	code = read_arguments(&arguments, argc, argv);
	if (code >= 0)
		return code;
	log_init("ostendd", arguments.verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_NOTICE);
	station.started_ns = clock_mono_ns();
	if (read_settings(&station.config, &arguments, &err) < 0) {
		fprintf(stderr, "ostendd: %s\n", err.text);
		return EXIT_REFUSED;
	}
	set_showing(&station);
	return arguments.check_only ? 0 : run(&station);
}
