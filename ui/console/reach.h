/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reach.h - where the station's sockets are, and a connection to one that never waits for long. */
#ifndef OSTEND_UI_CONSOLE_REACH_H
#define OSTEND_UI_CONSOLE_REACH_H

#include "station/base/rpc_client.h"

struct reach {
	char state[256];	/* the station's folder; "" when only --socket is known */
	char control[320];	/* control.sock */
	char table[320];	/* table.sock; "" when unknown */
};

/**
 * Find the sockets: @socket_path if given, else in @state_dir, else in $OSTEND_STATE, else in the
 * demo's folder if a demo station has left its socket there, else in /var/lib/ostend.
 * Both may be NULL. ERR_RANGE when a path is too long.
 */
int reach_find(struct reach *out, const char *state_dir, const char *socket_path, struct err *err);

/** The folder that `ostend demo` uses when none is named: below $XDG_STATE_HOME or ~/.local/state. */
void reach_demo_folder(char *path, size_t size);

/**
 * Connect to the socket at @path within @timeout_ms.
 * ERR_GONE when nobody listens, ERR_TIMEOUT when it is not accepted, ERR_DENIED, ERR_OS, ERR_RANGE.
 */
int reach_connect(struct rpc_client **out, const char *path, int timeout_ms, struct err *err);

#endif
