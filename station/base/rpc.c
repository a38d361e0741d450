/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/base/rpc.h"

#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 32

/* jansson recurses into nested text; its own limit is 2048 levels, which no message of ours needs. */
static bool too_deep(const char *line, size_t len_bytes)
{
	bool in_string = false;
	int depth = 0;

	for (size_t i = 0; i < len_bytes; i++) {
		if (in_string) {
			if (line[i] == '\\')
				i++;
			else if (line[i] == '"')
				in_string = false;
		} else if (line[i] == '"') {
			in_string = true;
		} else if (line[i] == '[' || line[i] == '{') {
			if (++depth > DEPTH_MAX)
				return true;
		} else if (line[i] == ']' || line[i] == '}') {
			depth--;
		}
	}
	return false;
}

static int invalid(int *rpc_code, struct err *err, const char *what)
{
	*rpc_code = RPC_INVALID;
	return err_set(err, ERR_PROTO, "not a JSON-RPC 2.0 message: %s", what);
}

static int check_answer(const struct rpc_message *message, int *rpc_code, struct err *err)
{
	if (!message->result == !message->error)
		return invalid(rpc_code, err, "neither a method nor exactly one of result and error");
	if (message->error && !json_is_object(message->error))
		return invalid(rpc_code, err, "error is not an object");
	return 0;
}

static int check_request(struct rpc_message *message, int *rpc_code, struct err *err)
{
	if (message->id && !json_is_integer(message->id) && !json_is_string(message->id) &&
	    !json_is_null(message->id))
		return invalid(rpc_code, err, "id is not a number or a string");
	if (!message->params) {
		message->params = json_object();
		if (!message->params || json_object_set_new(message->root, "params", message->params) < 0)
			return err_set(err, ERR_NOMEM, "rpc: out of memory");
	}
	if (!json_is_object(message->params)) {
		*rpc_code = RPC_BAD_PARAMS;
		return err_set(err, ERR_PROTO, "params must be an object");
	}
	return 0;
}

static int check(struct rpc_message *message, int *rpc_code, struct err *err)
{
	json_t *version, *method;

	if (!json_is_object(message->root))
		return invalid(rpc_code, err, json_is_array(message->root) ? "batches are not taken" :
									     "not an object");
	version = json_object_get(message->root, "jsonrpc");
	if (!json_is_string(version) || strcmp(json_string_value(version), "2.0") != 0)
		return invalid(rpc_code, err, "member jsonrpc is not \"2.0\"");
	message->id = json_object_get(message->root, "id");
	message->params = json_object_get(message->root, "params");
	message->result = json_object_get(message->root, "result");
	message->error = json_object_get(message->root, "error");
	method = json_object_get(message->root, "method");
	message->method = json_string_value(method);
	if (!method)
		return check_answer(message, rpc_code, err);
	if (!message->method)
		return invalid(rpc_code, err, "method is not a string");
	return check_request(message, rpc_code, err);
}

int rpc_parse(struct rpc_message *out, const char *line, size_t len_bytes, int *rpc_code,
	      struct err *err)
{
	struct rpc_message message = { 0 };
	json_error_t json_error;
	int rc;

	*rpc_code = RPC_PARSE;
	if (len_bytes > RPC_LINE_MAX)
		return err_set(err, ERR_PROTO, "a line of more than %d bytes", RPC_LINE_MAX);
	if (too_deep(line, len_bytes))
		return err_set(err, ERR_PROTO, "JSON nested more than %d deep", DEPTH_MAX);
	message.root = json_loadb(line, len_bytes, JSON_REJECT_DUPLICATES, &json_error);
	if (!message.root)
		return err_set(err, ERR_PROTO, "not JSON: %s at byte %d", json_error.text,
			       json_error.position);
	rc = check(&message, rpc_code, err);
	if (rc < 0) {
		rpc_message_clear(&message);
		return rc;
	}
	*out = message;
	return 0;
}

void rpc_message_clear(struct rpc_message *message)
{
	json_decref(message->root);
	*message = (struct rpc_message){ 0 };
}

