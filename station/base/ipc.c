/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/base/ipc.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(int))];
};

int ipc_pair(int fds[2], struct err *err)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0)
		return err_os(err, "ipc: socketpair");
	return 0;
}

int ipc_send(int fd, const void *bytes, size_t len_bytes, int pass_fd, struct err *err)
{
	struct iovec part = { .iov_base = (void *)bytes, .iov_len = len_bytes };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	union control control = { 0 };

	if (pass_fd >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof control;
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof pass_fd);
		memcpy(CMSG_DATA(&control.header), &pass_fd, sizeof pass_fd);
	}
	while (sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
		if (errno == EINTR)
			continue;
		if (errno == EAGAIN)
			return err_set(err, ERR_FULL, "ipc: the peer does not read");
		if (errno == EPIPE || errno == ECONNRESET)
			return err_set(err, ERR_GONE, "ipc: the peer has closed");
		return err_os(err, "ipc: send");
	}
	return 0;
}

static int take_descriptor(struct msghdr *message)
{
	struct cmsghdr *header = CMSG_FIRSTHDR(message);
	int fd;

	if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
		return -1;
	memcpy(&fd, CMSG_DATA(header), sizeof fd);
	return fd;
}

int ipc_receive(int fd, void *buffer, size_t size, int *pass_fd, struct err *err)
{
	struct iovec part = { .iov_base = buffer, .iov_len = size };
	union control control = { 0 };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = pass_fd ? &control : NULL,
		.msg_controllen = pass_fd ? sizeof control : 0,
	};
	ssize_t len;

	do
		len = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (len < 0 && errno == EINTR);
	if (len < 0 && errno == EAGAIN)
		return err_set(err, ERR_AGAIN, "ipc: no message");
	if (len == 0 || (len < 0 && errno == ECONNRESET))
		return err_set(err, ERR_GONE, "ipc: the peer has closed");
	if (len < 0)
		return err_os(err, "ipc: receive");
	if (pass_fd)
		*pass_fd = take_descriptor(&message);
	if (message.msg_flags & MSG_TRUNC) {
		if (pass_fd)
			util_closep(pass_fd);
		return err_set(err, ERR_PROTO, "ipc: a message of more than %zu bytes", size);
	}
	return (int)len;
}
