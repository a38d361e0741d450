/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/base/rpc_client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "station/base/clock.h"

#define LINE_MAX_BYTES (4 * 1024 * 1024)	/* answers may be longer than requests: logs, metrics */
#define OUTBOX_MAX (1024 * 1024)

struct rpc_client {
	int fd, passed_fd;	/* passed_fd: came with bytes not yet handed out; -1 for none */
	json_int_t last_id;
	char *inbox, *outbox;
	size_t inbox_len, inbox_size, inbox_taken, outbox_len;
};

int rpc_client_adopt(struct rpc_client **out, int fd, struct err *err)
{
	struct rpc_client *client = calloc(1, sizeof *client);

	if (!client) {
		close(fd);
		return err_set(err, ERR_NOMEM, "control socket: out of memory");
	}
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	client->fd = fd;
	client->passed_fd = -1;
	*out = client;
	return 0;
}

int rpc_client_connect(struct rpc_client **out, const char *path, struct err *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof address.sun_path)
		return err_set(err, ERR_RANGE, "%s: too long for a socket's path", path);
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_os(err, "%s: socket", path);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
		return rpc_client_adopt(out, fd, err);
	err_os(err, "%s", path);
	if (errno == ENOENT || errno == ECONNREFUSED)
		err_set(err, ERR_GONE, "no station answers at %s: is ostendd running?", path);
	else if (errno == EACCES)
		err_set(err, ERR_DENIED, "%s: you are not the user the station runs as", path);
	close(fd);
	return err ? err->code : ERR_OS;
}

struct rpc_client *rpc_client_free(struct rpc_client *client)
{
	if (!client)
		return NULL;
	util_closep(&client->passed_fd);
	close(client->fd);
	free(client->inbox);
	free(client->outbox);
	free(client);
	return NULL;
}

int rpc_client_fd(const struct rpc_client *client)
{
	return client->fd;
}

static int flush(struct rpc_client *client, struct err *err)
{
	while (client->outbox_len > 0) {
		ssize_t sent = send(client->fd, client->outbox, client->outbox_len, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno == EAGAIN)
			return 0;
		if (sent < 0)
			return err_set(err, ERR_GONE, "the station has closed the connection");
		client->outbox_len -= (size_t)sent;
		memmove(client->outbox, client->outbox + sent, client->outbox_len);
	}
	return 0;
}

int rpc_client_send(struct rpc_client *client, const char *method, json_t *params,
		    json_int_t *id_out, struct err *err)
{
	CLEANUP(util_freep) char *line = rpc_line_request(++client->last_id, method, params);
	size_t len = line ? strlen(line) : 0;
	char *bigger;

	if (client->outbox_len + len > OUTBOX_MAX)
		return err_set(err, ERR_FULL, "the station does not read its requests");
	bigger = line ? realloc(client->outbox, client->outbox_len + len) : NULL;
	if (!bigger)
		return err_set(err, ERR_NOMEM, "control socket: out of memory");
	client->outbox = bigger;
	memcpy(client->outbox + client->outbox_len, line, len);
	client->outbox_len += len;
	if (id_out)
		*id_out = client->last_id;
	return flush(client, err);
}

static void keep_descriptor(struct rpc_client *client, struct msghdr *message)
{
	struct cmsghdr *header = CMSG_FIRSTHDR(message);

	if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
		return;
	util_closep(&client->passed_fd);
	memcpy(&client->passed_fd, CMSG_DATA(header), sizeof client->passed_fd);
}

static int make_room(struct rpc_client *client, struct err *err)
{
	char *bigger;

	client->inbox_len -= client->inbox_taken;
	if (client->inbox_taken)
		memmove(client->inbox, client->inbox + client->inbox_taken, client->inbox_len);
	client->inbox_taken = 0;
	if (client->inbox_size - client->inbox_len >= 4096)
		return 0;
	if (client->inbox_size >= LINE_MAX_BYTES)
		return err_set(err, ERR_PROTO, "the station sent an endless line");
	bigger = realloc(client->inbox, client->inbox_size * 2 + 8192);
	if (!bigger)
		return err_set(err, ERR_NOMEM, "control socket: out of memory");
	client->inbox = bigger;
	client->inbox_size = client->inbox_size * 2 + 8192;
	return 0;
}

