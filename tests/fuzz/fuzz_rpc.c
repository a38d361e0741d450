/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lines of the control socket: what is accepted is a whole message, and can be answered. */
#include <stdlib.h>
#include <string.h>

#include "station/base/rpc.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes)
{
	struct rpc_message message;
	struct err err = { 0 };
	int rpc_code = 0;
	char *line;

	if (rpc_parse(&message, (const char *)bytes, len_bytes, &rpc_code, &err) < 0) {
		if (!rpc_code || !err.text[0])
			abort();
		line = rpc_line_error(NULL, rpc_code, &err);
	} else {
		if (message.method ? !json_is_object(message.params) :
				     !message.result == !message.error)
			abort();
		line = rpc_line_result(message.id, NULL);
		rpc_message_clear(&message);
	}
	if (!line || strchr(line, '\n') != line + strlen(line) - 1)
		abort();
	free(line);
	return 0;
}
