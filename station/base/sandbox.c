/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/base/sandbox.h"

#include <errno.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

static int give_up_dumps(const char *process, struct err *err)
{
	static const struct rlimit none = { 0, 0 };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ||
	    setrlimit(RLIMIT_CORE, &none) < 0)
		return err_os(err, "%s: giving up rights", process);
	return 0;
}

#ifdef OSTEND_SANITIZED

int sandbox_forbid(const char *process, unsigned keep, struct err *err)
{
	(void)keep;
	return give_up_dumps(process, err);
}

int sandbox_allow_only(const char *process, const int *calls, size_t count, struct err *err)
{
	(void)calls;
	(void)count;
	return give_up_dumps(process, err);
}

#else

static const char *const forbidden[] = {
	/* other processes */
	"ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "process_madvise", "kcmp",
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

static void release(scmp_filter_ctx *filter)
{
	if (*filter)
		seccomp_release(*filter);
}

static int forbid_call(scmp_filter_ctx filter, const char *name)
{
	int number = seccomp_syscall_resolve_name(name);

	if (number == __NR_SCMP_ERROR)
		return 0;	/* newer than this libseccomp: nothing can name it in a rule */
	return seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), number, 0);
}

static int load(const char *process, scmp_filter_ctx filter, int rc, struct err *err)
{
	if (rc == 0)
		rc = seccomp_load(filter);
	if (rc == 0)
		return 0;
	errno = -rc;
	return err_os(err, "%s: system call filter", process);
}

int sandbox_forbid(const char *process, unsigned keep, struct err *err)
{
	const struct scmp_arg_cmp not_unix = { .arg = 0, .op = SCMP_CMP_NE, .datum_a = AF_UNIX,
					       .datum_b = 0 };
	CLEANUP(release) scmp_filter_ctx filter = NULL;
	int rc = give_up_dumps(process, err);

	if (rc < 0)
		return rc;
	filter = seccomp_init(SCMP_ACT_ALLOW);
	if (!filter)
		return err_set(err, ERR_NOMEM, "%s: system call filter: out of memory", process);
	for (size_t i = 0; i < ARRAY_LEN(forbidden) && rc == 0; i++)
		rc = forbid_call(filter, forbidden[i]);
	if (rc == 0 && !(keep & SANDBOX_KEEP_PROGRAMS))
		rc = forbid_call(filter, "execve");
	if (rc == 0 && !(keep & SANDBOX_KEEP_PROGRAMS))
		rc = forbid_call(filter, "execveat");
	if (rc == 0 && !(keep & SANDBOX_KEEP_NETWORK))
		rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 1, not_unix);
	return load(process, filter, rc, err);
}

static int allow_memory(scmp_filter_ctx filter, int call)
{
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1,
				SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
}

int sandbox_allow_only(const char *process, const int *calls, size_t count, struct err *err)
{
	CLEANUP(release) scmp_filter_ctx filter = NULL;
	int rc = give_up_dumps(process, err);

	if (rc < 0)
		return rc;
	filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (!filter)
		return err_set(err, ERR_NOMEM, "%s: system call filter: out of memory", process);
	for (size_t i = 0; i < count && rc == 0; i++)
		rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
	if (rc == 0)
		rc = allow_memory(filter, SCMP_SYS(mmap));
	if (rc == 0)
		rc = allow_memory(filter, SCMP_SYS(mprotect));
	return load(process, filter, rc, err);
}

#endif
