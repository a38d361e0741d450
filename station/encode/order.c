/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/encode/order.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct order *order_new(enum order_kind kind)
{
	struct order *order = calloc(1, sizeof *order);

	if (!order)
		return NULL;
	order->kind = kind;
	order->fd = -1;
	return order;
}

void order_free(void *order)
{
	struct order *own = order;

	if (own && own->fd >= 0)
		close(own->fd);
	free(own);
}

void order_text(char to[ORDER_TEXT_BYTES], const char *text)
{
	size_t len = text ? strnlen(text, ORDER_TEXT_BYTES - 1) : 0;

	memset(to, 0, ORDER_TEXT_BYTES);
	if (text)
		memcpy(to, text, len);
}
