/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * station.h - what the main thread of ostendd owns, for the files beside this one and nobody else.
 *
 *   web, stream --events--> main: showing_apply --effects--> stream, table, camera, seats
 *   console, scripts --control.sock--^
 */
#ifndef OSTEND_STATION_H
#define OSTEND_STATION_H

#include <jansson.h>

#include "certs/demo.h"
#include "station/base/loop.h"
#include "station/base/pose.h"
#include "station/base/rpc_server.h"
#include "station/child.h"
#include "station/config.h"
#include "station/encode/pipeline.h"
#include "station/evidence/evidence.h"
#include "station/showing/showing.h"
#include "station/stream/stream.h"
#include "station/web/web.h"

struct media_signing;
struct rooms;
struct spin_run;
struct taking;
struct metrics_server;
struct recordings;
struct deliveries;
struct checkpoints;
struct packages;

struct station {
	struct config config;
	struct demo_certs certs;
	struct loop *loop;
	struct loop_watch signals, web_events, stream_events;
	struct loop_timer tick;
	struct showing showing;
	bool showing_known, showing_asked;	/* what was open has been read; or it cannot be */
	bool showing_busy;			/* a change is just being recorded */
	struct change *closing;			/* waits for the end of the recording; NULL: none */
	struct change *sealing;			/* is closed, and waits for the signature over that */
	bool seal_looking;			/* for showings that are closed without a fingerprint: */
	uint64_t seal_look_ns;			/* ... when next, */
	int64_t unsealed;			/* ... and how many there were */
	uint64_t holds;				/* how often it has been held */
	int64_t late_count;			/* retrievals that are overdue */
	uint64_t late_asked_ns;
	uint64_t started_ns;
	bool ready, camera_present, camera_held;	/* as the seats were told */

	struct child *capture, *table, *signer, *simulator;
	struct pipeline *pipeline;
	struct media_signing *signing;
	struct recordings *recordings;
	struct deliveries *deliveries;
	struct stream *stream;
	struct web *web;
	struct queue *web_queue;	/* struct web_event, from the web thread */
	struct queue *stream_queue;	/* struct stream_note, from the stream thread */
	struct rpc_server *control;
	struct rooms *rooms;
	struct metrics_server *metrics;
	struct evidence *evidence;
	struct checkpoints *checkpoints;
	struct packages *packages;
	bool ending;				/* nothing new is begun */

	json_t *table_state, *camera_state;	/* as their processes last said; NULL: not yet */
	uint64_t camera_asked_ns;
	char stop_owed[96];			/* who pressed a stop that no table process has taken yet; "" */
	bool stop_asked;			/* the table's process has been asked for it */
	bool homing_asked, homing_done;		/* demo: homed once by itself */
	uint64_t log_told;			/* number of the last line told to consoles */
	int64_t clock_offset_us;		/* of UTC, as it was at the last tick */
	struct spin_run *spin;			/* under way; NULL: none */
	struct comparison *comparison;		/* under way; NULL: none */
	struct taking *taking;			/* the still that the camera has been asked for; NULL: none */
	json_t *stills_shown;			/* to the seats, of this showing: still_seats.c; NULL: none yet */
	bool record_lost;			/* the seats know that no record is kept */
};

/* children.c: what the station's children are and what they say. */
int children_start(struct station *station, struct err *err);
/** The table is told to stop; what comes before children_stop must not keep it turning. */
void children_halt(struct station *station);
void children_stop(struct station *station);		/* all but the signer */
void children_stop_signer(struct station *station);	/* when nothing is to be signed any more */
void children_tick(struct station *station);

/* control.c: the console's socket. */
int control_open(struct station *station, struct err *err);
void control_tick(struct station *station);
json_t *control_status(struct station *station);

/* seats.c: events of the web and stream threads; messages to the seats. */
int seats_open(struct station *station, struct err *err);
int seats_take_web(void *owner, struct web_event *event);		/* thread: web */
void seats_take_stream(void *owner, const struct stream_event *event);	/* thread: stream */
void seats_take_keyframe_request(void *owner);				/* thread: stream */
void seats_tick(struct station *station);
void seats_notice(struct station *station, const char *level, const char *code, const char *text);
void seats_send_table(struct station *station);
void seats_send(struct station *station, uint64_t seat, json_t *message /* stolen */);	/* seat 0: all */

/* seat_stop.c: a seat has pressed the emergency stop. */
void seat_stop(struct station *station, const struct web_event *event);
void seat_stop_tick(struct station *station);

