/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Figures in the Prometheus text format 0.0.4, for `ostend metrics` and, where the configuration asks
 * for it, over HTTP on a loopback address: any GET is answered and the connection closed.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "station/base/clock.h"
#include "station/media_signing.h"
#include "station/recordings.h"
#include "station/rooms.h"
#include "station/station.h"

#define SCRAPES_MAX 4
#define SCRAPE_DEADLINE_NS (2 * NS_PER_S)

static void write_metric(FILE *out, const char *kind, const char *name, const char *help, double value)
{
	fprintf(out, "# HELP ostend_%s %s\n# TYPE ostend_%s %s\nostend_%s %.17g\n", name, help, name,
		kind, name, value);
}

static void counter(FILE *out, const char *name, const char *help, uint64_t value)
{
	write_metric(out, "counter", name, help, (double)value);
}

static void gauge(FILE *out, const char *name, const char *help, double value)
{
	write_metric(out, "gauge", name, help, value);
}

static size_t count_entries(const char *folder)
{
	DIR *dir = opendir(folder);
	size_t count = 0;

	while (dir && readdir(dir))
		count++;
	if (!dir)
		return 0;
	closedir(dir);
	return count - 2;	/* without "." and ".." */
}

/* Without the pictures' pages, which the camera process makes and every picture touches others of. */
static uint64_t private_bytes(void)
{
	unsigned long long resident = 0, shared = 0;
	FILE *file = fopen("/proc/self/statm", "re");

	if (file && fscanf(file, "%*u %llu %llu", &resident, &shared) != 2)
		resident = shared = 0;
	if (file)
		fclose(file);
	return (resident - shared) * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void write_process(FILE *out)
{
	gauge(out, "private_bytes", "Memory of the station's process that it shares with none.",
	      (double)private_bytes());
	/* one of them is the folder that is being read */
	gauge(out, "open_descriptors", "Descriptors of the station's process.",
	      (double)count_entries("/proc/self/fd") - 1);
	gauge(out, "threads", "Threads of the station's process.", (double)count_entries("/proc/self/task"));
}

static void write_pipeline(FILE *out, struct station *station)
{
	struct pipeline_stats stats;

	pipeline_stats(station->pipeline, &stats);
	counter(out, "frames_in_total", "Pictures that came from the camera process.", stats.frames_in);
	counter(out, "frames_encoded_total", "Pictures encoded.", stats.frames_encoded);
	counter(out, "frames_dropped_total", "Pictures dropped before the encoder.", stats.frames_dropped);
	counter(out, "frames_synthetic_total", "Pictures drawn by the station itself.",
		stats.frames_synthetic);
	counter(out, "keyframes_total", "IDR pictures.", stats.keyframes);
	counter(out, "encoded_bytes_total", "Bytes of encoded video.", stats.bytes_out);
	gauge(out, "encode_seconds", "Time to encode the last picture.", stats.encode_us / 1e6);
	gauge(out, "picture_seconds", "Time for strip and preview of the last picture.",
	      stats.picture_us / 1e6);
	gauge(out, "camera_present", "1 when a picture of the camera came within a second.",
	      stats.camera_present);
}

static void write_signing(FILE *out, struct station *station)
{
	struct media_sign_stats stats;

	media_signing_stats(station->signing, &stats);
	counter(out, "signed_sections_total", "Sections of the video that were signed.", stats.signed_sections);
	counter(out, "unsigned_sections_total", "Sections of the video whose signature could not be had.",
		stats.unsigned_sections);
	gauge(out, "signatures_waiting", "Sections whose signature has not come yet.", stats.waiting);
}

static void write_recording(FILE *out, struct station *station)
{
	struct recorder_stats stats;

	recordings_stats(station, &stats);
	gauge(out, "recording", "1 while what is on air is being recorded.", stats.recording);
	counter(out, "recordings_total", "Files of recordings begun.", stats.files);
	counter(out, "recording_gaps_total", "Times at which pictures were shown and not recorded.", stats.gaps);
	counter(out, "recording_lost_frames_total", "Pictures that were shown and not recorded.", stats.lost_frames);
	counter(out, "recording_syncs_total", "Times at which the disk was made to keep what was recorded.",
		stats.syncs);
	gauge(out, "recording_sync_seconds_max", "The longest of these.", (double)stats.sync_us_max / 1e6);
	gauge(out, "recording_bits_per_second", "Of the last minute of recording.", stats.rate_bps);
	gauge(out, "recording_room_bytes", "Free space above the floor.", (double)stats.room_bytes);
	counter(out, "recorder_cpu_nanoseconds_total", "Time that the recorder's thread has used.", stats.cpu_ns);
}

static void write_stream(FILE *out, struct station *station)
{
	struct stream_stats stats;

	stream_stats(station->stream, &stats);
	counter(out, "datagrams_in_total", "Datagrams received.", stats.datagrams_in);
	counter(out, "datagrams_out_total", "Datagrams sent.", stats.datagrams_out);
	counter(out, "sent_bytes_total", "Bytes sent in datagrams.", stats.bytes_out);
	counter(out, "sends_total", "System calls that sent datagrams.", stats.sends);
	counter(out, "gso_sends_total", "Of these, with segmentation offload.", stats.gso_sends);
	counter(out, "datagrams_refused_total", "Datagrams of nobody, or that failed a check.",
		stats.refused);
	counter(out, "keyframes_requested_total", "Keyframes asked for by viewers.",
		stats.keyframes_requested);
	counter(out, "keyframes_granted_total", "Keyframes asked of the encoder.",
		stats.keyframes_granted);
	counter(out, "access_units_dropped_total", "Pictures the sender had no time for.",
		stats.access_units_dropped);
	gauge(out, "viewers", "Viewers of the live picture.", stats.viewers);
	gauge(out, "srtp_sessions", "SRTP sessions held.", stats.srtp_sessions);
}

static void write_web(FILE *out, struct station *station)
{
	struct web_stats stats;

	web_stats(station->web, &stats);
	counter(out, "web_connections_total", "TLS connections accepted.", stats.connections);
	counter(out, "web_requests_total", "HTTP requests.", stats.requests);
	counter(out, "web_refused_401_total", "Requests without or with wrong authority.",
		stats.refused_401);
	counter(out, "web_refused_403_total", "Requests of a foreign origin, or not allowed.",
		stats.refused_403);
	counter(out, "web_timeouts_total", "Connections closed for being too slow.", stats.timeouts);
	gauge(out, "web_open_connections", "Connections open now.", stats.open_connections);
	gauge(out, "seats", "Pages connected now.", stats.seats);
}

static void number_of(FILE *out, const json_t *state, const char *key, const char *name, const char *help,
		      double unit)
{
	const json_t *value = json_object_get(state, key);

	if (json_is_integer(value))
		gauge(out, name, help, (double)json_integer_value(value) / unit);
}

static void flag_of(FILE *out, const json_t *state, const char *key, const char *name, const char *help)
{
	gauge(out, name, help, json_is_true(json_object_get(state, key)));
}

/* One row for each word that it may be; 1 at the one that it is. */
static void words_of(FILE *out, const json_t *state, const char *key, const char *name, const char *help,
		     const char *const *words)
{
	const char *word = json_string_value(json_object_get(state, key));

	fprintf(out, "# HELP ostend_%s %s\n# TYPE ostend_%s gauge\n", name, help, name);
	for (; *words; words++)
		fprintf(out, "ostend_%s{%s=\"%s\"} %d\n", name, key, *words, word && strcmp(word, *words) == 0);
}

static void write_table(FILE *out, struct station *station)
{
	static const char *const links[] = { "closed", "opening", "up", "silent", "lost", NULL };
	static const char *const sources[] = { "none", "assumed", "counted", "encoder", NULL };
	const json_t *state = station->table_state;

	if (!state)
		return;
	number_of(out, state, "bearing_mdeg", "table_bearing_degrees", "Where the table says it stands.", 1000);
	number_of(out, state, "uncertainty_mdeg", "table_uncertainty_degrees", "Plus or minus.", 1000);
	number_of(out, state, "epoch", "table_epoch", "Rises whenever the table's reference may be lost.", 1);
	words_of(out, state, "link", "table_link", "Whether the table's controller answers.", links);
	words_of(out, state, "source", "table_source", "What the table's angle is known by.", sources);
	flag_of(out, state, "homed", "table_homed", "1 when the table knows its angle.");
	flag_of(out, state, "evidence", "table_evidence", "1 while its angle may stand in evidence.");
	flag_of(out, state, "estop", "table_estop", "1 while an emergency stop is latched.");
	gauge(out, "table_halted", "1 while a stop or a fault waits for somebody to clear it.",
	      json_is_object(json_object_get(state, "halt")));
	gauge(out, "table_leased", "1 while somebody may move the table from afar.",
	      json_is_object(json_object_get(state, "lease")));
}

char *metrics_text(struct station *station)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	gauge(out, "uptime_seconds", "Since the station was started.",
	      (double)(clock_mono_ns() - station->started_ns) / 1e9);
	write_process(out);
	write_pipeline(out, station);
	write_signing(out, station);
	write_recording(out, station);
	write_stream(out, station);
	write_web(out, station);
	write_table(out, station);
	fclose(out);
	return text;
}