/* @object is stolen. */
static char *line_of(json_t *object)
{
	char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
	size_t len = text ? strlen(text) : 0;
	char *line = text ? realloc(text, len + 2) : NULL;

	json_decref(object);
	if (!line) {
		free(text);
		return NULL;
	}
	memcpy(line + len, "\n", 2);
	return line;
}

json_t *rpc_text(const char *text)
{
	json_t *string = json_string(text);
	char *copy;

	if (string)
		return string;
	copy = strdup(text);
	for (char *at = copy; at && *at; at++)
		if ((unsigned char)*at >= 0x80)
			*at = '?';
	string = copy ? json_string(copy) : NULL;
	free(copy);
	return string;
}

char *rpc_line_result(const json_t *id, json_t *result)
{
	return line_of(json_pack("{s:s, s:O?, s:o}", "jsonrpc", "2.0", "id", (json_t *)id, "result",
				 result ? result : json_object()));
}

/* A sentence may quote what a peer sent: where that is not UTF-8, its bytes become '?'. */
static json_t *sentence(const struct err *err)
{
	json_t *text = json_string(err->text);
	char ascii[sizeof err->text];
	size_t i;

	if (text)
		return text;
	for (i = 0; err->text[i]; i++)
		ascii[i] = (unsigned char)err->text[i] < 0x80 ? err->text[i] : '?';
	ascii[i] = '\0';
	return json_string(ascii);
}

char *rpc_line_error(const json_t *id, int rpc_code, const struct err *err)
{
	return line_of(json_pack("{s:s, s:O?, s:{s:i, s:o, s:{s:s}}}", "jsonrpc", "2.0", "id",
				 (json_t *)id, "error", "code", rpc_code, "message", sentence(err),
				 "data", "kind", err_name(err->code)));
}

char *rpc_line_request(json_int_t id, const char *method, json_t *params)
{
	return line_of(json_pack("{s:s, s:I, s:s, s:o}", "jsonrpc", "2.0", "id", id, "method", method,
				 "params", params ? params : json_object()));
}

char *rpc_line_notification(const char *method, json_t *params)
{
	return line_of(json_pack("{s:s, s:s, s:o}", "jsonrpc", "2.0", "method", method, "params",
				 params ? params : json_object()));
}

int rpc_integer(json_int_t *out, const json_t *params, const char *key, json_int_t low,
		json_int_t high, struct err *err)
{
	const json_t *value = json_object_get(params, key);

	if (!json_is_integer(value))
		return err_set(err, ERR_RANGE, "%s must be a whole number from %lld to %lld", key,
			       (long long)low, (long long)high);
	if (json_integer_value(value) < low || json_integer_value(value) > high)
		return err_set(err, ERR_RANGE, "%s is %lld; it must be from %lld to %lld", key,
			       (long long)json_integer_value(value), (long long)low, (long long)high);
	*out = json_integer_value(value);
	return 0;
}

int rpc_integer_or(json_int_t *out, const json_t *params, const char *key, json_int_t low,
		   json_int_t high, json_int_t fallback, struct err *err)
{
	if (json_object_get(params, key))
		return rpc_integer(out, params, key, low, high, err);
	*out = fallback;
	return 0;
}

int rpc_string(const char **out, const json_t *params, const char *key, struct err *err)
{
	const char *value = json_string_value(json_object_get(params, key));

	if (!value)
		return err_set(err, ERR_RANGE, "%s must be a text", key);
	*out = value;
	return 0;
}

int rpc_string_or(const char **out, const json_t *params, const char *key, const char *fallback,
		  struct err *err)
{
	if (json_object_get(params, key))
		return rpc_string(out, params, key, err);
	*out = fallback;
	return 0;
}

int rpc_only(const json_t *params, const char *const *known, struct err *err)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)params, key, value) {
		size_t i = 0;

		while (known[i] && strcmp(known[i], key) != 0)
			i++;
		if (!known[i])
			return err_set(err, ERR_RANGE, "unknown member \"%s\"", key);
	}
	return 0;
}
