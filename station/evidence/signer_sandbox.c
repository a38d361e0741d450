/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A list of what is allowed, not of what is forbidden: the signer's needs are few and do not grow. */
#include "station/evidence/signer_sandbox.h"

#include <seccomp.h>

#include "station/base/sandbox.h"

static const int allowed[] = {
	/* the socket, the log, the loop */
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(recvmsg), SCMP_SYS(sendmsg),
	SCMP_SYS(recvfrom), SCMP_SYS(sendto), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(close), SCMP_SYS(getsockopt),
	SCMP_SYS(shutdown),
	/* the last checkpoint, in a file that is open */
	SCMP_SYS(pwrite64), SCMP_SYS(fdatasync),
	/* memory, time, random numbers, locks */
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(getrandom),
	SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(futex), SCMP_SYS(getpid),
	SCMP_SYS(gettid), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask), SCMP_SYS(restart_syscall),
	/* the end */
	SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(tgkill),
};

int signer_sandbox(struct err *err)
{
	return sandbox_allow_only("signer", allowed, ARRAY_LEN(allowed), err);
}

int signer_sandbox_token(struct err *err)
{
	return sandbox_forbid("signer", 0, err);
}