/* --- over HTTP ----------------------------------------------------------------------------------- */

struct scrape {
	struct metrics_server *server;
	struct loop_watch watch;
	struct loop_timer deadline;
	char head[2048];
	size_t head_len;
};

struct metrics_server {
	struct station *station;
	struct loop_watch listener;
	struct scrape scrapes[SCRAPES_MAX];
};

static void end_scrape(struct scrape *scrape)
{
	int fd = scrape->watch.fd;

	loop_cancel(scrape->server->station->loop, &scrape->deadline);
	loop_unwatch(scrape->server->station->loop, &scrape->watch);
	if (fd >= 0)
		close(fd);
}

static void scrape_late(void *owner)
{
	end_scrape(owner);
}

/* The text is some kilobytes: it fits the socket's buffer, or the scraper has to come again. */
static void answer_scrape(struct scrape *scrape)
{
	bool get = strncmp(scrape->head, "GET ", 4) == 0;
	CLEANUP(util_freep) char *text = get ? metrics_text(scrape->server->station) : NULL;
	CLEANUP(util_freep) char *answer = NULL;
	int len = asprintf(&answer, "HTTP/1.1 %s\r\nContent-Type: text/plain; version=0.0.4\r\n"
			   "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
			   get ? "200 OK" : "405 Method Not Allowed", text ? strlen(text) : 0,
			   text ? text : "");

	if (len > 0)
		(void)!send(scrape->watch.fd, answer, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT);
	shutdown(scrape->watch.fd, SHUT_WR);
}

