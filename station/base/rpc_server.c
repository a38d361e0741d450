/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Peers are a list: a station has a few consoles. A peer that is closed while one of its own
 * requests is being handled is only marked, and swept away when the handling is over, so that no
 * callback ever works on freed memory.
 */
#include "station/base/rpc_server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "station/base/log.h"

#define OUTBOX_MAX (4 * 1024 * 1024)
#define PEERS_MAX 64
#define TOPICS_MAX 16
#define TOPIC_SIZE 32

struct peer {
	struct rpc_server *server;
	struct rpc_peer info;
	struct loop_watch watch;
	bool closed;
	char inbox[RPC_LINE_MAX + 2];
	size_t inbox_len;
	char *outbox;
	size_t outbox_len, outbox_size;
	char topics[TOPICS_MAX][TOPIC_SIZE];
	int topic_count;
	struct peer *next;
};

struct rpc_server {
	struct loop *loop;
	struct loop_watch listener;
	char path[sizeof ((struct sockaddr_un *)0)->sun_path];
	const struct rpc_server_ops *ops;
	void *owner;
	struct peer *peers;
	int peer_count;
	uint64_t last_number;
	int busy;	/* depth of callbacks: no peer is freed meanwhile */
};

static void close_peer(struct peer *peer)
{
	int fd = peer->watch.fd;

	if (peer->closed)
		return;
	peer->closed = true;
	loop_unwatch(peer->server->loop, &peer->watch);
	close(fd);
}

static void sweep(struct rpc_server *server)
{
	struct peer **at = &server->peers;

	while (!server->busy && *at) {
		struct peer *peer = *at;

		if (!peer->closed) {
			at = &peer->next;
			continue;
		}
		*at = peer->next;
		server->peer_count--;
		if (server->ops->left)
			server->ops->left(server->owner, &peer->info);
		free(peer->outbox);
		free(peer);
	}
}

static struct peer *find_peer(const struct rpc_server *server, uint64_t number)
{
	for (struct peer *peer = server->peers; peer; peer = peer->next)
		if (peer->info.number == number && !peer->closed)
			return peer;
	return NULL;
}

static void flush(struct peer *peer)
{
	while (peer->outbox_len > 0) {
		ssize_t sent = send(peer->watch.fd, peer->outbox, peer->outbox_len,
				    MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno == EAGAIN)
			break;
		if (sent < 0) {
			close_peer(peer);
			return;
		}
		peer->outbox_len -= (size_t)sent;
		memmove(peer->outbox, peer->outbox + sent, peer->outbox_len);
	}
	loop_rewatch(peer->server->loop, &peer->watch, EPOLLIN | (peer->outbox_len ? EPOLLOUT : 0));
}

static void queue_bytes(struct peer *peer, const char *bytes, size_t len)
{
	size_t need = peer->outbox_len + len;

	if (len == 0)
		return;
	if (need > OUTBOX_MAX) {
		log_warning("control peer %d does not read its answers: closed", (int)peer->info.pid);
		close_peer(peer);
		return;
	}
	if (need > peer->outbox_size) {
		char *bigger = realloc(peer->outbox, need * 2);

		if (!bigger) {
			close_peer(peer);
			return;
		}
		peer->outbox = bigger;
		peer->outbox_size = need * 2;
	}
	memcpy(peer->outbox + peer->outbox_len, bytes, len);
	peer->outbox_len = need;
}

/* @line is stolen; NULL (no memory) closes the peer, which would otherwise wait for ever. */
static void send_line(struct peer *peer, char *line)
{
	if (!line) {
		close_peer(peer);
		return;
	}
	queue_bytes(peer, line, strlen(line));
	free(line);
	if (!peer->closed)
		flush(peer);
}

static void refuse_line(struct peer *peer, int rpc_code, const struct err *err)
{
	send_line(peer, rpc_line_error(NULL, rpc_code, err));
}

static void handle_line(struct peer *peer, const char *line, size_t len)
{
	struct rpc_server *server = peer->server;
	struct rpc_message message;
	struct rpc_ticket ticket = { .peer_number = peer->info.number };
	struct err err = { 0 };
	int rpc_code;

	if (rpc_parse(&message, line, len, &rpc_code, &err) < 0) {
		refuse_line(peer, rpc_code, &err);
		return;
	}
	if (message.method) {
		ticket.id = json_incref(message.id);
		server->ops->request(server->owner, &peer->info, message.method, message.params,
				     ticket);
	}
	rpc_message_clear(&message);
}

