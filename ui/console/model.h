/* SPDX-License-Identifier: GPL-3.0-or-later */
/* model.h - what the console knows of the station: the newest of each thing it was told. */
#ifndef OSTEND_UI_CONSOLE_MODEL_H
#define OSTEND_UI_CONSOLE_MODEL_H

#include <jansson.h>
#include <stdbool.h>

#include "station/base/err.h"
#include "ui/console/evidence_view.h"

#define MODEL_MESSAGES 256

enum message_level { MESSAGE_ERROR, MESSAGE_WARNING, MESSAGE_NOTICE, MESSAGE_OWN };

struct message {
	int64_t utc_us;
	enum message_level level;
	char text[256];
};

struct model {
	json_t *status, *table, *rooms;		/* as doc/protocol.md 1.1, 1.4, 1.2; NULL: not yet told */
	json_int_t log_number;			/* of the newest log line taken */
	json_int_t table_sampled_ns, table_sequence;
	struct evidence_view evidence;
	uint64_t table_taken_ns;		/* when the table's state came, monotonic */
	struct message messages[MODEL_MESSAGES];
	unsigned message_count;			/* ever; the newest is at (count - 1) % MODEL_MESSAGES */
};

void model_clear(struct model *model);

/** Take a notification or an answer: @method as in the protocol. True: something on screen changes. */
bool model_take(struct model *model, const char *method, const json_t *params);

/** Add a message of the console's own. */
void model_say(struct model *model, enum message_level level, const char *format, ...) PRINTF_LIKE(3, 4);

/** The @back-th newest message; NULL beyond what is kept. */
const struct message *model_message(const struct model *model, unsigned back);

/* How an angle is known. They must never be taken for one another. */
enum angle_kind { ANGLE_ASSUMED, ANGLE_COUNTED, ANGLE_ENCODER };

/* Where the table stands, as the dial needs it. */
struct dial {
	bool known;			/* it has a reference, and its line is up */
	bool moving;
	bool evidence;			/* the angle may be quoted: homed, or absolute, and measured */
	enum angle_kind kind;
	int64_t reported_mdeg, commanded_mdeg;
	int32_t speed_mdeg_s;
};
void model_dial(const struct model *model, struct dial *out);

/** Its bearing, with as many digits as its kind can vouch for: "~123.4" assumed, "123.46", "123.456". */
void model_angle_text(char *text, size_t size, const struct dial *dial);

/* Why nothing may move until a person has cleared it. Texts are borrowed from the model. */
struct halt {
	bool halted;
	const char *reason, *by;	/* "" when not told */
	int64_t since_utc_us;		/* 0: not told */
};
void model_halt(const struct model *model, struct halt *out);

/* Who else may turn the table. */
struct lease {
	bool held;
	json_int_t number;
	const char *holder;
	int64_t left_ms;		/* at @now_ns, never negative */
	json_int_t max_mdeg_s;		/* 0: not told */
	json_int_t from_mdeg, to_mdeg;	/* bearings, clockwise */
	bool anywhere, may_home;
};
void model_lease(const struct model *model, uint64_t now_ns, struct lease *out);

/* How far the cable is wound. */
struct cable {
	bool limited;
	json_int_t wound_mdeg, max_mdeg;
	bool near;			/* less than a quarter is left */
};
void model_cable(const struct model *model, struct cable *out);

#endif