/* records.c: what happens goes into the ledger. */
int records_open(struct station *station, struct err *err);
void records_close(struct station *station);
void records_tick(struct station *station);
json_t *records_status(struct station *station);
void records_note(struct station *station, const struct rpc_peer *peer, enum ledger_action action,
		  json_t *data /* stolen */);
/** The seats that are there when a showing is opened. */
void records_present(struct station *station);
void records_seat(struct station *station, const struct web_event *event, enum ledger_action action);
void records_table(struct station *station, const json_t *event);
/** Who asks, and where everything stands now. @peer NULL: the station by itself. */
void station_act(struct station *station, const struct rpc_peer *peer, struct act *act);
/**
 * As station_act, with what @params says in "by", "second" and "reason".
 *
 * @rest what else is in @params; the caller's
 * @return 0; ERR_RANGE for a text that is too long, or none; ERR_NOMEM
 */
int station_act_of(struct station *station, const struct rpc_peer *peer, const json_t *params, struct act *act,
		   json_t **rest, struct err *err);
/**
 * As station_act_of, for what is made in a showing: where @params name no second person it is the other of
 * the two makers of the showing that is open. Not for custody: who hands over names who stands beside.
 */
int station_act_made(struct station *station, const struct rpc_peer *peer, const json_t *params, struct act *act,
		     json_t **rest, struct err *err);

/* showings.c, showings_start.c: the life of a showing. */
int showings_open(struct station *station, struct err *err);	/* takes up what was open when it ended */
/** The station cannot go on showing: held at once, @sentence is told and recorded. */
void showings_fail(struct station *station, enum pause_reason pause, const char *sentence);
void showings_tick(struct station *station);
void showings_finish(struct station *station);	/* the station ends: what waits is done now */
void showings_log_signed(struct station *station);	/* a new checkpoint is kept */
json_t *showings_message(const struct station *station);	/* "state", for seats */
void showings_add_status(const struct station *station, json_t *status);
#define SHOWINGS_ASK(name) \
	void showings_ask_##name(struct station *station, const struct rpc_peer *peer, json_t *params, \
				 struct rpc_ticket ticket);
SHOWINGS_ASK(open)
SHOWINGS_ASK(show)
SHOWINGS_ASK(hold)
SHOWINGS_ASK(resume)
SHOWINGS_ASK(close)
SHOWINGS_ASK(stage)
#undef SHOWINGS_ASK

/* scans.c: the label before the camera. */
void scans_ask(struct station *station, const struct rpc_peer *peer, json_t *params, struct rpc_ticket ticket);

/* retrievals.c, comparisons.c: exhibits out of store. */
void comparisons_halt(struct station *station);	/* the station ends */
void comparisons_ask(struct station *station, const struct rpc_peer *peer, json_t *params,
		     struct rpc_ticket ticket);
void retrievals_tick(struct station *station);
void retrievals_ask_sign(struct station *station, const struct rpc_peer *peer, json_t *params,
			 struct rpc_ticket ticket);

/* control_evidence.c: the methods of evidence_methods.def. */
void control_ask_evidence(struct station *station, const struct evidence_method_entry *method,
			  const struct rpc_peer *peer, const json_t *params, struct rpc_ticket ticket);

/* stills.c: photographs as evidence. */
int stills_open(struct station *station, struct err *err);	/* what a failure has left is entered */
void stills_ask_take(struct station *station, const struct rpc_peer *peer, json_t *params,
		     struct rpc_ticket ticket);
void stills_ask_reject(struct station *station, const struct rpc_peer *peer, json_t *params,
		       struct rpc_ticket ticket);

void stills_exposed(struct station *station);	/* the camera says so */

/* spins.c: stills round the turn. */
void spins_ask_take(struct station *station, const struct rpc_peer *peer, json_t *params, struct rpc_ticket ticket);
void spins_ask_resume(struct station *station, const struct rpc_peer *peer, json_t *params, struct rpc_ticket ticket);
void spins_ask_cancel(struct station *station, const struct rpc_peer *peer, json_t *params, struct rpc_ticket ticket);
void spins_table_event(struct station *station, const json_t *event);
void spins_stop(struct station *station);

/* metrics.c: Prometheus text, over the control socket and over HTTP on loopback. */
char *metrics_text(struct station *station);	/* for free(); NULL without memory */
int metrics_open(struct metrics_server **out, struct station *station, const char *listen,
		 struct err *err);
struct metrics_server *metrics_free(struct metrics_server *server);

#endif
