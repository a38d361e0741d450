/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/web/station.h"

#include <ftw.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "certs/authority.h"
#include "certs/layout.h"
#include "station/base/clock.h"

#define DAY_US INT64_C(86400000000)
#define EVENTS_MAX 4096

#define must(call)                                                                                 \
	do {                                                                                       \
		struct err err = { 0 };                                                            \
		int rc_ = (call);                                                                  \
		if (rc_ < 0)                                                                       \
			fail_msg("%s: %s", #call, err.text);                                       \
	} while (0)

static int take_event(void *owner, struct web_event *event)
{
	struct station *station = owner;

	if (__atomic_load_n(&station->deaf, __ATOMIC_RELAXED)) {
		web_event_free(event);
		return ERR_FULL;
	}
	if (event->type == WEB_WHEP_OFFER && station->answers)
		web_whep_answer(station->web, event->request, 0, STATION_ANSWER, NULL);
	return queue_give(station->events, event);
}

static void add_pass(struct authority *authority, char *text, const char *name, enum role role,
		     bool reusable)
{
	pass_text_new(text);
	must(authority_pass(authority, text, name, role, clock_utc_us() + DAY_US, reusable, &err));
}

static void make_centre(struct station *station)
{
	static const char *const hosts[] = { "127.0.0.1", "localhost", "court.example", NULL };
	CLEANUP(authority_freep) struct authority *authority = NULL;

	must(authority_open(&authority, station->folder, &err));
	must(authority_init(authority, "Test centre", &err));
	must(authority_station(authority, hosts, clock_utc_us() - DAY_US, 30, false, &err));
	add_pass(authority, station->judge, "Judge Zhang", ROLE_JUDGE, true);
	add_pass(authority, station->clerk, "Clerk Li", ROLE_CLERK, true);
	add_pass(authority, station->once, "Guest", ROLE_DEFENCE, false);
}

static char *path_of(struct station *station, const char *name)
{
	return layout_path(station->folder, name);
}

static struct station *start(const struct web_limits *limits, bool answers)
{
	struct station *station = calloc(1, sizeof *station);
	CLEANUP(util_freep) char *certificate = NULL;
	CLEANUP(util_freep) char *key = NULL;
	struct web_config config = { .listen = "127.0.0.1:0", .limits = limits, .event = take_event };

	strcpy(station->folder, "/tmp/ostend-web-XXXXXX");
	assert_non_null(mkdtemp(station->folder));
	make_centre(station);
	must(queue_new(&station->events, EVENTS_MAX, QUEUE_REFUSE, web_event_free, &err));
	certificate = path_of(station, LAYOUT_STATION_PEM);
	key = path_of(station, LAYOUT_STATION_KEY);
	config.certificate_path = certificate;
	config.key_path = key;
	config.state_path = station->folder;
	config.owner = station;
	station->answers = answers;
	must(web_start(&station->web, &config, &err));
	assert_int_equal(sscanf(web_url(station->web), "https://127.0.0.1:%hu/", &station->port), 1);
	snprintf(station->host, sizeof station->host, "127.0.0.1:%u", station->port);
	snprintf(station->origin, sizeof station->origin, "https://%s", station->host);
	return station;
}

struct station *station_new(const struct web_limits *limits)
{
	return start(limits, false);
}

struct station *station_new_answering(const struct web_limits *limits)
{
	return start(limits, true);
}

static int remove_one(const char *path, const struct stat *info, int flag, struct FTW *walk)
{
	(void)info, (void)flag, (void)walk;
	return remove(path);
}

void station_free(struct station *station)
{
	web_stop(station->web);
	queue_free(station->events);
	nftw(station->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(station);
}

static struct web_event *wait_event(struct station *station, enum web_event_type type, int wait_ms)
{
	uint64_t deadline_ns = clock_mono_ns() + (uint64_t)wait_ms * NS_PER_MS;
	struct pollfd ready = { .fd = queue_fd(station->events), .events = POLLIN };
	struct web_event *event;

	do {
		while ((event = queue_take(station->events))) {
			if (event->type == type)
				return event;
			web_event_free(event);
		}
		poll(&ready, 1, clock_poll_ms(deadline_ns));
	} while (clock_mono_ns() < deadline_ns);
	return queue_take(station->events);
}

struct web_event *station_event(struct station *station, enum web_event_type type)
{
	struct web_event *event = wait_event(station, type, 5000);

	if (!event)
		fail_msg("no event %d came", (int)type);
	return event;
}

bool station_has_event(struct station *station, enum web_event_type type, int wait_ms)
{
	struct web_event *event = wait_event(station, type, wait_ms);
	bool has = event && event->type == type;

	web_event_free(event);
	return has;
}

SSL_CTX *station_client(struct station *station)
{
	CLEANUP(util_freep) char *root = path_of(station, LAYOUT_ROOT_PEM);
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	assert_int_equal(SSL_CTX_load_verify_locations(ctx, root, NULL), 1);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	return ctx;
}

static SSL_CTX *person(struct station *station, const char *name, int64_t from_utc_us, int days)
{
	CLEANUP(authority_freep) struct authority *authority = NULL;
	CLEANUP(EVP_PKEY_freep) EVP_PKEY *key = NULL;
	CLEANUP(X509_freep) X509 *certificate = NULL;
	SSL_CTX *ctx = station_client(station);

	must(authority_open(&authority, station->folder, &err));
	must(issue_key(&key, PROFILE_PERSON, &err));
	must(authority_person(authority, &certificate, key, name, ROLE_PROSECUTOR,
			      from_utc_us, days, &err));
	assert_int_equal(SSL_CTX_use_certificate(ctx, certificate), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(ctx, key), 1);
	X509_up_ref(authority_ca(authority));
	assert_int_equal(SSL_CTX_add_extra_chain_cert(ctx, authority_ca(authority)), 1);
	return ctx;
}

SSL_CTX *station_person(struct station *station, const char *name, int from_days, int days)
{
	return person(station, name, clock_utc_us() + from_days * DAY_US, days);
}

SSL_CTX *station_person_seconds(struct station *station, const char *name, int seconds)
{
	return person(station, name, clock_utc_us() - DAY_US + seconds * INT64_C(1000000), 1);
}

void station_revoke(struct station *station, const char *name)
{
	CLEANUP(authority_freep) struct authority *authority = NULL;

	must(authority_open(&authority, station->folder, &err));
	must(authority_revoke(authority, name, &err));
}
