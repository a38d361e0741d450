/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/console/link.h"

#include <string.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "ui/console/fields.h"
#include "ui/console/reach.h"

#define RETRY_NS (500 * NS_PER_MS)
#define CONNECT_MS 20		/* a Unix socket with room in its backlog answers at once */

static void readable(void *owner, uint32_t events);

static void fail_pending(struct link *link, struct link_pending *pending, const struct err *err)
{
	struct link_pending gone = *pending;

	pending->id = 0;
	if (gone.answer)
		gone.answer(link->owner, gone.method, NULL, err);
}

static void drop(struct link *link, const struct err *err)
{
	loop_unwatch(link->loop, &link->watch);
	link->client = rpc_client_free(link->client);
	for (size_t i = 0; i < LINK_PENDING_MAX; i++)
		if (link->pending[i].id)
			fail_pending(link, &link->pending[i], err);
	if (!link->said_down)
		link->ops->down(link->owner, err);
	link->said_down = true;
	loop_set(link->loop, &link->retry, clock_mono_ns() + RETRY_NS);
}

static void try_connect(void *owner)
{
	struct link *link = owner;
	struct err err = { 0 };

	if (reach_connect(&link->client, link->path, CONNECT_MS, &err) < 0 ||
	    loop_watch(link->loop, &link->watch, rpc_client_fd(link->client), EPOLLIN, &err) < 0) {
		drop(link, &err);
		return;
	}
	link->said_down = false;
	link->heard_ns = clock_mono_ns();
	link->ops->up(link->owner);
}

void link_open(struct link *link, struct loop *loop, const char *path, const struct link_ops *ops,
	       void *owner)
{
	*link = (struct link){
		.loop = loop,
		.path = path,
		.ops = ops,
		.owner = owner,
		.watch = { .fd = -1, .ready = readable, .owner = link },
		.retry = { .due_ns = UINT64_MAX, .fire = try_connect, .owner = link },
	};
	try_connect(link);
}

void link_close(struct link *link)
{
	if (!link->loop)
		return;
	loop_cancel(link->loop, &link->retry);
	loop_unwatch(link->loop, &link->watch);
	link->client = rpc_client_free(link->client);
}

bool link_is_up(const struct link *link)
{
	return link->client != NULL;
}

static struct link_pending *find_pending(struct link *link, json_int_t id)
{
	for (size_t i = 0; i < LINK_PENDING_MAX; i++)
		if (link->pending[i].id == id)
			return &link->pending[i];
	return NULL;
}

static void take_answer(struct link *link, const struct rpc_message *message)
{
	struct link_pending *pending = find_pending(link, json_integer_value(message->id)), done;
	const char *text = field_text(message->error, "message");
	struct err err = { 0 };

	if (!pending || !pending->id)
		return;
	done = *pending;
	pending->id = 0;
	if (!done.answer)
		return;
	if (message->error)
		err_set(&err, ERR_STATE, "%s", *text ? text : _("refused without a reason"));
	done.answer(link->owner, done.method, message->error ? NULL : message->result, &err);
}

static void readable(void *owner, uint32_t events)
{
	struct link *link = owner;
	struct err err = { 0 };

	(void)events;
	while (link->client) {
		struct rpc_message message;
		int fd = -1, rc = rpc_client_receive(link->client, &message, &fd, &err);

		if (rc == 0)
			return;
		if (rc < 0) {
			drop(link, &err);
			return;
		}
		link->heard_ns = clock_mono_ns();
		/* the kernel may hand a descriptor out with the answer before its own: it is the
		 * preview's in any case, nothing else has one */
		if (fd >= 0 && link->ops->descriptor)
			link->ops->descriptor(link->owner, fd);
		else
			util_closep(&fd);
		if (message.method)
			link->ops->notified(link->owner, message.method, message.params);
		else
			take_answer(link, &message);
		rpc_message_clear(&message);
	}
}

int link_send(struct link *link, const char *method, json_t *params, int timeout_ms,
	      link_answer *answer, struct err *err)
{
	struct link_pending *free_place = find_pending(link, 0);
	json_int_t id;
	int rc;

	if (!link->client || !free_place) {
		json_decref(params);
		return link->client
			       ? err_set(err, ERR_FULL,
					 _("the station has not answered the last %d requests"),
					 LINK_PENDING_MAX)
			       : err_set(err, ERR_GONE, _("there is no connection to the station"));
	}
	rc = rpc_client_send(link->client, method, params, &id, err);
	if (rc < 0)
		return rc;
	*free_place = (struct link_pending){ id, clock_mono_ns() + (uint64_t)timeout_ms * NS_PER_MS,
					     method, answer };
	return 0;
}

void link_expire(struct link *link)
{
	uint64_t now_ns = clock_mono_ns();
	struct err err = { 0 };

	err_set(&err, ERR_TIMEOUT, _("the station did not answer in time"));
	for (size_t i = 0; i < LINK_PENDING_MAX; i++)
		if (link->pending[i].id && link->pending[i].deadline_ns <= now_ns)
			fail_pending(link, &link->pending[i], &err);
}
