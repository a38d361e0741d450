/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sandbox.h - what a process gives away once it has started: seccomp filters, no new privileges, no
 * core file, no ptrace. A forbidden call fails with EPERM. Filters stay over exec and in children. A
 * build with a sanitizer has no filter, because the sanitizer's own helpers need what is forbidden.
 */
#ifndef OSTEND_BASE_SANDBOX_H
#define OSTEND_BASE_SANDBOX_H

#include "station/base/err.h"

enum sandbox_keep {
	SANDBOX_KEEP_PROGRAMS = 1,	/* may start programs */
	SANDBOX_KEEP_NETWORK = 2,	/* may make sockets other than Unix ones */
};

/**
 * Forbid what none of our processes needs: other processes, mounts, namespaces, modules, BPF, keys, the
 * clock, other users; and new programs and the network unless @keep names them. For processes whose
 * libraries' needs are not known beforehand (libv4l2's plugins).
 *
 * @process names it in @err
 * @return  0; ERR_OS; ERR_NOMEM
 */
int sandbox_forbid(const char *process, unsigned keep, struct err *err);

/**
 * Allow only the @count system calls of @calls (SCMP_SYS(...)), and memory that cannot be run.
 */
int sandbox_allow_only(const char *process, const int *calls, size_t count, struct err *err);

#endif
