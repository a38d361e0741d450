/* SPDX-License-Identifier: GPL-3.0-or-later */
/* model.h - what the console knows of the station: the newest of each thing it was told. */
#ifndef OSTEND_UI_CONSOLE_MODEL_H
#define OSTEND_UI_CONSOLE_MODEL_H

#include <jansson.h>
#include <stdbool.h>

#include "station/base/err.h"

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
	json_int_t table_sampled_ns;
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

/* Where the table stands, as the dial needs it. */
struct dial {
	bool known;			/* it has a reference, and its line is up */
	bool moving, estop;
	int64_t reported_mdeg, commanded_mdeg;
	int32_t speed_mdeg_s;
};
void model_dial(const struct model *model, struct dial *out);

#endif
