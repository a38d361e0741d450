/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/web/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/log.h"
#include "station/web/seat.h"
#include "station/web/server.h"
#include "station/web/shelf.h"
#include "station/web/whep.h"

#define COMMANDS_MAX 4096

enum command_type { ANSWER, ENDED, SEND, CLOSE, RECHECK, OFFER_STILL, WITHDRAW_STILL };

struct command {
	enum command_type type;
	uint64_t number;	/* request, viewer or seat */
	int rc;
	uint16_t code;
	char *text, *digest;
};

static void command_free(void *item)
{
	struct command *command = item;

	free(command->text);
	free(command->digest);
	free(command);
}

/* What does not fit is gone: an offer is then answered by its deadline, a message by the next one. */
static void give(struct web *web, struct command values, const char *text)
{
	struct command *command = malloc(sizeof *command);

	if (!command)
		return;
	*command = values;
	command->text = text ? strdup(text) : NULL;
	if ((text && !command->text) || queue_give(web->commands, command) == ERR_FULL)
		log_warning("web: too many messages to the rooms wait; one was dropped");
}

void web_whep_answer(struct web *web, uint64_t request, int rc, const char *answer,
		     const struct err *err)
{
	give(web, (struct command){ .type = ANSWER, .number = request, .rc = rc },
	     rc == 0 ? answer : err && *err->text ? err->text : "The offer was refused.");
}

void web_whep_ended(struct web *web, uint64_t viewer)
{
	give(web, (struct command){ .type = ENDED, .number = viewer }, NULL);
}

void web_seat_send(struct web *web, uint64_t seat, const char *text)
{
	give(web, (struct command){ .type = SEND, .number = seat }, text);
}

void web_seat_close(struct web *web, uint64_t seat, uint16_t code, const char *reason)
{
	give(web, (struct command){ .type = CLOSE, .number = seat, .code = code }, reason);
}

void web_still_offer(struct web *web, uint64_t number, const char *path, const char *sha256)
{
	give(web, (struct command){ .type = OFFER_STILL, .number = number, .digest = strdup(sha256) }, path);
}

void web_still_withdraw(struct web *web, uint64_t number)
{
	give(web, (struct command){ .type = WITHDRAW_STILL, .number = number }, NULL);
}

void web_recheck(struct web *web)
{
	give(web, (struct command){ .type = RECHECK }, NULL);
}

static void for_seats(struct web *web, const struct command *command)
{
	struct conn *next;

	for (struct conn *conn = web->conns; conn; conn = next) {
		next = conn->next;
		if (!conn->seat || (command->number && conn->seat != command->number))
			continue;
		if (command->type == SEND)
			seat_send(conn, command->text);
		else
			seat_close(conn, command->code, command->text);
	}
}

static void recheck(struct web *web)
{
	struct err err = { 0 };

	if (guard_poll(web->guard, &err) < 0)
		log_error("%s", err.text);
	web_end_invalid(web);
}

static void obey(struct web *web, const struct command *command)
{
	switch (command->type) {
	case ANSWER:
		whep_answer(web, command->number, command->rc, command->text);
		break;
	case ENDED:
		whep_ended(web, command->number);
		break;
	case SEND:
	case CLOSE:
		for_seats(web, command);
		break;
	case RECHECK:
		recheck(web);
		break;
	case OFFER_STILL:
		if (command->digest)
			shelf_put(web, command->number, command->text, command->digest);
		break;
	case WITHDRAW_STILL:
		shelf_remove(web, command->number);
		break;
	}
}

static void ready(void *owner, uint32_t events)
{
	struct web *web = owner;
	struct command *command;

	(void)events;
	/* not until it is empty: a flood of messages must not keep the connections waiting */
	for (int i = 0; i < 64 && (command = queue_take(web->commands)); i++) {
		obey(web, command);
		command_free(command);
	}
}

int command_watch(struct web *web, struct err *err)
{
	int rc = queue_new(&web->commands, COMMANDS_MAX, QUEUE_REFUSE, command_free, err);

	if (rc < 0)
		return rc;
	web->command_watch = (struct loop_watch){ .fd = -1, .ready = ready, .owner = web };
	return loop_watch(web->loop, &web->command_watch, queue_fd(web->commands), EPOLLIN, err);
}

/* --- events --------------------------------------------------------------------------------- */

struct owed {
	struct owed *next;
	struct web_event event;
};

void web_event_free(void *item)
{
	struct web_event *event = item;

	if (event)
		free(event->text);
	free(event);
}

int web_emit(struct web *web, const struct web_event *event, const char *text)
{
	struct web_event *copy = malloc(sizeof *copy);

	if (!copy)
		return ERR_NOMEM;
	*copy = *event;
	copy->text = text ? strdup(text) : NULL;
	if (text && !copy->text) {
		free(copy);
		return ERR_NOMEM;
	}
	return web->event(web->owner, copy);
}

void web_emit_surely(struct web *web, const struct web_event *event)
{
	struct owed **end = &web->owed;
	struct owed *owed;

	if (!web->owed && web_emit(web, event, NULL) == 0)
		return;
	owed = malloc(sizeof *owed);
	if (!owed) {
		log_error("web: out of memory: the end of a viewer or seat was not reported");
		return;
	}
	*owed = (struct owed){ .event = *event };
	while (*end)
		end = &(*end)->next;
	*end = owed;
}

void web_emit_owed(struct web *web)
{
	while (web->owed && web_emit(web, &web->owed->event, NULL) == 0) {
		struct owed *first = web->owed;

		web->owed = first->next;
		free(first);
	}
}

void web_drop_owed(struct web *web)
{
	while (web->owed) {
		struct owed *first = web->owed;

		web->owed = first->next;
		free(first);
	}
}
