/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ipc.h - whole messages, with or without a descriptor, between a process and its children.
 *
 * AF_UNIX SOCK_SEQPACKET: the kernel keeps message borders, and end-of-file tells of a peer's death.
 */
#ifndef OSTEND_BASE_IPC_H
#define OSTEND_BASE_IPC_H

#include "station/base/err.h"

#define IPC_MESSAGE_MAX 65536

/** A connected pair, close-on-exec and non-blocking. ERR_OS. */
int ipc_pair(int fds[2], struct err *err);

/**
 * Send one message, with @pass_fd beside it (-1: none; it stays the caller's).
 *
 * @return 0; ERR_FULL when the peer does not read; ERR_GONE when it has closed; ERR_OS
 */
int ipc_send(int fd, const void *bytes, size_t len_bytes, int pass_fd, struct err *err);

/**
 * Receive one message into @buffer.
 *
 * @pass_fd the caller's to close, close-on-exec; -1 when none came. NULL: a descriptor is refused
 * @return  its length; ERR_AGAIN when there is none; ERR_GONE at the peer's end; ERR_PROTO when it
 *          is longer than @size; ERR_OS
 */
int ipc_receive(int fd, void *buffer, size_t size, int *pass_fd, struct err *err);

#endif
