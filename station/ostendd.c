/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ostendd - the station. Start: what is checked first (configuration, keys), then the threads, then the
 * children; stop: the other way round, the table before all else.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certs/check.h"
#include "certs/layout.h"
#include "certs/profile.h"
#include "station/arguments.h"
#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "station/base/log.h"
#include "station/base/sandbox.h"
#include "station/deliveries.h"
#include "station/packages.h"
#include "station/media_signing.h"
#include "station/recordings.h"
#include "station/roles.h"
#include "station/rooms.h"
#include "station/station.h"

#define REALTIME_PRIORITY 5		/* below the table process, above all else here */
#define TICK_NS (250 * NS_PER_MS)
#define READY_PICTURE_NS (30 * NS_PER_S)
#define READY_HOMED_NS (8 * NS_PER_S)

enum { EXIT_REFUSED = 1 };

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
	config_set_text(config->state, path);
	if (config->demo && !config->table_port[0])
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

/* The host of "ADDR:PORT", without the brackets of an IPv6 address. */
static int host_of(char host[CONFIG_TEXT_SIZE], const char *listen, struct err *err)
{
	const char *colon = strrchr(listen, ':');
	size_t len = colon ? (size_t)(colon - listen) : 0;

	if (!colon)
		return err_set(err, ERR_RANGE, "listen = %s: an address and a port, as 127.0.0.1:8443",
			       listen);
	if (len > 1 && listen[0] == '[' && listen[len - 1] == ']') {
		listen++;
		len -= 2;
	}
	snprintf(host, CONFIG_TEXT_SIZE, "%.*s", (int)len, listen);
	return 0;
}

#define HOSTS_MAX 16

/* The names under which a demo that listens on @host can be reached, NULL-ended, for free() each. */
static void demo_hosts(char *hosts[HOSTS_MAX + 1], const char *host)
{
	char name[128] = "localhost", text[INET_ADDRSTRLEN];
	struct ifaddrs *list = NULL;
	size_t count = 0;

	gethostname(name, sizeof name - 1);
	hosts[count++] = strdup("127.0.0.1");
	hosts[count++] = strdup("localhost");
	if (strcmp(name, "localhost") != 0)
		hosts[count++] = strdup(name);
	if (strcmp(host, "0.0.0.0") != 0 && strcmp(host, "::") != 0) {
		if (strcmp(host, "127.0.0.1") != 0)
			hosts[count++] = strdup(host);
		return;
	}
	if (getifaddrs(&list) < 0)
		return;
	for (const struct ifaddrs *at = list; at && count < HOSTS_MAX; at = at->ifa_next)
		if (at->ifa_addr && at->ifa_addr->sa_family == AF_INET && !(at->ifa_flags & IFF_LOOPBACK) &&
		    inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)at->ifa_addr)->sin_addr,
			      text, sizeof text))
			hosts[count++] = strdup(text);
	freeifaddrs(list);
}

static int open_certificates(struct station *station, struct err *err)
{
	const struct config *config = &station->config;
	char host[CONFIG_TEXT_SIZE], *hosts[HOSTS_MAX + 1] = { NULL };
	unsigned in_token = 0;
	int rc = host_of(host, config->listen, err);

	if (rc < 0)
		return rc;
	if (config->demo) {
		demo_hosts(hosts, host);
		rc = demo_certs_make(&station->certs, config->state, (const char *const *)hosts, err);
		for (size_t i = 0; hosts[i]; i++)
			free(hosts[i]);
	} else {
		station->certs.ca_path = layout_path(config->state, LAYOUT_ROOT_PEM);
		station->certs.certificate_path = layout_path(config->state, LAYOUT_STATION_PEM);
		station->certs.key_path = layout_path(config->state, LAYOUT_STATION_KEY);
	}
	if (config->log_key[0])
		in_token |= 1u << PROFILE_LOG;
	if (config->media_key[0])
		in_token |= 1u << PROFILE_MEDIA;
	return rc < 0 ? rc : certs_check_start(config->state, in_token, err);
}

static void give_access_unit(void *owner, struct access_unit *au)
{
	struct station *station = owner;

	recordings_give(station, au);
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

	config_set_text(addresses, station->config.addresses);
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

	config_set_text(hosts, station->config.hosts);
	split(hosts, web_config.hosts, ARRAY_LEN(web_config.hosts));
	return web_start(&station->web, &web_config, err);
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
	bool homed = !station->simulator || station->homing_done || age_ns > READY_HOMED_NS;
	struct pipeline_stats stats;

	pipeline_stats(station->pipeline, &stats);
	return station->showing_asked && ((stats.frames_encoded > 0 && homed) || age_ns > READY_PICTURE_NS);
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
	records_tick(station);
	recordings_tick(station);
	deliveries_tick(station->deliveries);
	packages_tick(station->packages);
	retrievals_tick(station);
	showings_tick(station);
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

static int catch_signals(struct station *station, struct err *err)
{
	station->signals = (struct loop_watch){ .fd = -1, .ready = signal_ready, .owner = station };
	return loop_watch_signals(station->loop, &station->signals, SIGHUP, err);
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
		rc = records_open(station, err);
	if (rc == 0)
		rc = control_open(station, err);
	if (rc == 0)
		rc = seats_open(station, err);
	if (rc == 0)
		rc = media_signing_open(&station->signing, station, err);
	if (rc == 0)
		rc = deliveries_open(&station->deliveries, station, err);
	if (rc == 0)
		rc = packages_open(&station->packages, station, err);
	if (rc == 0)
		rc = start_stream(station, err);
	if (rc == 0)
		rc = recordings_open(station, err);
	if (rc == 0)
		rc = start_pipeline(station, err);
	if (rc == 0)
		rc = start_web(station, err);
	if (rc == 0)
		rc = children_start(station, err);
	if (rc == 0)
		rc = showings_open(station, err);
	if (rc == 0)
		rc = stills_open(station, err);
	if (rc == 0 && station->config.metrics_listen[0])
		rc = metrics_open(&station->metrics, station, station->config.metrics_listen, err);
	return rc;
}

static void stop(struct station *station)
{
	spins_stop(station);
	children_halt(station);
	recordings_drain(station);
	showings_finish(station);
	packages_halt(station->packages);
	comparisons_halt(station);
	children_stop(station);
	station->metrics = metrics_free(station->metrics);
	station->web = web_stop(station->web);
	station->pipeline = pipeline_stop(station->pipeline);
	recordings_close(station);
	station->stream = stream_stop(station->stream);
	records_close(station);
	station->deliveries = deliveries_free(station->deliveries);
	station->packages = packages_free(station->packages);
	station->signing = media_signing_free(station->signing);
	station->control = rpc_server_free(station->control);
	station->rooms = rooms_free(station->rooms);
	station->web_queue = queue_free(station->web_queue);
	station->stream_queue = queue_free(station->stream_queue);
	json_decref(station->table_state);
	json_decref(station->camera_state);
	json_decref(station->stills_shown);
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
		/* a stop on the control socket must not wait its turn behind the encoders' threads */
		util_realtime(REALTIME_PRIORITY);
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
	code = arguments_read(&arguments, argc, argv);
	if (code >= 0)
		return code;
	log_init("ostendd", arguments.verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_NOTICE);
	station.started_ns = clock_mono_ns();
	if (arguments_settings(&station.config, &arguments, &err) < 0) {
		fprintf(stderr, "ostendd: %s\n", err.text);
		return EXIT_REFUSED;
	}
	return arguments.check_only ? 0 : run(&station);
}
