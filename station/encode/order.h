/* SPDX-License-Identifier: GPL-3.0-or-later */
/* order.h - what other threads tell the encode thread (inside pipeline.c and order.c only). */
#ifndef OSTEND_ENCODE_ORDER_H
#define OSTEND_ENCODE_ORDER_H

#include "station/base/pose.h"

#define ORDER_TEXT_BYTES 512

enum order_kind { ORDER_CAPTURE, ORDER_TEXT, ORDER_POSE, ORDER_NOTICE, ORDER_KEYFRAME };

struct order {
	enum order_kind kind;
	int fd;					/* ORDER_CAPTURE; -1: none */
	struct pose pose;			/* ORDER_POSE */
	char first[ORDER_TEXT_BYTES];		/* ORDER_TEXT: case; ORDER_NOTICE: the reason */
	char second[ORDER_TEXT_BYTES];		/* ORDER_TEXT: exhibit */
};

struct order *order_new(enum order_kind kind);	/* NULL without memory */
void order_free(void *order);			/* closes the descriptor that nobody took; for a queue */

/** Copy @text (NULL: empty) into one of the texts, cut to its size. */
void order_text(char to[ORDER_TEXT_BYTES], const char *text);

#endif
