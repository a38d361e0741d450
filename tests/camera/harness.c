/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/camera/harness.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "station/base/clock.h"
#include "station/base/ipc.h"

static void need(bool good, const char *what)
{
	if (good)
		return;
	perror(what);
	exit(99);
}

void harness_start(struct harness *harness, const struct capture_options *options)
{
	int link[2], rpc[2];

	memset(harness, 0, sizeof *harness);
	harness->passed_fd = -1;
	need(ipc_pair(link, NULL) == 0, "socketpair");
	need(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, rpc) == 0, "socketpair");
	need(link_sink_new(&harness->sink, link[0], NULL) == 0, "link");
	harness->rpc_fd = rpc[0];
	fflush(NULL);
	harness->pid = fork();
	need(harness->pid >= 0, "fork");
	if (harness->pid == 0) {
		close(link[0]);
		close(rpc[0]);
		_exit(capture_main(options, link[1], rpc[1]));
	}
	close(link[1]);
	close(rpc[1]);
}

int harness_stop(struct harness *harness)
{
	uint64_t deadline_ns = clock_mono_ns() + 5 * NS_PER_S;
	int status;

	harness->sink = link_sink_free(harness->sink);
	util_closep(&harness->rpc_fd);
	util_closep(&harness->passed_fd);
	while (waitpid(harness->pid, &status, WNOHANG) == 0) {
		if (clock_mono_ns() > deadline_ns) {
			kill(harness->pid, SIGKILL);
			waitpid(harness->pid, &status, 0);
			return -1;
		}
		usleep(2000);
	}
	return status;
}

struct frame *harness_frame(struct harness *harness, enum harness_want want, int wait_ms)
{
	uint64_t deadline_ns = clock_mono_ns() + (uint64_t)wait_ms * NS_PER_MS;
	struct frame *frame;
	int rc;

	for (;;) {
		struct pollfd ready = { .fd = link_sink_fd(harness->sink), .events = POLLIN };
		bool synthetic;

		rc = link_sink_frame(harness->sink, &frame, NULL);
		if (rc < 0 || (rc == 0 && clock_mono_ns() >= deadline_ns))
			return NULL;
		if (rc == 0) {
			poll(&ready, 1, clock_poll_ms(deadline_ns));
			continue;
		}
		synthetic = frame->info.flags & FRAME_SYNTHETIC;
		if (want == HARNESS_ANY || synthetic == (want == HARNESS_SYNTHETIC))
			return frame;
		frame_unref(frame);
	}
}

static ssize_t receive(struct harness *harness)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec part = { .iov_base = harness->inbox + harness->inbox_len,
			      .iov_len = sizeof harness->inbox - harness->inbox_len };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
				  .msg_controllen = sizeof control };
	ssize_t got = recvmsg(harness->rpc_fd, &message, MSG_CMSG_CLOEXEC);
	struct cmsghdr *header = got > 0 ? CMSG_FIRSTHDR(&message) : NULL;

	if (header && header->cmsg_type == SCM_RIGHTS) {
		util_closep(&harness->passed_fd);
		memcpy(&harness->passed_fd, CMSG_DATA(header), sizeof(int));
	}
	return got;
}

/* One line of the socket as JSON; NULL at the deadline. */
static json_t *read_line(struct harness *harness, uint64_t deadline_ns)
{
	for (;;) {
		char *newline = memchr(harness->inbox, '\n', harness->inbox_len);
		struct pollfd ready = { .fd = harness->rpc_fd, .events = POLLIN };
		ssize_t got;
		json_t *root;

		if (newline) {
			size_t line = (size_t)(newline - harness->inbox) + 1;

			root = json_loadb(harness->inbox, line, 0, NULL);
			harness->inbox_len -= line;
			memmove(harness->inbox, newline + 1, harness->inbox_len);
			return root;
		}
		if (poll(&ready, 1, clock_poll_ms(deadline_ns)) != 1)
			return NULL;
		got = receive(harness);
		if (got <= 0)
			return NULL;
		harness->inbox_len += (size_t)got;
	}
}

static void note(struct harness *harness, const json_t *root)
{
	const char *state = json_string_value(json_object_get(json_object_get(root, "params"), "state"));

	const char *method = json_string_value(json_object_get(root, "method"));

	if (!method || strcmp(method, "camera") != 0)
		return;
	harness->notifications++;
	snprintf(harness->last_state, sizeof harness->last_state, "%s", state ? state : "");
}

json_t *harness_call(struct harness *harness, const char *method, json_t *params, bool refusal)
{
	uint64_t deadline_ns = clock_mono_ns() + 15 * NS_PER_S;
	json_t *call = json_pack("{s:s, s:i, s:s, s:o}", "jsonrpc", "2.0", "id", 1, "method", method,
				 "params", params ? params : json_object());
	char *text = json_dumps(call, JSON_COMPACT);
	json_t *root, *answer = NULL;

	json_decref(call);
	need(send(harness->rpc_fd, text, strlen(text), MSG_NOSIGNAL) > 0 &&
	     send(harness->rpc_fd, "\n", 1, MSG_NOSIGNAL) == 1, "send");
	free(text);
	while ((root = read_line(harness, deadline_ns))) {
		if (json_object_get(root, "id")) {
			answer = json_incref(json_object_get(root, refusal ? "error" : "result"));
			json_decref(root);
			break;
		}
		note(harness, root);
		json_decref(root);
	}
	return answer;
}
