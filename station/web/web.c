/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The thread: a loop over the listener, the connections, the queue of commands and one tick. Deadlines
 * are looked at in the tick and not by a timer each: a few hundred comparisons four times a second.
 */
#include "station/web/web.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "station/base/clock.h"
#include "station/base/log.h"
#include "station/web/command.h"
#include "station/web/listener.h"
#include "station/web/page.h"
#include "station/web/seat.h"
#include "station/web/server.h"
#include "station/web/shelf.h"
#include "station/web/whep.h"

const struct web_limits web_limits_default = {
	.handshake_ms = 10000,
	.head_ms = 10000,
	.keep_alive_ms = 15000,
	.answer_ms = 5000,
	.write_ms = 20000,
	.rate_floor_bytes_s = 2048,
	.linger_ms = 5000,
	.ping_ms = 20000,
	.dead_ms = 60000,
	.tick_ms = 250,
	.connections_max = 512,
	.strangers_max = 128,
};

#define VALID_EVERY_NS NS_PER_S		/* expiry is looked for this often, changes on disk each tick */
#define WARN_EVERY_NS (6 * 3600 * NS_PER_S)

static bool may_stay(struct conn *conn)
{
	struct identity certificate;

	if (conn->who.means != AUTH_NOBODY &&
	    guard_is_valid(conn->web->guard, &conn->who.identity, NULL) < 0)
		return false;
	return !tls_identity(conn->ssl, &certificate) ||
	       guard_is_valid(conn->web->guard, &certificate, NULL) == 0;
}

void web_end_invalid(struct web *web)
{
	struct conn *next;

	web->checked_ns = clock_mono_ns();
	whep_end_invalid(web);
	for (struct conn *conn = web->conns; conn; conn = next) {
		next = conn->next;
		if (conn->phase == CONN_HANDSHAKE || conn->phase == CONN_LINGER || may_stay(conn))
			continue;
		log_notice("web: %s: %s may no longer stay", conn->peer, conn->who.identity.name);
		if (conn->phase == CONN_SOCKET)
			seat_cut(conn, WEBSOCKET_POLICY, "the authority has ended");
		else
			conn_finish(conn);
	}
}

/* A revocation list or certificate that runs out: said at the start, then four times a day. */
static void warn_ahead(struct web *web, uint64_t now_ns)
{
	struct err warning = { 0 };

	if (now_ns < web->warn_ns)
		return;
	web->warn_ns = now_ns + WARN_EVERY_NS;
	if (guard_warning(web->guard, &warning))
		log_warning("%s", warning.text);
}

static void tick(void *owner)
{
	struct web *web = owner;
	uint64_t now_ns = clock_mono_ns();
	struct err err = { 0 };
	struct conn *next;
	int changed = guard_poll(web->guard, &err);

	if (changed < 0)
		log_error("%s", err.text);
	if (changed > 0 || now_ns - web->checked_ns >= VALID_EVERY_NS)
		web_end_invalid(web);
	for (struct conn *conn = web->conns; conn; conn = next) {
		next = conn->next;
		conn_tick(conn, now_ns);
	}
	warn_ahead(web, now_ns);
	web_emit_owed(web);
	listener_tick(web);
	loop_set(web->loop, &web->tick, now_ns + web->limits.tick_ms * NS_PER_MS);
}

/* Everybody is told, and main is, while the thread still lives. */
static void say_goodbye(struct web *web)
{
	struct conn *next;

	for (struct conn *conn = web->conns; conn; conn = next) {
		next = conn->next;
		if (conn->phase == CONN_SOCKET)
			seat_cut(conn, WEBSOCKET_GOING_AWAY, "the station stops");
	}
	while (web->conns)
		conn_end(web->conns);
	whep_free_all(web);
	shelf_remove(web, 0);
	web_emit_owed(web);
}

static void *run(void *owner)
{
	struct web *web = owner;

	tick(web);
	loop_run(web->loop);
	say_goodbye(web);
	return NULL;
}

static struct web *web_free(struct web *web)
{
	if (!web)
		return NULL;
	web_drop_owed(web);
	if (web->listen_fd >= 0)
		close(web->listen_fd);
	queue_free(web->commands);
	loop_free(web->loop);
	tls_free(web->tls);
	guard_free(web->guard);
	free(web);
	return NULL;
}
DEFINE_FREEP(web_free, struct web *)

static int prepare(struct web *web, const struct web_config *config, struct err *err)
{
	int rc;

	web->listen_fd = -1;
	web->limits = config->limits ? *config->limits : web_limits_default;
	web->event = config->event;
	web->owner = config->owner;
	web->tick = (struct loop_timer){ .due_ns = UINT64_MAX, .fire = tick, .owner = web };
	rc = page_sign_in_policy(web->sign_in_policy, sizeof web->sign_in_policy, err);
	if (rc == 0)
		rc = guard_open(&web->guard, config->state_path, err);
	if (rc == 0)
		rc = tls_new(&web->tls, config->certificate_path, config->key_path, web->guard, err);
	if (rc == 0)
		rc = listener_open(web, config->listen, config->hosts, err);
	if (rc == 0)
		rc = loop_new(&web->loop, err);
	if (rc == 0)
		rc = command_watch(web, err);
	if (rc == 0)
		rc = listener_watch(web, err);
	return rc;
}

/* Signals are main's; a broken connection's SIGPIPE must not reach anybody. */
static int start_thread(struct web *web, struct err *err)
{
	sigset_t all, before;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&web->thread, NULL, run, web);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc != 0)
		return err_set(err, ERR_OS, "web: thread: %s", strerror(rc));
	pthread_setname_np(web->thread, "web");
	return 0;
}

int web_start(struct web **out, const struct web_config *config, struct err *err)
{
	CLEANUP(web_freep) struct web *web = calloc(1, sizeof *web);
	int rc;

	if (!web)
		return err_set(err, ERR_NOMEM, "web: out of memory");
	rc = prepare(web, config, err);
	if (rc == 0)
		rc = start_thread(web, err);
	if (rc < 0)
		return rc;
	*out = MOVE(web);
	return 0;
}

struct web *web_stop(struct web *web)
{
	if (!web)
		return NULL;
	loop_stop(web->loop);
	pthread_join(web->thread, NULL);
	return web_free(web);
}

const char *web_url(const struct web *web)
{
	return web->url;
}

void web_stats(struct web *web, struct web_stats *out)
{
	*out = (struct web_stats){
		.connections = web->stats.connections,
		.requests = web->stats.requests,
		.refused_401 = web->stats.refused_401,
		.refused_403 = web->stats.refused_403,
		.handshakes_failed = web->stats.handshakes_failed,
		.timeouts = web->stats.timeouts,
		.open_connections = (uint32_t)web->stats.open_connections,
		.seats = (uint32_t)web->stats.seats,
		.viewers = (uint32_t)web->stats.viewers,
	};
}