static void handle_inbox(struct peer *peer)
{
	char *start = peer->inbox;
	char *end = peer->inbox + peer->inbox_len;
	char *newline;

	while (!peer->closed && (newline = memchr(start, '\n', (size_t)(end - start)))) {
		handle_line(peer, start, (size_t)(newline - start));
		start = newline + 1;
	}
	peer->inbox_len = (size_t)(end - start);
	memmove(peer->inbox, start, peer->inbox_len);
	if (peer->inbox_len > RPC_LINE_MAX && !peer->closed) {
		struct err err;

		err_set(&err, ERR_PROTO, "a line of more than %d bytes", RPC_LINE_MAX);
		refuse_line(peer, RPC_PARSE, &err);
		close_peer(peer);
	}
}

static void peer_ready(void *owner, uint32_t events)
{
	struct peer *peer = owner;
	struct rpc_server *server = peer->server;
	ssize_t got;

	server->busy++;
	if (events & EPOLLOUT)
		flush(peer);
	if (!peer->closed && events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
		got = recv(peer->watch.fd, peer->inbox + peer->inbox_len,
			   sizeof peer->inbox - peer->inbox_len, MSG_DONTWAIT);
		if (got > 0) {
			peer->inbox_len += (size_t)got;
			handle_inbox(peer);
		} else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
			close_peer(peer);
		}
	}
	server->busy--;
	sweep(server);
}

int rpc_server_adopt(struct rpc_server *server, int fd, uint64_t *peer_number, struct err *err)
{
	struct ucred credentials = { .pid = -1, .uid = (uid_t)-1, .gid = (gid_t)-1 };
	socklen_t size = sizeof credentials;
	struct peer *peer = NULL;
	int rc;

	if (server->peer_count >= PEERS_MAX)
		rc = err_set(err, ERR_FULL, "control socket: %d peers already", PEERS_MAX);
	else if (!(peer = calloc(1, sizeof *peer)))
		rc = err_set(err, ERR_NOMEM, "control socket: out of memory");
	else
		rc = 0;
	if (rc < 0)
		goto refuse;
	getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size);
	peer->server = server;
	peer->info = (struct rpc_peer){
		.pid = credentials.pid,
		.uid = credentials.uid,
		.gid = credentials.gid,
		.number = ++server->last_number,
	};
	peer->watch = (struct loop_watch){ .fd = -1, .ready = peer_ready, .owner = peer };
	rc = loop_watch(server->loop, &peer->watch, fd, EPOLLIN, err);
	if (rc < 0)
		goto refuse;
	peer->next = server->peers;
	server->peers = peer;
	server->peer_count++;
	if (peer_number)
		*peer_number = peer->info.number;
	if (server->ops->joined)
		server->ops->joined(server->owner, &peer->info);
	return 0;
refuse:
	close(fd);
	free(peer);
	return rc;
}

static void accept_ready(void *owner, uint32_t events)
{
	struct rpc_server *server = owner;
	struct ucred credentials;
	socklen_t size = sizeof credentials;
	struct err err = { 0 };
	int fd = accept4(server->listener.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (fd < 0)
		return;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0 ||
	    (credentials.uid != 0 && credentials.uid != geteuid())) {
		log_warning("control socket: refused process %d of user %d", (int)credentials.pid,
			    (int)credentials.uid);
		close(fd);
		return;
	}
	if (rpc_server_adopt(server, fd, NULL, &err) < 0)
		log_warning("%s", err.text);
}

/* A socket file that nobody listens on is left over from a crash; one that answers is in use. */
static int remove_stale(const struct sockaddr_un *address, struct err *err)
{
	CLEANUP(util_closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct stat status;

	if (lstat(address->sun_path, &status) < 0)
		return 0;
	if (!S_ISSOCK(status.st_mode))
		return err_set(err, ERR_STATE, "%s exists and is not a socket: move it away",
			       address->sun_path);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof *address) == 0)
		return err_set(err, ERR_STATE, "%s is in use by another process", address->sun_path);
	if (unlink(address->sun_path) < 0)
		return err_os(err, "%s: removing the stale socket", address->sun_path);
	return 0;
}

static int listen_on(struct rpc_server *server, const char *path, struct err *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	CLEANUP(util_closep) int fd = -1;
	mode_t mask;
	int rc;

	if (strlen(path) >= sizeof address.sun_path)
		return err_set(err, ERR_RANGE, "%s: a socket's path has at most %zu bytes; use a "
			       "shorter state folder", path, sizeof address.sun_path - 1);
	strcpy(address.sun_path, path);
	rc = remove_stale(&address, err);
	if (rc < 0)
		return rc;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_os(err, "%s: socket", path);
	mask = umask(0177);
	rc = bind(fd, (struct sockaddr *)&address, sizeof address);
	umask(mask);
	if (rc < 0)
		return err_os(err, "%s: bind", path);
	strcpy(server->path, path);
	if (listen(fd, 16) < 0)
		return err_os(err, "%s: listen", path);
	server->listener = (struct loop_watch){ .fd = -1, .ready = accept_ready, .owner = server };
	rc = loop_watch(server->loop, &server->listener, fd, EPOLLIN, err);
	if (rc == 0)
		fd = -1;
	return rc;
}

