/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rpc.h - JSON-RPC 2.0, one object a line (doc/protocol.md): read a request, write an answer.
 *
 * Pure functions over text. Strict: UTF-8, no duplicate keys, at most RPC_LINE_MAX bytes a line,
 * nesting at most 32 deep; batches are refused.
 */
#ifndef OSTEND_BASE_RPC_H
#define OSTEND_BASE_RPC_H

#include <jansson.h>
#include <stdbool.h>

#include "station/base/err.h"

#define RPC_LINE_MAX 65536

/* Codes of JSON-RPC 2.0 5.1; an ERR_* of ours goes out as RPC_REFUSED with data.kind = err_name(). */
enum {
	RPC_PARSE = -32700,
	RPC_INVALID = -32600,
	RPC_NO_METHOD = -32601,
	RPC_BAD_PARAMS = -32602,
	RPC_REFUSED = -32000,
};

struct rpc_message {
	json_t *root;		/* owns the rest */
	json_t *id;		/* NULL: a notification */
	const char *method;	/* NULL: an answer */
	json_t *params;		/* object, never NULL in a request */
	json_t *result;		/* of an answer */
	json_t *error;		/* of an answer: {"code", "message", "data": {"kind"}} */
};

/**
 * Read one line (without its newline) of @len_bytes.
 *
 * @out    rpc_message_clear() it; untouched on failure
 * @return 0; ERR_PROTO with the JSON-RPC code in @rpc_code
 */
int rpc_parse(struct rpc_message *out, const char *line, size_t len_bytes, int *rpc_code,
	      struct err *err);
void rpc_message_clear(struct rpc_message *message);

/* Each returns one line with its newline, the caller's to free(); NULL only without memory. @result
 * and @params are stolen (a NULL becomes {}); @id is borrowed (NULL becomes null). */
char *rpc_line_result(const json_t *id, json_t *result);
char *rpc_line_error(const json_t *id, int rpc_code, const struct err *err);
char *rpc_line_request(json_int_t id, const char *method, json_t *params);
char *rpc_line_notification(const char *method, json_t *params);

/** A JSON string of @text, in which what is no UTF-8 (cut inside a character, or foreign) becomes "?". */
json_t *rpc_text(const char *text);

/* Read one member of @params: 0 when it is there and in range; ERR_RANGE naming the member when it
 * is not, or when it has another type. The *_or variants take @fallback when it is absent. */
int rpc_integer(json_int_t *out, const json_t *params, const char *key, json_int_t low,
		json_int_t high, struct err *err);
int rpc_integer_or(json_int_t *out, const json_t *params, const char *key, json_int_t low,
		   json_int_t high, json_int_t fallback, struct err *err);
int rpc_string(const char **out, const json_t *params, const char *key, struct err *err);
int rpc_string_or(const char **out, const json_t *params, const char *key, const char *fallback,
		  struct err *err);

/** ERR_RANGE naming the first member of @params that is not in the NULL-ended list @known. */
int rpc_only(const json_t *params, const char *const *known, struct err *err);

#endif
