/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "turntable/sandbox.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#ifndef OSTEND_SANITIZED
#include <seccomp.h>

static void release(scmp_filter_ctx *filter)
{
	seccomp_release(*filter);
}

static int deny(scmp_filter_ctx filter)
{
	static const int calls[] = {
		SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv),
		SCMP_SYS(process_vm_writev), SCMP_SYS(bpf), SCMP_SYS(perf_event_open), SCMP_SYS(mount),
		SCMP_SYS(umount2), SCMP_SYS(pivot_root), SCMP_SYS(chroot), SCMP_SYS(setns), SCMP_SYS(unshare),
		SCMP_SYS(init_module), SCMP_SYS(finit_module), SCMP_SYS(kexec_load), SCMP_SYS(keyctl),
		SCMP_SYS(io_uring_setup), SCMP_SYS(userfaultfd), SCMP_SYS(reboot), SCMP_SYS(swapon),
	};
	const struct scmp_arg_cmp not_unix = { .arg = 0, .op = SCMP_CMP_NE, .datum_a = AF_UNIX };
	int rc = 0;

	for (size_t i = 0; i < ARRAY_LEN(calls) && rc == 0; i++)
		rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), calls[i], 0);
	if (rc == 0)
		rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 1, not_unix);
	return rc;
}

static int filter_calls(struct err *err)
{
	CLEANUP(release) scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int rc = filter ? deny(filter) : -ENOMEM;

	if (rc == 0)
		rc = seccomp_load(filter);
	if (rc == 0)
		return 0;
	errno = -rc;
	return err_os(err, "table process: system call filter");
}
#else
static int filter_calls(struct err *err)
{
	(void)err;	/* the sanitizers' own helpers start programs and look into processes */
	return 0;
}
#endif

int sandbox_enter(struct err *err)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_os(err, "table process: giving up privileges");
	return filter_calls(err);
}