/* 1 when bytes came, 0 when there are none now. */
static int fill(struct rpc_client *client, struct err *err)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec part;
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
				  .msg_controllen = sizeof control };
	ssize_t got;
	int rc = make_room(client, err);

	if (rc < 0)
		return rc;
	part.iov_base = client->inbox + client->inbox_len;
	part.iov_len = client->inbox_size - client->inbox_len;
	do
		got = recvmsg(client->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got < 0 && errno == EAGAIN)
		return 0;
	if (got <= 0)
		return err_set(err, ERR_GONE, "the station has closed the connection");
	keep_descriptor(client, &message);
	client->inbox_len += (size_t)got;
	return 1;
}

static int parse_line(struct rpc_client *client, char *newline, struct rpc_message *out,
		      struct err *err)
{
	char *start = client->inbox + client->inbox_taken;
	size_t len = (size_t)(newline - start);
	json_error_t json_error;

	client->inbox_taken += len + 1;
	*out = (struct rpc_message){ .root = json_loadb(start, len, 0, &json_error) };
	if (!json_is_object(out->root)) {
		rpc_message_clear(out);
		return err_set(err, ERR_PROTO, "the station sent no JSON object: %s", json_error.text);
	}
	out->id = json_object_get(out->root, "id");
	out->method = json_string_value(json_object_get(out->root, "method"));
	out->params = json_object_get(out->root, "params");
	out->result = json_object_get(out->root, "result");
	out->error = json_object_get(out->root, "error");
	return 1;
}

int rpc_client_receive(struct rpc_client *client, struct rpc_message *out, int *pass_fd,
		       struct err *err)
{
	int rc = flush(client, err);

	while (rc >= 0) {
		char *start = client->inbox + client->inbox_taken;
		char *newline = client->inbox_len > client->inbox_taken ?
			memchr(start, '\n', client->inbox_len - client->inbox_taken) : NULL;

		if (newline) {
			rc = parse_line(client, newline, out, err);
			/* a descriptor comes with an answer, never with a notification */
			if (rc > 0 && pass_fd)
				*pass_fd = -1;
			if (rc > 0 && !out->method && pass_fd) {
				*pass_fd = client->passed_fd;
				client->passed_fd = -1;
			}
			return rc;
		}
		rc = fill(client, err);
		if (rc == 0)
			return 0;
	}
	return rc;
}

int rpc_client_take_fd(struct rpc_client *client)
{
	return MOVE_FD(client->passed_fd);
}

static int refusal(const struct rpc_message *message, struct err *err)
{
	const char *text = json_string_value(json_object_get(message->error, "message"));
	const char *kind = json_string_value(
		json_object_get(json_object_get(message->error, "data"), "kind"));

	return err_set(err, err_code(kind), "%s", text ? text : "refused without a reason");
}

static int wait_readable(struct rpc_client *client, uint64_t deadline_ns, struct err *err)
{
	struct pollfd poll_fd = { .fd = client->fd,
				  .events = POLLIN | (client->outbox_len ? POLLOUT : 0) };
	int rc = poll(&poll_fd, 1, clock_poll_ms(deadline_ns));

	if (rc < 0 && errno != EINTR)
		return err_os(err, "control socket: poll");
	if (clock_mono_ns() >= deadline_ns)
		return err_set(err, ERR_TIMEOUT, "the station did not answer in time");
	return 0;
}

int rpc_client_call(struct rpc_client *client, const char *method, json_t *params, int timeout_ms,
		    json_t **result, int *pass_fd, struct err *err)
{
	uint64_t deadline_ns = clock_mono_ns() + (uint64_t)timeout_ms * NS_PER_MS;
	json_int_t id;
	int rc = rpc_client_send(client, method, params, &id, err);

	while (rc >= 0) {
		struct rpc_message message;
		int fd = -1;

		rc = rpc_client_receive(client, &message, &fd, err);
		if (rc < 0)
			break;
		if (rc == 0) {
			rc = wait_readable(client, deadline_ns, err);
			continue;
		}
		if (message.method || json_integer_value(message.id) != id) {
			util_closep(&fd);
			rpc_message_clear(&message);
			continue;
		}
		rc = message.error ? refusal(&message, err) : 0;
		if (rc == 0 && result)
			*result = json_incref(message.result);
		if (rc == 0 && pass_fd)
			*pass_fd = fd;
		else
			util_closep(&fd);
		rpc_message_clear(&message);
		return rc;
	}
	return rc;
}
