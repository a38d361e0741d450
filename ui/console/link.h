/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * link.h - one lasting connection to a socket of the station: comes back by itself, never waits.
 *
 * Requests are remembered until their answer; when none comes in time, or the connection breaks, they
 * are answered here with the reason. Thread: the loop's.
 */
#ifndef OSTEND_UI_CONSOLE_LINK_H
#define OSTEND_UI_CONSOLE_LINK_H

#include "station/base/loop.h"
#include "station/base/rpc_client.h"

#define LINK_PENDING_MAX 64

/** @result NULL: refused or lost, @err says why. Borrowed for the call. */
typedef void link_answer(void *owner, const char *method, const json_t *result, const struct err *err);

struct link_ops {
	void (*up)(void *owner);				/* just connected: subscribe */
	void (*down)(void *owner, const struct err *err);	/* once for each loss */
	void (*notified)(void *owner, const char *method, const json_t *params);
	void (*descriptor)(void *owner, int fd);		/* @fd becomes the owner's; may be NULL */
};

struct link {
	struct loop *loop;
	const char *path;		/* borrowed for life */
	const struct link_ops *ops;
	void *owner;
	struct rpc_client *client;	/* NULL while down */
	struct loop_watch watch;
	struct loop_timer retry;
	uint64_t heard_ns;		/* when the last message came */
	bool said_down;
	struct link_pending {
		json_int_t id;		/* 0: free */
		uint64_t deadline_ns;
		const char *method;	/* a constant of the program */
		link_answer *answer;
	} pending[LINK_PENDING_MAX];
};

/** Start connecting to @path; link_close() it before it goes out of being. */
void link_open(struct link *link, struct loop *loop, const char *path, const struct link_ops *ops,
	       void *owner);
void link_close(struct link *link);

/**
 * Send a request; @params stolen. @answer (NULL: not wanted) is called once, also on failure, but
 * not when this returns an error.
 * @return 0; ERR_GONE while down; ERR_FULL with too many unanswered; rpc_client_send's
 */
int link_send(struct link *link, const char *method, json_t *params, int timeout_ms, link_answer *answer,
	      struct err *err);

/** Fail what has waited past its deadline; call a few times a second. */
void link_expire(struct link *link);

bool link_is_up(const struct link *link);

#endif
