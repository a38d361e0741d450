/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A list of what is forbidden, not of what is allowed: libv4l2 loads plugins and drivers differ in
 * what they call, and a picture lost to a missing entry is worse than a rare system call too many.
 * A forbidden call fails with EPERM.
 */
#include "station/camera/capture.h"

#include <errno.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#ifndef OSTEND_SANITIZED

static const char *const forbidden[] = {
	/* other programs and processes */
	"execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd",
	"process_madvise", "kcmp",
	/* the file tree */
	"mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen", "fsconfig",
	"fsmount", "fspick", "mount_setattr", "open_by_handle_at", "name_to_handle_at", "quotactl",
	"swapon", "swapoff",
	/* the kernel */
	"bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "kexec_load", "kexec_file_load",
	"init_module", "finit_module", "delete_module", "reboot", "iopl", "ioperm", "acct", "syslog",
	"settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "sethostname", "setdomainname",
	/* keys and namespaces */
	"add_key", "request_key", "keyctl", "setns", "unshare",
	/* other users */
	"setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setgroups",
};

static int forbid(scmp_filter_ctx filter)
{
	int rc = 0;

	for (size_t i = 0; i < ARRAY_LEN(forbidden) && rc == 0; i++) {
		int number = seccomp_syscall_resolve_name(forbidden[i]);

		if (number != __NR_SCMP_ERROR)	/* known to this libseccomp */
			rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), number, 0);
	}
	if (rc == 0)
		rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 1,
				      SCMP_A0(SCMP_CMP_NE, AF_UNIX));
	return rc;
}

int capture_sandbox(struct err *err)
{
	scmp_filter_ctx filter;
	int rc;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_os(err, "capture: giving up rights");
	filter = seccomp_init(SCMP_ACT_ALLOW);
	if (!filter)
		return err_set(err, ERR_NOMEM, "capture: system call filter: out of memory");
	rc = forbid(filter);
	if (rc == 0)
		rc = seccomp_load(filter);
	seccomp_release(filter);
	if (rc == 0)
		return 0;
	errno = -rc;
	return err_os(err, "capture: system call filter");
}

#else

int capture_sandbox(struct err *err)
{
	(void)err;
	return 0;	/* sanitizers read and write where a filter would stop them */
}

#endif