static void scrape_ready(void *owner, uint32_t events)
{
	struct scrape *scrape = owner;
	size_t room = sizeof scrape->head - 1 - scrape->head_len;
	ssize_t got = recv(scrape->watch.fd, scrape->head + scrape->head_len, room, MSG_DONTWAIT);

	(void)events;
	if (got < 0 && errno == EAGAIN)
		return;
	if (got <= 0) {
		end_scrape(scrape);
		return;
	}
	scrape->head_len += (size_t)got;
	scrape->head[scrape->head_len] = '\0';
	if (!strstr(scrape->head, "\r\n\r\n") && scrape->head_len < sizeof scrape->head - 1)
		return;
	answer_scrape(scrape);
	end_scrape(scrape);
}

static void accept_scrape(void *owner, uint32_t events)
{
	struct metrics_server *server = owner;
	int fd = accept4(server->listener.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	for (int i = 0; fd >= 0 && i < SCRAPES_MAX; i++) {
		struct scrape *scrape = &server->scrapes[i];

		if (scrape->watch.fd >= 0)
			continue;
		scrape->head_len = 0;
		if (loop_watch(server->station->loop, &scrape->watch, fd, EPOLLIN, NULL) < 0)
			break;
		loop_set(server->station->loop, &scrape->deadline,
			 clock_mono_ns() + SCRAPE_DEADLINE_NS);
		return;
	}
	if (fd >= 0)
		close(fd);
}

static int parse_loopback(struct sockaddr_in *address, const char *listen, struct err *err)
{
	char host[64];
	int port = -1, used = 0;

	*address = (struct sockaddr_in){ .sin_family = AF_INET };
	if (sscanf(listen, "%63[0-9.]:%d%n", host, &port, &used) != 2 || listen[used] || port < 1 ||
	    port > 65535 || inet_pton(AF_INET, host, &address->sin_addr) != 1 ||
	    ntohl(address->sin_addr.s_addr) >> 24 != 127)
		return err_set(err, ERR_RANGE, "[metrics] listen = %s: it must be a loopback address "
			       "and a port, as 127.0.0.1:9464", listen);
	address->sin_port = htons((uint16_t)port);
	return 0;
}

int metrics_open(struct metrics_server **out, struct station *station, const char *listen_on,
		 struct err *err)
{
	CLEANUP(util_closep) int fd = -1;
	struct metrics_server *server;
	struct sockaddr_in address;
	int one = 1;
	int rc = parse_loopback(&address, listen_on, err);

	if (rc < 0)
		return rc;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, SCRAPES_MAX) < 0)
		return err_os(err, "metrics on %s", listen_on);
	server = calloc(1, sizeof *server);
	if (!server)
		return err_set(err, ERR_NOMEM, "metrics: out of memory");
	server->station = station;
	server->listener = (struct loop_watch){ .fd = -1, .ready = accept_scrape, .owner = server };
	for (int i = 0; i < SCRAPES_MAX; i++)
		server->scrapes[i] = (struct scrape){
			.server = server,
			.watch = { .fd = -1, .ready = scrape_ready, .owner = &server->scrapes[i] },
			.deadline = { .due_ns = UINT64_MAX, .fire = scrape_late,
				      .owner = &server->scrapes[i] },
		};
	rc = loop_watch(station->loop, &server->listener, fd, EPOLLIN, err);
	if (rc < 0) {
		free(server);
		return rc;
	}
	fd = -1;
	*out = server;
	return 0;
}

struct metrics_server *metrics_free(struct metrics_server *server)
{
	int fd;

	if (!server)
		return NULL;
	fd = server->listener.fd;
	for (int i = 0; i < SCRAPES_MAX; i++)
		end_scrape(&server->scrapes[i]);
	loop_unwatch(server->station->loop, &server->listener);
	if (fd >= 0)
		close(fd);
	free(server);
	return NULL;
}