int rpc_server_open(struct rpc_server **out, struct loop *loop, const char *path,
		    const struct rpc_server_ops *ops, void *owner, struct err *err)
{
	CLEANUP(rpc_server_freep) struct rpc_server *server = calloc(1, sizeof *server);
	int rc;

	if (!server)
		return err_set(err, ERR_NOMEM, "control socket: out of memory");
	server->loop = loop;
	server->listener.fd = -1;
	server->ops = ops;
	server->owner = owner;
	rc = path ? listen_on(server, path, err) : 0;
	if (rc < 0)
		return rc;
	*out = MOVE(server);
	return 0;
}

struct rpc_server *rpc_server_free(struct rpc_server *server)
{
	int listener;

	if (!server)
		return NULL;
	listener = server->listener.fd;
	loop_unwatch(server->loop, &server->listener);
	if (listener >= 0)
		close(listener);
	if (server->path[0])
		unlink(server->path);
	for (struct peer *peer = server->peers; peer; peer = peer->next)
		close_peer(peer);
	sweep(server);
	free(server);
	return NULL;
}

void rpc_server_answer(struct rpc_server *server, struct rpc_ticket ticket, json_t *result)
{
	rpc_server_answer_fd(server, ticket, result, -1);
}

/* The descriptor rides on the line's first byte, so nothing may wait before it. */
static void send_with_fd(struct peer *peer, char *line, int pass_fd)
{
	struct iovec part = { .iov_base = line, .iov_len = line ? strlen(line) : 0 };
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .header = { .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS,
				  .cmsg_len = CMSG_LEN(sizeof pass_fd) } };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
				  .msg_controllen = sizeof control };
	ssize_t sent = -1;

	memcpy(CMSG_DATA(&control.header), &pass_fd, sizeof pass_fd);
	flush(peer);
	if (line && !peer->closed && peer->outbox_len == 0)
		sent = sendmsg(peer->watch.fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (sent < 0) {
		close_peer(peer);	/* it cannot have its descriptor, so it gets no half answer */
	} else {
		queue_bytes(peer, line + sent, part.iov_len - (size_t)sent);
		if (!peer->closed)
			flush(peer);
	}
	free(line);
}

void rpc_server_answer_fd(struct rpc_server *server, struct rpc_ticket ticket, json_t *result,
			  int pass_fd)
{
	struct peer *peer = find_peer(server, ticket.peer_number);

	if (peer && ticket.id && pass_fd >= 0)
		send_with_fd(peer, rpc_line_result(ticket.id, result), pass_fd);
	else if (peer && ticket.id)
		send_line(peer, rpc_line_result(ticket.id, result));
	else
		json_decref(result);
	json_decref(ticket.id);
	sweep(server);
}

void rpc_server_refuse(struct rpc_server *server, struct rpc_ticket ticket, int rpc_code,
		       const struct err *err)
{
	struct peer *peer = find_peer(server, ticket.peer_number);

	if (peer && ticket.id)
		send_line(peer, rpc_line_error(ticket.id, rpc_code, err));
	json_decref(ticket.id);
	sweep(server);
}

static bool subscribed(const struct peer *peer, const char *topic)
{
	for (int i = 0; i < peer->topic_count; i++)
		if (strcmp(peer->topics[i], topic) == 0)
			return true;
	return false;
}

void rpc_server_notify(struct rpc_server *server, uint64_t peer_number, const char *topic,
		       const char *method, json_t *params)
{
	char *line = rpc_line_notification(method, params);

	for (struct peer *peer = server->peers; line && peer; peer = peer->next) {
		if (peer->closed)
			continue;
		if (peer_number ? peer->info.number != peer_number : !subscribed(peer, topic))
			continue;
		queue_bytes(peer, line, strlen(line));
		if (!peer->closed)
			flush(peer);
	}
	free(line);
	sweep(server);
}

int rpc_server_subscribe(struct rpc_server *server, uint64_t peer_number, const char *topic,
			 struct err *err)
{
	struct peer *peer = find_peer(server, peer_number);

	if (!peer)
		return err_set(err, ERR_GONE, "the peer has gone");
	if (strlen(topic) >= TOPIC_SIZE)
		return err_set(err, ERR_RANGE, "a topic's name has at most %d bytes", TOPIC_SIZE - 1);
	if (subscribed(peer, topic))
		return 0;
	if (peer->topic_count == TOPICS_MAX)
		return err_set(err, ERR_FULL, "at most %d topics", TOPICS_MAX);
	strcpy(peer->topics[peer->topic_count++], topic);
	return 0;
}

bool rpc_server_has_subscriber(const struct rpc_server *server, const char *topic)
{
	for (const struct peer *peer = server->peers; peer; peer = peer->next)
		if (!peer->closed && subscribed(peer, topic))
			return true;
	return false;
}
